"""Metrics of predicted numbers, from sums over rows.

The names and formulas are those of scikit-learn, user guide section 3.4.6 ("Regression metrics").
With several outputs, each is the unweighted mean over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.confusion import ratio
from nbmodel.evaluation.metrics.scores import bins_of
from nbmodel.evaluation.metrics.sklearn_functions import median_absolute_error
from nbmodel.evaluation.resampling import CellCounts, Draws, RowSums
from nbmodel.evaluation.sample import Sample
from nbmodel.metric_directions import Direction

_TERMS = 6  # of each output


def error_sums(sample: Sample) -> RowSums:
    """Sum the weights, and the terms of all metrics of each output."""
    actual = sample.actual
    error = sample.predicted - actual
    # Centered, so that a variance is not a small difference of large sums.
    centered = actual - np.average(actual, axis=0, weights=sample.weights)
    relative = np.abs(error) / np.maximum(np.abs(actual), np.finfo(np.float64).eps)
    terms = [error, error**2, np.abs(error), relative, centered, centered**2]
    weights = sample.weighting[:, np.newaxis]
    return RowSums(np.concatenate([weights, *(weights * term for term in terms)], axis=1))


def _from_sums(values: Callable[..., Any]) -> Callable[[Any], Any]:
    """Call a function with the means of the terms, each of shape (rounds, outputs)."""

    def of_rounds(sums: Any) -> Any:
        means = ratio(sums[:, 1:], sums[:, :1], np.nan)
        return values(*means.reshape(len(sums), _TERMS, -1).transpose(1, 0, 2)).mean(axis=1)

    return of_rounds


def _rmse(_: Any, squared: Any, *__: Any) -> Any:
    return np.sqrt(squared)


def _mae(_: Any, __: Any, absolute: Any, *___: Any) -> Any:
    return absolute


def _mape(_: Any, __: Any, ___: Any, relative: Any, *____: Any) -> Any:
    return relative


def _r2(_: Any, squared: Any, __: Any, ___: Any, center: Any, square: Any) -> Any:
    return _share(squared, square - center**2)


def _explained_variance(error: Any, squared: Any, _: Any, __: Any, center: Any, square: Any) -> Any:
    return _share(np.maximum(squared - error**2, 0), square - center**2)


def _share(rest: Any, variance: Any) -> Any:
    """As in scikit-learn: a constant output is explained wholly, or else not at all."""
    share = np.where(
        variance > 0,
        1 - ratio(rest, np.maximum(variance, 0)),
        np.where(rest > 0, 0.0, 1.0),
    )
    return np.where(np.isfinite(rest), share, np.nan)


def _of_several_rows(values: Callable[[Any], Any]) -> Callable[[Sample], float]:
    def exact(sample: Sample) -> float:
        return float(values(error_sums(sample).exact)[0]) if sample.rows > 1 else np.nan

    return exact


# -- the distribution of errors ----------------------------------------------


class _MedianErrors:
    """The medians of absolute errors, from how often a round draws each error."""

    def __init__(self, errors: Any, weights: Any) -> None:
        bins, count = bins_of(errors)
        self._cells = CellCounts(bins, (count,), weights)
        self._errors = np.bincount(bins, errors) / np.bincount(bins)
        self.exact = self._medians(self._cells.exact)

    def rounds(self, draws: Draws, *, paired: bool = False) -> Iterator[Any]:
        for counts in self._cells.rounds(draws, paired=paired):
            yield self._medians(counts)

    def totals(self, codes: Any, levels: int) -> None:
        """Return nothing: the gradient of a median is not known."""

    def _medians(self, counts: Any) -> Any:
        sums = np.cumsum(counts, axis=1)
        return self._errors[np.argmax(sums >= sums[:, -1:] / 2, axis=1)]


def _median_errors(sample: Sample) -> _MedianErrors | None:
    """Only of one output: several need the same rows."""
    if sample.actual.shape[1] > 1:
        return None
    return _MedianErrors(np.abs(sample.predicted - sample.actual)[:, 0], sample.weights)


def _max_error(sample: Sample) -> float:
    return float(np.abs(sample.predicted - sample.actual).max())


def _metric(name: str, direction: Direction, **options: Any) -> Metric:
    limits: dict[str, Any] = {"lowest": 0} if direction == "lower" else {"highest": 1}
    return Metric(name=name, tasks=("regression",), direction=direction, **limits, **options)


METRICS: tuple[Metric, ...] = (
    *(
        _metric(name, "lower", statistic=error_sums, values=_from_sums(values))
        for name, values in (("rmse", _rmse), ("mae", _mae), ("mape", _mape))
    ),
    *(
        _metric(
            name,
            "higher",
            statistic=error_sums,
            values=_from_sums(values),
            exact=_of_several_rows(_from_sums(values)),
        )
        for name, values in (("r2", _r2), ("explained_variance", _explained_variance))
    ),
    _metric(
        "median_absolute_error",
        "lower",
        statistic=_median_errors,
        values=np.asarray,
        exact=median_absolute_error,
    ),
    _metric("max_error", "lower", exact=_max_error, has_interval=False),
)
