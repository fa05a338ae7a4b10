"""Counts numbers in bins, exactly as the histogram of a profile does, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

BATCH_VALUES = 1 << 14  # arrays of this size stay in the caches of the processor
_CELLS = (1 << 9, 1 << 12, 1 << 15)  # cells of an even grid; with more cells, fewer edges share one
_SHIFTS = (49, 47, 45)  # bits of a logarithmic grid: 8, 32 or 128 cells between powers of two
_MAX_CELLS = 1 << 19
_MAX_DEPTH = 3  # edges in one cell; values are compared with each of them


class Bins:
    """Counts of one column, for several groups of rows.

    A bin includes its left edge; the last bin includes both. The first count is for values below
    the edges, the last one for values above. NaN is missing and not counted.

    Parameters
    ----------
    edges : sequence of float
    groups : int
    rounding : float
        Tolerance, as a share of the largest edge. Values this close to the range count as inside:
        results that are computed in another order differ in the last digits.

    Attributes
    ----------
    counts : ndarray of int, groups x (bins + 2)
    beyond : ndarray of float, groups
        Sum of the distances of values outside the edges.
    """

    def __init__(self, edges: Sequence[float], groups: int, rounding: float = 0.0) -> None:
        self._edges = np.asarray(edges, float)
        self._low, self._high = float(edges[0]), float(edges[-1])
        self._tolerance = rounding * max(abs(self._low), abs(self._high))
        self._grid = _Grid.of(self._edges)
        self.counts = np.zeros((groups, len(edges) + 1), np.int64)
        self.beyond = np.zeros(groups)

    def add(self, values: Array, groups: Array) -> None:
        """Count values; `groups` is the group of each value, or one group for all."""
        for first in range(0, len(values), BATCH_VALUES):
            batch = values[first : first + BATCH_VALUES]
            self._add(batch, groups if len(groups) == 1 else groups[first : first + BATCH_VALUES])

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
            self._count(self._bin_numbers(values), groups)
            return
        inside = np.clip(values, self._low, self._high)
        bins = self._bin_numbers(inside)
        outside = np.flatnonzero(values != inside)
        with np.errstate(over="ignore"):
            distances = values[outside] - inside[outside]
        far = np.abs(distances) > self._tolerance
        outside, distances = outside[far], distances[far]
        # The counts for values outside are the neighbors of the lowest bin and the highest.
        bins[outside] += np.sign(distances).astype(np.intp)
        self._count(bins, groups)
        rows = groups[outside] if len(groups) > 1 else np.broadcast_to(groups, len(outside))
        self.beyond += np.bincount(rows, np.abs(distances), len(self.beyond))

    def _count(self, bins: Array, groups: Array) -> None:
        if len(groups) == 1:
            self.counts[groups[0]] += np.bincount(bins, minlength=self.counts.shape[1])
            return
        flat = groups * self.counts.shape[1] + bins
        self.counts += np.bincount(flat, minlength=self.counts.size).reshape(self.counts.shape)

    def _bin_numbers(self, inside: Array) -> Array:
        """Return the bin of each value inside the edges, counted from 1."""
        if self._grid is not None:
            return self._grid.bin_numbers(inside)
        bins = np.searchsorted(self._edges, inside, side="right")
        return np.asarray(np.minimum(bins, len(self._edges) - 1))


@dataclass(frozen=True, slots=True)
class _Even:
    """Cells of equal width. Rounding never puts a greater value into a lower cell."""

    low: float
    scale: float

    def cells(self, values: Array) -> Array:
        shifted = values - self.low
        shifted *= self.scale
        return shifted.astype(np.intp)

    @classmethod
    def over(cls, edges: Array) -> Iterator[_Even]:
        """Yield coarse grids first; none if the edges are too close together or too far apart."""
        for cells in _CELLS:
            with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
                scale = cells / (edges[-1] - edges[0])
                last = (edges[-1] - edges[0]) * scale
            if scale > 0 and np.isfinite(scale) and np.isfinite(last):
                yield cls(float(edges[0]), float(scale))


@dataclass(frozen=True, slots=True)
class _Logarithmic:
    """Cells between powers of two, for heavy tails: the first bits of a number.

    Read as integers, positive floats have the order of their values, and negative ones the reverse
    order: IEEE 754-2019, section 3.4.
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
        """Yield coarse grids first; none that takes too much memory."""
        for shift in _SHIFTS:
            first, last = cls(shift, -1).cells(edges[[0, -1]]) - 1
            if last - first < _MAX_CELLS:
                yield cls(shift, int(first))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells over the edges of bins: a look-up that replaces a search for each value.

    A greater value never lies in a lower cell. Edges in the cells before a value's cell are at
    most as large as the value; edges in the cells after it are larger. So a value is compared with
    the edges in its cell only, and the bin is exactly the one that a search would find.

    Attributes
    ----------
    ruler : _Even or _Logarithmic
    before : ndarray of int
        For each cell, the number of edges in the cells before.
    within : tuple of ndarray of float
        For each cell, its edges: one in each array, infinite where there is none.
    """

    ruler: _Even | _Logarithmic
    before: Array
    within: tuple[Array, ...]

    @classmethod
    def of(cls, edges: Array) -> _Grid | None:
        """Return the first grid with at most one edge in a cell, else the best one.

        The result is None if no grid fits.
        """
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
        # The last bin includes its right edge, so that this edge does not separate bins.
        cells, last = ruler.cells(edges[:-1]), int(ruler.cells(edges[-1:])[0])
        before = np.searchsorted(cells, np.arange(last + 1), side="left")
        depth = np.arange(len(cells)) - before[cells]
        within = []
        for level in range(int(depth.max()) + 1):
            at_level = depth == level
            bounds = np.full(last + 1, np.inf)
            bounds[cells[at_level]] = edges[:-1][at_level]
            within.append(bounds)
        return cls(ruler, before, tuple(within))

    def bin_numbers(self, inside: Array) -> Array:
        """Return the number of edges that are at most as large as each value inside the edges."""
        cells = self.ruler.cells(inside)
        numbers = self.before[cells]
        for bounds in self.within:
            numbers += inside >= bounds[cells]
        return numbers
