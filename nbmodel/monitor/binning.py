"""Counting numbers in bins, exactly as a profile's histogram does, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

TOGETHER = 1 << 14  # values: their arrays stay in the processor's cache


class Bins:
    """Counts of one column for several groups of rows.

    Bins hold their left edge, the last one both; the first count is of what is below the edges,
    the last of what is above. NaN is missing and not counted.

    Attributes
    ----------
    counts : ndarray of int, groups x (bins + 2)
    beyond : ndarray of float, groups
        How far values lie outside the edges, summed.
    """

    def __init__(self, edges: Sequence[float], groups: int) -> None:
        self._edges = np.asarray(edges, float)
        self._low, self._high = float(edges[0]), float(edges[-1])
        self._last = len(edges) - 2
        steps = np.diff(self._edges)
        even = steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-9, atol=0)
        self._scale = 1 / float(steps[0]) if even and np.isfinite(1 / steps[0]) else 0.0
        self.counts = np.zeros((groups, len(edges) + 1), np.int64)
        self.beyond = np.zeros(groups)

    def add(self, values: Array, groups: Array) -> None:
        """Count values; `groups` is the group of each, or a single one of all."""
        missing = np.isnan(values)
        if missing.any():
            values = values[~missing]
            groups = groups if len(groups) == 1 else groups[~missing]
        for first in range(0, len(values), TOGETHER):
            some = values[first : first + TOGETHER]
            self._add(some, groups if len(groups) == 1 else groups[first : first + TOGETHER])

    def _add(self, values: Array, groups: Array) -> None:
        inside = np.clip(values, self._low, self._high)
        places = self._places(inside)
        outside = np.flatnonzero(values != inside)
        with np.errstate(over="ignore"):
            away = values[outside] - inside[outside]
        # The lowest bin and the highest are the neighbors of those for what is outside.
        places[outside] += np.sign(away).astype(np.intp)
        if len(groups) == 1:
            self.counts[groups[0]] += np.bincount(places, minlength=self.counts.shape[1])
            self.beyond[groups[0]] += np.abs(away).sum()
            return
        flat = groups * self.counts.shape[1] + places
        self.counts += np.bincount(flat, minlength=self.counts.size).reshape(self.counts.shape)
        self.beyond += np.bincount(groups[outside], np.abs(away), len(self.beyond))

    def _places(self, inside: Array) -> Array:
        """The bin of each value within the edges, counted from 1."""
        if not self._scale:
            found = np.searchsorted(self._edges, inside, side="right") - 1
            return np.asarray(np.minimum(found, self._last) + 1)
        found = ((inside - self._low) * self._scale).astype(np.intp)
        # Rounding may have put a value that lies on an edge, or next to it, one bin off.
        found -= inside < self._edges.take(found, mode="clip")
        found += inside >= self._edges.take(found + 1, mode="clip")
        np.minimum(found, self._last, out=found)
        found += 1
        return found
