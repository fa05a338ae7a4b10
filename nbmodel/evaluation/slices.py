"""Metrics of slices: for whom a model is worse than for all others, and whether that is chance.

Count metrics of all slices of a column are computed in one pass over the rows. Intervals are those
of the delta method. A slice is compared with all other rows by a normal test of two independent
samples; the probabilities are adjusted for the number of slices (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from nbmodel.display import count
from nbmodel.errors import InvalidValue
from nbmodel.evaluation.intervals import rounded
from nbmodel.evaluation.level_totals import LevelTotals, gradient_of
from nbmodel.evaluation.metrics.base import Metric, SampleStatistics
from nbmodel.evaluation.record import SliceEstimate, SliceResult
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.significance import benjamini_hochberg
from nbmodel.evaluation.slice_columns import SliceColumn

MIN_ROWS = 30  # of a slice that is judged
MAX_TABLE_BYTES = 64 << 20  # of the cells of all levels; beyond, levels are computed one by one
_CLASS_TASKS = ("binary", "multiclass", "anomaly")


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is not defined
def judge_slices(
    sample: Sample,
    columns: Sequence[SliceColumn],
    metrics: Sequence[Metric],
    *,
    level: float = 0.95,
    min_rows: int = MIN_ROWS,
) -> tuple[SliceResult, ...]:
    """Compute metrics for each level of some columns.

    Parameters
    ----------
    sample : Sample
    columns : sequence of SliceColumn
    metrics : sequence of Metric
        All can be computed for the sample.
    level : float
        Of the intervals.
    min_rows : int
        Smaller slices are not judged.

    Returns
    -------
    tuple of SliceResult
        In the order of columns and levels. One that is not judged has a reason.

    Raises
    ------
    InvalidValue
        If a column has another number of rows.
    """
    statistics = SampleStatistics(sample)
    results: list[SliceResult] = []
    for column in columns:
        if len(column.codes) != sample.rows:
            raise InvalidValue(
                f"{' and '.join(column.columns)} has {len(column.codes)} rows, and there are "
                f"{sample.rows} predictions.",
                "Slice by columns of the same rows.",
            )
        results += _Column(sample, column, statistics, min_rows).results(metrics, level)
    return tuple(_adjusted(results, [metric.name for metric in metrics]))


@dataclass(frozen=True, slots=True, eq=False)
class _Estimates:
    """A metric of each level: its value and variance, and those of all other rows."""

    metric: Metric
    value: Any
    variance: Any
    rest: Any
    rest_variance: Any


class _Column:
    """The slices of one column."""

    def __init__(
        self, sample: Sample, column: SliceColumn, statistics: SampleStatistics, min_rows: int
    ) -> None:
        self._sample, self._column, self._statistics = sample, column, statistics
        self._codes, self._count = column.codes, len(column.levels)
        self._rows = np.bincount(self._codes, minlength=self._count)
        self._classes = self._rows_of_classes()
        self._reasons = [self._reason(n, min_rows) for n in range(self._count)]

    def _rows_of_classes(self) -> Any:
        if self._sample.task not in _CLASS_TASKS:
            return None
        size = max(2, len(self._sample.classes))
        cells = self._codes * size + self._sample.actual
        return np.bincount(cells, minlength=self._count * size).reshape(-1, size)

    def _reason(self, number: int, min_rows: int) -> str:
        rows = self._rows[number]
        if rows == self._sample.rows:
            return "it has all rows"
        if rows < min_rows:
            return f"it has {count(rows, 'row')}, fewer than {min_rows}"
        if self._classes is not None and (self._classes[number] > 0).sum() < 2:
            return "its rows are of one class only"
        return ""

    def results(self, metrics: Sequence[Metric], level: float) -> list[SliceResult]:
        """The result of each level."""
        judged = [n for n, reason in enumerate(self._reasons) if not reason]
        estimates = {metric.name: self._estimates(metric, judged) for metric in metrics}
        share = self._positive_share()
        return [
            SliceResult(
                columns=self._column.columns,
                levels=names,
                rows=int(self._rows[n]),
                positive_share=None if share is None else rounded(share[n]),
                metrics={
                    name: part
                    for name, each in estimates.items()
                    if n in judged and (part := _estimate(each, n, level)) is not None
                },
                reason=self._reasons[n],
            )
            for n, names in enumerate(self._column.levels)
        ]

    def _positive_share(self) -> Any:
        if self._classes is None or self._classes.shape[1] != 2:
            return None
        return self._classes[:, 1] / np.maximum(self._rows, 1)

    def _estimates(self, metric: Metric, judged: list[int]) -> _Estimates:
        value, variance, rest, rest_variance = (np.full(self._count, np.nan) for _ in range(4))
        totals = self._totals(metric)
        if totals is not None:
            value, variance = _moments(metric, totals)
            rest, rest_variance = _moments(metric, totals.rest())
        for n in judged if totals is None or metric.exact is not None else ():
            inside = self._codes == n
            value[n] = metric.value(self._sample.take(inside))
            if totals is None:
                rest[n] = metric.value(self._sample.take(~inside))
        return _Estimates(metric, value, variance, rest, rest_variance)

    def _totals(self, metric: Metric) -> LevelTotals | None:
        statistic = self._statistics.of(metric) if metric.has_interval else None
        if statistic is None or 8 * self._count * statistic.exact.size > MAX_TABLE_BYTES:
            return None
        return statistic.totals(self._codes, self._count)


def _moments(metric: Metric, totals: LevelTotals) -> tuple[Any, Any]:
    """Return the metric of each level, and its variance; NaN if that is not known."""
    if metric.gradient is not None:
        gradient = metric.gradient(totals.values)
    else:
        gradient = gradient_of(metric.of_rounds, totals)
    values = metric.of_rounds(totals.values)
    if gradient is None:
        return values, np.full(len(values), np.nan)
    return values, totals.variance(gradient)


def _estimate(estimates: _Estimates, n: int, level: float) -> SliceEstimate | None:
    value, variance = float(estimates.value[n]), float(estimates.variance[n])
    if not math.isfinite(value):
        return None
    low = high = p = None
    if math.isfinite(variance):
        half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(max(variance, 0))
        low = rounded(max(value - half, estimates.metric.lowest))
        high = rounded(min(value + half, estimates.metric.highest))
    difference = value - float(estimates.rest[n])
    spread = math.sqrt(max(variance + float(estimates.rest_variance[n]), 0))
    if spread > 0 and math.isfinite(difference):
        p = rounded(math.erfc(abs(difference) / spread / math.sqrt(2)))
    return SliceEstimate(
        rounded(value), low, high, rounded(difference) if math.isfinite(difference) else None, p
    )


def _adjusted(results: list[SliceResult], names: Sequence[str]) -> list[SliceResult]:
    """Adjust the probabilities of each metric for the number of slices."""
    adjusted: dict[tuple[int, str], float] = {}
    for name in names:
        tests = [
            (n, estimate.p)
            for n, result in enumerate(results)
            if (estimate := result.metrics.get(name)) is not None and estimate.p is not None
        ]
        values = benjamini_hochberg([p for _, p in tests])
        adjusted |= {(n, name): p for (n, _), p in zip(tests, values, strict=True)}
    return [
        replace(
            result,
            metrics={
                name: replace(estimate, adjusted_p=rounded(adjusted[n, name]))
                if (n, name) in adjusted
                else estimate
                for name, estimate in result.metrics.items()
            },
        )
        for n, result in enumerate(results)
    ]
