"""What every family of scorers shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, np.dtype[Any]]
Scorer = Callable[[Matrix], Matrix]
Scorers = Mapping[str, Scorer]


class NotCompiled(Exception):
    """These rows are the model's own business: it may refuse them, or treat them in its way.

    Raised for what is missing or infinite, for another dtype than float64, and for another
    number of columns than the model was fitted with.
    """


def check(rows: Matrix, features: int) -> None:
    """Raise `NotCompiled` unless the rows are those a scorer is made for.

    Whether they are finite is left to the steps, see `check_finite`.
    """
    if rows.dtype != np.float64 or rows.ndim != 2 or rows.shape[1] != features or not len(rows):
        raise NotCompiled


def check_finite(values: Matrix) -> None:
    """Raise `NotCompiled` if a value is missing or infinite."""
    if not np.isfinite(values).all():
        raise NotCompiled
