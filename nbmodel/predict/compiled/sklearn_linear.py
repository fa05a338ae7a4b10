"""scikit-learn's linear models.

Sources: `sklearn.linear_model._base` (`LinearClassifierMixin`, `LinearModel`),
`sklearn.linear_model._logistic`, `sklearn.utils.extmath.softmax` (1.5 to 1.9).

A row that is not finite has a score that is not finite, whatever the coefficients are, as zero
times infinity is not a number: one look at the scores is enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, Scorer, Scorers, check_finite
from nbmodel.predict.compiled.scipy_logistic import two_classes

_WITH_PROBABILITIES = frozenset({"LogisticRegression", "LogisticRegressionCV"})


def steps_of(model: Any) -> Scorers:
    """``predict``, and what else classifiers have."""
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {"predict": _linear(model.coef_, model.intercept_)}
    if type(model).__name__.startswith("Ridge") and np.ndim(classes) != 1:
        return {}
    scores = _decision(model.coef_, model.intercept_)
    found = {"predict": _classifier(scores, classes), "decision_function": scores}
    if type(model).__name__ in _WITH_PROBABILITIES and not _one_against_rest(model):
        found["predict_proba"] = two_classes(scores) if len(classes) <= 2 else _multinomial(scores)
    return found


def _one_against_rest(model: Any) -> bool:
    """Whether an older release computes probabilities in another way than these steps."""
    chosen = getattr(model, "multi_class", "deprecated")
    return chosen not in ("deprecated", "auto") or getattr(model, "solver", "") == "liblinear"


def _linear(coefficients: Matrix, intercept: Any) -> Scorer:
    turned = coefficients.T

    def predict(rows: Matrix) -> Matrix:
        found: Matrix = rows @ turned + intercept
        check_finite(found)
        return found

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
        places = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        found: Matrix = classes.take(places, axis=0)
        return found

    return predict


def _multinomial(decision: Scorer) -> Scorer:
    def predict_proba(rows: Matrix) -> Matrix:
        found = decision(rows)
        found -= found.max(axis=1).reshape(-1, 1)
        np.exp(found, out=found)
        found /= found.sum(axis=1).reshape(-1, 1)
        return found

    return predict_proba
