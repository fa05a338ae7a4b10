"""Metrics of several labels for each row, from sums over rows.

The names and formulas are those of scikit-learn, user guide section 3.4.4. Areas under curves are
in `scores`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.confusion import AVERAGES, BY_CLASS, ByClass, ratio
from nbmodel.evaluation.resampling import RowSums
from nbmodel.evaluation.sample import Sample
from nbmodel.metric_directions import Direction

_OF_ROW = ("accuracy", "hamming_loss", *(f"{name}_samples" for name in BY_CLASS))


def label_sums(sample: Sample) -> RowSums:
    """Sum the weights, the metrics of single rows, and hits, predictions and truths of labels."""
    actual, predicted = sample.actual.astype(np.float64), sample.predicted.astype(np.float64)
    hits = actual * predicted
    sums = [table.sum(axis=1) for table in (hits, predicted, actual)]
    is_right = (actual == predicted).mean(axis=1)
    of_row = [is_right == 1, 1 - is_right]
    of_row += [measure(*sums) for measure in BY_CLASS.values()]
    weights = sample.weighting[:, np.newaxis]
    parts = (np.ones((sample.rows, 1)), np.column_stack(of_row), hits, predicted, actual)
    return RowSums(weights * np.concatenate(parts, axis=1))


def _mean_of(position: int) -> Callable[[Any], Any]:
    return lambda sums: ratio(sums[:, 1 + position], sums[:, 0], np.nan)


def _over(average: Callable[..., Any], measure: ByClass) -> Callable[[Any], Any]:
    def values(sums: Any) -> Any:
        counts = sums[:, 1 + len(_OF_ROW) :].reshape(len(sums), 3, -1)
        return average(measure, *counts.transpose(1, 0, 2))

    return values


def every(measure: ByClass, hits: Any, predicted: Any, actual: Any) -> Any:
    """Average a measure over all labels, also those that do not occur."""
    return measure(hits, predicted, actual).mean(axis=1)


def _metric(name: str, direction: Direction, values: Callable[[Any], Any]) -> Metric:
    return Metric(
        name=name,
        tasks=("multilabel",),
        direction=direction,
        statistic=label_sums,
        values=values,
        lowest=0,
        highest=1,
    )


METRICS: tuple[Metric, ...] = (
    *(
        _metric(name, "lower" if name == "hamming_loss" else "higher", _mean_of(position))
        for position, name in enumerate(_OF_ROW)
    ),
    *(
        _metric(f"{name}_{suffix}", "higher", _over(average, measure))
        for name, measure in BY_CLASS.items()
        for suffix, average in {**AVERAGES, "macro": every}.items()
    ),
)
