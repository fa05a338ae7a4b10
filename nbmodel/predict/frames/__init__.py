"""Converts typed columns to the container that a model takes; one file for each library.

==============  ===========================================================
`arrays`        numpy arrays, lists, lists of dicts, several arrays by name
`pandas`        DataFrame and Series, every dtype of pandas
`pandas_arrow`  dtypes of Arrow in pandas
`polars`        DataFrame
`scipy`         sparse matrices
==============  ===========================================================
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, cast

from nbmodel.errors import InvalidInput
from nbmodel.predict.column_types import ColumnType
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import Rows

Build = Callable[[Rows], Any]


class FrameLibrary(Protocol):
    """What each file of this folder defines."""

    def types_of(self, inputs: Inputs) -> tuple[ColumnType, ...]:
        """Return how the values of each column are decoded."""

    def builder(self, inputs: Inputs) -> Build:
        """Make a function from rows to the container."""


_LIBRARIES = {
    "frame": "nbmodel.predict.frames.pandas",
    "series": "nbmodel.predict.frames.pandas",
    "polars": "nbmodel.predict.frames.polars",
    "sparse": "nbmodel.predict.frames.scipy",
    "matrix": "nbmodel.predict.frames.arrays",
    "list": "nbmodel.predict.frames.arrays",
    "records": "nbmodel.predict.frames.arrays",
    "tensors": "nbmodel.predict.frames.arrays",
}


def types_of(inputs: Inputs) -> tuple[ColumnType, ...]:
    """Return how the values of each column are decoded.

    Raises
    ------
    InvalidInput
        If a column has a type that no request can express, or a name that is not valid text.
    """
    return _library(inputs).types_of(inputs)


def builder(inputs: Inputs) -> Build:
    """Make a function from typed rows to the container that the model takes.

    Raises
    ------
    InvalidInput
        If a column has a name that is not valid text.
    """
    return _library(inputs).builder(inputs)


def _library(inputs: Inputs) -> FrameLibrary:
    _check_names(inputs)
    return cast(FrameLibrary, import_module(_LIBRARIES[inputs.kind]))


def _check_names(inputs: Inputs) -> None:
    # pandas and polars hold names and categories as UTF-8, which a lone surrogate is not.
    for column in inputs.columns:
        label = column.label if isinstance(column.label, tuple) else (column.label,)
        try:
            "".join(map(str, (column.name, *label, *column.categories))).encode()
        except UnicodeEncodeError:
            raise InvalidInput(
                f"Column {column.name!r:.60} has a name or a category that is not valid Unicode "
                "text.",
                "Rename it, fit the model again and commit it.",
            ) from None
