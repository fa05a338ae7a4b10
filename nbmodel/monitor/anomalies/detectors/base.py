"""What every anomaly detector works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

MIN_POINTS = 12  # points of a series that is searched
_TO_SIGMA = 1.4826  # a normal distribution's standard deviation, in median absolute deviations
_RANGE_TO_SIGMA = 1.128  # d2 for ranges of two: Montgomery, appendix VI


@dataclass(frozen=True, slots=True)
class Detection:
    """A point that a detector marks: its place in the series, how odd it is, and why."""

    index: int
    score: float
    reason: str


def standardized(values: Array) -> Array | None:
    """Distances from the median in robust standard deviations; None if nearly all are alike."""
    center = float(np.median(values))
    spread = _TO_SIGMA * float(np.median(np.abs(values - center)))
    if spread <= 1e-12 * max(1.0, abs(center)):
        spread = float(values.std())
    if spread <= 1e-12 * max(1.0, abs(center)):
        return None
    return np.asarray((values - center) / spread)


def baseline(values: Array) -> tuple[float, float] | None:
    """Mean and standard deviation of the first third, ten points at least; None without spread.

    The deviation comes from the ranges of neighbors, so that a slow change does not hide in it.
    """
    first = values[: max(10, len(values) // 3)]
    spread = float(np.mean(np.abs(np.diff(first)))) / _RANGE_TO_SIGMA
    center = float(np.mean(first))
    return (center, spread) if spread > 1e-12 * max(1.0, abs(center)) else None


def features(values: Array) -> Array | None:
    """Two a point: how far it is from the median, and how far from the point before it."""
    level = standardized(values)
    if level is None:
        return None
    change = standardized(np.diff(values, prepend=values[0]))
    return np.column_stack([level, np.zeros(len(values)) if change is None else change])
