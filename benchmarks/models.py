"""The models that both sides store; needs scikit-learn and nothing else."""

from __future__ import annotations

from typing import Any

from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20260101
TREES = 200
ROWS = 29_000  # as many as make 200 trees about 80 MB


def breast_cancer() -> tuple[Any, Any]:
    """``(X, y)``: a DataFrame of 569 x 30 and a Series."""
    return load_breast_cancer(return_X_y=True, as_frame=True)


def pipeline(strength: float = 1.0) -> Pipeline:
    """A scaler and a logistic regression, fitted."""
    return pipeline_of(*breast_cancer(), strength)


def pipeline_of(x: Any, y: Any, strength: float = 1.0) -> Pipeline:
    """The same, fitted to rows as a DataFrame or an array."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(x, y)


def forest() -> RandomForestClassifier:
    """A random forest of 200 trees, scikit-learn's own parameters, about 80 MB."""
    model = RandomForestClassifier(TREES, warm_start=True, random_state=SEED, n_jobs=-1)
    return model.fit(*_forest_data())


def grow(model: RandomForestClassifier, trees: int) -> RandomForestClassifier:
    """The same forest with more trees."""
    return model.set_params(n_estimators=trees).fit(*_forest_data())


def _forest_data() -> tuple[Any, Any]:
    return make_classification(ROWS, 20, n_informative=10, flip_y=0.1, random_state=SEED)
