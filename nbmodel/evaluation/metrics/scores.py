"""Metrics of scores and probabilities: areas under curves, logarithmic loss, Brier score.

The names and formulas are those of scikit-learn, user guide section 3.4.4. The cells of a score are
its exact values as far as there are at most `MAX_UNITS`, and that many quantile bins otherwise.
Scores in one bin count as equal there, which changes an area under the ROC curve by less than
1 / `MAX_UNITS`. That concerns intervals only: values are always exact, and intervals are moved by
the difference between the exact and the binned value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.confusion import ratio
from nbmodel.evaluation.resampling import MAX_UNITS, CellCounts, RowSums, Statistic
from nbmodel.evaluation.sample import EvaluationTask, Sample

_TWO: tuple[EvaluationTask, ...] = ("binary", "anomaly")
MAX_ENTRIES = 20 * MAX_UNITS  # of rows times classes, up to which areas are resampled exactly


# -- cells -------------------------------------------------------------------


def bins_of(scores: Any, limit: int = MAX_UNITS) -> tuple[Any, int]:
    """Return the bin of each score in rising order, and the number of bins.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
    limit : int
        Above this number of different scores, bins hold equally many rows.
    """
    order = np.argsort(scores)
    values = scores[order]
    step = np.concatenate([[False], values[1:] != values[:-1]])
    ranks = np.cumsum(step)
    if ranks[-1] >= limit:
        # Equal scores share a bin: that of the first of them.
        firsts = np.flatnonzero(np.concatenate([[True], step[1:]]))
        is_frequent = np.diff(firsts, append=len(scores)) * limit >= len(scores)
        bins = (firsts * limit) // len(scores) * 2 + is_frequent  # alone in its bin
        _, bins = np.unique(bins, return_inverse=True)
        ranks = bins.reshape(-1)[ranks]
    place = np.empty(len(scores), dtype=np.int64)
    place[order] = ranks
    return place, int(ranks[-1]) + 1


def positive_scores(sample: Sample) -> Any:
    """Return the score of the second class, or of an anomaly."""
    return sample.scores[:, -1]


def score_cells(sample: Sample) -> CellCounts:
    """Count the rows of each score and class, in rising order of the score."""
    bins, count = bins_of(positive_scores(sample))
    return CellCounts(bins * 2 + (sample.actual == 1), (count, 2), sample.weights)


def _area_under_roc(tables: Any) -> Any:
    """Share of pairs of a positive and a negative row in the right order; ties count half."""
    negative, positive = tables[..., 0], tables[..., 1]
    below = np.cumsum(negative, axis=-1) - negative / 2
    pairs = positive.sum(axis=-1) * negative.sum(axis=-1)
    return ratio((positive * below).sum(axis=-1), pairs, np.nan)


def _area_gradient(tables: Any) -> Any:
    """Derivatives of the area by the cells: placements minus the area, over the rows of a class.

    The variance that follows is that of DeLong et al. 1988.
    """
    negative, positive = tables[..., 0], tables[..., 1]
    area = _area_under_roc(tables)[..., np.newaxis]
    sums = negative.sum(axis=-1, keepdims=True), positive.sum(axis=-1, keepdims=True)
    below = ratio(np.cumsum(negative, axis=-1) - negative / 2, sums[0])
    above = 1 - ratio(np.cumsum(positive, axis=-1) - positive / 2, sums[1])
    return np.stack([ratio(above - area, sums[0]), ratio(below - area, sums[1])], axis=-1)


def _average_precision(tables: Any) -> Any:
    """Mean precision over the steps of recall, without interpolation."""
    falling = tables[..., ::-1, :]
    hits, rows = np.cumsum(falling[..., 1], axis=-1), np.cumsum(falling.sum(axis=-1), axis=-1)
    steps = falling[..., 1] * ratio(hits, rows)
    return ratio(steps.sum(axis=-1), falling[..., 1].sum(axis=-1), np.nan)


def exact_cells(positive: Any, scores: Any, weights: Any) -> Any:
    """Return the weights of negative and positive rows of each different score, rising."""
    bins, count = bins_of(scores, len(scores) + 1)
    table = np.bincount(bins * 2 + positive, weights, minlength=2 * count)
    return table.astype(np.float64).reshape(1, count, 2)


def _exactly(values: Any) -> Any:
    def exact(sample: Sample) -> float:
        table = exact_cells(sample.actual == 1, positive_scores(sample), sample.weights)
        return float(values(table)[0])

    return exact


# -- one class against the rest ----------------------------------------------


def columns_of(sample: Sample) -> list[tuple[Any, Any]]:
    """Return the positive rows and the scores of each class, or of each label."""
    return [
        (sample.actual[:, n] == 1 if sample.actual.ndim == 2 else sample.actual == n, scores)
        for n, scores in enumerate(sample.scores.T)
    ]


def _mean_area(sample: Sample) -> float:
    areas = [_area_under_roc(exact_cells(*pair, sample.weights))[0] for pair in columns_of(sample)]
    return float(np.mean(areas))


def _mean_precision(sample: Sample) -> float:
    return float(
        np.mean(
            [
                _average_precision(exact_cells(*pair, sample.weights))[0]
                for pair in columns_of(sample)
            ]
        )
    )


def area_statistic(sample: Sample) -> Statistic:
    """Return cells of each class against the rest, or for many rows the terms of the mean area."""
    if sample.scores.size > MAX_ENTRIES:
        return RowSums(_area_terms(sample))
    parts = [(positive, *bins_of(scores)) for positive, scores in columns_of(sample)]
    width = max(count for _, _, count in parts)
    cells = [(n * width + bins) * 2 + positive for n, (positive, bins, _) in enumerate(parts)]
    rows = np.tile(np.arange(sample.rows), len(parts))
    weights = None if sample.weights is None else np.tile(sample.weights, len(parts))
    return CellCounts(np.concatenate(cells), (len(parts), width, 2), weights, rows)


def placements(positive: Any, scores: Any, weights: Any = None) -> tuple[float, Any]:
    """Return an area under the ROC curve, and the placement of each row, whose mean it is.

    The placement of a positive row is the share of negative rows below it. That of a negative row
    is the share of positive rows above it. Ties count half. DeLong, DeLong and Clarke-Pearson
    1988, "Comparing the areas under two or more correlated receiver operating characteristic
    curves", Biometrics 44. One sort finds all of them, as in Sun and Xu 2014, "Fast implementation
    of DeLong's algorithm", IEEE Signal Processing Letters 21.
    """
    bins, count = bins_of(scores, len(scores) + 1)
    table = np.bincount(bins * 2 + positive, weights, minlength=2 * count).reshape(count, 2)
    negative, total = table.sum(axis=0)
    middle = np.cumsum(table, axis=0) - table / 2
    below, above = ratio(middle[:, 0], negative, np.nan), 1 - ratio(middle[:, 1], total, np.nan)
    area = _area_under_roc(table[np.newaxis])[0]
    return float(area), np.where(positive, below[bins], above[bins])


def _area_terms(sample: Sample) -> Any:
    """Weights, and weighted pseudo-values whose mean is the mean area, to first order."""
    weights = sample.weighting
    total, terms = weights.sum(), np.zeros(sample.rows)
    for positive, scores in columns_of(sample):
        area, placement = placements(positive, scores, weights)
        own = np.where(positive, weights[positive].sum(), weights[~positive].sum())
        terms += area + total / own * (placement - area)
    return np.column_stack([weights, weights * terms / sample.scores.shape[1]])


def area_values(statistics: Any) -> Any:
    """Return the mean area of rounds; NaN in a round that lacks a class."""
    if statistics.ndim == 2:
        return mean_values(statistics)
    return _area_under_roc(statistics).mean(axis=1)


# -- losses ------------------------------------------------------------------


def mean_values(sums: Any) -> Any:
    """Return the weighted mean of rounds, from the sums of weights and of weighted values."""
    return ratio(sums[:, 1], sums[:, 0], np.nan)


def mean_terms(sample: Sample, values: Any) -> RowSums:
    """Return the sums behind the weighted mean of a value of each row."""
    weights = sample.weighting
    return RowSums(np.column_stack([weights, weights * values]))


def _log_losses(sample: Sample) -> RowSums:
    """Negative logarithm of the probability of the true class, clipped as scikit-learn does."""
    eps = np.finfo(sample.scores.dtype).eps
    chances = np.clip(sample.scores, eps, 1 - eps)
    chances = chances / chances.sum(axis=1, keepdims=True)
    return mean_terms(sample, -np.log(chances[np.arange(sample.rows), sample.actual]))


def _brier_scores(sample: Sample) -> RowSums:
    """Squared difference to the outcome: of the second of two classes, else over all classes."""
    if sample.task == "binary":
        return mean_terms(sample, (sample.scores[:, 1] - sample.actual) ** 2)
    squares = (sample.scores**2).sum(axis=1)
    own = sample.scores[np.arange(sample.rows), sample.actual]
    return mean_terms(sample, squares - 2 * own + 1)


def _loss(name: str, statistic: Any) -> Metric:
    return Metric(
        name=name,
        tasks=("binary", "multiclass"),
        direction="lower",
        needs=("probabilities",),
        statistic=statistic,
        values=mean_values,
        lowest=0,
    )


def of_two(
    name: str, tasks: tuple[EvaluationTask, ...], values: Any, gradient: Any = None
) -> Metric:
    """Return a metric of the scores of two classes, from its values over `score_cells`."""
    return Metric(
        name=name,
        tasks=tasks,
        direction="higher",
        needs=("scores",),
        statistic=score_cells,
        values=values,
        exact=_exactly(values),
        gradient=gradient,
        lowest=0,
        highest=1,
    )


METRICS: tuple[Metric, ...] = (
    of_two("roc_auc", _TWO, _area_under_roc, _area_gradient),
    of_two("average_precision", _TWO, _average_precision),
    Metric(
        name="roc_auc",
        tasks=("multiclass", "multilabel"),
        direction="higher",
        needs=("scores",),
        statistic=area_statistic,
        values=area_values,
        exact=_mean_area,
        lowest=0,
        highest=1,
    ),
    Metric(
        name="average_precision",
        tasks=("multilabel", "multiclass"),
        direction="higher",
        needs=("scores",),
        exact=_mean_precision,
    ),
    _loss("log_loss", _log_losses),
    _loss("brier", _brier_scores),
)
