"""Drift of what a version answers, against its own first window.

A profile describes what a version was trained on, not what it predicts: the first window of
enough rows is the reference.
"""

# ruff: noqa: S608  names and texts go through `quoted` and `text` of sql.py, the rest is ours

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nbmodel.monitor import windows
from nbmodel.monitor.counts import Found, count
from nbmodel.monitor.entries import OUTPUT
from nbmodel.monitor.reading import Log
from nbmodel.monitor.references import Reference
from nbmodel.monitor.sql import quoted, text

ENOUGH = 200  # rows of the first window
BINS = 20
MOST_OUTPUTS = 20
_FEW = 20  # different values that are still classes


def output_counts(log: Log, version: str, width: int) -> list[Found]:
    """A version's outputs by window, beside those of its first window; empty if none is enough."""
    first = _first_window(log, version, width)
    if first is None:
        return []
    drafts = [_draft(log, version, name, width, first) for name in _names(log)]
    found = count(log, version, [draft for draft in drafts if draft is not None], width)
    return [_against(one, found, first) for one in found if _rows(one, found, first)]


def _names(log: Log) -> list[str]:
    """Columns of outputs; of the probabilities of two classes the second tells both."""
    names = [name for name in log.columns if name.startswith(OUTPUT)]
    pairs = [name for name in names if name.startswith(f"{OUTPUT}predict_proba.")]
    return [name for name in names if len(pairs) != 2 or name != pairs[0]][:MOST_OUTPUTS]


def _first_window(log: Log, version: str, width: int) -> int | None:
    rows = log.rows(
        f"SELECT {windows.sql('time', width)} AS window_ FROM predictions "
        f"WHERE version = {text(version)} GROUP BY window_ HAVING count(*) >= {ENOUGH} "
        "ORDER BY window_ LIMIT 1"
    )
    return int(rows[0][0]) if rows else None


def _draft(log: Log, version: str, name: str, width: int, first: int) -> Reference | None:
    """Bins for an output, from its first window; their counts are still missing."""
    column = quoted(name)
    source = (
        f"FROM predictions WHERE version = {text(version)} AND {windows.sql('time', width)} = "
        f"{first} AND {column} IS NOT NULL"
    )
    some = [row[0] for row in log.rows(f"SELECT DISTINCT {column} {source} LIMIT {_FEW + 1}")]
    if not some:
        return None
    if len(some) <= _FEW or not isinstance(some[0], int | float):
        values = tuple(v if isinstance(v, int | float) else str(v) for v in some)
        if any(isinstance(v, float) and not np.isfinite(v) for v in values):
            return None
        return Reference(name, name, "category", 1, 0, values=values, counts=())
    low, high, std = log.rows(
        f"SELECT min(x), max(x), stddev_pop(x) FROM (SELECT {column}::DOUBLE AS x {source}) "
        "WHERE isfinite(x)"
    )[0]
    if low is None or not np.isfinite(high - low) or low == high:
        return None
    edges = tuple(map(float, np.linspace(low, high, BINS + 1)))
    return Reference(name, name, "number", 1, 0, edges=edges, counts=(), std=float(std))


def _rows(one: Found, found: list[Found], first: int) -> list[Found]:
    return [f for f in found if f.start == first and f.reference.name == one.reference.name]


def _against(one: Found, found: list[Found], first: int) -> Found:
    """A window beside the first one, whose stages count together."""
    same: list[Any] = _rows(one, found, first)
    counts = tuple(np.sum([f.counts for f in same], axis=0).tolist())
    reference = replace(
        one.reference,
        rows=sum(f.rows for f in same),
        missing=sum(f.missing for f in same),
        counts=counts,
    )
    return replace(one, reference=reference)
