"""True answers in any container: a list, an array, or a column of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue

_PRESENT_TYPES = frozenset({str, int, bool})  # one value for each row, and none is missing
_MISSING_TYPES = frozenset({"NAType", "NaTType"})  # of pandas


def values_of(target: Any) -> list[Any]:
    """Return the true answers as Python values; with several outputs, a list for each row.

    Raises
    ------
    InvalidValue
        If it is not a column or a table of values, or one is missing.
    """
    values = _listed(target)
    kinds = set(map(type, values))
    if kinds and kinds <= _PRESENT_TYPES:  # by far the most common, so it is fast
        return values
    if values and all(isinstance(value, list | tuple) for value in values):
        widths = {len(value) for value in values}
        if len(widths) > 1:
            raise InvalidValue("The rows of the target have different lengths.", _HINT)
        values = [v[0] for v in values] if widths == {1} else [list(v) for v in values]
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    if missing_count := sum(map(_is_missing, flat)):
        raise InvalidValue(
            f"{missing_count} of {len(flat)} values of the target are missing.",
            "Give only rows whose true answer is known.",
        )
    return values


_HINT = "Give the true answer of each row, as a list, an array or a column."


def _listed(target: Any) -> list[Any]:
    if hasattr(target, "columns"):  # a frame of pandas or polars
        rows = target.to_numpy()
        return list(rows.tolist())
    for name in ("tolist", "to_list", "to_pylist"):
        if callable(listed := getattr(target, name, None)):
            values = listed()
            break
    else:
        values = list(target) if isinstance(target, list | tuple) else None
    if not isinstance(values, list):
        raise InvalidValue(f"The target is a {type(target).__name__}.", _HINT)
    return values


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def positions(values: list[Any], classes: list[Any], source: str = "The target") -> Any:
    """Return the position of each label among the classes; `source` has the labels.

    Raises
    ------
    InvalidValue
        If a label is not one of the classes. The text "1" is not the number 1.
    """
    place = {label: n for n, label in enumerate(classes)}
    try:
        places = [*map(place.get, values)]
    except TypeError:  # a value is not hashable
        places = [None]
    if None in places:
        raise _unknown_labels(values, place, source)
    return np.array(places, dtype=np.int64)


def _unknown_labels(values: list[Any], place: dict[Any, int], source: str) -> InvalidValue:
    labels = [v for v in values if isinstance(v, list) or not _is_in(v, place)]
    listing = ", ".join(dict.fromkeys(repr(v)[:40] for v in labels[:1000]))
    return InvalidValue(
        f"{source} has labels that are not classes of the model: {listing[:200]}.",
        f"The classes are {', '.join(map(repr, place))[:200]}.",
    )


def _is_in(value: Any, place: dict[Any, int]) -> bool:
    try:
        return value in place
    except TypeError:  # not hashable
        return False


def numbers(values: list[Any]) -> Any:
    """Return the true answers of a regression, with one column for each output.

    Raises
    ------
    InvalidValue
        If one is not a number.
    """
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    odd = next((v for v in flat if isinstance(v, bool | str | bytes)), None)
    try:
        if odd is not None:
            raise ValueError
        table = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        example = odd if odd is not None else flat[0]
        raise InvalidValue(
            f"The target has values that are not numbers, such as {example!r:.60}.",
            "The models predict numbers: give numbers.",
        ) from None
    if not np.isfinite(table).all():
        raise InvalidValue("The target has infinite values.", "Leave these rows out.")
    return table.reshape(len(table), -1)
