"""Which metrics share an axis: those whose largest values are within a factor of ten."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

MAX_RATIO = 10


def families(values: Mapping[str, Iterable[float | None]]) -> list[list[str]]:
    """Group names by the size of their values, in the order of the names.

    Examples
    --------
    >>> families({"auc": [0.9, 0.8], "rmse": [31.0, 40.0], "f1": [0.5, None]})
    [['auc', 'f1'], ['rmse']]
    """
    groups: list[tuple[float, float, list[str]]] = []
    for name, numbers in values.items():
        size = max((abs(value) for value in finite(list(numbers)) if value), default=1.0)
        for position, (low, high, members) in enumerate(groups):
            if max(high, size) <= MAX_RATIO * min(low, size):
                groups[position] = (min(low, size), max(high, size), [*members, name])
                break
        else:
            groups.append((size, size, [name]))
    return [members for _, _, members in groups]


def finite(values: Sequence[float | None]) -> list[float]:
    """Return the values that can be drawn."""
    return [value for value in values if value is not None and math.isfinite(value)]


def drawable(value: float | None) -> float | None:
    """Return a value, or None for a gap where it cannot be drawn."""
    return value if value is not None and math.isfinite(value) else None


def real(value: object) -> float | None:
    """Return a value that is a finite number, else None; True and False are not numbers here."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return drawable(float(value))
    except OverflowError:
        return None
