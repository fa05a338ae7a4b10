"""Rows that are asked together: an array, or one typed array a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# One array, rows first, where all columns are numbers or the input is one tensor; else by name.
Rows = Array | dict[str, Array]


def count_rows(rows: Rows) -> int:
    """How many rows there are."""
    return len(rows) if not isinstance(rows, dict) else len(next(iter(rows.values())))


def concatenate(parts: Sequence[Rows], names: Sequence[str] = ()) -> Rows:
    """The rows of several requests as one batch, in their order.

    Parameters
    ----------
    parts : sequence of Rows
    names : sequence of str
        Of the columns, where some parts are arrays and some are not.
    """
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(part, dict) for part in parts):
        named = [part if isinstance(part, dict) else columns_by_name(part, names) for part in parts]
        return {name: np.concatenate([part[name] for part in named]) for name in named[0]}
    return np.concatenate(parts)  # type: ignore[arg-type]


def columns_by_name(rows: Rows, names: Sequence[str]) -> dict[str, Array]:
    """Rows as one array a column."""
    if isinstance(rows, dict):
        return rows
    if len(names) == 1:
        return {names[0]: rows.reshape(-1) if rows.ndim == 2 else rows}
    return {name: rows[:, place] for place, name in enumerate(names)}


def copy_rows(rows: Rows) -> Rows:
    """The rows in memory of their own: a model may write to what it is given."""
    if isinstance(rows, dict):
        return {name: values.copy() for name, values in rows.items()}
    return rows.copy()


def slice_rows(rows: Rows, start: int, stop: int) -> Rows:
    """Some rows, those from `start` up to `stop`."""
    if isinstance(rows, dict):
        return {name: values[start:stop] for name, values in rows.items()}
    return rows[start:stop]
