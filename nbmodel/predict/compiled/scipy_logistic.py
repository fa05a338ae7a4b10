"""The logistic function of scipy, as scikit-learn uses it."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from nbmodel.predict.compiled.base import Matrix, Scorer


def two_classes(decision: Scorer) -> Scorer:
    """Make ``predict_proba`` of two classes from their decision function."""

    def predict_proba(rows: Matrix) -> Matrix:
        chance = decision(rows)
        expit(chance, out=chance)
        return np.stack([1 - chance, chance], axis=1)

    return predict_proba
