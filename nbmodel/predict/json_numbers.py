"""Numbers of JSON: what numpy would quietly make of a text or a fraction is an error here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, np.dtype[Any]]

NULL_HINT = "Send null for a value that is missing."
_NUMBERS = frozenset({int, float, bool, type(None)})


class NotANumber(ValueError):
    """The value at a place, counted through rows and columns, is no number.

    Attributes
    ----------
    place : int
    value : object
    """

    def __init__(self, place: int, value: Any) -> None:
        super().__init__(f"{value!r:.60} is not a number")
        self.place = place
        self.value = value


def numbers(data: Any) -> Matrix:
    """An array of numbers or truth values; null is NaN.

    Raises
    ------
    NotANumber
        If something else stands among them: ``"1.5"`` too.
    ValueError
        If the lists have no common shape.
    """
    values = np.asarray(data)
    if values.dtype.kind in "fiub":
        return values
    for place, value in enumerate(_scalars(data)):
        if type(value) not in _NUMBERS:
            raise NotANumber(place, value)
    return values.astype(np.float64)


def whole_numbers(data: Any) -> Matrix:
    """The same for lists of whole numbers beyond 63 bits, of which numpy makes floats.

    Raises
    ------
    NotANumber, ValueError
        As `numbers` does.
    """
    values = np.asarray(data, dtype=object)
    if all(type(value) is int and 0 <= value < 2**64 for value in values.reshape(-1)):
        return values.astype(np.uint64)
    return numbers(data)


def as_kind(values: Matrix, kind: str) -> Matrix:
    """Numbers as another dtype, if every one of them fits.

    Raises
    ------
    NotANumber
        If one is cut off, or lies outside of what the dtype holds.
    """
    wanted = np.dtype(kind)
    if values.dtype == wanted:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        fresh = values.astype(wanted)
    if wanted.kind == "f":
        odd = np.isinf(fresh) & ~np.isinf(values)
    elif wanted.kind == "b":
        odd = (values != 0) & (values != 1)
    else:
        odd = fresh != values
        if values.dtype.kind in "iu":  # a sign that changed can compare equal
            odd |= (fresh < 0) != (values < 0)
    if odd.any():
        place = int(np.flatnonzero(odd)[0])
        raise NotANumber(place, values.reshape(-1)[place].item())
    return fresh


def fractions(values: Matrix) -> Matrix:
    """Where numbers are not whole; a missing one is."""
    if values.dtype.kind != "f":
        return np.zeros(values.shape, dtype=bool)
    found: Matrix = np.mod(values, 1) > 0
    return found


def _scalars(data: Any) -> Iterator[Any]:
    if isinstance(data, list | tuple):
        for item in data:
            yield from _scalars(item)
    else:
        yield data
