"""The bootstrap: random counts of cells and of rows, for many rounds at once.

A metric is a function of a *statistic* of the rows: counts of cells, such as those of a confusion
matrix, or sums over rows. A round of the bootstrap (Efron 1979, "Bootstrap methods: another look
at the jackknife", Annals of Statistics 7) draws rows with replacement. The counts of its cells are
multinomial then, so they are drawn directly, without rows. Above `MAX_UNITS` rows each cell is
drawn from a Poisson distribution instead (Chamandy, Muralidharan, Najmi and Naidu 2012, "Estimating
uncertainty for massive data streams", Google). Given their total, such counts are multinomial.
The weight of a cell is a scaled count then, with the mean and the variance of drawn weights. Its
source is Bohm and Zech 2014, "Statistics of weighted Poisson events and its applications", Nuclear
Instruments and Methods A 748.

Sums, few weighted rows and pairs of models need the rows. Above `MAX_UNITS` rows, a round draws
from `MAX_UNITS` random groups of rows. The variance of a mean over random groups is that over rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from nbmodel.evaluation.level_totals import (
    CellTotals,
    LevelTotals,
    SumTotals,
    cell_totals,
    sum_totals,
)

MAX_UNITS = 10_000  # rows, or groups of rows, from which a round draws
CHUNK_BYTES = 16 << 20  # of the counts of the rounds that are computed together


class Draws:
    """The random numbers of a bootstrap; two statistics of the same rows get the same rounds.

    Parameters
    ----------
    rounds : int
    seed : int
    """

    def __init__(self, rounds: int, seed: int) -> None:
        self.rounds = rounds
        self.seed = seed
        self._groups: dict[int, Any] = {}
        self._counts: dict[int, Any] = {}

    def generator(self, *stream: int) -> np.random.Generator:
        """Return a generator of random numbers that depends on the seed and the stream only."""
        return np.random.default_rng([self.seed, *stream])

    def groups(self, rows: int) -> Any:
        """Return the unit of each row: the row itself, or one of `MAX_UNITS` random groups."""
        if rows not in self._groups:
            units = np.arange(rows) % MAX_UNITS
            self._groups[rows] = (
                units if rows <= MAX_UNITS else self.generator(1, rows).permutation(units)
            )
        return self._groups[rows]

    def counts(self, rows: int) -> Any:
        """Return how often each round draws each unit, shape (rounds, units)."""
        if rows not in self._counts:
            units = min(rows, MAX_UNITS)
            generator = self.generator(2, rows)
            counts = np.empty((self.rounds, units), dtype=np.uint16)
            for number in range(self.rounds):
                picks = generator.integers(0, units, units)
                counts[number] = np.bincount(picks, minlength=units)
            self._counts[rows] = counts
        return self._counts[rows]


class Statistic(Protocol):
    """What a metric is computed from."""

    @property
    def exact(self) -> Any:
        """The statistic of the sample itself, with a first axis of length 1."""

    def rounds(self, draws: Draws, *, paired: bool = False) -> Iterator[Any]:
        """Yield the statistics of some rounds at a time, along the first axis.

        If `paired`, statistics of the same number of rows are of the same rows in each round.
        """

    def totals(self, codes: Any, levels: int) -> LevelTotals | None:
        """Return the statistic of the rows of each level; None if it has none for rows.

        `codes` has the level of each row.
        """


class CellCounts:
    """How many rows, or how much weight, each cell has.

    Parameters
    ----------
    cells : ndarray of int, shape (n,)
        The cell of each row.
    shape : tuple of int
        Shape of the table of cells.
    weights : ndarray of float or None
    rows : ndarray of int or None
        The row of each entry of `cells`, if a row has several cells.
    """

    def __init__(
        self, cells: Any, shape: tuple[int, ...], weights: Any = None, rows: Any = None
    ) -> None:
        self._cells, self._shape, self._weights, self._rows = cells, shape, weights, rows
        self._size = int(np.prod(shape))
        table = np.bincount(cells, weights, minlength=self._size)
        self.exact: Any = table.astype(np.float64).reshape(1, *shape)

    def rounds(self, draws: Draws, *, paired: bool = False) -> Iterator[Any]:
        """Yield the tables of some rounds at a time."""
        chunk = max(1, CHUNK_BYTES // (8 * self._size))
        is_small = len(self._cells) <= MAX_UNITS
        make = self._by_cells
        if paired or self._rows is not None or (is_small and self._weights is not None):
            make = self._by_units
        for tables in make(draws, chunk):
            yield tables.reshape(-1, *self._shape)

    def totals(self, codes: Any, levels: int) -> CellTotals | None:
        """Return the cells of each level; None if a row has several cells."""
        if self._rows is not None:
            return None
        return cell_totals(self._cells, self._weights, self._shape, codes, levels)

    def _by_cells(self, draws: Draws, chunk: int) -> Iterator[Any]:
        weights = self.exact.ravel()
        filled = np.flatnonzero(weights)
        weights, rows = weights[filled], len(self._cells)
        scale = self._scale(filled)
        generator = draws.generator(3, self._size)
        for begin in range(0, draws.rounds, chunk):
            number = min(chunk, draws.rounds - begin)
            tables = np.zeros((number, self._size))
            if rows > MAX_UNITS:
                drawn = generator.poisson(weights / scale, (number, len(filled)))
                tables[:, filled] = drawn * scale
            else:
                tables[:, filled] = generator.multinomial(rows, weights / rows, number)
            yield tables

    def _scale(self, filled: Any) -> Any:
        """The weight of a drawn row, such that sums have the variance of drawn weights."""
        if self._weights is None:
            return 1
        squares = np.bincount(self._cells, self._weights**2, minlength=self._size)
        return squares[filled] / self.exact.ravel()[filled]

    def _by_units(self, draws: Draws, chunk: int) -> Iterator[Any]:
        entries = len(self._cells) if self._rows is None else int(self._rows.max()) + 1
        units = draws.groups(entries)
        units = units if self._rows is None else units[self._rows]
        # Rows of the same unit and cell always come together.
        pairs, place = np.unique(units * self._size + self._cells, return_inverse=True)
        weight = np.bincount(place.reshape(-1), self._weights, minlength=len(pairs))
        unit, cell = np.divmod(pairs, self._size)
        counts = draws.counts(entries)
        for begin in range(0, draws.rounds, chunk):
            yield np.stack(
                [
                    np.bincount(cell, weight * drawn[unit], minlength=self._size)
                    for drawn in counts[begin : begin + chunk]
                ]
            )


class RowSums:
    """Sums of terms over rows.

    Parameters
    ----------
    terms : ndarray of float, shape (n, terms)
        What each row, or each query of a ranking, adds.
    """

    def __init__(self, terms: Any) -> None:
        self._terms = terms
        self.exact: Any = terms.sum(axis=0)[np.newaxis]

    def rounds(self, draws: Draws, *, paired: bool = False) -> Iterator[Any]:
        """Yield the sums of some rounds at a time; they always are of the same rows."""
        rows, width = self._terms.shape
        units = self._terms
        if rows > MAX_UNITS:
            groups = draws.groups(rows)
            columns = [np.bincount(groups, self._terms[:, n]) for n in range(width)]
            units = np.column_stack(columns)
        counts = draws.counts(rows)
        chunk = max(1, CHUNK_BYTES // (8 * len(units)))
        for begin in range(0, draws.rounds, chunk):
            yield counts[begin : begin + chunk].astype(np.float64) @ units

    def totals(self, codes: Any, levels: int) -> SumTotals | None:
        """Return the sums of each level; None if the terms are of other things than rows."""
        return None if len(codes) != len(self._terms) else sum_totals(self._terms, codes, levels)
