"""Frames and series of pandas, with the dtypes of the notebook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pandas

from nbmodel.errors import InvalidInput
from nbmodel.predict import column_types
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.frames import Build
from nbmodel.predict.inputs import InputColumn, Inputs
from nbmodel.predict.rows import Array, Rows, columns_by_name
from nbmodel.records import Scalar

_INTERVAL_RE = re.compile(r"([\[(])(.+), (.+)([\])])")
_NESTED = ("list", "large_list", "fixed_size_list", "struct", "map")  # types of Arrow
_SPARSE_RE = re.compile(r"Sparse\[(\w+), (.+)\]")
_OF_CATEGORIES = {
    "int": column_types.INTEGER,
    "uint": column_types.INTEGER,
    "float": column_types.FLOAT,
    "bool": column_types.BOOLEAN,
}
_MISSING_VALUES = {"nan": np.nan, "NA": pandas.NA, "NaT": pandas.NaT}
_NULLABLE = {"i": column_types.INTEGER, "u": column_types.INTEGER, "b": column_types.BOOLEAN}


def types_of(inputs: Inputs) -> tuple[ColumnType, ...]:
    """Return how the values of each column are decoded; pandas reads the dtypes.

    Raises
    ------
    InvalidInput
        If a column holds lists, structures or the like.
    """
    return tuple(_type_of(column) for column in inputs.columns)


def builder(inputs: Inputs) -> Build:
    """Make a function from rows to a DataFrame or a Series."""
    labels = _labels(inputs)
    dtypes = [_dtype(column) for column in inputs.columns]
    makers = [_maker(c, d) for c, d in zip(inputs.columns, dtypes, strict=True)]
    plain = {n: d for n, d in enumerate(dtypes) if isinstance(d, np.dtype) and d.kind in "fiub"}

    def frame(rows: Rows) -> Any:
        if isinstance(rows, dict) or len(plain) < len(dtypes):
            columns = columns_by_name(rows, inputs.names)
            parts = [make(values) for make, values in zip(makers, columns.values(), strict=True)]
            result = pandas.DataFrame(dict(enumerate(parts)), copy=False)
        else:
            result = pandas.DataFrame(rows, copy=False)
            other = {n: d for n, d in plain.items() if d != rows.dtype and _fits(rows[:, n], d)}
            result = result.astype(other) if other else result
        result.columns = labels
        return result

    def series(rows: Rows) -> Any:
        values = rows.reshape(-1) if not isinstance(rows, dict) else next(iter(rows.values()))
        return pandas.Series(makers[0](values), name=inputs.columns[0].in_frame, copy=False)

    return series if inputs.kind == "series" else frame


def _fits(values: Array, dtype: np.dtype[Any]) -> bool:
    """Whether values fit a dtype; as in pandas, whole numbers with a gap become floats."""
    return dtype.kind == "f" or not np.isnan(values).any()


def _labels(inputs: Inputs) -> Any:
    labels = [column.in_frame for column in inputs.columns]
    if labels and all(isinstance(label, tuple) for label in labels):
        return pandas.MultiIndex.from_tuples(labels)
    return pandas.Index(labels)


# -- types -------------------------------------------------------------------


def _dtype(column: InputColumn) -> Any:
    """Return the dtype as an object of pandas; None if it is unknown."""
    if not column.dtype:
        return None
    if column.dtype == "category":
        return pandas.CategoricalDtype()
    if column.dtype.startswith(_NESTED):
        raise InvalidInput(
            f"Column {column.name!r} has the type {column.dtype!r:.60}, which a request cannot "
            "express.",
            "Serve a version whose columns have one value in each row.",
        )
    with _read_by_pandas(column, column.dtype):
        if sparse := _SPARSE_RE.fullmatch(column.dtype):
            return pandas.SparseDtype(sparse[1], float(sparse[2]) if "float" in sparse[1] else 0)
        if column.dtype.startswith(("dictionary<", "decimal", "string[pyarrow]")):
            return import_module("nbmodel.predict.frames.pandas_arrow").dtype_of(column.dtype)
        return pandas.api.types.pandas_dtype(column.dtype)


@contextmanager
def _read_by_pandas(column: InputColumn, dtype: str) -> Iterator[None]:
    """Report errors of pandas for a dtype, whose text may come from a stranger."""
    try:
        yield
    except (AttributeError, OverflowError, SyntaxError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"Column {column.name!r} has the type {dtype!r:.60}, which pandas "
            f"{pandas.__version__} cannot read: {error!s:.100}.",
            "Install the release of pandas that the version names in requirements.txt.",
        ) from None


def _type_of(column: InputColumn) -> ColumnType:
    dtype = _dtype(column)
    if dtype is None or isinstance(dtype, np.dtype):
        return column_types.of_numpy(column)
    if isinstance(dtype, pandas.CategoricalDtype):
        return _category_type(column)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return column_types.datetime(dtype.unit, str(dtype.tz))
    if isinstance(dtype, pandas.SparseDtype):
        return column_types.number(np.dtype(dtype.subtype))
    if isinstance(dtype, pandas.ArrowDtype):
        return _arrow_type(column, dtype)
    if isinstance(dtype, pandas.StringDtype | pandas.PeriodDtype | pandas.IntervalDtype):
        return column_types.TEXT
    return _nullable(dtype, column_types.ANY)


def _nullable(dtype: Any, other: ColumnType) -> ColumnType:
    """Return the type of a nullable number or truth value."""
    if dtype.kind == "f":
        return column_types.floating(np.dtype(f"float{8 * dtype.itemsize}"))
    return _NULLABLE.get(dtype.kind, other)


def _category_type(column: InputColumn) -> ColumnType:
    """Return the type of the categories: 3 is not a category among texts."""
    stored = [value for value in column.categories if value is not None]
    if column.category_dtype in ("str", "object", "string"):
        texts = all(isinstance(value, str) for value in stored)
        return column_types.TEXT if texts and stored else column_types.CATEGORY
    return _OF_CATEGORIES.get(column.category_dtype.rstrip("0123456789"), column_types.CATEGORY)


def _arrow_type(column: InputColumn, dtype: Any) -> ColumnType:
    text = str(dtype)
    if dtype.kind == "M":
        zone = getattr(dtype.pyarrow_dtype, "tz", None)
        return (
            column_types.DATE
            if text.startswith("date")
            else column_types.datetime(column_types.unit_of(text), zone or "")
        )
    if dtype.kind == "m":
        return column_types.duration(column_types.unit_of(text))
    if text.startswith("date"):
        return column_types.DATE
    if text.startswith("dictionary"):
        return column_types.CATEGORY
    if text.startswith(("decimal", "time", "binary", "large_binary")):
        return column_types.TEXT
    return _nullable(dtype, column_types.TEXT)


# -- columns -----------------------------------------------------------------


def _maker(column: InputColumn, dtype: Any) -> Callable[[Array], Any]:
    """Make a function from a decoded column to a column of the dtype."""
    if dtype is None or (isinstance(dtype, np.dtype) and dtype.hasobject):
        return _objects(column)
    if isinstance(dtype, np.dtype):
        return lambda values: values  # has the dtype already
    if isinstance(dtype, pandas.CategoricalDtype):
        return _categorical(column)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return lambda values: (
            pandas.Series(values).dt.tz_localize("UTC").dt.tz_convert(dtype.tz).astype(dtype).array
        )
    if isinstance(dtype, pandas.IntervalDtype):
        return lambda values: pandas.array([_interval(v, dtype.subtype) for v in values], dtype)
    if isinstance(dtype, pandas.ArrowDtype):
        return _arrow(column, dtype)
    return lambda values: pandas.array(values, dtype=dtype)


def _objects(column: InputColumn) -> Callable[[Array], Any]:
    """Make a column of Python objects: a date is a date, not a timestamp."""
    family, missing_value = (
        column_types.of_numpy(column).family,
        _MISSING_VALUES.get(column.missing),
    )
    if family in (Family.DATE, Family.DATETIME):
        wrap = pandas.Timestamp if column.holds == "Timestamp" else lambda v: v.item()
        return lambda values: pandas.Series(
            [missing_value if np.isnat(value) else wrap(value) for value in values], dtype=object
        )
    if column.dtype == "object":
        return lambda values: pandas.Series(
            [missing_value if value is None else value for value in values.tolist()], dtype=object
        )
    return _inferred


def _inferred(values: Array) -> Any:
    """Let pandas infer the type, as from a list; NaN if all values are missing."""
    if values.dtype.hasobject and all(value is None for value in values):
        return pandas.Series([np.nan] * len(values), dtype=object)
    return values


def _arrow(column: InputColumn, dtype: Any) -> Callable[[Array], Any]:
    family = _arrow_type(column, dtype).family
    if family is Family.DATETIME and dtype.pyarrow_dtype.tz:
        return lambda values: pandas.Series(values).dt.tz_localize("UTC").astype(dtype).array
    if family is Family.DATE:
        return lambda values: pandas.array(values.tolist(), dtype=dtype)
    if family in (Family.DATETIME, Family.DURATION):
        return lambda values: pandas.array(
            [None if np.isnat(value) else value for value in values], dtype=dtype
        )
    return lambda values: pandas.array(
        [None if value is None or value != value else value for value in values.tolist()],
        dtype=dtype,
    )


def _categorical(column: InputColumn) -> Callable[[Array], Any]:
    """Make a column with the categories at their codes, followed by new values in their order."""
    dtype = column.category_dtype or None
    categories = _with_placeholders(column.categories)
    with _read_by_pandas(column, column.category_dtype):
        if dtype and dtype.startswith("interval"):
            subtype = pandas.api.types.pandas_dtype(dtype).subtype
            categories = [_interval(value, subtype) for value in categories]
            convert: Callable[[Any], Any] = partial(_interval, subtype=subtype)
        else:
            categories = pandas.Index(categories, dtype=dtype).tolist() if categories else []
            convert = _category_value(dtype)
        allowed = set(categories)

    def make(values: Array) -> Any:
        items = [None if v is None or v != v else convert(v) for v in values.tolist()]
        if column.closed:
            items = [value if value in allowed else None for value in items]
        new = dict.fromkeys(v for v in items if v is not None and v not in allowed)
        index = pandas.Index([*categories, *new])
        if dtype and not new and not dtype.startswith("interval"):
            index = index.astype(dtype)
        return pandas.Categorical(items, categories=index, ordered=column.ordered)

    return make


def _with_placeholders(categories: Sequence[Scalar]) -> list[Any]:
    """List the categories, with a value that no row has for each one that is not stored."""
    stored = [value for value in categories if value is not None]
    texts = [value for value in stored if isinstance(value, str)]
    if len(texts) < len(stored) or not stored:
        return stored
    mark = "rare"
    while any(text.startswith(mark) for text in texts):
        mark = f"({mark})"
    return [f"{mark} {n}" if value is None else value for n, value in enumerate(categories)]


def _category_value(dtype: str | None) -> Callable[[Any], Any]:
    """Make a function from a value of JSON to the type of the categories."""
    if dtype and dtype.startswith("datetime64"):
        return lambda value: pandas.Timestamp(value)
    if dtype and dtype.startswith("timedelta64"):
        return lambda value: pandas.Timedelta(value)
    return lambda value: value


def _interval(text: Any, subtype: Any) -> Any:
    """Read an interval such as ``(0, 10]``."""
    if text is None:
        return None
    match = _INTERVAL_RE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidInput(f"{text!r:.60} is not an interval.", "Send a text such as (0, 10].")
    closed = {"[]": "both", "()": "neither", "[)": "left", "(]": "right"}[match[1] + match[4]]
    ends = pandas.Series([match[2], match[3]])
    if subtype.kind in "iuf":
        ends = pandas.to_numeric(ends)
    ends = ends.astype(subtype)
    return pandas.Interval(ends[0], ends[1], closed=closed)
