"""Aggregates of training data: what drift is measured against, and never a row of it.

A value that few rows have may be somebody's: categories are listed only where
a value occurs at least `RARE` times, and a text column whose values are mostly
unique (names, addresses, messages) gives lengths only. The smallest and largest
number of a column are kept.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from nbmodel.provenance.fingerprint import fingerprint, present
from nbmodel.provenance.tables import MAX_COLUMNS, columns, is_series, table_of

__all__ = ["FORMAT", "columns", "profile"]

FORMAT = 1
BINS = 20
TOP = 50
RARE = 5
CROWDED = 0.25  # of the values in one equal bin: the others tell little then
VENTILES = 20
TAILS = (0.001, 0.01, 0.99, 0.999)
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_LONGEST = 200  # characters kept of a category

Progress = Callable[[int, int], None]
Facts = dict[str, Any]


def profile(data: Any, *, progress: Progress | None = None) -> dict[str, Any]:
    """Describe training data by aggregates.

    Parameters
    ----------
    data : DataFrame, Series, array, tensor, sparse matrix, dict of arrays, or list
        pandas, numpy (n-D and structured), torch, scipy, and whatever has ``to_pandas``.
    progress : callable, optional
        Called with columns done and columns in all.

    Returns
    -------
    dict
        JSON-ready, without NaN or Infinity: ``format``, ``rows``, ``fingerprint``, ``columns``;
        and ``flattened`` with ``width`` and ``profiled``, where the data have more
        than 1,000 columns and only that many, evenly spaced, are described.

        Every column has ``name``, ``dtype``, ``kind`` and ``missing``. Numbers add
        ``infinite``, ``min``, ``max``, ``mean``, ``std`` (population), ``quantiles`` (linear
        interpolation) and a ``histogram`` of equal bins, all of the finite values,
        null where there are none; durations are in seconds. Where a quarter of the values
        fall into one of the equal bins, ``bins`` are a second histogram that quantiles divide
        too, with a bin of its own for each value that a twentieth of the rows have. Categories and
        booleans add ``unique``, ``top`` (value and count) and ``other`` (rows not
        in ``top``). Text adds ``unique`` and ``length``; times ``min``, ``max`` and
        ``quantiles`` in ISO 8601, UTC if they had a zone; other objects ``types``.

    Raises
    ------
    InvalidValue
        If `data` is no kind of table.
    """
    table = table_of(data)
    described: list[Facts] = []
    total = min(table.width, MAX_COLUMNS)
    for name, values in table.columns():
        described.append(_column(name, values))
        if progress is not None:
            progress(len(described), total)
    result: dict[str, Any] = {
        "format": FORMAT,
        "rows": table.rows,
        "fingerprint": fingerprint(table),
        "columns": described,
    }
    if table.width > len(described):
        result["flattened"] = {"width": table.width, "profiled": len(described)}
    return result


def _column(name: str, values: Any) -> Facts:
    dtype = str(values.dtype)
    if is_series(values):
        if dtype == "category":
            counts = values.value_counts(dropna=True, sort=False)
            seen = Counter(dict(zip(counts.index.tolist(), counts.tolist(), strict=True)))
            facts = {"missing": int(values.isna().sum()), **_categories(+seen)}
            return {"name": name, "dtype": dtype, "kind": "category", **facts}
        found = present(values)
    else:
        found = _without_missing(values)
    kind, facts = _describe(found)
    return {
        "name": name,
        "dtype": dtype,
        "kind": kind,
        "missing": len(values) - len(found),
        **facts,
    }


def _without_missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "fc":
        holes = np.isnan(values)
    elif values.dtype.kind in "mM":
        holes = np.isnat(values)
    elif values.dtype.hasobject:
        holes = np.fromiter(map(_is_missing, values), bool, len(values))
    else:
        return values
    return values[~holes] if holes.any() else values


def _is_missing(value: object) -> bool:
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return type(value).__name__ in ("NAType", "NaTType")  # of pandas


def _describe(values: np.ndarray) -> tuple[str, Facts]:
    kind = values.dtype.kind
    if kind in "iuf":
        return "number", _numbers(values)
    if kind == "b":
        return "boolean", _booleans(Counter({True: int(values.sum()), False: int((~values).sum())}))
    if kind == "M":
        return "datetime", _times(values)
    if kind == "m":
        return "number", _numbers(values / np.timedelta64(1, "s"))
    if kind in "US":
        return _texts(values.astype(str).tolist())
    if kind == "O":
        return _objects(values.tolist())
    return "other", {"types": {str(values.dtype): len(values)}}


def _objects(values: list[Any]) -> tuple[str, Facts]:
    kinds = Counter(map(type, values))
    if not values:
        return "other", {"types": {}}
    if all(issubclass(kind, str) for kind in kinds):
        return _texts([str(value) for value in values])
    if all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return "boolean", _booleans(Counter(map(bool, values)))
    if all(issubclass(kind, Real | Decimal) and not issubclass(kind, bool) for kind in kinds):
        return "number", _numbers(np.array([_float(value) for value in values]))
    if all(issubclass(kind, date) for kind in kinds):
        return "datetime", _times(np.array([_utc(value) for value in values], "datetime64[us]"))
    named: Counter[str] = Counter()
    for kind, count in kinds.items():
        named[kind.__name__] += count
    return "other", {"types": dict(named.most_common(TOP))}


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _utc(value: date) -> date:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


# -- one kind each -----------------------------------------------------------


def _numbers(values: np.ndarray) -> Facts:
    """Everything from one sort: the rest is look-ups in the sorted values."""
    ordered = np.sort(values, axis=None)
    if ordered.dtype.kind == "f":
        first = np.searchsorted(ordered, -np.inf, side="right")
        finite = ordered[first : np.searchsorted(ordered, np.inf, side="left")]
    else:
        finite = ordered
    if not len(finite):
        none = dict.fromkeys(("min", "max", "mean", "std", "quantiles", "histogram"))
        return {"infinite": len(ordered), **none}
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(finite.mean(dtype=np.float64))
        std = float(finite.std(dtype=np.float64))
        histogram = _histogram(finite)
        uneven = _bins(finite, histogram)
        return {
            "infinite": len(ordered) - len(finite),
            "min": _number(finite[0]),
            "max": _number(finite[-1]),
            "mean": _number(mean),
            "std": _number(std),
            "quantiles": {str(q): _number(_quantile(finite, q)) for q in QUANTILES},
            "histogram": histogram,
            **({"bins": uneven} if uneven else {}),
        }


def _quantile(ordered: np.ndarray, q: float) -> float:
    """Linear interpolation (Hyndman and Fan 1996, definition 7), numpy's default."""
    position = q * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    part = position - low
    return float(ordered[low]) * (1 - part) + float(ordered[high]) * part


def _histogram(ordered: np.ndarray) -> Facts | None:
    """Equal bins over the range; each holds its left edge, the last one both."""
    low, high = float(ordered[0]), float(ordered[-1])
    if not math.isfinite(high - low):
        return None
    if low == high:
        return {"edges": [_number(low), _number(high)], "counts": [len(ordered)]}
    return _counted(ordered, np.linspace(low, high, BINS + 1))


def _bins(ordered: np.ndarray, histogram: Facts | None) -> Facts | None:
    """Finer bins where a histogram's hold most in one: divided at quantiles too.

    The equal ones stay: beyond the last quantile they tell how far a tail reaches.
    """
    if histogram is None or max(histogram["counts"]) <= CROWDED * len(ordered):
        return None
    last = len(ordered) - 1
    cuts = np.sort([*np.linspace(0, 1, VENTILES + 1), *TAILS])
    values = np.unique(ordered[np.rint(cuts * last).astype(int)])
    first, after = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    heavy = after - first >= len(ordered) / VENTILES  # such a value has a bin to itself
    beyond = ordered[np.minimum(after[heavy], last)]
    cut = np.concatenate((values, beyond)).astype(np.float64)
    edges = np.union1d(cut, histogram["edges"])
    if np.isin(edges[-2:], values[heavy]).any():  # the last bin would hold the largest value too
        edges = np.append(edges, np.nextafter(edges[-1], np.inf))
    if not np.isfinite(edges[-1]):
        return None
    found = _counted(ordered, edges)
    return found if max(found["counts"]) < max(histogram["counts"]) else None


def _counted(ordered: np.ndarray, edges: np.ndarray) -> Facts:
    """How many lie between edges; the last bin holds both of its own."""
    inner = np.searchsorted(ordered, edges[1:-1], side="left")
    counts = np.diff(np.concatenate(([0], inner, [len(ordered)])))
    return {"edges": [float(edge) for edge in edges], "counts": [int(n) for n in counts]}


def _booleans(counts: Counter[bool]) -> Facts:
    """Both truth values, however rare: neither tells whose row it was."""
    top = [[value, count] for value, count in counts.most_common() if count]
    return {"unique": len(top), "top": top, "other": 0}


def _categories(counts: Counter[Any]) -> Facts:
    common = [(value, n) for value, n in counts.items() if n >= RARE]
    common.sort(key=lambda pair: (-pair[1], str(pair[0])))
    common = common[:TOP]
    other = counts.total() - sum(n for _, n in common)
    return {
        "unique": len(counts),
        "top": [[_plain(value), n] for value, n in common],
        "other": other,
    }


def _texts(values: list[str]) -> tuple[str, Facts]:
    counts = Counter(values)
    if 2 * len(counts) <= len(values):
        return "category", _categories(counts)
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    if not len(lengths):
        return "text", {"unique": 0, "length": None}
    spread = {"min": int(lengths.min()), "max": int(lengths.max()), "mean": float(lengths.mean())}
    return "text", {"unique": len(counts), "length": spread}


def _times(values: np.ndarray) -> Facts:
    if not len(values):
        return {"min": None, "max": None, "quantiles": None}
    ordered = np.sort(values)
    last = len(ordered) - 1
    return {
        "min": str(ordered[0]),
        "max": str(ordered[-1]),
        "quantiles": {str(q): str(ordered[round(q * last)]) for q in QUANTILES},
    }


def _number(value: Any) -> int | float | None:
    if isinstance(value, int | np.integer):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else None


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.integer | np.floating):
        return _number(value)
    return str(value)[:_LONGEST]
