"""Drift of what a version answers, against its own first window.

A profile describes what a version was trained on, not what it predicts: the first window of
enough rows is the reference.
"""

# ruff: noqa: S608  names and texts go through `quoted` and `text` of sql.py, the rest is ours

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from nbmodel.monitor.common import windows
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.drift.counts import WindowCounts, count_columns
from nbmodel.monitor.drift.references import ColumnReference, uncertain_rows
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import LogReader, open_log

MIN_FIRST_ROWS = 200  # rows of the first window
BINS = 20
MAX_OUTPUTS = 20
MAX_CACHED_WINDOWS = 256  # first windows that are remembered
_MAX_DISCRETE = 20  # different values that are still classes


def output_counts(log: LogReader, version: str, width: int) -> list[WindowCounts]:
    """A version's outputs by window, beside those of its first window; empty if none is enough.

    The first window is that of the time which the log is opened for: see `output_references`.
    """
    return compare_with_first_window(
        log,
        version,
        width,
        count_columns(log, version, draft_references(log, version, width), width),
    )


def draft_references(log: LogReader, version: str, width: int) -> list[ColumnReference]:
    """Outputs in the bins of the first window, to be counted and given to `against_first`."""
    first = _first_window(log, version, width)
    if first is None:
        return []
    found = [_draft(log, version, name, width, first) for name in _names(log)]
    return [draft for draft in found if draft is not None]


def compare_with_first_window(
    log: LogReader, version: str, width: int, found: list[WindowCounts]
) -> list[WindowCounts]:
    """Counts of `drafts`, beside those of the first window."""
    first = _first_window(log, version, width)
    if first is None:
        return []
    return [_against(one, found, first) for one in found if _rows(one, found, first)]


def output_references(
    root: str | Path, model: str, version: str, width: int
) -> tuple[ColumnReference, ...]:
    """A version's outputs in its first window of all, for a log that is opened for a later time."""
    stamps = {part.path: part.stamp for part in list_parts(root, model, parts.PREDICTIONS)}
    key = (str(root), model, version, width)
    with _lock:
        known = _cache.get(key)
    if known is None or known.made_of != _between(stamps, *known.days):
        known = _first_outputs(root, model, version, width, stamps)
        if known.references:
            with _lock:
                _cache[key] = known
                while len(_cache) > MAX_CACHED_WINDOWS:
                    del _cache[next(iter(_cache))]
    return known.references


@dataclass(frozen=True, slots=True)
class _First:
    """Outputs of a first window; its days, and the parts of those with their stamps."""

    references: tuple[ColumnReference, ...]
    days: tuple[str, str]
    made_of: Mapping[str, str]


_cache: dict[tuple[str, str, str, int], _First] = {}
_lock = Lock()


def _first_outputs(
    root: str | Path, model: str, version: str, width: int, stamps: Mapping[str, str]
) -> _First:
    dates = sorted({parts.date_of(path) for path in stamps})
    first, some = None, 1
    # A window that is cut off by the end of what is read has fewer rows, never more.
    while first is None and some // 4 < len(dates):
        last = dates[min(some, len(dates)) - 1]
        until = windows.parse_time(last, windows.EPOCH) + windows.UNITS["d"] if last else None
        with open_log(root, model, until=None if some >= len(dates) else until) as log:
            first = _first_window(log, version, width)
        some *= 4
    if first is None:
        return _First((), ("", ""), {})
    with open_log(root, model, since=first, until=first + width) as log:
        found = output_counts(log, version, width)
    begin, end = (windows.to_datetime(t).date().isoformat() for t in (first, first + width - 1))
    references = tuple({f.reference.name: f.reference for f in found}.values())
    return _First(references, (begin, end), _between(stamps, begin, end))


def _between(stamps: Mapping[str, str], begin: str, end: str) -> dict[str, str]:
    return {p: stamp for p, stamp in stamps.items() if begin <= parts.date_of(p) <= end}


def _names(log: LogReader) -> list[str]:
    """Columns of outputs; of the probabilities of two classes the second tells both."""
    names = [name for name in log.columns if name.startswith(OUTPUT_PREFIX)]
    pairs = [name for name in names if name.startswith(f"{OUTPUT_PREFIX}predict_proba.")]
    return [name for name in names if len(pairs) != 2 or name != pairs[0]][:MAX_OUTPUTS]


def _first_window(log: LogReader, version: str, width: int) -> int | None:
    rows: dict[int, int] = defaultdict(int)
    for one in log.windows(width):
        if one.version == version:
            rows[one.start] += one.rows
    return min((start for start, count in rows.items() if count >= MIN_FIRST_ROWS), default=None)


def _draft(
    log: LogReader, version: str, name: str, width: int, first: int
) -> ColumnReference | None:
    """Bins for an output, from its first window; their counts are still missing."""
    column = identifier(name)
    source = (
        f"FROM predictions WHERE version = {literal(version)} AND {windows.sql('time', width)} = "
        f"{first} AND {column} IS NOT NULL"
    )
    some = [
        row[0] for row in log.rows(f"SELECT DISTINCT {column} {source} LIMIT {_MAX_DISCRETE + 1}")
    ]
    if not some:
        return None
    if len(some) <= _MAX_DISCRETE or not isinstance(some[0], int | float):
        values = tuple(v if isinstance(v, int | float) else str(v) for v in some)
        if any(isinstance(v, float) and not np.isfinite(v) for v in values):
            return None
        every = 0.0 if len(some) <= _MAX_DISCRETE else None
        return ColumnReference(name, name, "category", 1, 0, values=values, uncertain_rows=every)
    low, high, std = log.rows(
        f"SELECT min(x), max(x), stddev_pop(x) FROM (SELECT {column}::DOUBLE AS x {source}) "
        "WHERE isfinite(x)"
    )[0]
    if low is None or not np.isfinite(high - low) or low == high:
        return None
    edges = tuple(map(float, np.linspace(low, high, BINS + 1)))
    return ColumnReference(name, name, "number", 1, 0, edges=edges, counts=(), std=float(std))


def _rows(one: WindowCounts, found: list[WindowCounts], first: int) -> list[WindowCounts]:
    return [f for f in found if f.start == first and f.reference.name == one.reference.name]


def _against(one: WindowCounts, found: list[WindowCounts], first: int) -> WindowCounts:
    """A window beside the first one, whose stages count together."""
    same: list[Any] = _rows(one, found, first)
    counts = tuple(np.sum([f.counts for f in same], axis=0).tolist())
    cut_off = one.reference.uncertain_rows is None
    reference = replace(
        one.reference,
        rows=sum(f.rows for f in same),
        missing=sum(f.missing for f in same),
        counts=counts,
        uncertain_rows=None if cut_off else uncertain_rows(counts[:-1], counts[-1]),
    )
    return replace(one, reference=reference)
