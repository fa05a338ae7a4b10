"""Curves as compact numbers: at most about a hundred points, never a row.

==================  ========================================================================
``roc``             false positive rate, true positive rate
``precision_recall``  recall, precision
``gain``            share of the rows with the highest scores, share of the positive rows in it
``calibration``     mean predicted and actual share of bins with equally many rows
``thresholds``      true and false positive and negative rows of each threshold
``confusion``       rows of each actual and predicted class, one row of the matrix after another
``residuals``       histogram of predicted minus actual, and its quantiles by the prediction
==================  ========================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbmodel.display import cut
from nbmodel.evaluation.intervals import rounded
from nbmodel.evaluation.metrics.confusion import confusion_cells, ratio
from nbmodel.evaluation.metrics.scores import columns_of, exact_cells, positive_scores
from nbmodel.evaluation.record import Curve
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.thinning import simplify

MAX_CLASSES = 5  # with curves, the most frequent ones
MAX_MATRIX = 30  # classes of a confusion matrix
CALIBRATION_BINS = 10
RESIDUAL_BINS = 20
THRESHOLDS = 101
MAX_CHARACTERS = 80  # of a name


def curves_of(sample: Sample) -> tuple[Curve, ...]:
    """Return all curves that a sample allows.

    Parameters
    ----------
    sample : Sample

    Examples
    --------
    >>> sample = Sample(
    ...     task="binary",
    ...     actual=np.array([0, 1, 1, 0]),
    ...     predicted=np.array([0, 1, 0, 0]),
    ...     classes=("no", "yes"),
    ... )
    >>> [(curve.kind, curve.series["cells"]) for curve in curves_of(sample)]
    [('confusion', (2.0, 0.0, 1.0, 1.0))]
    """
    return tuple(curve for make in _CURVES.get(sample.task, ()) for curve in make(sample))


def _curve(kind: str, series: dict[str, Any], of: str = "", names: tuple[str, ...] = ()) -> Curve:
    numbers = {name: tuple(map(_number, values)) for name, values in series.items()}
    return Curve(kind, of, numbers, names)


def _number(value: float) -> float:
    """A short number; a count keeps all digits."""
    return float(value) if float(value).is_integer() else rounded(value)


def _name(value: object) -> str:
    return cut(str(value), MAX_CHARACTERS)


# -- scores ------------------------------------------------------------------


def _of_two(sample: Sample) -> list[Curve]:
    if sample.scores is None or len(np.unique(sample.actual)) < 2:
        return []
    positive, scores = sample.actual == 1, positive_scores(sample)
    curves = _of_scores(positive, scores, sample.weights, "")
    if sample.scores_are_probabilities:
        curves.append(_calibration(positive, scores, sample.weighting))
    return [*curves, _thresholds(positive, scores, sample)]


def _of_each_class(sample: Sample) -> list[Curve]:
    if sample.scores is None:
        return []
    pairs = columns_of(sample)
    frequent = sorted(range(len(pairs)), key=lambda n: -int(pairs[n][0].sum()))[:MAX_CLASSES]
    return [
        curve
        for n in sorted(frequent)
        if 0 < pairs[n][0].sum() < sample.rows
        for curve in _of_scores(*pairs[n], sample.weights, _name(sample.classes[n]))[:2]
    ]


def _of_scores(positive: Any, scores: Any, weights: Any, of: str) -> list[Curve]:
    falling = exact_cells(positive, scores, weights)[0, ::-1]
    false, true = np.cumsum(falling, axis=0).T
    rates = false / false[-1], true / true[-1]
    precision = ratio(true, true + false)
    share = (true + false) / (true[-1] + false[-1])
    return [
        _line("roc", "false_positive_rate", "true_positive_rate", rates, of),
        # As in scikit-learn the curve begins with a precision of 1.
        _line("precision_recall", "recall", "precision", (rates[1], precision), of, start=1.0),
        _line("gain", "share", "positives", (share, rates[1]), of),
    ]


def _line(
    kind: str, x_name: str, y_name: str, points: tuple[Any, Any], of: str, start: float = 0.0
) -> Curve:
    x, y = simplify(np.append(0.0, points[0]), np.append(start, points[1]))
    return _curve(kind, {x_name: x, y_name: y}, of)


def _calibration(positive: Any, chances: Any, weights: Any) -> Curve:
    """Bins of equally many rows; equal probabilities are in one bin."""
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, chances, side="right")
    sums = [
        np.bincount(bins, values, minlength=len(edges) + 1)
        for values in (weights, weights * chances, weights * positive)
    ]
    total, predicted, actual = (values[sums[0] > 0] for values in sums)
    return _curve(
        "calibration",
        {"predicted": predicted / total, "actual": actual / total, "rows": total},
    )


def _thresholds(positive: Any, scores: Any, sample: Sample) -> Curve:
    """Rows with a score of the threshold or more are predicted as positive."""
    shares = np.linspace(0, 1, THRESHOLDS)
    limits = shares if sample.scores_are_probabilities else np.quantile(scores, shares)
    limits = np.array([rounded(limit) for limit in limits])
    bins = np.searchsorted(limits, scores, side="right")
    cells = np.bincount(bins * 2 + positive, sample.weights, minlength=2 * THRESHOLDS + 2)
    # Behind the first column are the rows below the first threshold.
    below = np.cumsum(cells.reshape(-1, 2), axis=0)
    negative, total = below[-1]
    true_negative, false_negative = below[:-1].T
    series = {
        "threshold": limits,
        "true_positive": total - false_negative,
        "false_positive": negative - true_negative,
        "true_negative": true_negative,
        "false_negative": false_negative,
    }
    return _curve("thresholds", series)


def _confusion(sample: Sample) -> list[Curve]:
    table = confusion_cells(sample).exact[0]
    if len(table) > MAX_MATRIX:
        return []
    names = sample.classes or ("0", "1")
    return [_curve("confusion", {"cells": table.ravel()}, names=tuple(map(_name, names)))]


# -- numbers -----------------------------------------------------------------


def _residuals(sample: Sample) -> list[Curve]:
    outputs = sample.outputs or ("",) * sample.actual.shape[1]
    several = sample.actual.shape[1] > 1
    if not np.isfinite(np.ptp(sample.predicted) + np.ptp(sample.actual)):
        return []  # a difference would overflow
    return [
        _residual(sample.actual[:, n], sample.predicted[:, n], _name(name) if several else "")
        for n, name in enumerate(outputs[:MAX_CLASSES])
    ]


def _residual(actual: Any, predicted: Any, of: str) -> Curve:
    error = predicted - actual
    edges = np.linspace(error.min(), error.max(), RESIDUAL_BINS + 1)
    if not (np.diff(edges) > 0).all():  # all errors are the same
        edges = edges[[0, -1]]
    counts = np.histogram(error, edges)[0] if len(edges) > 2 else [len(error)]
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, min(RESIDUAL_BINS, len(order)))
    quantiles = np.array([np.quantile(error[part], [0.1, 0.5, 0.9]) for part in parts]).T
    series = {
        "edges": edges,
        "rows": counts,
        "predicted": [np.median(predicted[part]) for part in parts],
        **dict(zip(("low", "middle", "high"), quantiles, strict=True)),
    }
    return _curve("residuals", series, of)


_CURVES: dict[str, tuple[Callable[[Sample], list[Curve]], ...]] = {
    "binary": (_of_two, _confusion),
    "multiclass": (_of_each_class, _confusion),
    "multilabel": (_of_each_class,),
    "regression": (_residuals,),
    "anomaly": (_of_two, _confusion),
}
