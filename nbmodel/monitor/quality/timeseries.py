"""Time series of traffic, quality and drift; their averages, trends and seasons."""

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
from nbmodel.monitor.drift.detection import DriftValue
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
        ``volume``, ``accuracy``, ``psi(age)``, and so on.
    version, stage : str
    times : tuple of int
        Starts of windows, rising, microseconds since the epoch. Windows without a value are left
        out, except for the volume, which is 0 in them.
    values : tuple of float
    rows : tuple of int
        Rows that each value is computed from: labeled ones for quality. Empty for a volume.
    """

    metric: str
    version: str
    stage: str
    times: tuple[int, ...]
    values: tuple[float, ...]
    rows: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    def select(self, mask: Sequence[bool]) -> Series:
        """Return the series with only the chosen windows."""
        times, values = compress(self.times, mask), compress(self.values, mask)
        rows = compress(self.rows, mask)
        return replace(self, times=tuple(times), values=tuple(values), rows=tuple(rows))

    def array(self) -> Array:
        """Return the values as an array."""
        return np.asarray(self.values, float)


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A series as trend, seasonal component and residual, on gapless times."""

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
    """Return volume and latency (mean and quantiles, seconds) of each version and stage.

    Parameters
    ----------
    log : LogReader
    width : int
        Width of the windows, microseconds.
    serving : mapping of (version, stage) to int, optional
        Which versions should have rows, and since when. Their windows without rows, up to `until`,
        have volume 0, even if the log has no row of them at all.
    until : int, optional

    Raises
    ------
    InvalidValue
        If the windows are so short that there are too many.
    """
    groups: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for row in log.windows(width):
        latencies = (row.latency, *(row.quantiles or (None,) * (len(LATENCIES) - 1)))
        groups[row.version, row.stage].append((row.start, row.rows, latencies))
    serving = serving or {}
    series = []
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
        series.append(_volume(key, times, points, width))
        for position, metric in enumerate(LATENCIES):
            measured = [
                (start, float(each[position]), count)
                for start, count, each in points
                if each[position] is not None
            ]
            if measured:
                series.append(Series(metric, *key, *zip(*measured, strict=True)))
    return series


def _volume(
    key: tuple[str, str], times: Sequence[int], points: Sequence[tuple[Any, ...]], width: int
) -> Series:
    first, last = min(times), max(times)
    if (last - first) // width > MAX_WINDOWS:
        raise InvalidValue(
            f"There would be {(last - first) // width:,} windows.",
            "Choose longer windows or a shorter time.",
        )
    counts = {start: float(count) for start, count, _ in points}
    all_times = tuple(range(first, last + 1, width))
    values = tuple(counts.get(time, 0.0) for time in all_times)
    return Series(VOLUME, *key, all_times, values)


def quality_series(values: Iterable[MetricValue]) -> list[Series]:
    """Return one series for each metric."""
    return _group((q.metric, q.version, q.stage, q.start, q.value, q.rows) for q in values)


def drift_series(findings: Iterable[DriftValue]) -> list[Series]:
    """Return one series for each measure and column, such as ``psi(age)``."""
    return _group(
        (f"{f.measure}({f.column})", f.version, f.stage, f.start, f.value, f.rows) for f in findings
    )


def _group(points: Iterable[tuple[str, str, str, int, float, int]]) -> list[Series]:
    groups: dict[tuple[str, str, str], list[tuple[int, float, int]]] = defaultdict(list)
    for metric, version, stage, start, value, rows in points:
        groups[metric, version, stage].append((start, value, rows))
    return [Series(*key, *zip(*sorted(pairs), strict=True)) for key, pairs in groups.items()]


# -- smoothing and seasons -----------------------------------------------------------


def moving_average(values: Sequence[float], span: int) -> Array:
    """Return the mean of the last `span` values, or of fewer at the start.

    Raises
    ------
    InvalidValue
        If `span` is less than 1.
    """
    _check_span(span)
    array = np.asarray(values, float)
    sums = np.cumsum(np.concatenate([[0.0], array]))
    ends = np.arange(1, len(array) + 1)
    starts = np.maximum(0, ends - span)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def exponential_average(values: Sequence[float], span: float) -> Array:
    """Return ``s_t = s_{t-1} + a (x_t - s_{t-1})`` with ``a = 2 / (span + 1)`` and ``s_0 = x_0``.

    Source: Brown (1963), Smoothing, Forecasting and Prediction of Discrete Time Series,
    chapter 7.
    """
    _check_span(span)
    alpha, smoothed = 2.0 / (span + 1.0), np.asarray(values, float).copy()
    for index in range(1, len(smoothed)):
        smoothed[index] = smoothed[index - 1] + alpha * (smoothed[index] - smoothed[index - 1])
    return smoothed


def _check_span(span: float) -> None:
    if span < 1:
        raise InvalidValue(f"An average cannot span {span} values.", "Use 1 or more.")


def decompose(series: Series, width: int, period: int) -> Decomposition:
    """Decompose a series by loess into trend, season and residual; gaps are interpolated linearly.

    Source: Cleveland, Cleveland, McRae and Terpenning (1990), Journal of Official Statistics
    6(1); computed by statsmodels, robust against outliers.

    Parameters
    ----------
    series : Series
    width : int
        Width of the windows, microseconds.
    period : int
        Windows in a season.

    Raises
    ------
    InvalidValue
        If a season has fewer than 2 windows, or the series fewer than two seasons.
    """
    if period < 2 or not series.times:
        raise InvalidValue(f"A season cannot have {period} windows.", "Use 2 or more.")
    times = tuple(range(series.times[0], series.times[-1] + 1, width))
    if len(times) < 2 * period:
        raise InvalidValue(
            f"{series.metric} has {len(times)} windows: not two seasons of {period}.",
            "Choose a longer time or shorter windows.",
        )
    values = np.interp(times, series.times, series.values)
    stl = import_optional("statsmodels.tsa.seasonal", "Seasonal decomposition").STL
    fitted = stl(values, period=period, robust=True).fit()
    return Decomposition(
        times, tuple(fitted.trend.tolist()), tuple(fitted.seasonal.tolist()),
        tuple(fitted.resid.tolist()),
    )  # fmt: skip
