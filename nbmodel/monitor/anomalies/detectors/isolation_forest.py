"""Isolation forest: points that few random cuts isolate.

Source: Liu, Ting and Zhou (2008), Isolation Forest, ICDM; scikit-learn's implementation.
"""

from __future__ import annotations

import numpy as np

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, features
from nbmodel.monitor.common.optional import import_optional

TREES = 100
SCORE_THRESHOLD = 0.65  # of the paper's score: 0.5 is ordinary, 1 is isolated
MIN_DEVIATIONS = (
    3.0  # robust standard deviations: in a quiet series even the oddest point is ordinary
)


def find(values: Array) -> list[Detection]:
    """Return the points whose level, or whose change from the previous point, is isolated."""
    table = features(values)
    if table is None:
        return []
    far = np.abs(table).max(axis=1) > MIN_DEVIATIONS
    if not far.any():  # the usual case; growing a forest takes a tenth of a second
        return []
    forest = import_optional("sklearn.ensemble", "The isolation forest").IsolationForest
    scores = -forest(n_estimators=TREES, random_state=0).fit(table).score_samples(table)
    isolated = np.flatnonzero((scores > SCORE_THRESHOLD) & far)
    return [
        Detection(int(index), float(scores[index]), f"isolation score {scores[index]:.2f}")
        for index in isolated
    ]
