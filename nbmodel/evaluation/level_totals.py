"""The statistics of every slice at once, with what the variance of a metric needs.

A metric is a smooth function of totals over rows. To first order its variance is that of the sum of
its gradient times what each row adds: the delta method, or infinitesimal jackknife (Jaeckel 1972,
"The infinitesimal jackknife", Bell Laboratories; Efron 1982, "The jackknife, the bootstrap and
other resampling plans", chapter 6). So one pass over the rows serves all slices, and the rest of
the rows beside each slice is a subtraction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

MAX_TERMS = 1024  # of which a gradient is computed by differences
_STEP = 1e-6  # relative


class LevelTotals(Protocol):
    """Totals of each level along the first axis."""

    @property
    def values(self) -> Any:
        """The statistic of each level, shape (levels, ...)."""

    def rest(self) -> LevelTotals:
        """Return the totals of all other rows, for each level."""

    def variance(self, gradient: Any) -> Any:
        """Return the variance of a function of the totals, from its gradient."""

    def steps(self) -> Any:
        """Return the sizes of small changes, of the shape of `values`."""


@dataclass(frozen=True, slots=True, eq=False)
class CellTotals:
    """The weights of cells, and the sums of their squares."""

    values: Any
    squares: Any

    def rest(self) -> CellTotals:
        """Return the cells of all other rows, for each level."""
        return CellTotals(
            self.values.sum(axis=0) - self.values, self.squares.sum(axis=0) - self.squares
        )

    def variance(self, gradient: Any) -> Any:
        """Return the variance: each row adds to one cell."""
        return (self.squares * gradient**2).reshape(len(self.values), -1).sum(axis=1)

    def steps(self) -> Any:
        """Return a small part of the weight of each level."""
        total = self.values.reshape(len(self.values), -1).sum(axis=1)
        return np.ones_like(self.values) * _aligned(total, self.values) * _STEP


@dataclass(frozen=True, slots=True, eq=False)
class SumTotals:
    """Sums of terms, and of the products of every two terms."""

    values: Any
    products: Any

    def rest(self) -> SumTotals:
        """Return the sums over all other rows, for each level."""
        return SumTotals(
            self.values.sum(axis=0) - self.values, self.products.sum(axis=0) - self.products
        )

    def variance(self, gradient: Any) -> Any:
        """Return the variance of the sum over rows of the gradient times their terms."""
        return np.einsum("li,lij,lj->l", gradient, self.products, gradient)

    def steps(self) -> Any:
        """Return a small part of each sum."""
        spread = np.sqrt(np.diagonal(self.products, axis1=1, axis2=2))
        return np.maximum(np.abs(self.values), spread) * _STEP


def _aligned(values: Any, other: Any) -> Any:
    return values.reshape(-1, *[1] * (other.ndim - 1))


def cell_totals(
    cells: Any, weights: Any, shape: tuple[int, ...], codes: Any, levels: int
) -> CellTotals:
    """Count the cells of each level.

    Parameters
    ----------
    cells, codes : ndarray of int, shape (n,)
        The cell and the level of each row.
    weights : ndarray of float or None
    shape : tuple of int
        Shape of the table of cells.
    levels : int
    """
    size = int(np.prod(shape))
    place = codes * size + cells
    values: Any = np.bincount(place, weights, minlength=levels * size).astype(np.float64)
    squares: Any = values
    if weights is not None:
        squares = np.bincount(place, weights**2, minlength=levels * size)
    return CellTotals(values.reshape(levels, *shape), squares.reshape(levels, *shape))


def sum_totals(terms: Any, codes: Any, levels: int) -> SumTotals:
    """Sum the terms of the rows of each level.

    Parameters
    ----------
    terms : ndarray of float, shape (n, terms)
    codes : ndarray of int, shape (n,)
    levels : int
    """
    width = terms.shape[1]
    sums = [np.bincount(codes, terms[:, n], minlength=levels) for n in range(width)]
    products = np.empty((levels, width, width))
    for a in range(width):
        for b in range(a + 1):
            product = np.bincount(codes, terms[:, a] * terms[:, b], minlength=levels)
            products[:, a, b] = products[:, b, a] = product
    return SumTotals(np.column_stack(sums), products)


def gradient_of(function: Callable[[Any], Any], totals: LevelTotals) -> Any:
    """Return the gradient of a function of totals, by differences; None if it has many terms."""
    values, steps = totals.values, totals.steps()
    size = int(np.prod(values.shape[1:]))
    if size > MAX_TERMS:
        return None
    flat, steps = values.reshape(len(values), -1), steps.reshape(len(values), -1)
    base = function(values)
    gradient = np.zeros_like(flat)
    for n in range(size):
        moved = flat.copy()
        moved[:, n] += steps[:, n]
        change = function(moved.reshape(values.shape)) - base
        np.divide(change, steps[:, n], out=gradient[:, n], where=steps[:, n] > 0)
    return gradient.reshape(values.shape)
