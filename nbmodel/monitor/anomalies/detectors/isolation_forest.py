"""Isolation forest: points that few random cuts set apart.

Source: Liu, Ting and Zhou (2008), Isolation Forest, ICDM; scikit-learn's implementation.
"""

from __future__ import annotations

import numpy as np

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, features
from nbmodel.monitor.common.optional import import_optional

TREES = 100
SCORE_THRESHOLD = 0.65  # of the paper's score: 0.5 is ordinary, 1 alone
MIN_DEVIATIONS = (
    3.0  # robust standard deviations: in a quiet series even the oddest point is ordinary
)


def find(values: Array) -> list[Detection]:
    """Points whose level, or whose change from the point before, stands alone."""
    table = features(values)
    if table is None:
        return []
    far = np.abs(table).max(axis=1) > MIN_DEVIATIONS
    if not far.any():  # as in most series: a forest takes a tenth of a second to grow
        return []
    forest = import_optional("sklearn.ensemble", "The isolation forest").IsolationForest
    scores = -forest(n_estimators=TREES, random_state=0).fit(table).score_samples(table)
    found = np.flatnonzero((scores > SCORE_THRESHOLD) & far)
    return [
        Detection(int(place), float(scores[place]), f"isolation score {scores[place]:.2f}")
        for place in found
    ]
