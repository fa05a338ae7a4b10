"""Types and checks of all scorers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, np.dtype[Any]]
Scorer = Callable[[Matrix], Matrix]
Scorers = Mapping[str, Scorer]


class NotCompiled(Exception):
    """The model must answer these rows itself, because it may refuse or convert them.

    Raised for missing or infinite values, for a dtype other than float64, and for a number of
    columns that differs from the fit.
    """


def check(rows: Matrix, features: int) -> None:
    """Raise `NotCompiled` unless the scorer can answer the rows.

    The steps check whether the values are finite: see `check_finite`.
    """
    if rows.dtype != np.float64 or rows.ndim != 2 or rows.shape[1] != features or not len(rows):
        raise NotCompiled


def check_finite(values: Matrix) -> None:
    """Raise `NotCompiled` if a value is missing or infinite."""
    if not np.isfinite(values).all():
        raise NotCompiled
