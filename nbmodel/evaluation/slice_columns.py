"""Columns as slices: the number of a level for each row, and the names of the levels.

Numbers and dates are split at quantiles, all other values are levels themselves. Missing values are
a level, and beyond `MAX_LEVELS` the rarest values become one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nbmodel.display import cut
from nbmodel.errors import InvalidValue

MAX_LEVELS = 50  # of a column
MAX_CHARACTERS = 80  # of the name of a level
MAX_RANGE = 10_000  # of whole numbers that are counted without sorting
MISSING_LEVEL = "missing"
OTHER_LEVEL = "other"


@dataclass(frozen=True, slots=True, eq=False)
class SliceColumn:
    """One column, or two together, as slices.

    Attributes
    ----------
    columns : tuple of str
    codes : ndarray of int, shape (n,)
        The level of each row.
    levels : tuple of tuple of str
        The names of each level, one for each column.
    """

    columns: tuple[str, ...]
    codes: Any
    levels: tuple[tuple[str, ...], ...]


def slice_column(name: str, values: Any, bins: int = 4) -> SliceColumn:
    """Return a column as slices.

    Parameters
    ----------
    name : str
    values : array, or column of pandas, polars or Arrow
    bins : int
        For numbers and dates.

    Examples
    --------
    >>> slice_column("region", np.array(["north", "south", "north"])).levels
    (('north',), ('south',))
    """
    codes, levels = bin_column(values, bins)
    return SliceColumn((name,), codes, tuple((level,) for level in levels))


def cross(first: SliceColumn, second: SliceColumn) -> SliceColumn:
    """Return the slices of two columns together: the pairs of levels that occur."""
    if len(first.codes) != len(second.codes):
        raise InvalidValue(
            f"{first.columns[0]} has {len(first.codes)} rows, and {second.columns[0]} has "
            f"{len(second.codes)}.",
            "Slice by columns of the same rows.",
        )
    pairs, codes = np.unique(first.codes * len(second.levels) + second.codes, return_inverse=True)
    levels = [divmod(int(pair), len(second.levels)) for pair in pairs]
    return SliceColumn(
        first.columns + second.columns,
        codes.reshape(-1),
        tuple(first.levels[a] + second.levels[b] for a, b in levels),
    )


def bin_column(values: Any, bins: int = 4) -> tuple[Any, tuple[str, ...]]:
    """Return the level of each row, and the names of the levels.

    Parameters
    ----------
    values : array, or column of pandas, polars or Arrow
    bins : int
        Numbers and dates with more different values are split at this number of quantiles.

    Returns
    -------
    codes : ndarray of int
    levels : tuple of str
        Such as ``[18, 35)``. In rising order as far as values have one.

    Raises
    ------
    InvalidValue
        If there are fewer than two bins, or the values are not a column.

    Examples
    --------
    >>> codes, levels = bin_column(np.array([1, 2, 3, 4, 5, 6]), 2)
    >>> levels, codes.tolist()
    (('[1, 4)', '[4, 6]'), [0, 0, 0, 1, 1, 1])
    """
    if bins < 2:
        raise InvalidValue(f"{bins} bins are not enough.", "Give two or more bins.")
    if getattr(getattr(values, "dtype", None), "kind", "") == "O" and hasattr(values, "factorize"):
        return _by_value(values, None)
    array = _array(values)
    if array.ndim != 1:
        raise InvalidValue(
            f"A slice needs one column, and the shape is {list(array.shape)}.", "Give one column."
        )
    if array.dtype.kind in "iufmM":
        return _by_quantile(array, bins)
    return _by_value(values, array)


def _array(values: Any) -> Any:
    """A column as an array; missing numbers are NaN, missing dates NaT."""
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind and kind in "iuf" and hasattr(values, "isna"):  # pandas, maybe with its own missing
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    if kind == "M":  # pandas may have a time zone
        return np.asarray(values, dtype="datetime64[us]")
    if hasattr(values, "to_numpy"):
        # An array of Arrow copies texts and missing values only if that is allowed.
        arrow = {"zero_copy_only": False} if hasattr(values, "buffers") else {}
        return np.asarray(values.to_numpy(**arrow))
    return np.asarray(values)


# -- numbers and dates -------------------------------------------------------


def _by_quantile(array: Any, bins: int) -> tuple[Any, tuple[str, ...]]:
    is_missing = _missing_rows(array)
    has_missing = bool(is_missing.any())
    present = array[~is_missing] if has_missing else array
    distinct, counts = _counted(present)
    if len(distinct) <= bins:
        starts, levels = distinct, _texts(distinct)
    else:
        edges = _edges(distinct, counts, bins)
        # The last edge belongs to the last bin.
        starts, levels = edges[:-1], _names_of_bins(edges)
    codes = _places(starts, array)
    if has_missing:
        codes[is_missing] = len(levels)
        levels = (*levels, MISSING_LEVEL)
    return codes, levels


def _missing_rows(array: Any) -> Any:
    if array.dtype.kind in "mM":
        return np.isnat(array)
    return np.isnan(array) if array.dtype.kind == "f" else np.zeros(1, dtype=bool)


def _has_small_range(array: Any) -> bool:
    return (
        array.dtype.kind in "iu"
        and len(array) > 0
        and int(array.max()) - int(array.min()) < MAX_RANGE
    )


def _counted(present: Any) -> tuple[Any, Any]:
    """Return the different values in rising order, and how often each occurs."""
    if not _has_small_range(present):
        distinct, counts = np.unique(present, return_counts=True)
        return distinct, counts
    least = int(present.min())
    counts = np.bincount(present.astype(np.int64) - least)
    offsets = np.flatnonzero(counts)
    return offsets + least, counts[offsets]


def _edges(distinct: Any, counts: Any, bins: int) -> Any:
    """Quantiles that are values; a value of more than one bin gets a bin for itself."""
    ends = np.cumsum(counts)
    ranks = np.ceil(np.arange(bins + 1) * (ends[-1] - 1) / bins)
    places, times = np.unique(np.searchsorted(ends, ranks, side="right"), return_counts=True)
    after = places[times > 1] + 1
    return distinct[np.union1d(places, after[after < len(distinct)])]


def _places(starts: Any, array: Any) -> Any:
    """Return the last of the rising starts that is not above each value; 0 if there is none."""
    if not _has_small_range(array):
        return np.searchsorted(starts[1:], array, side="right").astype(np.int64)
    least = int(array.min())
    table = np.searchsorted(starts[1:], np.arange(least, int(array.max()) + 1), side="right")
    return table[array.astype(np.int64) - least]


def _names_of_bins(edges: Any) -> tuple[str, ...]:
    names = _texts(edges)
    inner = [f"[{low}, {high})" for low, high in pairwise(names[:-1])]
    return (*inner, f"[{names[-2]}, {names[-1]}]")


def _texts(values: Any) -> tuple[str, ...]:
    """Short texts, as far as they differ."""
    if values.dtype.kind in "mM":
        for unit in ("D", "s"):
            texts = [str(value.astype(f"{value.dtype.kind}8[{unit}]")) for value in values]
            if len(set(texts)) == len(texts):
                return tuple(texts)
    short = [f"{value:.6g}" if values.dtype.kind == "f" else str(value) for value in values]
    return tuple(short if len(set(short)) == len(short) else map(str, values.tolist()))


# -- values ------------------------------------------------------------------


def _by_value(values: Any, array: Any) -> tuple[Any, tuple[str, ...]]:
    codes, distinct = _factorized(values, array)
    names = _names_of(distinct)
    order = sorted(range(len(names)), key=lambda n: names[n])
    rank = np.empty(len(names) + 1, dtype=np.int64)
    rank[order] = np.arange(len(names))
    rank[-1] = len(names)  # -1 is a missing value
    codes, levels = rank[codes], [names[n] for n in order]
    codes, levels = _with_other(codes, levels)
    if (codes == len(levels)).any():
        levels = [*levels, MISSING_LEVEL]
    return codes, tuple(levels)


def _factorized(values: Any, array: Any) -> tuple[Any, list[Any]]:
    """Number the values in the order in which they occur; -1 if one is missing."""
    if array is None:  # pandas
        codes, distinct = values.factorize()
        return np.asarray(codes, dtype=np.int64), list(distinct)
    place: dict[Any, int] = {}
    codes = np.empty(len(array), dtype=np.int64)
    try:
        for row, value in enumerate(array.tolist()):
            is_missing = value is None or value != value  # NaN
            codes[row] = -1 if is_missing else place.setdefault(value, len(place))
    except TypeError:
        raise InvalidValue(
            f"A slice cannot be made of values such as {value!r:.60}.",
            "Give numbers, texts, categories or dates.",
        ) from None
    return codes, list(place)


def _names_of(distinct: list[Any]) -> list[str]:
    names = [cut(str(value), MAX_CHARACTERS) for value in distinct]
    if len(set(names)) < len(names):  # such as 1 and "1"
        names = [cut(repr(value), MAX_CHARACTERS) for value in distinct]
    repeated = {name for name in names if names.count(name) > 1} if len(names) < 1000 else set()
    return [f"{name} ({n})" if name in repeated else name for n, name in enumerate(names)]


def _with_other(codes: Any, levels: list[str]) -> tuple[Any, list[str]]:
    """Keep the most frequent levels; the rest becomes one, after them."""
    if len(levels) <= MAX_LEVELS:
        return codes, levels
    counts = np.bincount(codes, minlength=len(levels) + 1)[: len(levels)]
    frequent = np.sort(np.argsort(-counts, kind="stable")[: MAX_LEVELS - 1])
    rank = np.full(len(levels) + 1, MAX_LEVELS - 1, dtype=np.int64)
    rank[frequent] = np.arange(len(frequent))
    rank[-1] = MAX_LEVELS  # missing
    return rank[codes], [*(levels[n] for n in frequent), OTHER_LEVEL]
