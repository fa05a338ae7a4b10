"""The slices that a user names, from the columns of the data: ``region``, ``age:4``, ``a*b``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.labeled_data import column
from nbmodel.evaluation.slice_columns import SliceColumn, cross, slice_column

MAX_SLICINGS = 50  # of one evaluation
DEFAULT_BINS = 4
_FORMS = "Write a column as region, with bins as age:4, and two columns as region*age:4."


def slices_of(data: Any, names: Sequence[str]) -> tuple[SliceColumn, ...]:
    """Return the slices that texts name.

    Parameters
    ----------
    data : DataFrame
        With all columns, also those that the model does not take.
    names : sequence of str
        A column that has ``:`` or ``*`` in its name is found by its whole name first.

    Raises
    ------
    InvalidValue
        If the data has no such column, or a text has another form.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"region": ["north", "south"], "age": [30, 40]})
    >>> slices_of(data, ["region*age:2"])[0].columns
    ('region', 'age')
    """
    if names and not len(getattr(data, "columns", ())):
        raise InvalidValue(
            "The data has no names of columns, so it has no slices.", "Give a data frame."
        )
    if len(names) > MAX_SLICINGS:
        raise InvalidValue(
            f"{len(names)} slicings are too many.", f"Name at most {MAX_SLICINGS} columns."
        )
    return tuple(_slicing(data, name) for name in names)


def _slicing(data: Any, name: str) -> SliceColumn:
    labels = [str(label) for label in data.columns]
    parts = [name] if name in labels else name.split("*")
    if len(parts) > 2 or not all(part.strip() for part in parts):
        raise InvalidValue(f"{name!r} is not a slice of one or two columns.", _FORMS)
    slicings = [_column(data, part.strip(), labels) for part in parts]
    return slicings[0] if len(slicings) == 1 else cross(*slicings)


def _column(data: Any, name: str, labels: Sequence[str]) -> SliceColumn:
    stem, colon, bins = name.rpartition(":")
    if name in labels or not colon:
        return slice_column(name, column(data, name), DEFAULT_BINS)
    if not bins.isdecimal():
        raise InvalidValue(f"{bins!r} in {name!r} is not a number of bins.", _FORMS)
    return slice_column(stem, column(data, stem), int(bins))
