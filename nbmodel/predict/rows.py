"""Rows of one call: an array, or one typed array for each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# One array with rows as first axis, if all columns are numbers or the input is one tensor; else
# arrays by name.
Rows = Array | dict[str, Array]


def count_rows(rows: Rows) -> int:
    """Count the rows."""
    return len(rows) if not isinstance(rows, dict) else len(next(iter(rows.values())))


def concatenate(parts: Sequence[Rows], names: Sequence[str] = ()) -> Rows:
    """Join the rows of several requests to one batch, in their order.

    Parameters
    ----------
    parts : sequence of Rows
    names : sequence of str
        Names of the columns, for the case that only some parts are arrays.
    """
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(part, dict) for part in parts):
        mappings = [
            part if isinstance(part, dict) else columns_by_name(part, names) for part in parts
        ]
        return {name: np.concatenate([part[name] for part in mappings]) for name in mappings[0]}
    return np.concatenate(parts)  # type: ignore[arg-type]


def columns_by_name(rows: Rows, names: Sequence[str]) -> dict[str, Array]:
    """Convert rows to one array for each column.

    Returns
    -------
    columns : dict of str to ndarray
    """
    if isinstance(rows, dict):
        return rows
    if len(names) == 1:
        return {names[0]: rows.reshape(-1) if rows.ndim == 2 else rows}
    return {name: rows[:, index] for index, name in enumerate(names)}


def copy_rows(rows: Rows) -> Rows:
    """Copy rows, because a model may change its input."""
    if isinstance(rows, dict):
        return {name: values.copy() for name, values in rows.items()}
    return rows.copy()


def slice_rows(rows: Rows, start: int, stop: int) -> Rows:
    """Return the rows from `start` up to `stop`."""
    if isinstance(rows, dict):
        return {name: values[start:stop] for name, values in rows.items()}
    return rows[start:stop]
