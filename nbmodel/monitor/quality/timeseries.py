"""Time series: what is plotted, smoothed, taken apart and searched for anomalies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.drift.detection import DriftFinding
from nbmodel.monitor.prediction_log.reader import LogReader
from nbmodel.monitor.quality.metrics import MetricValue

VOLUME = "volume"
LATENCIES = ("latency", "latency_p50", "latency_p95", "latency_p99")
MAX_WINDOWS = 100_000

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one version in one stage.

    Attributes
    ----------
    metric : str
        ``volume``, ``accuracy``, ``psi(age)``, ...
    version, stage : str
    times : tuple of int
        Begins of windows, rising, microseconds since the epoch; windows without a value are
        left out, but for the volume, which is 0 in them.
    values : tuple of float
    """

    metric: str
    version: str
    stage: str
    times: tuple[int, ...]
    values: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.times)

    def select(self, chosen: Sequence[bool]) -> Series:
        """Some of the windows."""
        times, values = compress(self.times, chosen), compress(self.values, chosen)
        return replace(self, times=tuple(times), values=tuple(values))

    def array(self) -> Array:
        """The values as an array."""
        return np.asarray(self.values, float)


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A series taken apart, on its own times made complete: trend, season, what is left."""

    times: tuple[int, ...]
    trend: tuple[float, ...]
    seasonal: tuple[float, ...]
    residual: tuple[float, ...]


def traffic_series(
    log: LogReader,
    width: int,
    serving: Mapping[tuple[str, str], int] | None = None,
    until: int | None = None,
) -> list[Series]:
    """Volume and latency (mean and quantiles, seconds) of each version and stage.

    Parameters
    ----------
    log : Log
    width : int
        Of the windows, microseconds.
    serving : mapping of (version, stage) to int, optional
        Who should have rows, and since when: windows without any, up to `until`, count as
        volume 0, also if the log has not a single row of them.
    until : int, optional

    Raises
    ------
    InvalidValue
        If the windows are so short that there are too many.
    """
    groups: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for one in log.windows(width):
        latencies = (one.latency, *(one.quantiles or (None,) * (len(LATENCIES) - 1)))
        groups[one.version, one.stage].append((one.start, one.rows, latencies))
    serving = serving or {}
    found = []
    silent = [
        key
        for key, since in serving.items()
        if key not in groups and (until is None or since < until)
    ]
    for key in [*groups, *silent]:
        points = groups.get(key, [])
        times = [point[0] for point in points]
        if key in serving and until is not None:
            last = windows.window_start(until - 1, width)
            begin = times[0] if times else windows.window_start(serving[key], width)
            times += [min(begin, last), last]
        found.append(_volume(key, times, points, width))
        for place, metric in enumerate(LATENCIES):
            some = [(start, each[place]) for start, _, each in points if each[place] is not None]
            if some:
                starts, values = zip(*some, strict=True)
                found.append(Series(metric, *key, starts, tuple(map(float, values))))
    return found


def _volume(
    key: tuple[str, str], times: Sequence[int], points: Sequence[tuple[Any, ...]], width: int
) -> Series:
    first, last = min(times), max(times)
    if (last - first) // width > MAX_WINDOWS:
        raise InvalidValue(
            f"That makes {(last - first) // width:,} windows.", "Choose longer ones, or less time."
        )
    counts = {start: float(count) for start, count, _ in points}
    every = tuple(range(first, last + 1, width))
    return Series(VOLUME, *key, every, tuple(counts.get(time, 0.0) for time in every))


def quality_series(found: Iterable[MetricValue]) -> list[Series]:
    """One series a metric."""
    return _group((q.metric, q.version, q.stage, q.start, q.value) for q in found)


def drift_series(found: Iterable[DriftFinding]) -> list[Series]:
    """One series a detector and column: ``psi(age)``."""
    return _group((f"{f.measure}({f.column})", f.version, f.stage, f.start, f.value) for f in found)


def _group(points: Iterable[tuple[str, str, str, int, float]]) -> list[Series]:
    groups: dict[tuple[str, str, str], list[tuple[int, float]]] = defaultdict(list)
    for metric, version, stage, start, value in points:
        groups[metric, version, stage].append((start, value))
    return [Series(*key, *zip(*sorted(some), strict=True)) for key, some in groups.items()]


# -- smoothing and seasons -----------------------------------------------------------


def moving_average(values: Sequence[float], span: int) -> Array:
    """Mean of the last `span` values, of fewer at the beginning.

    Raises
    ------
    InvalidValue
        If `span` is below 1.
    """
    _check_span(span)
    given = np.asarray(values, float)
    sums = np.cumsum(np.concatenate([[0.0], given]))
    ends = np.arange(1, len(given) + 1)
    starts = np.maximum(0, ends - span)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def exponential_average(values: Sequence[float], span: float) -> Array:
    """``s_t = s_{t-1} + a (x_t - s_{t-1})`` with ``a = 2 / (span + 1)``, beginning at ``x_0``.

    Source: Brown (1963), Smoothing, Forecasting and Prediction of Discrete Time Series,
    chapter 7.
    """
    _check_span(span)
    alpha, smoothed = 2.0 / (span + 1.0), np.asarray(values, float).copy()
    for place in range(1, len(smoothed)):
        smoothed[place] = smoothed[place - 1] + alpha * (smoothed[place] - smoothed[place - 1])
    return smoothed


def _check_span(span: float) -> None:
    if span < 1:
        raise InvalidValue(f"An average of {span} values makes no sense.", "Give 1 or more.")


def decompose(series: Series, width: int, period: int) -> Decomposition:
    """Trend, season of `period` windows, and rest, by loess; gaps are filled by straight lines.

    Source: Cleveland, Cleveland, McRae and Terpenning (1990), Journal of Official Statistics
    6(1); computed by statsmodels, robust against outliers.

    Raises
    ------
    InvalidValue
        If there are not two periods, or a period is less than two windows.
    """
    if period < 2 or not series.times:
        raise InvalidValue(f"A season of {period} windows makes no sense.", "Give 2 or more.")
    times = tuple(range(series.times[0], series.times[-1] + 1, width))
    if len(times) < 2 * period:
        raise InvalidValue(
            f"{series.metric} has {len(times)} windows: not two seasons of {period}.",
            "Look at a longer time, or at shorter windows.",
        )
    values = np.interp(times, series.times, series.values)
    stl = import_optional("statsmodels.tsa.seasonal", "Seasonal decomposition").STL
    fitted = stl(values, period=period, robust=True).fit()
    return Decomposition(
        times, tuple(fitted.trend.tolist()), tuple(fitted.seasonal.tolist()),
        tuple(fitted.resid.tolist()),
    )  # fmt: skip
