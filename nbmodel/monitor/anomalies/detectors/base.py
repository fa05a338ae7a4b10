"""Statistics that the anomaly detectors share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

MIN_POINTS = 12  # points that a series needs
_TO_SIGMA = 1.4826  # standard deviation of a normal distribution, in median absolute deviations
_RANGE_TO_SIGMA = 1.128  # d2 for ranges of two: Montgomery, appendix VI


@dataclass(frozen=True, slots=True)
class Detection:
    """A point that a detector marks: its index in the series, a score, and the reason."""

    index: int
    score: float
    reason: str


def standardized(values: Array) -> Array | None:
    """Return distances from the median in robust standard deviations; None without spread."""
    center = float(np.median(values))
    spread = _TO_SIGMA * float(np.median(np.abs(values - center)))
    if spread <= 1e-12 * max(1.0, abs(center)):
        spread = float(values.std())
    if spread <= 1e-12 * max(1.0, abs(center)):
        return None
    return np.asarray((values - center) / spread)


def baseline(values: Array) -> tuple[float, float] | None:
    """Return mean and standard deviation of the first third, at least ten points.

    The deviation is estimated from the differences of neighbors, so that a slow change does not
    increase it. The result is None if the values do not vary.
    """
    start = values[: max(10, len(values) // 3)]
    spread = float(np.mean(np.abs(np.diff(start)))) / _RANGE_TO_SIGMA
    center = float(np.mean(start))
    return (center, spread) if spread > 1e-12 * max(1.0, abs(center)) else None


def features(values: Array) -> Array | None:
    """Return two features for each point: its distance from the median, and its change."""
    level = standardized(values)
    if level is None:
        return None
    change = standardized(np.diff(values, prepend=values[0]))
    return np.column_stack([level, np.zeros(len(values)) if change is None else change])
