"""Draws synthetic values of one column, by the family of its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.predict import durations
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.rows import Array

NORMAL_QUANTILES = np.array([-2.6, -2.3, -1.6, -1.3, -0.7, 0.0, 0.7, 1.3, 1.6, 2.3, 2.6])
_QUANTILES = ("0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99")

Facts = Mapping[str, Any]


class NotDrawn(ValueError):
    """No rows can be drawn, for the given reason."""


def shuffled(values: Sequence[Any], count: int, rng: np.random.Generator) -> list[Any]:
    """Choose values in random order; the most and the least frequent have priority."""
    if not values:
        raise NotDrawn("a column has no frequent value")
    half = (len(values) + 1) // 2
    alternating = [v for pair in zip(values[:half], values[::-1], strict=False) for v in pair]
    pool = [alternating[index % len(alternating)] for index in range(count)]
    return [pool[index] for index in rng.permutation(count)]


def between(points: Array, count: int, rng: np.random.Generator) -> Array:
    """Draw values for each feature: the points, then values between them.

    Parameters
    ----------
    points : ndarray
        Features x points, in rising order.
    """
    features, length = points.shape
    exact = min(count, length)
    order = np.argsort(rng.random((features, length)), axis=1)[:, :exact]
    exact_values = np.take_along_axis(points, order, axis=1)
    positions = rng.random((features, count - exact)) * (length - 1)
    low = positions.astype(int)
    start = np.take_along_axis(points, low, axis=1)
    step = np.take_along_axis(points, low + 1, axis=1) - start
    values: Array = np.concatenate([exact_values, start + step * (positions - low)], axis=1)
    return values


def points_of(fact: Facts) -> Array:
    """Return minimum, quantiles and maximum of a number."""
    quantiles = fact.get("quantiles", {})
    ends = (fact.get("min"), *(quantiles.get(q) for q in _QUANTILES), fact.get("max"))
    values = [float(v) for v in ends if isinstance(v, int | float)]
    return np.sort(values) if len(values) == len(NORMAL_QUANTILES) else NORMAL_QUANTILES


def _short(values: Array) -> list[Any]:
    """Round numbers to six significant digits, which take less space."""
    return [float(f"{value:.6g}") for value in values.tolist()]


def _numbers(
    kind: ColumnType, fact: Facts, _: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    if kind.dtype.kind == "b":
        return shuffled([True, False], count, rng)
    points = points_of(fact)
    if kind.dtype.kind in "iu" or kind.family is Family.INTEGER:
        if points is NORMAL_QUANTILES:
            points = np.arange(len(NORMAL_QUANTILES), dtype=float)
        rounded = np.rint(points)
        return shuffled([int(v) for v in dict.fromkeys(rounded.tolist())], count, rng)
    values = between(points[None], count, rng)[0]
    return [_short(values[n : n + 1])[0] for n in rng.permutation(count)]


def _texts(
    _: ColumnType, fact: Facts, words: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    if not words:
        length = fact.get("length")
        longest = int(length["max"]) if length else 8
        return ["x" * int(n) for n in rng.integers(1, max(2, min(longest, 40)), count)]
    return [" ".join(rng.choice(words, int(n))) for n in rng.integers(2, 9, count)]


def _times(
    kind: ColumnType, fact: Facts, _: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    texts = [fact.get("min"), *fact.get("quantiles", {}).values(), fact.get("max")]
    try:
        moments = np.array([text for text in texts if isinstance(text, str)], "datetime64[us]")
        moments = moments[~np.isnat(moments)]
    except ValueError:
        moments = np.array([], "datetime64[us]")
    if not len(moments):
        moments = np.array(["2020-01-31", "2024-02-29"], "datetime64[us]")
    counts = np.sort(moments.astype(np.int64)).astype(float)
    values = (
        np.rint(between(counts[None], count, rng)[0])
        if len(counts) > 1
        else np.repeat(counts, count)
    )
    unit = kind.unit
    times = values.astype(np.int64).astype("datetime64[us]").astype(f"datetime64[{unit}]")
    mark = "Z" if kind.zone else ""
    return [f"{text}{mark}" for text in np.datetime_as_string(times).tolist()]


def _durations(
    _: ColumnType, fact: Facts, __: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    seconds = between(points_of(fact)[None], count, rng)[0]  # as a profile stores durations
    return [durations.as_text(round(value) * 10**9) for value in seconds.tolist()]


def _booleans(
    _: ColumnType, __: Facts, ___: Sequence[str], count: int, rng: np.random.Generator
) -> list[Any]:
    return shuffled([True, False], count, rng)


DRAWERS: dict[Family, Callable[..., list[Any]]] = {
    Family.NUMBER: _numbers,
    Family.FLOAT: _numbers,
    Family.INTEGER: _numbers,
    Family.BOOLEAN: _booleans,
    Family.TEXT: _texts,
    Family.DATETIME: _times,
    Family.DATE: _times,
    Family.DURATION: _durations,
}
