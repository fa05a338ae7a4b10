"""scikit-learn's linear models.

Sources: `sklearn.linear_model._base` (`LinearClassifierMixin`, `LinearModel`),
`sklearn.linear_model._logistic`, `sklearn.utils.extmath.softmax` (1.5 to 1.9).

A row with a value that is not finite has a score that is not finite, for all coefficients, since
zero times infinity is NaN. So it is enough to check the scores.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, Scorer, Scorers, check_finite
from nbmodel.predict.compiled.scipy_logistic import two_classes

_WITH_PROBABILITIES = frozenset({"LogisticRegression", "LogisticRegressionCV"})


def steps_of(model: Any) -> Scorers:
    """Make ``predict``, and ``decision_function`` and ``predict_proba`` of classifiers."""
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {"predict": _linear(model.coef_, model.intercept_)}
    if type(model).__name__.startswith("Ridge") and np.ndim(classes) != 1:
        return {}
    scores = _decision(model.coef_, model.intercept_)
    steps = {"predict": _classifier(scores, classes), "decision_function": scores}
    if type(model).__name__ in _WITH_PROBABILITIES and not _one_against_rest(model):
        steps["predict_proba"] = two_classes(scores) if len(classes) <= 2 else _multinomial(scores)
    return steps


def _one_against_rest(model: Any) -> bool:
    """Whether an older release computes probabilities in a different way."""
    strategy = getattr(model, "multi_class", "deprecated")
    return strategy not in ("deprecated", "auto") or getattr(model, "solver", "") == "liblinear"


def _linear(coefficients: Matrix, intercept: Any) -> Scorer:
    transposed = coefficients.T

    def predict(rows: Matrix) -> Matrix:
        scores: Matrix = rows @ transposed + intercept
        check_finite(scores)
        return scores

    return predict


def _decision(coefficients: Matrix, intercept: Any) -> Scorer:
    raw = _linear(coefficients, intercept)

    def decision_function(rows: Matrix) -> Matrix:
        scores = raw(rows)
        return scores.reshape(-1) if scores.ndim > 1 and scores.shape[1] == 1 else scores

    return decision_function


def _classifier(decision: Scorer, classes: Matrix) -> Scorer:
    def predict(rows: Matrix) -> Matrix:
        scores = decision(rows)
        indices = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: Matrix = classes.take(indices, axis=0)
        return labels

    return predict


def _multinomial(decision: Scorer) -> Scorer:
    def predict_proba(rows: Matrix) -> Matrix:
        values = decision(rows)
        values -= values.max(axis=1).reshape(-1, 1)
        np.exp(values, out=values)
        values /= values.sum(axis=1).reshape(-1, 1)
        return values

    return predict_proba
