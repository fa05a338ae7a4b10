"""Counting numbers in bins, exactly as a profile's histogram does, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

BATCH_VALUES = 1 << 14  # values: their arrays stay in the processor's cache
_CELLS = (1 << 9, 1 << 12, 1 << 15)  # of an even grid: the more, the fewer edges share one
_SHIFTS = (49, 47, 45)  # of a logarithmic grid: 8, 32 or 128 cells between powers of two
_MAX_CELLS = 1 << 19
_MAX_DEPTH = 3  # edges of one cell that values are compared with one by one


class Bins:
    """Counts of one column for several groups of rows.

    Bins hold their left edge, the last one both; the first count is of what is below the edges,
    the last of what is above. NaN is missing and not counted.

    Parameters
    ----------
    edges : sequence of float
    groups : int
    rounding : float
        Share of the largest edge: values that lie so little beyond the edges count as on them.
        What is computed in another order differs in the last digits.

    Attributes
    ----------
    counts : ndarray of int, groups x (bins + 2)
    beyond : ndarray of float, groups
        How far values lie outside the edges, summed.
    """

    def __init__(self, edges: Sequence[float], groups: int, rounding: float = 0.0) -> None:
        self._edges = np.asarray(edges, float)
        self._low, self._high = float(edges[0]), float(edges[-1])
        self._close = rounding * max(abs(self._low), abs(self._high))
        self._grid = _Grid.of(self._edges)
        self.counts = np.zeros((groups, len(edges) + 1), np.int64)
        self.beyond = np.zeros(groups)

    def add(self, values: Array, groups: Array) -> None:
        """Count values; `groups` is the group of each, or a single one of all."""
        for first in range(0, len(values), BATCH_VALUES):
            some = values[first : first + BATCH_VALUES]
            self._add(some, groups if len(groups) == 1 else groups[first : first + BATCH_VALUES])

    def _add(self, values: Array, groups: Array) -> None:
        low, high = values.min(), values.max()
        if np.isnan(low):
            present = ~np.isnan(values)
            values = values[present]
            groups = groups if len(groups) == 1 else groups[present]
            if not len(values):
                return
            low, high = values.min(), values.max()
        if low >= self._low and high <= self._high:
            self._count(self._places(values), groups)
            return
        inside = np.clip(values, self._low, self._high)
        places = self._places(inside)
        outside = np.flatnonzero(values != inside)
        with np.errstate(over="ignore"):
            away = values[outside] - inside[outside]
        far = np.abs(away) > self._close
        outside, away = outside[far], away[far]
        # The lowest bin and the highest are the neighbors of those for what is outside.
        places[outside] += np.sign(away).astype(np.intp)
        self._count(places, groups)
        spots = groups[outside] if len(groups) > 1 else np.broadcast_to(groups, len(outside))
        self.beyond += np.bincount(spots, np.abs(away), len(self.beyond))

    def _count(self, places: Array, groups: Array) -> None:
        if len(groups) == 1:
            self.counts[groups[0]] += np.bincount(places, minlength=self.counts.shape[1])
            return
        flat = groups * self.counts.shape[1] + places
        self.counts += np.bincount(flat, minlength=self.counts.size).reshape(self.counts.shape)

    def _places(self, inside: Array) -> Array:
        """The bin of each value within the edges, counted from 1."""
        if self._grid is not None:
            return self._grid.places(inside)
        found = np.searchsorted(self._edges, inside, side="right")
        return np.asarray(np.minimum(found, len(self._edges) - 1))


@dataclass(frozen=True, slots=True)
class _Even:
    """Cells of one width; by its rounding a greater value never gets a lower cell."""

    low: float
    scale: float

    def cells(self, values: Array) -> Array:
        shifted = values - self.low
        shifted *= self.scale
        return shifted.astype(np.intp)

    @classmethod
    def over(cls, edges: Array) -> Iterator[_Even]:
        """Coarse ones first; none where the edges lie too close or too far."""
        for cells in _CELLS:
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                scale = cells / (edges[-1] - edges[0])
                last = (edges[-1] - edges[0]) * scale
            if scale > 0 and np.isfinite(scale) and np.isfinite(last):
                yield cls(float(edges[0]), float(scale))


@dataclass(frozen=True, slots=True)
class _Logarithmic:
    """Cells between powers of two, for heavy tails: the first bits of a number.

    Read as integers, positive floats are in the order of their values, negative ones in the
    opposite: IEEE 754-2019, section 3.4.
    """

    shift: int
    first: int = 0

    def cells(self, values: Array) -> Array:
        bits = (values + 0.0).view(np.int64)  # -0.0 becomes 0.0
        if self.first < 0:
            bits ^= (bits >> 63) & np.iinfo(np.int64).max
        bits >>= self.shift
        bits -= self.first
        return bits

    @classmethod
    def over(cls, edges: Array) -> Iterator[_Logarithmic]:
        """Coarse ones first; none that take too much memory."""
        for shift in _SHIFTS:
            first, last = cls(shift, -1).cells(edges[[0, -1]]) - 1
            if last - first < _MAX_CELLS:
                yield cls(shift, int(first))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells over the edges of bins: a look-up in place of a search for each value.

    A greater value never lies in a lower cell. So all edges of the cells before lie below a
    value or on it, and all of the cells behind above it: it has to be compared with those of
    its own cell only, and the bin is exactly that of a search.

    Attributes
    ----------
    ruler : _Even or _Logarithmic
    before : ndarray of int
        By cell: edges in the cells before.
    within : tuple of ndarray of float
        By cell: its edges, one in each array, infinite where there is none.
    """

    ruler: _Even | _Logarithmic
    before: Array
    within: tuple[Array, ...]

    @classmethod
    def of(cls, edges: Array) -> _Grid | None:
        """The first grid with at most one edge in a cell, else the best; None if none fits."""
        best = None
        rulers: list[_Even | _Logarithmic] = [*_Even.over(edges), *_Logarithmic.over(edges)]
        for ruler in rulers:
            depth = int(np.bincount(ruler.cells(edges[:-1])).max())
            if best is None or depth < best[0]:
                best = depth, ruler
            if depth == 1:
                break
        return cls._on(edges, best[1]) if best is not None and best[0] <= _MAX_DEPTH else None

    @classmethod
    def _on(cls, edges: Array, ruler: _Even | _Logarithmic) -> _Grid:
        # The last bin holds its right edge too: that edge divides nothing.
        spots, last = ruler.cells(edges[:-1]), int(ruler.cells(edges[-1:])[0])
        before = np.searchsorted(spots, np.arange(last + 1), side="left")
        depth = np.arange(len(spots)) - before[spots]
        within = []
        for level in range(int(depth.max()) + 1):
            chosen = depth == level
            bounds = np.full(last + 1, np.inf)
            bounds[spots[chosen]] = edges[:-1][chosen]
            within.append(bounds)
        return cls(ruler, before, tuple(within))

    def places(self, inside: Array) -> Array:
        """How many edges lie below each value, or on it; values lie within the edges."""
        cells = self.ruler.cells(inside)
        found = self.before[cells]
        for bounds in self.within:
            found += inside >= bounds[cells]
        return found
