"""Makes the rules of an attribute from observations in fits and from constraints."""

from __future__ import annotations

from typing import Any

from tests.trust.learned.constraints import SPLITTERS, Kinds, limited
from tests.trust.learned.observations import FEW, MANY, Numbers, Seen, Size

# Labels, categories and texts come in any of these; who has seen two has seen them all.
_LABELS = "OSUbfiu"
_DTYPES = "MOSUbfimu"  # of the user's data
# The user's own numbers: of any type, and of any value.
_DATA = {"_fit_X", "X_fit_", "_y", "X_train_", "y_train_", "X_", "y_", "_X_fit", "_data"}
_OBJECTS = {"_y", "_fit_X"}
_FREE = {"classes_", "categories_", "outlier_label_", "classes"}
# Losses: who has shown two of a module may have them all.
_COMPILED = ("sklearn._loss._loss.", "sklearn.linear_model._sgd_fast.", "sklearn._loss.loss.")
# How the user named and nested columns, steps and models: containers of anything plain.
_STRUCTURES = {
    "_columns", "_remainder", "transformers_", "_transformer_to_input_indices",
    "output_indices_", "steps", "transformer_list", "estimators", "named_estimators_",
    "_name_to_fitted_passthrough", "cv_results_", "best_params_", "cv_results", "param_list",
    "allowed_kwargs",
}  # fmt: skip
# Numbers that are sizes: what they equal is what they count.
_SIZES = {"_n_features_out", "n_features_out_", "_n_components", "n_components_", "n_outputs_"}
_SCALARS = ("none", "bool", "int", "float", "str")
_ALONE = {"bool", "complex", "none", "float", "bytes", "slice", "range"}


def kinds_of(
    seen: Seen,
    name: str = "",
    *,
    parameter: bool = False,
    inner: bool = False,
    given: bool = False,
) -> Kinds:
    """The rule that holds for everything seen, and for its like.

    Parameters
    ----------
    seen : Seen
    name : str
        The attribute.
    parameter : bool
        It is a constructor parameter.
    inner : bool
        What was seen inside a container.
    given : bool
        It holds estimators that the user gave, which may be of any class.
    """
    if name in _STRUCTURES and not inner:
        return {"any": True}
    kinds: Kinds = dict.fromkeys(seen.plain & _ALONE, True)
    if seen.numbers.count and parameter:
        kinds["int"] = [seen.numbers.least, seen.numbers.most]
    elif seen.numbers.count:
        measure = None if inner else seen.number.always(telling=name not in _SIZES)
        kinds["int"] = [_least(seen.numbers), None, *([f"={measure}"] if measure else ())]
    if seen.texts:
        many = len(seen.texts) > (MANY if parameter else FEW)
        kinds["str"] = True if inner or many else sorted(seen.texts)
    for kind, names in seen.names.items():
        if kind != "sparse":
            kinds[kind] = _names(names, given=given)
    for kind, dtypes in seen.dtypes.items():
        kinds[kind] = _DTYPES if kind == "dtype" else _array(seen, name, kind, dtypes, given=given)
    for kind in ("list", "tuple", "set"):
        if kind in seen.inside:
            of = kinds_of(seen.inside[kind], name, inner=True, given=given)
            kinds[kind] = _with_length({"of": _widened(of)}, seen.lengths[kind])
    if "dict" in seen.lengths:
        keys, values = (
            kinds_of(seen.inside[part], name, inner=True) if part in seen.inside else {}
            for part in ("keys", "values")
        )
        parts = {"keys": _scalars(keys), "values": _widened(values)}
        kinds["dict"] = _with_length(parts, seen.lengths["dict"])
    return kinds


def _least(numbers: Numbers) -> int | None:
    return next((n for n in (0, -1) if numbers.least >= n), None)


def _names(names: set[str], *, given: bool = False) -> list[str]:
    """Names of classes; a common base, or a compiled module, in place of several."""
    result = {name for name in names if "~" not in name}
    for module in _COMPILED:
        if len([name for name in result if name.startswith(module)]) > 1:
            result = {name for name in result if not name.startswith(module)} | {f"{module}*"}
    for name in names - result:
        own, _, base = name.partition("~")
        same = {other for other in names if other.endswith(f"~{base}")}
        result.add(f"~{base}" if len(same) > 1 or given else own)
    if result & set(SPLITTERS):
        result |= set(SPLITTERS)
    return sorted(result)


def _dtypes(dtypes: set[str]) -> str:
    found = set(dtypes)
    if found & set("iuf"):
        # Compiled code takes one type and refuses another; the rest computes with either.
        found |= set("iu")
    if (found & set("OSU") and len(found) > 1) or (found & set("iu") and "f" in found):
        found |= set(_LABELS) if found & set("OSU") else set("biuf")
    return "".join(sorted(found))


def _array(seen: Seen, name: str, kind: str, dtypes: set[str], *, given: bool) -> Kinds:
    shapes = [
        [axis.always() for axis in axes]
        for (array, _), axes in sorted(seen.axes.items(), key=lambda item: item[0])
        if array == kind
    ]
    if name in _DATA and dtypes & set("biuf"):
        dtypes = dtypes | set("Obiuf" if name in _OBJECTS else "biuf")
    if name in _FREE:
        dtypes = dtypes | set(_LABELS)
    detail: Kinds = {"dtype": _dtypes(dtypes), "shapes": shapes}
    if kind in seen.inside or "O" in detail["dtype"]:
        inside = seen.inside.get(kind)
        of = kinds_of(inside, inner=True, given=given) if inside is not None else {}
        detail["of"] = _widened(of)
    numbers = seen.values.get(kind)
    if numbers is not None and dtypes <= set("iu") and name not in _FREE:
        least, limit = _least(numbers), numbers.limit()
        if least is not None:
            detail["values"] = [least, None, *([f"<{limit}"] if limit is not None else ())]
    return detail


def _widened(kinds: Kinds) -> Kinds:
    """Labels and names among others: every kind of scalar."""
    several = len(set(kinds) & set(_SCALARS)) > 2
    return _scalars(kinds) if "str" in kinds or several or not kinds else kinds


def _scalars(kinds: Kinds) -> Kinds:
    return kinds | {"none": True, "bool": True, "float": True, "int": [None, None], "str": True}


def _with_length(detail: Kinds, size: Size) -> Kinds:
    measure = size.always(telling=True)
    return detail if measure is None else detail | {"len": measure}


# -- several rules -----------------------------------------------------------


def join(one: Kinds, other: Kinds) -> Kinds:
    """What satisfies either rule."""
    if "limit" in one or "limit" in other:
        return one if "limit" in one else other
    result = dict(one)
    for kind, detail in other.items():
        result[kind] = (
            _JOINS.get(kind, _join_names)(result[kind], detail) if kind in result else detail
        )
    return result


def _join_names(one: Any, other: Any) -> Any:
    return True if True in (one, other) else sorted({*one, *other})


def _join_range(one: Any, other: Any) -> Any:
    if True in (one, other):
        return True
    low = None if None in (one[0], other[0]) else min(one[0], other[0])
    high = None if None in (one[1], other[1]) else max(one[1], other[1])
    return [low, high, *(measure for measure in one[2:] if measure in other[2:])]


def _join_detail(one: Any, other: Any) -> Any:
    return one if one == other else True if True in (one, other) else _either(one, other)


def _either(one: Kinds, other: Kinds) -> Any:
    raise TypeError(f"two rules for one container: {one} and {other}")


_JOINS = {
    "int": _join_range,
    "float": _join_range,
    **dict.fromkeys(("array", "list", "tuple", "set", "dict", "sparse"), _join_detail),
}


def of_parameter(name: str, constraint: Kinds, seen: Seen | None) -> Kinds:
    """A constructor parameter: what its constraints allow, and what was seen beyond them."""
    if seen is None:
        return constraint
    learned = kinds_of(seen, name, parameter=True)
    if "any" in constraint:
        learned = {k: v for k, v in learned.items() if k in ("function", "type")}
    if "str" in constraint:
        learned.pop("str", None)
    return limited(name, join(constraint, learned))
