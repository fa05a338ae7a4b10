"""Self-organizing map in one dimension: points far from every usual state of the series.

Source: Kohonen (2001), Self-Organizing Maps, 3rd edition, chapter 3; minisom's implementation.
"""

from __future__ import annotations

import math

import numpy as np

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, features, standardized
from nbmodel.monitor.common.optional import import_optional

TRAINING_STEPS = 2000
MIN_STATE_SHARE = 0.05  # share of the points that a usual state has
DISTANCE_THRESHOLD = 8.0  # robust standard deviations of the distances
MIN_DEVIATIONS = 3.0  # robust standard deviations of the series; nearer points are ordinary


def find(values: Array) -> list[Detection]:
    """Return the points whose level and change are far from every usual state."""
    table = features(values)
    if table is None:
        return []
    units = max(3, min(12, round(math.sqrt(len(table)))))
    clipped = np.clip(table, -10, 10)  # an outlier must not attract the map
    som = import_optional("minisom", "The self-organizing map").MiniSom(
        1, units, clipped.shape[1], sigma=1.0, learning_rate=0.5, random_seed=0
    )
    som.random_weights_init(clipped)
    som.train(clipped, TRAINING_STEPS)
    weights = som.get_weights()[0]
    distances = np.linalg.norm(table[:, None, :] - weights[None, :, :], axis=2)
    members = np.bincount(distances.argmin(axis=1), minlength=units)
    usual = members >= max(3, MIN_STATE_SHARE * len(table))
    if not usual.any():
        return []
    nearest = distances[:, usual].min(axis=1)
    distance_scores = standardized(nearest)
    if distance_scores is None:
        return []
    return [
        _detection(int(index), float(nearest[index]))
        for index in np.flatnonzero(
            (distance_scores > DISTANCE_THRESHOLD) & (nearest > MIN_DEVIATIONS)
        )
    ]


def _detection(index: int, distance: float) -> Detection:
    return Detection(index, distance, f"{distance:.1f} from the nearest usual state")
