"""Training data of any kind as named columns. Frameworks are recognized by duck typing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue
from nbmodel.provenance.data.column_selection import Place, places, width_of
from nbmodel.records import Column

_BLOCK = 16  # columns taken at a time from a row-major array: one cache line of float32


@dataclass(frozen=True, slots=True)
class Part:
    """A named piece of a table: an n-D array, a pandas series or a sparse matrix, rows first."""

    name: str
    data: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row: empty for a single column."""
        return tuple(int(n) for n in self.data.shape[1:])

    @property
    def width(self) -> int:
        """How many columns it flattens to."""
        return width_of(self.shape)


@dataclass(frozen=True, slots=True)
class DataTable:
    """Parts of equal length; `bare` if they had no names."""

    rows: int
    parts: tuple[Part, ...]
    bare: bool = False

    @property
    def width(self) -> int:
        """Number of columns, all parts flattened."""
        return sum(part.width for part in self.parts)

    def places(self) -> tuple[Place, ...]:
        """The columns that are described: see `nbmodel.provenance.data.column_selection`."""
        return places([(part.name, part.shape) for part in self.parts], self.bare)

    def columns(self) -> Iterator[tuple[str, Any]]:
        """Name and values of each of `places`."""
        for number, group in groupby(self.places(), key=lambda place: place.part):
            yield from _split(self.parts[number], list(group))


def table_of(data: Any) -> DataTable:
    """Take `data` apart without copying it.

    Raises
    ------
    InvalidValue
        If it is no kind of table, or its columns differ in length.
    """
    parts, bare = _parts(data)
    lengths = {int(part.data.shape[0]) for part in parts}
    if len(lengths) > 1:
        raise InvalidValue(
            f"The columns differ in length: {', '.join(map(str, sorted(lengths)))} rows.",
            "Pass arrays with one entry a row.",
        )
    rows = lengths.pop() if lengths else _length(data)
    return DataTable(rows, tuple(parts), bare)


def columns(data: Any) -> tuple[Column, ...]:
    """Names, dtypes and shapes of `data`, for a signature.

    A data frame, a dict and a structured array give a column each, of shape
    ``(-1,)`` unless its entries are arrays themselves; an unnamed array, tensor or
    sparse matrix gives one ``Column("X", dtype, (-1, n))``.

    Raises
    ------
    InvalidValue
        If `data` is no kind of table.
    """
    if _is_pandas(data, "DataFrame"):  # without a series for each column
        pairs = zip(data.columns, data.dtypes, strict=True)
        return tuple(Column(str(name), str(dtype), (-1,)) for name, dtype in pairs)
    parts, _ = _parts(data)
    return tuple(Column(part.name, str(part.data.dtype), (-1, *part.shape)) for part in parts)


def _length(data: Any) -> int:
    return len(data.index) if _is_pandas(data, "DataFrame") else 0


def _is_pandas(data: object, name: str) -> bool:
    kind: Any = type(data)
    return name in _pandas_names(kind)


@lru_cache(maxsize=256)  # called several times for each column
def _pandas_names(kind: Any) -> frozenset[str]:
    """Names of the classes of pandas that a class is or derives from."""
    return frozenset(
        cls.__name__ for cls in kind.__mro__ if cls.__module__.partition(".")[0] == "pandas"
    )


def is_series(data: object) -> bool:
    """Whether `data` is a pandas series."""
    return _is_pandas(data, "Series")


def is_sparse(data: object) -> bool:
    """Whether `data` is a scipy sparse matrix or array."""
    return hasattr(data, "tocsc") and hasattr(data, "nnz")


def _parts(data: Any) -> tuple[list[Part], bool]:
    if _is_pandas(data, "DataFrame"):
        # By position: names may repeat, and need not be text.
        return [Part(str(name), column) for name, column in data.items()], False
    if is_series(data):
        return [Part("X" if data.name is None else str(data.name), data)], False
    if hasattr(data, "to_pandas"):  # polars, pyarrow
        return _parts(data.to_pandas())
    if is_sparse(data):
        if len(data.shape) != 2:
            raise InvalidValue(
                f"A sparse array of shape {data.shape} is not a table.", "Make it 2-D."
            )
        return [Part("X", data)], True
    if hasattr(data, "detach") and hasattr(data, "cpu"):
        return _parts(_from_tensor(data))
    if isinstance(data, np.ndarray):
        return _array_parts(data)
    if isinstance(data, Mapping):
        return [_column_part(str(name), values) for name, values in data.items()], False
    if isinstance(data, list | tuple):
        return _sequence_parts(data)
    if hasattr(data, "__array__"):
        return _array_parts(np.asarray(data))
    raise InvalidValue(
        f"A {type(data).__module__}.{type(data).__qualname__} cannot be profiled.",
        "Pass a data frame, an array, a tensor, a sparse matrix, or a dict of columns.",
    )


def _from_tensor(tensor: Any) -> np.ndarray:
    host = tensor.detach().cpu()
    try:
        return np.asarray(host.numpy())
    except TypeError:  # numpy has no bfloat16
        return np.asarray(host.float().numpy())


def _array_parts(array: np.ndarray) -> tuple[list[Part], bool]:
    if array.ndim == 0:
        raise InvalidValue(
            f"A single value of dtype {array.dtype} is not a table.", "Pass an array."
        )
    if isinstance(array, np.ma.MaskedArray):
        numeric = array.dtype.kind in "fiub"
        masked = array.astype(np.float64 if numeric else object)
        array = np.ma.filled(masked, np.nan if numeric else None)
    if array.dtype.names:
        return [Part(name, array[name]) for name in array.dtype.names], False
    return [Part("X", array)], True


def _column_part(name: str, values: Any) -> Part:
    parts, _ = _parts(values)
    if len(parts) != 1:
        raise InvalidValue(f"Column {name!r} is a table itself.", "Pass one array a column.")
    return Part(name, parts[0].data)


def _sequence_parts(data: Sequence[Any]) -> tuple[list[Part], bool]:
    rows = [row if isinstance(row, list | tuple) else None for row in data]
    widths = {len(row) for row in rows if row is not None}
    if not data or len(widths) != 1 or None in rows:
        if data and all(isinstance(row, np.ndarray) for row in data):
            shapes = {row.shape for row in data}
            if len(shapes) == 1:
                return [Part("X", np.stack(data))], True
        return [Part("X", objects(data))], True
    nested = any(isinstance(value, list | tuple) for row in rows for value in row or ())
    if nested:
        try:
            return _array_parts(np.array(data))
        except ValueError:
            return [Part("X", objects(data))], True
    width = widths.pop()
    # Column by column: numpy would turn a row of a number and a text into two texts.
    return [Part(str(i), objects([row[i] for row in data])) for i in range(width)], False


def objects(values: Sequence[Any]) -> np.ndarray:
    """A 1-D array of plain numbers where all are numbers of one kind, else of objects."""
    kinds = set(map(type, values))
    if kinds and (kinds <= {int, float} or kinds == {bool}):
        try:
            plain = np.array(values)
        except OverflowError:
            plain = np.empty(0, object)
        if plain.dtype.kind in "iufb":
            return plain
    array = np.empty(len(values), object)
    for i, value in enumerate(values):  # one by one: numpy would unpack lists of equal length
        array[i] = value
    return array


def _split(part: Part, group: Sequence[Place]) -> Iterator[tuple[str, Any]]:
    if not part.shape:
        yield from ((place.name, part.data) for place in group)
        return
    if is_sparse(part.data):
        matrix = part.data.tocsc()
        for place in group:
            yield place.name, matrix[:, [place.index]].toarray().ravel()
        return
    flat = part.data.reshape(len(part.data), part.width)
    for start in range(0, len(group), _BLOCK):
        batch = group[start : start + _BLOCK]
        block = np.ascontiguousarray(flat[:, [place.index for place in batch]].T)
        yield from zip((place.name for place in batch), block, strict=True)
