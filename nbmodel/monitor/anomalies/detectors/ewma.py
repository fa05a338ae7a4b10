"""EWMA control chart: a small lasting shift of the mean, compared with the start of the series.

``z_i = l x_i + (1 - l) z_{i-1}``, where ``z_0`` is the mean of the start, is in control within
``mean +- L s sqrt(l / (2 - l) (1 - (1 - l)^{2i}))``.

Sources: Roberts (1959), Technometrics 1(3); Lucas and Saccucci (1990), Technometrics 32(1), for
the choice of ``l = 0.2``: ``L = 2.962`` gives one false alarm in 500 points if mean and deviation
are known; Jones, Champ and Rigdon (2001), Technometrics 43(2), for wider limits if they are
estimated; Montgomery, Introduction to Statistical Quality Control, section 9.2.
"""

from __future__ import annotations

import numpy as np

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, baseline

WEIGHT = 0.2
WIDTH = 3.4


def chart(values: Array, center: float, spread: float) -> tuple[Array, Array]:
    """Return the smoothed series, and its largest distance from the center in control."""
    smoothed, last = np.empty(len(values)), center
    for index, value in enumerate(values):
        last = smoothed[index] = WEIGHT * value + (1 - WEIGHT) * last
    steps = np.arange(1, len(values) + 1)
    growing = 1 - (1 - WEIGHT) ** (2 * steps)
    return smoothed, WIDTH * spread * np.sqrt(WEIGHT / (2 - WEIGHT) * growing)


def find(values: Array) -> list[Detection]:
    """Return the points where the smoothed series is out of control."""
    scale = baseline(values)
    if scale is None:
        return []
    center, spread = scale
    smoothed, limit = chart(values, center, spread)
    distance = np.abs(smoothed - center)
    return [
        Detection(
            int(index),
            float(distance[index] / limit[index]),
            f"EWMA {smoothed[index]:.4g} outside {center:.4g} ± {limit[index]:.2g}",
        )
        for index in np.flatnonzero(distance > limit)
    ]
