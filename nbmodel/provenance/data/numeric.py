"""Aggregates of numeric columns: many small columns at once, everything from one sort."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

BINS = 20
CROWDED = 0.25  # of the values in one equal bin: the others tell little then
VENTILES = 20
TAILS = (0.001, 0.01, 0.99, 0.999)
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

_NAMES = tuple(map(str, QUANTILES))
_STEPS = np.arange(BINS + 1, dtype=np.float64)

Facts = dict[str, Any]


def describe(values: np.ndarray) -> Facts:
    """Describe numbers, none of them missing."""
    ordered = np.sort(values, axis=None)
    if ordered.dtype.kind == "f":
        first = np.searchsorted(ordered, -np.inf, side="right")
        finite = ordered[first : np.searchsorted(ordered, np.inf, side="left")]
    else:
        finite = ordered
    if not len(finite):
        none = dict.fromkeys(("min", "max", "mean", "std", "quantiles", "histogram"))
        return {"infinite": len(ordered), **none}
    facts = _describe_finite(finite[np.newaxis])[0]
    return {**facts, "infinite": len(ordered) - len(finite)}


def describe_all(columns: Sequence[np.ndarray]) -> list[tuple[int, Facts]]:
    """Describe columns of one length and one dtype, each with the number of its missing values."""
    ordered = np.sort(np.stack(columns), axis=1)
    whole = np.zeros(len(ordered), bool)
    if ordered.shape[1]:
        # In order, what is infinite or missing lies at the ends.
        whole = np.isfinite(ordered[:, 0]) & np.isfinite(ordered[:, -1])
    described = iter(_describe_finite(ordered[whole]) if whole.any() else ())
    return [
        (0, next(described)) if all_finite else _with_gaps(row)
        for row, all_finite in zip(ordered, whole.tolist(), strict=True)
    ]


def _with_gaps(ordered: np.ndarray) -> tuple[int, Facts]:
    missing_count = int(np.isnan(ordered).sum())  # they come last
    return missing_count, describe(ordered[: len(ordered) - missing_count])


def number(value: Any) -> int | float | None:
    """A number as JSON has it: null where it is not finite."""
    if isinstance(value, int | np.integer):
        return int(value)
    value = float(value)
    return value if math.isfinite(value) else None


def _describe_finite(ordered: np.ndarray) -> list[Facts]:
    """Describe each row of sorted, finite values."""
    with np.errstate(over="ignore", invalid="ignore"):
        # Cast first: a sum that casts as it goes would depend on how many columns there are.
        exact = ordered.astype(np.float64, copy=False)
        means, stds = exact.mean(axis=1).tolist(), exact.std(axis=1).tolist()
        quantiles = _quantiles(ordered).tolist()
        histograms = _histograms(exact)
        return [
            {
                "infinite": 0,
                "min": number(row[0]),
                "max": number(row[-1]),
                "mean": number(mean),
                "std": number(std),
                "quantiles": {name: number(q) for name, q in zip(_NAMES, cuts, strict=True)},
                "histogram": histogram,
                **({"bins": uneven} if (uneven := _bins(row, histogram)) else {}),
            }
            for row, mean, std, cuts, histogram in zip(
                ordered, means, stds, quantiles, histograms, strict=True
            )
        ]


def _quantiles(ordered: np.ndarray) -> np.ndarray:
    """Linear interpolation (Hyndman and Fan 1996, definition 7), numpy's default."""
    last = ordered.shape[1] - 1
    position = np.array(QUANTILES) * last
    low = position.astype(np.int64)
    part = position - low
    below = ordered[:, low].astype(np.float64)
    above = ordered[:, np.minimum(low + 1, last)].astype(np.float64)
    return np.asarray(below * (1 - part) + above * part)


def _histograms(ordered: np.ndarray) -> list[Facts | None]:
    """Equal bins over the range; each holds its left edge, the last one both."""
    low, high = ordered[:, :1], ordered[:, -1:]
    spread = high - low
    step = spread / BINS
    # As numpy.linspace: a step too small to differ from 0 is not multiplied.
    steps = np.where(step == 0, _STEPS / BINS * spread, _STEPS * step)
    edges = steps + low
    edges[:, -1:] = high
    inner = [row.searchsorted(cuts) for row, cuts in zip(ordered, edges[:, 1:-1], strict=True)]
    counts = _between(np.array(inner), ordered.shape[1])
    rows = zip(edges.tolist(), counts.tolist(), strict=True)
    return [_histogram(cuts, amounts) for cuts, amounts in rows]


def _histogram(edges: list[float], counts: list[int]) -> Facts | None:
    low, high = edges[0], edges[-1]
    if not math.isfinite(high - low):
        return None
    if low == high:
        return {"edges": [number(low), number(high)], "counts": [sum(counts)]}
    return {"edges": edges, "counts": counts}


def _bins(ordered: np.ndarray, histogram: Facts | None) -> Facts | None:
    """Finer bins where a histogram's hold most in one: divided at quantiles too.

    The equal ones stay: beyond the last quantile they tell how far a tail reaches.
    """
    if histogram is None or max(histogram["counts"]) <= CROWDED * len(ordered):
        return None
    last = len(ordered) - 1
    values = np.unique(ordered[np.rint(_CUTS * last).astype(int)])
    first, after = ordered.searchsorted(values), ordered.searchsorted(values, side="right")
    heavy = after - first >= len(ordered) / VENTILES  # such a value has a bin to itself
    beyond = ordered[np.minimum(after[heavy], last)]
    edges = np.unique(np.concatenate((values, beyond, histogram["edges"]), dtype=np.float64))
    if np.isin(edges[-2:], values[heavy]).any():  # the last bin would hold the largest value too
        edges = np.append(edges, np.nextafter(edges[-1], np.inf))
    if not np.isfinite(edges[-1]):
        return None
    inner = ordered.searchsorted(edges[1:-1])
    counts = _between(inner[np.newaxis], len(ordered))[0].tolist()
    if max(counts) >= max(histogram["counts"]):
        return None
    return {"edges": edges.tolist(), "counts": counts}


_CUTS = np.sort([*np.linspace(0, 1, VENTILES + 1), *TAILS])


def _between(inner: np.ndarray, length: int) -> np.ndarray:
    """Counts between edges, one row for each column. The last bin includes both edges."""
    places = np.zeros((len(inner), inner.shape[1] + 2), np.int64)
    places[:, 1:-1] = inner
    places[:, -1] = length
    return np.diff(places, axis=1)
