"""Metrics of clusterings: of the rows' distances, and of agreement with true labels.

The names and formulas are those of scikit-learn, user guide section 2.3.11 ("Clustering performance
evaluation").
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric, Need
from nbmodel.evaluation.metrics.confusion import ratio
from nbmodel.evaluation.metrics.scores import mean_values
from nbmodel.evaluation.metrics.sklearn_functions import (
    calinski_harabasz,
    davies_bouldin,
    silhouettes,
)
from nbmodel.evaluation.resampling import CellCounts, RowSums
from nbmodel.evaluation.sample import Sample
from nbmodel.metric_directions import Direction


def label_cells(sample: Sample) -> CellCounts:
    """Count the rows of each pair of a true label and a cluster."""
    actual, place = np.unique(sample.actual, return_inverse=True)
    predicted, cluster = np.unique(sample.predicted, return_inverse=True)
    cells = place.reshape(-1) * len(predicted) + cluster.reshape(-1)
    return CellCounts(cells, (len(actual), len(predicted)))


def _silhouette_sums(sample: Sample) -> RowSums:
    """Sum the silhouettes of rows, among the same neighbors in each round."""
    values = silhouettes(sample)
    return RowSums(np.column_stack([np.ones(len(values)), values]))


def _adjusted_rand(tables: Any) -> Any:
    """Agreement of pairs of rows, adjusted for chance; partitions without pairs agree.

    Hubert and Arabie 1985, "Comparing partitions", Journal of Classification 2.
    """
    rows = tables.sum(axis=(1, 2))
    same = _pairs(tables).sum(axis=(1, 2))
    actual, predicted = (_pairs(tables.sum(axis=axis)).sum(axis=1) for axis in (2, 1))
    chance = ratio(actual * predicted, _pairs(rows))
    return ratio(same - chance, (actual + predicted) / 2 - chance, 1.0)


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) / 2


def _nmi(tables: Any) -> Any:
    """Mutual information over the mean of both entropies: Vinh, Epps and Bailey 2010.

    As in scikit-learn it is 1 if both have one cluster only, and 0 if one of them has.
    """
    share = ratio(tables, tables.sum(axis=(1, 2), keepdims=True), np.nan)
    actual, predicted = share.sum(axis=2), share.sum(axis=1)
    entropies = _entropy(actual) + _entropy(predicted)
    information = np.maximum(entropies - _entropy(share.reshape(len(share), -1)), 0)
    return ratio(2 * information, entropies, 1.0)


def _entropy(shares: Any) -> Any:
    logarithm = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.abs((shares * logarithm).sum(axis=1))


def _metric(name: str, direction: Direction, need: Need, **options: Any) -> Metric:
    return Metric(name=name, tasks=("clustering",), direction=direction, needs=(need,), **options)


METRICS: tuple[Metric, ...] = (
    _metric("silhouette", "higher", "data", statistic=_silhouette_sums, values=mean_values),
    _metric("davies_bouldin", "lower", "data", exact=davies_bouldin),
    _metric("calinski_harabasz", "higher", "data", exact=calinski_harabasz),
    _metric("adjusted_rand", "higher", "labels", statistic=label_cells, values=_adjusted_rand),
    _metric("nmi", "higher", "labels", statistic=label_cells, values=_nmi),
)
