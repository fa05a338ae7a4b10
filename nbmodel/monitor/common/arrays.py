"""Arrow arrays for the columns of a log, from the values of any library.

Numbers, booleans, texts and times keep their type. A duration becomes its seconds. Any other value
(an interval, a period, a list, a complex number) becomes its text, as in a data profile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nbmodel.monitor.common.optional import import_optional
from nbmodel.provenance.data.profile import is_missing
from nbmodel.provenance.data.tables import is_series

PURPOSE = "The prediction log"
_TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in one second
_WIDE = (np.float16, np.longdouble)  # numpy types that Parquet does not have


def column_array(values: Any) -> Any:
    """Convert a column to an Arrow array; NaN, NaT and NA become null."""
    pyarrow = import_optional("pyarrow", PURPOSE)
    supported = _supported_by_arrow(values)
    try:
        array = pyarrow.array(supported, from_pandas=True)
    except (pyarrow.ArrowException, UnicodeError, TypeError, ValueError, OverflowError):
        return text_array(_items(values))
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.combine_chunks()
    return _plain_array(array, values)


def text_array(values: Sequence[Any]) -> Any:
    """Convert values to an Arrow array of texts.

    Other values are converted with `str`. Surrogates, which UTF-8 cannot encode, become ``?``.
    """
    pyarrow = import_optional("pyarrow", PURPOSE)
    try:
        return pyarrow.array(values, pyarrow.string())
    except (pyarrow.ArrowException, UnicodeError, TypeError):
        return pyarrow.array(list(map(as_text, values)), pyarrow.string())


def as_text(value: Any) -> str | None:
    """Return the text of a value; None if the value is missing."""
    return None if is_missing(value) else str(value).encode(errors="replace").decode()


def join_columns(columns: Sequence[Any]) -> Any:
    """Concatenate the pieces of one column, which may have different types."""
    if len(columns) == 1:
        return columns[0]
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    pyarrow = import_optional("pyarrow", PURPOSE)
    arrays = [column_array(column) for column in columns]
    if len({array.type for array in arrays}) > 1:
        arrays = [_decoded(array) for array in arrays]
    types = {array.type for array in arrays if array.null_count < len(array)}
    if len(types) > 1:
        numeric = all(pyarrow.types.is_integer(k) or pyarrow.types.is_floating(k) for k in types)
        types = {pyarrow.float64() if numeric else pyarrow.string()}
    type_ = next(iter(types), pyarrow.string())
    return pyarrow.chunked_array([array.cast(type_) for array in arrays]).combine_chunks()


def _decoded(array: Any) -> Any:
    is_coded = import_optional("pyarrow.types", PURPOSE).is_dictionary(array.type)
    return array.dictionary_decode() if is_coded else array


def _supported_by_arrow(values: Any) -> Any:
    """Convert numpy dtypes that Arrow or Parquet does not have to the closest one it has."""
    if is_series(values) and str(values.dtype).startswith("Sparse"):
        values = np.asarray(values)
    if is_series(values) and values.dtype == np.float16:
        values = values.to_numpy()
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype in _WIDE:
        return values.astype(np.float64)
    if values.dtype.kind == "m":
        return values / np.timedelta64(1, "s")
    if values.dtype.kind == "M":
        return values.astype("datetime64[us]")
    return values


def _plain_array(array: Any, values: Any) -> Any:
    pyarrow = import_optional("pyarrow", PURPOSE)
    type_ = array.type
    if pyarrow.types.is_duration(type_):
        whole = array.cast(pyarrow.int64()).cast(pyarrow.float64(), safe=False)
        return import_optional("pyarrow.compute", PURPOSE).divide(whole, _TICKS[type_.unit])
    if pyarrow.types.is_float16(type_):
        return array.cast(pyarrow.float32())
    if pyarrow.types.is_dictionary(type_):
        return array if _is_one_of(type_.value_type, _CATEGORIES) else _categories(array, values)
    return array if _is_one_of(type_, _PLAIN) else text_array(_items(values))


def _categories(array: Any, values: Any) -> Any:
    """Convert categories that are neither texts nor numbers to their texts."""
    if not hasattr(values, "cat"):
        return text_array(_items(array))
    pyarrow = import_optional("pyarrow", PURPOSE)
    texts = text_array(list(map(str, values.cat.categories)))
    return pyarrow.DictionaryArray.from_arrays(array.indices, texts)


def _items(values: Any) -> list[Any]:
    """Return the values as Python objects, or as pandas objects if they come from pandas."""
    if hasattr(values, "to_pylist"):
        return list(values.to_pylist())
    items = list(values)
    return [None if is_missing(item) else item for item in items]


_CATEGORIES = ("boolean", "integer", "floating", "string", "large_string", "string_view")
_PLAIN = (*_CATEGORIES, "timestamp", "date", "time", "decimal")


@lru_cache(256)
def _is_one_of(type_: Any, names: tuple[str, ...]) -> bool:
    types = import_optional("pyarrow.types", PURPOSE)
    checks: list[Callable[[Any], bool]] = [getattr(types, f"is_{name}") for name in names]
    return any(check(type_) for check in checks)


def number_of(text: str | None) -> float | None:
    """Return the number that a text contains; None if it contains none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
