"""One-dimensional self-organizing map: points far from every state that the series is often in.

Source: Kohonen (2001), Self-Organizing Maps, 3rd edition, chapter 3; minisom's implementation.
"""

from __future__ import annotations

import math

import numpy as np

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, features, standardized
from nbmodel.monitor.common.optional import import_optional

TRAINING_STEPS = 2000
MIN_STATE_SHARE = 0.05  # of the points: a unit that fewer belong to is no usual state
DISTANCE_THRESHOLD = 8.0  # robust standard deviations of the distances
MIN_DEVIATIONS = 3.0  # robust standard deviations of the series: nearer points are no news


def find(values: Array) -> list[Detection]:
    """Points whose level and change belong to no usual state."""
    table = features(values)
    if table is None:
        return []
    units = max(3, min(12, round(math.sqrt(len(table)))))
    clipped = np.clip(table, -10, 10)  # one wild point must not pull the map to itself
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
    odd = standardized(nearest)
    if odd is None:
        return []
    return [
        Detection(
            int(place), float(nearest[place]), f"{nearest[place]:.1f} from the nearest usual state"
        )
        for place in np.flatnonzero((odd > DISTANCE_THRESHOLD) & (nearest > MIN_DEVIATIONS))
    ]
