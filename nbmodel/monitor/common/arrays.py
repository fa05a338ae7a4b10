"""Arrow arrays of whatever a column holds, as a log keeps them and a profile describes them.

Numbers, booleans, texts and times stay what they are; a duration is its seconds; anything else
(an interval, a period, a list, a complex number) is its text, as in a profile's categories.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nbmodel.monitor.common.optional import import_optional
from nbmodel.provenance.profile import is_missing
from nbmodel.provenance.tables import is_series

PURPOSE = "The prediction log"
_TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # of one second
_WIDE = (np.float16, np.longdouble)  # of numpy, and unknown to Parquet


def column_array(values: Any) -> Any:
    """An Arrow array of a column; NaN, NaT and NA are missing."""
    pyarrow = import_optional("pyarrow", PURPOSE)
    given = _known_to_arrow(values)
    try:
        array = pyarrow.array(given, from_pandas=True)
    except (pyarrow.ArrowException, UnicodeError, TypeError, ValueError, OverflowError):
        return text_array(_items(values))
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.combine_chunks()
    return _plain(array, values)


def text_array(values: Sequence[Any]) -> Any:
    """An Arrow array of texts; anything else becomes one, and half characters question marks."""
    pyarrow = import_optional("pyarrow", PURPOSE)
    try:
        return pyarrow.array(values, pyarrow.string())
    except (pyarrow.ArrowException, UnicodeError, TypeError):
        return pyarrow.array(list(map(as_text, values)), pyarrow.string())


def as_text(value: Any) -> str | None:
    """The text of a value; None if it is missing."""
    return None if is_missing(value) else str(value).encode(errors="replace").decode()


def join_columns(columns: Sequence[Any]) -> Any:
    """One column of several pieces, whatever each of them is."""
    if len(columns) == 1:
        return columns[0]
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    pyarrow = import_optional("pyarrow", PURPOSE)
    arrays = [column_array(column) for column in columns]
    if len({array.type for array in arrays}) > 1:
        arrays = [_decoded(array) for array in arrays]
    kinds = {array.type for array in arrays if array.null_count < len(array)}
    if len(kinds) > 1:
        numeric = all(pyarrow.types.is_integer(k) or pyarrow.types.is_floating(k) for k in kinds)
        kinds = {pyarrow.float64() if numeric else pyarrow.string()}
    kind = next(iter(kinds), pyarrow.string())
    return pyarrow.chunked_array([array.cast(kind) for array in arrays]).combine_chunks()


def _decoded(array: Any) -> Any:
    is_coded = import_optional("pyarrow.types", PURPOSE).is_dictionary(array.type)
    return array.dictionary_decode() if is_coded else array


def _known_to_arrow(values: Any) -> Any:
    """Values of a numpy dtype that Arrow or Parquet lacks, as the next best."""
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


def _plain(array: Any, values: Any) -> Any:
    pyarrow = import_optional("pyarrow", PURPOSE)
    kind = array.type
    if pyarrow.types.is_duration(kind):
        whole = array.cast(pyarrow.int64()).cast(pyarrow.float64(), safe=False)
        return import_optional("pyarrow.compute", PURPOSE).divide(whole, _TICKS[kind.unit])
    if pyarrow.types.is_float16(kind):
        return array.cast(pyarrow.float32())
    if pyarrow.types.is_dictionary(kind):
        return array if _is_plain(kind.value_type, _CATEGORIES) else _categories(array, values)
    return array if _is_plain(kind, _PLAIN) else text_array(_items(values))


def _categories(array: Any, values: Any) -> Any:
    """Categories that are neither texts nor numbers, by their texts."""
    if not hasattr(values, "cat"):
        return text_array(_items(array))
    pyarrow = import_optional("pyarrow", PURPOSE)
    texts = text_array(list(map(str, values.cat.categories)))
    return pyarrow.DictionaryArray.from_arrays(array.indices, texts)


def _items(values: Any) -> list[Any]:
    """The values as Python has them; pandas' own where they came from there."""
    if hasattr(values, "to_pylist"):
        return list(values.to_pylist())
    items = list(values)
    return [None if is_missing(item) else item for item in items]


_CATEGORIES = ("boolean", "integer", "floating", "string", "large_string", "string_view")
_PLAIN = (*_CATEGORIES, "timestamp", "date", "time", "decimal")


@lru_cache(256)
def _is_plain(kind: Any, names: tuple[str, ...]) -> bool:
    types = import_optional("pyarrow.types", PURPOSE)
    checks: list[Callable[[Any], bool]] = [getattr(types, f"is_{name}") for name in names]
    return any(check(kind) for check in checks)


def number_of(text: str | None) -> float | None:
    """The number that a text is; None if it is none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
