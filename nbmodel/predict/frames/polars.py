"""Frames of polars, with the dtypes of the notebook."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import polars

from nbmodel.errors import InvalidInput
from nbmodel.predict import column_types
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.frames import Build
from nbmodel.predict.inputs import InputColumn, Inputs
from nbmodel.predict.rows import Rows, columns_by_name


def types_of(inputs: Inputs) -> tuple[ColumnType, ...]:
    """Return how the values of each column are decoded.

    Raises
    ------
    InvalidInput
        If a column holds lists, structures or the like.
    """
    return tuple(_type_of(column) for column in inputs.columns)


def builder(inputs: Inputs) -> Build:
    """Make a function from rows to a DataFrame."""
    schema = {column.name: _dtype(column) for column in inputs.columns}
    kinds = dict(zip(inputs.names, types_of(inputs), strict=True))

    def frame(rows: Rows) -> Any:
        columns = columns_by_name(rows, inputs.names)
        return polars.DataFrame(
            [_series(name, columns[name], dtype, kinds[name]) for name, dtype in schema.items()]
        )

    return frame


def _series(name: str, values: Any, dtype: Any, kind: ColumnType) -> Any:
    if kind.family is Family.DATETIME:
        naive = polars.Series(name, values).cast(polars.Datetime(dtype.time_unit))
        if dtype.time_zone:
            return naive.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone)
        return naive
    if kind.family in (Family.DATE, Family.DURATION):
        return polars.Series(name, values).cast(dtype)
    if isinstance(values, np.ndarray) and values.dtype.hasobject:
        return polars.Series(name, values.tolist(), dtype=dtype, strict=dtype is not None)
    if kind.family is Family.FLOAT:
        return polars.Series(name, values, nan_to_null=True).cast(dtype)
    return polars.Series(name, values).cast(dtype) if dtype else polars.Series(name, values)


def _type_of(column: InputColumn) -> ColumnType:
    dtype = _dtype(column)
    if dtype is None:
        return column_types.ANY
    if dtype.is_integer():
        return column_types.INTEGER
    if dtype.is_float():
        return column_types.floating(np.dtype("float32" if dtype == polars.Float32 else "float64"))
    base = dtype.base_type()
    if base not in _TYPES:
        raise InvalidInput(
            f"Column {column.name!r} has the type {column.dtype!r:.60}, which a request cannot "
            "express.",
            "Serve a version whose columns hold one value a row.",
        )
    return _TYPES[base](dtype)


_TYPES: dict[Any, Callable[[Any], ColumnType]] = {
    polars.Boolean: lambda _: column_types.BOOLEAN,
    polars.String: lambda _: column_types.TEXT,
    polars.Categorical: lambda _: column_types.TEXT,
    polars.Enum: lambda _: column_types.TEXT,
    polars.Date: lambda _: column_types.DATE,
    polars.Datetime: lambda dtype: column_types.datetime(dtype.time_unit, dtype.time_zone or ""),
    polars.Duration: lambda dtype: column_types.duration(dtype.time_unit),
}


def _dtype(column: InputColumn) -> Any:
    """Read a dtype from a text such as ``Datetime(time_unit='us', time_zone=None)``."""
    if not column.dtype:
        return None
    try:
        tree = ast.parse(column.dtype, mode="eval").body
        name = tree.func if isinstance(tree, ast.Call) else tree
        kind = getattr(polars, name.id) if isinstance(name, ast.Name) else None
        if not (isinstance(kind, type) and issubclass(kind, polars.DataType)):
            raise TypeError("not a dtype of polars")
        if kind is polars.Enum:
            return polars.Enum([str(value) for value in column.categories])
        if not isinstance(tree, ast.Call):
            return kind()
        options = {word.arg: ast.literal_eval(word.value) for word in tree.keywords if word.arg}
        return kind(**options)
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(
            f"Column {column.name!r} has the type {column.dtype!r:.60}, which polars "
            f"{polars.__version__} does not read: {error!s:.100}.",
            "Install the polars that the version was made with.",
        ) from None
