"""Metrics over numpy arrays, with the formulas and defaults of scikit-learn.

Of two classes the later one is positive; for more classes the mean over classes is unweighted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# As in scikit-learn: the loss of a probability of 0 is 36, not infinite.
EPSILON = float(np.finfo(np.float64).eps)


def confusion_metrics(table: Any) -> dict[str, float]:
    """Compute accuracy, precision, recall and F1 of a confusion matrix, actual x predicted.

    For two classes they refer to the second class. For more classes they are the unweighted mean
    over the classes that occur. If a denominator is 0, the value is 0.

    Returns
    -------
    dict of str to float
        By name of the metric.
    """
    correct, predicted, actual = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    precision, recall = _ratio(correct, predicted), _ratio(correct, actual)
    f1 = _ratio(2 * correct, predicted + actual)
    mask = np.array([False, True]) if len(table) == 2 else (predicted + actual) > 0
    return {
        "accuracy": float(correct.sum() / table.sum()),
        "precision": float(precision[mask].mean()),
        "recall": float(recall[mask].mean()),
        "f1": float(f1[mask].mean()),
    }


def _ratio(above: Any, below: Any) -> Any:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def area_under_roc(positive: Any, scores: Any) -> float:
    """Share of the pairs of a positive and another row in the right order; ties count half.

    Parameters
    ----------
    positive : ndarray of bool
        At least one row of each kind.
    scores : ndarray of float

    Returns
    -------
    float
        NaN if a score is not a number.
    """
    if np.isnan(scores).any():
        return math.nan
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place.reshape(-1)]
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    above = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative))


def log_loss(actual: Any, probabilities: Any) -> float:
    """Mean negative logarithm of the probability of the actual class.

    Parameters
    ----------
    actual : ndarray of int
        Column of the actual class of each row.
    probabilities : ndarray of float, shape (rows, classes)
    """
    total = probabilities.sum(axis=1)
    certainty = probabilities[np.arange(len(actual)), actual] / total
    return float(-np.log(np.clip(certainty, EPSILON, 1 - EPSILON)).mean())


def regression_metrics(actual: Any, predicted: Any) -> dict[str, float]:
    """Compute the root mean squared error, the mean absolute error and R2.

    With several outputs, each is the unweighted mean over them. R2 is left out if an output is
    constant.

    Parameters
    ----------
    actual, predicted : ndarray of float, shape (rows, outputs)
    """
    error = predicted - actual
    squared = (error**2).mean(axis=0)
    metrics = {"rmse": float(np.sqrt(squared).mean()), "mae": float(np.abs(error).mean())}
    variance = actual.var(axis=0)
    if len(actual) > 1 and (variance > 0).all():
        metrics["r2"] = float((1 - squared / variance).mean())
    return metrics
