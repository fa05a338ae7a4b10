"""scikit-learn's gradient boosting.

Source: `sklearn.ensemble._gb` (1.5 to 1.9). It traverses all trees in one compiled call, and the
scorer omits the checks around it. The initial model (`init_`) must be a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbmodel.predict.compiled.base import Matrix, Scorers
from nbmodel.predict.compiled.sklearn_forests import narrow

_CONSTANT = frozenset({"DummyClassifier", "DummyRegressor"})
_STRATEGIES = frozenset({"prior", "mean", "median", "quantile", "constant"})


def steps_of(model: Any) -> Scorers:
    """Make ``predict``, and ``decision_function`` and ``predict_proba`` of classifiers."""
    init = model.init_
    constant = type(init).__name__ in _CONSTANT and init.strategy in _STRATEGIES
    if not (constant or init == "zero"):
        return {}
    raw = _raw(model)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return {"predict": lambda rows: raw(rows).ravel()}

    def decision_function(rows: Matrix) -> Matrix:
        scores = raw(rows)
        return scores.ravel() if scores.shape[1] == 1 else scores

    def predict(rows: Matrix) -> Matrix:
        scores = decision_function(rows)
        indices = (scores >= 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: Matrix = classes[indices]
        return labels

    steps = {"predict": predict, "decision_function": decision_function}
    if callable(getattr(model, "predict_proba", None)):
        loss = model._loss
        steps["predict_proba"] = lambda rows: loss.predict_proba(decision_function(rows))
    return steps


def _raw(model: Any) -> Callable[[Matrix], Matrix]:
    from sklearn.ensemble._gradient_boosting import predict_stages

    begin = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))
    trees, rate = model.estimators_, model.learning_rate

    def raw(rows: Matrix) -> Matrix:
        scores: Matrix = np.repeat(begin, len(rows), axis=0)
        predict_stages(trees, narrow(rows), rate, scores)
        return scores

    return raw
