"""BentoML's side: a service as its documentation writes one, run by ``bentoml serve``."""

from __future__ import annotations

import os

import bentoml
import joblib
import numpy as np


@bentoml.service
class Churn:
    """The model in the file that ``BENCH_MODEL`` names."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_MODEL"])

    @bentoml.api
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The class of each row."""
        return self.model.predict(rows)
