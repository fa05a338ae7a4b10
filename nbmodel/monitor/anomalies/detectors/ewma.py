"""EWMA control chart: a small lasting shift of the mean, against the series' own beginning.

``z_i = l x_i + (1 - l) z_{i-1}``, ``z_0`` the mean of the beginning, in control within
``mean +- L s sqrt(l / (2 - l) (1 - (1 - l)^{2i}))``.

Sources: Roberts (1959), Technometrics 1(3); Lucas and Saccucci (1990), Technometrics 32(1),
for the choice of ``l = 0.2``, with ``L = 2.962`` a false alarm in 500 points if mean and deviation
were known; Jones, Champ and Rigdon (2001), Technometrics 43(2), for wider limits where they are
estimated; Montgomery, Introduction to Statistical Quality Control, section 9.2.
"""

from __future__ import annotations

import numpy as np

from nbmodel.monitor.anomalies.detectors.base import Array, Detection, baseline

WEIGHT = 0.2
WIDTH = 3.4


def chart(values: Array, center: float, spread: float) -> tuple[Array, Array]:
    """The smoothed series, and how far it may be from the center at each point."""
    smoothed, last = np.empty(len(values)), center
    for place, value in enumerate(values):
        last = smoothed[place] = WEIGHT * value + (1 - WEIGHT) * last
    steps = np.arange(1, len(values) + 1)
    growing = 1 - (1 - WEIGHT) ** (2 * steps)
    return smoothed, WIDTH * spread * np.sqrt(WEIGHT / (2 - WEIGHT) * growing)


def find(values: Array) -> list[Detection]:
    """Points where the smoothed series is out of control."""
    known = baseline(values)
    if known is None:
        return []
    center, spread = known
    smoothed, limit = chart(values, center, spread)
    away = np.abs(smoothed - center)
    return [
        Detection(
            int(place),
            float(away[place] / limit[place]),
            f"EWMA {smoothed[place]:.4g} outside {center:.4g} ± {limit[place]:.2g}",
        )
        for place in np.flatnonzero(away > limit)
    ]
