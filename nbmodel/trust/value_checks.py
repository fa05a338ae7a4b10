"""What an attribute may hold, written as plain data, and the check of a value against it.

A rule is a dict from the kinds of values that are allowed to the limits of each kind::

    {"none": true, "int": [0, 100], "array": {"dtype": "f", "shapes": [[null, "n_features_in_"]]}}

=========  =======================================================================
none bool  true
float      true, or minimum and maximum: ``[0.0, null]``
int        minimum and maximum, and optionally ``"=NAME"`` or ``"<NAME"`` with a measure
str        the possible texts, or true
array      ``dtype`` kinds, ``shapes`` by axis, ``values`` as for int, ``of`` the objects in it
list ...   ``of`` the items, ``len`` a measure; a dict has ``keys`` and ``values``
object     names of classes; ``~NAME`` also its subclasses, ``MODULE.*`` a whole module
any        plain values, arrays and objects of classes with rules, nested
limit      a name in `nbmodel.trust.parameter_limits.CHECKS`
=========  =======================================================================

A *measure* is a number or a size of the same instance: ``n_features_in_`` a number, ``classes_``
the length of a list or array, ``coef_.1`` the second axis of an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nbmodel.trust.object_state import is_display_name
from nbmodel.trust.parameter_limits import CHECKS
from nbmodel.trust.parameter_ranges import MAX_TEXT_LENGTH, check_range
from nbmodel.trust.rules import brief, require
from nbmodel.trust.value_kinds import KIND_NAMES, kind_of

Kinds = Mapping[str, Any]
State = Mapping[str, Any]

MAX_DEPTH = 12
# The largest number of rows or steps: exact as a float, and far from overflow.
MAX_COUNT = 1 << 53


def check_value(kinds: Kinds, value: Any, state: State) -> None:
    """Check one value against the kinds of values that are allowed.

    Raises
    ------
    ValueError
        With the reason.
    """
    kind = KIND_NAMES.get(type(value)) or kind_of(value)
    detail = kinds.get(kind)
    if detail is True:
        if kind == "str":
            _check_text(True, value, state)
    elif detail is not None:
        _CHECKS[kind](detail, value, state)
    elif "limit" in kinds:
        CHECKS[kinds["limit"]](value)
    elif "any" in kinds:
        _check_any(value, 0)
    else:
        raise ValueError(f"a value of type {type(value).__name__}")


# -- numbers and texts -------------------------------------------------------


def _check_int(detail: Any, value: Any, state: State) -> None:
    least, most, *measures = detail
    check_range(value, (least, MAX_COUNT if most is None else most))
    for measure in measures:
        size = measure_of(state, measure[1:])
        require(size is not None, f"{measure[1:]} that is not a size")
        if not (value == size if measure[0] == "=" else value < size):
            raise ValueError(f"{brief(value)} where {measure[1:]} is {size}")


def _check_float(detail: Any, value: Any, state: State) -> None:
    if value == value:  # estimators handle NaN themselves
        check_range(value, detail)


def _check_text(detail: Any, value: str, state: State) -> None:
    if detail is True:
        require(len(value) <= MAX_TEXT_LENGTH, f"a text of more than {MAX_TEXT_LENGTH} characters")
    elif value not in detail:
        raise ValueError(f"the text {brief(value)}")


def measure_of(state: State, name: str) -> int | None:
    """Return a number or a size of an instance.

    Returns
    -------
    int or None
        None if the attribute is a single float, which numpy repeats for each row: `intercept_` of a
        linear model that was fitted without one.

    Raises
    ------
    ValueError
        If the instance has no such measure.
    """
    attribute, _, axis = name.partition(".")
    value = state.get(attribute)
    if isinstance(value, float):
        return None
    if isinstance(value, (int, np.integer)):
        return int(value)
    shape = getattr(value, "shape", None)
    if shape is not None:
        index = int(axis or 0)
        require(len(shape) > index, f"{attribute} with a wrong number of dimensions")
        return int(shape[index])
    if not isinstance(value, (list, tuple, dict)):
        raise ValueError(f"a missing {attribute} to compare it with")
    return len(value)


# -- arrays and containers ---------------------------------------------------


def _check_array(detail: Mapping[str, Any], value: Any, state: State) -> None:
    require(value.dtype.kind in detail["dtype"], f"an array of dtype {value.dtype}")
    _check_shape(detail.get("shapes"), value.shape, state)
    kind = value.dtype.kind
    if kind == "O":
        _check_items(detail.get("of", {}), value.ravel().tolist(), state)
    elif kind in "iu" and "values" in detail and value.size:
        _check_int(detail["values"], value.min(), state)
        _check_int(detail["values"], value.max(), state)


def _check_shape(shapes: Any, shape: tuple[int, ...], state: State) -> None:
    if shapes is None:
        return
    for axes in shapes:
        if len(axes) == len(shape):
            for number, (axis, size) in enumerate(zip(axes, shape, strict=True)):
                if axis is not None:
                    expected = measure_of(state, axis)
                    if expected is not None and size != expected:
                        raise ValueError(f"axis {number} of size {size}, {axis} is {expected}")
            return
    raise ValueError(f"an array of {len(shape)} dimensions")


def _check_sparse(detail: Mapping[str, Any], value: Any, state: State) -> None:
    require(value.dtype.kind in detail["dtype"], f"a matrix of dtype {value.dtype}")
    _check_shape(detail.get("shapes"), value.shape, state)


def _check_sequence(detail: Mapping[str, Any], value: Any, state: State) -> None:
    _check_length(detail, value, state)
    _check_items(detail["of"], value, state)


def _check_dict(detail: Mapping[str, Any], value: Any, state: State) -> None:
    _check_length(detail, value, state)
    _check_items(detail["keys"], value, state)
    _check_items(detail["values"], value.values(), state)


def _check_length(detail: Mapping[str, Any], value: Any, state: State) -> None:
    measure = detail.get("len")
    if measure is not None:
        size = measure_of(state, measure)
        if len(value) != size:
            raise ValueError(f"{len(value)} items where {measure} is {size}")


def _check_items(kinds: Kinds, items: Iterable[Any], state: State) -> None:
    """Check every item. Items of a type that is allowed without limits are checked together."""
    free = {kind for kind in set(map(type, items)) if kinds.get(KIND_NAMES.get(kind, "")) is True}
    for item in items:
        if type(item) not in free:
            check_value(kinds, item, state)


# -- objects, and nested values ----------------------------------------------


def _check_object(detail: Iterable[str], value: Any, state: State) -> None:
    kind = type(value)
    name = _full_name(kind)
    if name in detail:
        return
    if f"{kind.__module__}.*" in detail:
        return
    bases = [entry[1:] for entry in detail if entry[0] == "~"]
    derived = bases and any(_full_name(parent) in bases for parent in kind.__mro__)
    require(derived, f"a {kind.__name__}")


def _full_name(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _check_named(detail: Iterable[str], value: Any, state: State) -> None:
    require(name_of(value) in detail, f"{name_of(value)}")


def name_of(value: Any) -> str:
    """Return the full name of a function or class."""
    owner = getattr(value, "__objclass__", value)  # str of str.split
    module = "numpy" if isinstance(value, np.ufunc) else owner.__module__
    return f"{module}.{getattr(value, '__qualname__', value.__name__)}"


def _check_dtype(detail: str, value: Any, state: State) -> None:
    require(value.kind in detail, f"the dtype {value}")


_LEAVES = frozenset(
    ("none", "bool", "int", "float", "complex", "bytes", "slice", "range", "sparse", "object",
     "type", "dtype", "matrix", "masked")
)  # fmt: skip


def _check_any(value: Any, depth: int) -> None:
    """Accept plain values and objects of classes with rules, nested. Refuse functions."""
    require(depth < MAX_DEPTH, f"containers nested deeper than {MAX_DEPTH}")
    kind = kind_of(value)
    if kind in _LEAVES:
        require(
            type(value).__module__ != "builtins" or kind != "object", f"a {type(value).__name__}"
        )
        return
    if kind == "str":
        require(not is_display_name(value), f"the name {value:.60}")
        _check_text(True, value, {})
    elif kind == "array":
        if value.dtype.hasobject:
            _check_nested(value.ravel().tolist(), depth)
    elif kind == "dict":
        _check_nested(value, depth)
        _check_nested(value.values(), depth)
    elif kind in ("list", "tuple", "set"):
        _check_nested(value, depth)
    else:
        raise ValueError(f"a {kind}")


def _check_nested(items: Iterable[Any], depth: int) -> None:
    others = {kind for kind in set(map(type, items)) if KIND_NAMES.get(kind) not in _LEAVES}
    if others:
        for item in items:
            if type(item) in others:
                _check_any(item, depth + 1)


_CHECKS: Mapping[str, Callable[[Any, Any, State], None]] = {
    "int": _check_int,
    "float": _check_float,
    "str": _check_text,
    "array": _check_array,
    "matrix": _check_array,
    "masked": _check_array,
    "sparse": _check_sparse,
    "list": _check_sequence,
    "tuple": _check_sequence,
    "set": _check_sequence,
    "dict": _check_dict,
    "object": _check_object,
    "function": _check_named,
    "type": _check_named,
    "dtype": _check_dtype,
}
