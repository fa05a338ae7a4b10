"""Numbers of JSON, without the silent conversions of numpy from texts or fractions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, np.dtype[Any]]

NULL_HINT = "Send null for a missing value."
_MAX_EXACT = float(2**53)  # whole numbers below are exact in float64
_NUMBERS = frozenset({int, float, bool, type(None)})


class NotANumber(ValueError):
    """A value is not a number.

    Attributes
    ----------
    index : int
        Its index, counted through rows and columns.
    value : object
    """

    def __init__(self, index: int, value: Any) -> None:
        super().__init__(f"{value!r:.60} is not a number")
        self.index = index
        self.value = value


def numbers(data: Any) -> Matrix:
    """Make an array of numbers or truth values; null is NaN.

    Raises
    ------
    NotANumber
        If another value is among them, such as the text ``"1.5"``.
    ValueError
        If the lists have no common shape.
    """
    values = np.asarray(data)
    if values.dtype.kind in "fiub":
        return values
    for index, value in enumerate(_scalars(data)):
        if type(value) not in _NUMBERS:
            raise NotANumber(index, value)
    return values.astype(np.float64)


def whole_numbers(data: Any) -> Matrix:
    """Make an array of whole numbers beyond 63 bits, of which numpy would make floats.

    Raises
    ------
    NotANumber, ValueError
        As in `numbers`.
    """
    values = np.asarray(data, dtype=object)
    if all(type(value) is int and 0 <= value < 2**64 for value in values.reshape(-1)):
        return values.astype(np.uint64)
    return numbers(data)


def as_kind(values: Matrix, kind: str) -> Matrix:
    """Convert numbers to another dtype, if all of them fit.

    Raises
    ------
    NotANumber
        If a number would lose digits, or is out of the range of the dtype.
    """
    dtype = np.dtype(kind)
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        converted = values.astype(dtype)
    if dtype.kind == "f":
        odd = np.isinf(converted) & ~np.isinf(values)
    elif dtype.kind == "b":
        odd = (values != 0) & (values != 1)
    else:
        odd = converted != values
        if values.dtype.kind in "iu":  # a sign that changed can compare equal
            odd |= (converted < 0) != (values < 0)
    if odd.any():
        index = int(np.flatnonzero(odd)[0])
        raise NotANumber(index, values.reshape(-1)[index].item())
    return converted


def fractions(values: Matrix) -> Matrix:
    """Mark the numbers that are not whole; a missing number counts as whole."""
    if values.dtype.kind != "f":
        return np.zeros(values.shape, dtype=bool)
    marks: Matrix = np.mod(values, 1) > 0
    return marks


def is_inexact(values: Matrix) -> bool:
    """Whether float64 cannot represent some of these numbers exactly."""
    if values.dtype.kind == "b" or not values.size:
        return False
    with np.errstate(invalid="ignore"):
        return bool((np.abs(values) >= _MAX_EXACT).any())


def _scalars(data: Any) -> Iterator[Any]:
    if isinstance(data, list | tuple):
        for item in data:
            yield from _scalars(item)
    else:
        yield data
