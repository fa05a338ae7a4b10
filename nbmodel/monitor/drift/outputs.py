"""References for the outputs of a version: its own first window.

A data profile describes what a version was trained on, not what it predicts. So the first window
with enough rows is the reference for its outputs.
"""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from nbmodel.monitor.common import sql, windows
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.drift.counts import WindowCounts, count_columns
from nbmodel.monitor.drift.first_window import first_of, first_window
from nbmodel.monitor.drift.references import ColumnReference, uncertain_rows
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import LogReader, open_log
from nbmodel.monitor.prediction_log.storage import LogPart

BINS = 20
MAX_OUTPUTS = 20
MAX_CACHED_WINDOWS = 256  # first windows that are cached
_MAX_DISCRETE = 20  # distinct values up to which an output is a category


def output_counts(log: LogReader, version: str, width: int) -> list[WindowCounts]:
    """Return a version's outputs by window, with the first window as reference.

    The first window is that of the time range of the log; see `output_references`. The result is
    empty if no window has enough rows.
    """
    counts = count_columns(log, version, draft_references(log, version, width), width)
    return compare_with_first_window(log, version, width, counts)


def draft_references(log: LogReader, version: str, width: int) -> list[ColumnReference]:
    """Return the outputs with the bins of the first window, for `compare_with_first_window`."""
    first = _first_window(log, version, width)
    if first is None:
        return []
    drafts = [_draft(log, version, name, width, first) for name in _names(log)]
    return [draft for draft in drafts if draft is not None]


def compare_with_first_window(
    log: LogReader, version: str, width: int, counts: list[WindowCounts]
) -> list[WindowCounts]:
    """Complete the counts of `draft_references` with those of the first window."""
    first = _first_window(log, version, width)
    if first is None:
        return []
    return [
        _with_reference(column, counts, first)
        for column in counts
        if _in_first_window(column, counts, first)
    ]


def output_references(
    root: str | Path, model: str, version: str, width: int
) -> tuple[ColumnReference, ...]:
    """Return a version's outputs in its first window of all.

    This is for logs that are opened for a later time range. Results are cached until the parts of
    that window change.
    """
    listed = list_parts(root, model, parts.PREDICTIONS)
    key = (str(root), model, version, width)
    with _lock:
        cached = _cache.get(key)
    if cached is None or cached.parts != _between(listed, *cached.days):
        cached = _first_outputs(root, model, version, width, listed)
        if cached.references:
            with _lock:
                _cache[key] = cached
                while len(_cache) > MAX_CACHED_WINDOWS:
                    del _cache[next(iter(_cache))]
    return cached.references


@dataclass(frozen=True, slots=True)
class _FirstWindow:
    """The outputs in a first window; its days, and the parts of those days with their stamps."""

    references: tuple[ColumnReference, ...]
    days: tuple[str, str]
    parts: Mapping[str, str]


_cache: dict[tuple[str, str, str, int], _FirstWindow] = {}
_lock = Lock()


def _first_outputs(
    root: str | Path, model: str, version: str, width: int, listed: Sequence[LogPart]
) -> _FirstWindow:
    first = first_window(root, model, version, width, listed)
    if first is None:
        return _FirstWindow((), ("", ""), {})
    with open_log(root, model, since=first, until=first + width) as log:
        counts = output_counts(log, version, width)
    begin, end = (windows.utc_date(t) for t in (first, first + width - 1))
    references = tuple({f.reference.name: f.reference for f in counts}.values())
    return _FirstWindow(references, (begin, end), _between(listed, begin, end))


def _between(listed: Sequence[LogPart], begin: str, end: str) -> dict[str, str]:
    return {p.path: p.stamp for p in listed if begin <= parts.date_of(p.path) <= end}


def _names(log: LogReader) -> list[str]:
    """Return the columns of outputs; of the probabilities of two classes only the second."""
    names = [name for name in log.columns if name.startswith(OUTPUT_PREFIX)]
    pairs = [name for name in names if name.startswith(f"{OUTPUT_PREFIX}predict_proba.")]
    return [name for name in names if len(pairs) != 2 or name != pairs[0]][:MAX_OUTPUTS]


def _first_window(log: LogReader, version: str, width: int) -> int | None:
    rows: dict[int, int] = defaultdict(int)
    for window in log.windows(width):
        if window.version == version:
            rows[window.start] += window.rows
    return first_of(rows)


def _draft(
    log: LogReader, version: str, name: str, width: int, first: int
) -> ColumnReference | None:
    """Return an output with the bins of its first window; the counts are still missing."""
    column = identifier(name)
    source = (
        f"FROM predictions WHERE version = {literal(version)} AND "
        f"{sql.window_start('time', width)} = {first} AND {column} IS NOT NULL"
    )
    distinct = [
        row[0] for row in log.rows(f"SELECT DISTINCT {column} {source} LIMIT {_MAX_DISCRETE + 1}")
    ]
    if not distinct:
        return None
    if len(distinct) <= _MAX_DISCRETE or not isinstance(distinct[0], int | float):
        values = tuple(v if isinstance(v, int | float) else str(v) for v in distinct)
        if any(isinstance(v, float) and not np.isfinite(v) for v in values):
            return None
        uncertain = 0.0 if len(distinct) <= _MAX_DISCRETE else None
        return ColumnReference(
            name=name,
            logged=name,
            kind="category",
            rows=1,
            missing=0,
            values=values,
            uncertain_rows=uncertain,
        )
    low, high, std = log.rows(
        f"SELECT min(x), max(x), stddev_pop(x) FROM (SELECT {column}::DOUBLE AS x {source}) "
        "WHERE isfinite(x)"
    )[0]
    if low is None or not np.isfinite(high - low) or low == high:
        return None
    edges = tuple(map(float, np.linspace(low, high, BINS + 1)))
    return ColumnReference(
        name=name,
        logged=name,
        kind="number",
        rows=1,
        missing=0,
        edges=edges,
        counts=(),
        std=float(std),
    )


def _in_first_window(
    column: WindowCounts, columns: list[WindowCounts], first: int
) -> list[WindowCounts]:
    return [f for f in columns if f.start == first and f.reference.name == column.reference.name]


def _with_reference(column: WindowCounts, columns: list[WindowCounts], first: int) -> WindowCounts:
    """Return a window with the first window, over all stages, as its reference."""
    first_columns: list[Any] = _in_first_window(column, columns, first)
    counts = tuple(np.sum([f.counts for f in first_columns], axis=0).tolist())
    cut_off = column.reference.uncertain_rows is None
    reference = replace(
        column.reference,
        rows=sum(f.rows for f in first_columns),
        missing=sum(f.missing for f in first_columns),
        counts=counts,
        uncertain_rows=None if cut_off else uncertain_rows(counts[:-1], counts[-1]),
    )
    return replace(column, reference=reference)
