"""scikit-learn's constraints of constructor parameters, as plain kinds of values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import _param_validation as validation

from nbmodel.trust.parameter_limits import CHECKS
from nbmodel.trust.parameter_ranges import RANGES

Kinds = dict[str, Any]

ESTIMATOR = "~sklearn.base.BaseEstimator"
SPLITTERS = (
    "~sklearn.model_selection._split.BaseCrossValidator",
    "~sklearn.model_selection._split.BaseShuffleSplit",
    "~sklearn.model_selection._split._RepeatedSplits",
    "~sklearn.model_selection._split._UnsupportedGroupCVMixin",
    "sklearn.model_selection._split._CVIterableWrapper",
)
_RANDOM = {"none": True, "int": [0, 2**32 - 1], "object": ["numpy.random.mtrand.RandomState"]}
_NUMERIC = {"dtype": "biuf"}
_ANY = {"any": True}
# Instances of these types are containers of anything plain.
_CONTAINERS = {"dict", "list", "tuple", "Iterable", "Mapping", "set"}
_BY_NAME: dict[str, Kinds] = {
    "array-like": {"array": True, **_ANY},
    "sparse matrix": {"sparse": True},
    "random_state": _RANDOM,
    "boolean": {"bool": True},
    "verbose": {"bool": True, "int": [0, None]},
    "cv_object": {"int": [2, None], "object": list(SPLITTERS), "none": True, **_ANY},
    "nan": {"float": True},
}


def parameters(kind: type) -> dict[str, Kinds]:
    """The parameters of a class and what each may be, within our own limits."""
    signature = inspect.signature(kind).parameters
    names = [n for n, p in signature.items() if p.kind not in (2, 4)]
    constraints = getattr(kind, "_parameter_constraints", {})
    return {name: parameter(name, constraints.get(name, "no_validation")) for name in names}


def parameter(name: str, constraints: Any) -> Kinds:
    """What one parameter may be."""
    if isinstance(constraints, str) and constraints == "no_validation":
        return limited(name, dict(_ANY))
    return limited(name, union(of(name, constraint) for constraint in constraints))


def limited(name: str, kinds: Kinds) -> Kinds:
    """`kinds` within the limits that we set for parameters of this name."""
    if name in CHECKS:
        return {"limit": name}
    if kinds == _ANY and name == "random_state":
        return dict(_RANDOM)
    least, most = RANGES.get(name, (None, None))
    if kinds == _ANY and name in RANGES:
        kinds = {"none": True, "bool": True, "int": [None, None]}
    if "int" in kinds:
        low, high, *rest = kinds["int"]
        low = least if low is None else low if least is None else max(low, least)
        high = most if high is None else high if most is None else min(high, most)
        kinds = kinds | {"int": [low, high, *rest]}
    if type(kinds.get("str")) is list:
        # A distance that a function gives.
        kinds = kinds | {"str": [text for text in kinds["str"] if text != "pyfunc"]}
    return kinds


def of(name: str, constraint: Any) -> Kinds:
    """What satisfies one constraint."""
    if isinstance(constraint, validation.Hidden):
        return of(name, constraint.constraint)
    if constraint is None:
        return {"none": True}
    if constraint is callable:
        return {}  # functions are those that fits have shown, and those of a list
    if isinstance(constraint, str):
        return {kind: _copied(detail) for kind, detail in _BY_NAME[constraint].items()}
    if isinstance(constraint, type):
        return _instance_of(constraint)
    return _OBJECTS[type(constraint).__name__](constraint)


def _copied(detail: Any) -> Any:
    return list(detail) if isinstance(detail, list) else detail


def _instance_of(kind: type) -> Kinds:
    name = kind.__name__
    if issubclass(kind, bool):
        return {"bool": True}
    if kind is Integral or kind is int:
        return {"int": [None, None]}
    if kind is Real or kind is float:
        return {"int": [None, None], "float": True}
    if kind is str:
        return {"str": True}
    if kind is np.ndarray:
        return {"array": True}
    if name in _CONTAINERS:
        return {"any": True}
    return {"object": [f"~{kind.__module__}.{kind.__qualname__}"]}


def _interval(constraint: Any) -> Kinds:
    left, right, closed = constraint.left, constraint.right, constraint.closed
    if constraint.type is Integral:
        low = None if left is None else int(left) + (closed in ("right", "neither"))
        high = None if right is None else int(right) - (closed in ("left", "neither"))
        return {"int": [low, high]}
    bounds = [_finite(left), _finite(right)]
    whole = [None if b is None else int(np.floor(b)) for b in bounds]
    kinds: Kinds = {"float": bounds}
    if constraint.type is Real:
        kinds["int"] = whole
    return kinds


def _finite(bound: Any) -> float | None:
    return None if bound is None or not np.isfinite(bound) else float(bound)


def _options(constraint: Any) -> Kinds:
    return union(_option(option) for option in constraint.options)


def _option(option: Any) -> Kinds:
    if isinstance(option, str):
        return {"str": [option]}
    if option is None:
        return {"none": True}
    if isinstance(option, type):
        return {"type": [f"{option.__module__}.{option.__qualname__}"]}
    if isinstance(option, (bool, np.bool_)):
        return {"bool": True}
    if isinstance(option, (int, np.integer)):
        return {"int": [int(option), int(option)]}
    if isinstance(option, float):
        return {"float": [option, option] if np.isfinite(option) else True}
    raise TypeError(f"an option of type {type(option)}: {option!r}")


def _has_methods(constraint: Any) -> Kinds:
    return {"object": [ESTIMATOR, *(SPLITTERS if "split" in constraint.methods else ())]}


_OBJECTS: dict[str, Callable[[Any], Kinds]] = {
    "Interval": _interval,
    "StrOptions": _options,
    "Options": _options,
    "HasMethods": _has_methods,
    "MissingValues": lambda c: {
        "int": [None, None],
        "float": True,
        **({} if c.numeric_only else {"str": True, "none": True}),
    },
    "_IterablesNotString": lambda c: dict(_ANY),
}


def union(parts: Iterable[Kinds]) -> Kinds:
    """What satisfies any of several."""
    result: Kinds = {}
    for part in parts:
        for kind, detail in part.items():
            result[kind] = _join(result[kind], detail) if kind in result else detail
    return result


def _join(one: Any, other: Any) -> Any:
    if one is True or other is True:
        return True
    if all(isinstance(item, str) for item in (*one, *other)):
        return sorted({*one, *other})
    low = None if one[0] is None or other[0] is None else min(one[0], other[0])
    high = None if one[1] is None or other[1] is None else max(one[1], other[1])
    return [low, high]
