"""Models with the interface of scikit-learn: also of LightGBM, CatBoost, statsmodels and others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import Call

METHODS = ("predict", "predict_proba", "decision_function", "transform")
INSTEAD: Mapping[str, str] = {}


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """Return the methods that the model has."""
    del inputs
    return {name: method for name in METHODS if callable(method := getattr(model, name, None))}


@contextmanager
def for_inference(model: Any) -> Iterator[None]:
    """Do nothing: estimators have no modes."""
    del model
    yield
