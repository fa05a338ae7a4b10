"""Metrics of predicted classes, from confusion matrices of many rounds at once.

The names and formulas are those of scikit-learn, user guide section 3.4.4 ("Classification
metrics"). As there, an average is over the classes that occur among answers or predictions, and a
ratio without rows is 0. A matrix has the true classes in its rows: ``tables[round, actual,
predicted]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.resampling import CellCounts
from nbmodel.evaluation.sample import EvaluationTask, Sample

_TWO: tuple[EvaluationTask, ...] = ("binary", "anomaly")
_ANY: tuple[EvaluationTask, ...] = ("binary", "multiclass", "anomaly")


def confusion_cells(sample: Sample) -> CellCounts:
    """Count the rows of each pair of an actual and a predicted class."""
    size = max(2, len(sample.classes))
    cells = sample.actual.astype(np.int64) * size + sample.predicted.astype(np.int64)
    return CellCounts(cells, (size, size), sample.weights)


def ratio(above: Any, below: Any, without: float = 0.0) -> Any:
    """Divide; where the denominator is 0, the result is `without`."""
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.divide(above, below, out=np.full(above.shape, without), where=below != 0)


# -- by class ----------------------------------------------------------------
# Each takes the counts of hits, predicted rows and actual rows of each class.


def _precision(hits: Any, predicted: Any, _: Any) -> Any:
    return ratio(hits, predicted)


def _recall(hits: Any, _: Any, actual: Any) -> Any:
    return ratio(hits, actual)


def _f1(hits: Any, predicted: Any, actual: Any) -> Any:
    return ratio(2 * hits, predicted + actual)


def _jaccard(hits: Any, predicted: Any, actual: Any) -> Any:
    return ratio(hits, predicted + actual - hits)


ByClass = Callable[[Any, Any, Any], Any]
BY_CLASS: dict[str, ByClass] = {
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "jaccard": _jaccard,
}

# -- averages over classes ---------------------------------------------------


def _positive(measure: ByClass, hits: Any, predicted: Any, actual: Any) -> Any:
    return measure(hits[:, 1], predicted[:, 1], actual[:, 1])


def micro(measure: ByClass, hits: Any, predicted: Any, actual: Any) -> Any:
    """Compute a measure from the sums over all classes."""
    return measure(hits.sum(axis=1), predicted.sum(axis=1), actual.sum(axis=1))


def macro(measure: ByClass, hits: Any, predicted: Any, actual: Any) -> Any:
    """Average a measure over the classes that occur."""
    values, occurs = measure(hits, predicted, actual), (predicted + actual) > 0
    return ratio((values * occurs).sum(axis=1), occurs.sum(axis=1))


def weighted(measure: ByClass, hits: Any, predicted: Any, actual: Any) -> Any:
    """Average a measure over classes, weighted by their true rows."""
    values = measure(hits, predicted, actual)
    return ratio((values * actual).sum(axis=1), actual.sum(axis=1))


AVERAGES = {"macro": macro, "micro": micro, "weighted": weighted}


def _over(average: Callable[..., Any], measure: ByClass) -> Callable[[Any], Any]:
    def values(tables: Any) -> Any:
        hits = np.diagonal(tables, axis1=1, axis2=2)
        return average(measure, hits, tables.sum(axis=1), tables.sum(axis=2))

    return values


# -- of the whole matrix -----------------------------------------------------


def _accuracy(tables: Any) -> Any:
    return ratio(np.trace(tables, axis1=1, axis2=2), tables.sum(axis=(1, 2)), np.nan)


def _balanced_accuracy(tables: Any) -> Any:
    """Mean recall of the classes that occur among the true answers."""
    actual = tables.sum(axis=2)
    recall = ratio(np.diagonal(tables, axis1=1, axis2=2), actual)
    return ratio(recall.sum(axis=1), (actual > 0).sum(axis=1), np.nan)


def _matthews_corrcoef(tables: Any) -> Any:
    """Correlation of true and predicted classes; Gorodkin 2004 for more than two classes."""
    actual, predicted = tables.sum(axis=2), tables.sum(axis=1)
    total, hits = tables.sum(axis=(1, 2)), np.trace(tables, axis1=1, axis2=2)
    covariance = hits * total - (actual * predicted).sum(axis=1)
    spread = (total**2 - (predicted**2).sum(axis=1)) * (total**2 - (actual**2).sum(axis=1))
    return ratio(covariance, np.sqrt(np.maximum(spread, 0)))


def _cohen_kappa(tables: Any) -> Any:
    """Agreement beyond chance: Cohen 1960, "A coefficient of agreement for nominal scales"."""
    total = tables.sum(axis=(1, 2))
    chance = ratio((tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1), total**2)
    agreement = ratio(np.trace(tables, axis1=1, axis2=2), total)
    return ratio(agreement - chance, 1 - chance, np.nan)


def _metric(
    name: str, tasks: tuple[EvaluationTask, ...], values: Callable[[Any], Any], lowest: float = 0
) -> Metric:
    return Metric(
        name=name,
        tasks=tasks,
        direction="higher",
        statistic=confusion_cells,
        values=values,
        lowest=lowest,
        highest=1,
    )


METRICS: tuple[Metric, ...] = (
    _metric("accuracy", _ANY, _accuracy),
    _metric("balanced_accuracy", _ANY, _balanced_accuracy),
    _metric("matthews_corrcoef", _ANY, _matthews_corrcoef, -1),
    _metric("cohen_kappa", _ANY, _cohen_kappa, -1),
    *(_metric(name, _TWO, _over(_positive, measure)) for name, measure in BY_CLASS.items()),
    *(
        _metric(f"{name}_{suffix}", _ANY, _over(average, measure))
        for name, measure in BY_CLASS.items()
        for suffix, average in AVERAGES.items()
    ),
)
