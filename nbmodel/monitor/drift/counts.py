"""Counts the log's columns in the bins of their references, window by window.

Numbers stream from DuckDB in batches and are counted by numpy; categories stream as positions in
their lists. This takes a fifth of the time of DuckDB's own histograms. Only a few batches are in
memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nbmodel.monitor.common import sql
from nbmodel.monitor.common.dtypes import precision, units_per_second
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.drift.binning import Array, Bins
from nbmodel.monitor.drift.references import ColumnReference, Scalar
from nbmodel.monitor.prediction_log.reader import LogReader

ROUNDING = 1e-12  # share of the largest edge: values this close count as inside
COLUMNS_PER_QUERY = 32  # columns are decoded, and in memory, together
_WHOLE = frozenset({"BIGINT", "INTEGER", "HUGEINT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCounts:
    """The counts of one column in one window of one stage.

    Attributes
    ----------
    reference : ColumnReference
    start : int
        Start of the window, microseconds since the epoch.
    stage : str
    rows, missing : int
    counts : tuple of float
        In the same bins as the counts of the reference.
    beyond : float
        For a number: sum of the distances of values outside the edges.
    """

    reference: ColumnReference
    start: int
    stage: str
    rows: int
    missing: int
    counts: tuple[float, ...]
    beyond: float = 0.0


@dataclass(frozen=True, slots=True)
class _Groups:
    """The windows and stages of one version, in order, with their rows."""

    source: str
    width: int
    keys: tuple[tuple[int, str], ...]
    rows: tuple[int, ...]

    @property
    def starts(self) -> list[int]:
        return sorted({start for start, _ in self.keys})

    @property
    def stages(self) -> list[str]:
        return sorted({stage for _, stage in self.keys})


def count_columns(
    log: LogReader, version: str, references: Sequence[ColumnReference], width: int
) -> list[WindowCounts]:
    """Count the columns of a version window by window; columns that are not logged are left out."""
    types = _types(log)
    source = f"FROM predictions WHERE version = {literal(version)}"
    version_rows = sorted(
        (row.start, row.stage, row.rows) for row in log.windows(width) if row.version == version
    )
    keys = tuple((start, stage) for start, stage, _ in version_rows)
    groups = _Groups(source, width, keys, tuple(rows for *_, rows in version_rows))
    logged = [r for r in references if r.logged.lower() in types] if keys else []
    counts: list[WindowCounts] = []
    for first in range(0, len(logged), COLUMNS_PER_QUERY):
        counts += _count_batch(log, groups, logged[first : first + COLUMNS_PER_QUERY], types)
    position = {id(reference): number for number, reference in enumerate(logged)}
    return sorted(counts, key=lambda f: (f.start, f.stage, position[id(f.reference)]))


def unlogged_columns(log: LogReader, references: Sequence[ColumnReference]) -> list[str]:
    """Return the names of columns that the log does not have."""
    return [r.name for r in references if r.logged.lower() not in _types(log)]


def _types(log: LogReader) -> dict[str, str]:
    return {name.lower(): dtype for name, dtype in log.columns.items()}


def _count_batch(
    log: LogReader, groups: _Groups, references: Sequence[ColumnReference], types: Mapping[str, str]
) -> Iterator[WindowCounts]:
    columns = [
        f"{_COUNTERS[r.kind].select(r, types[r.logged.lower()])} AS x{n}"
        for n, r in enumerate(references)
    ]
    cases = " ".join(f"WHEN {literal(stage)} THEN {n}" for n, stage in enumerate(groups.stages))
    query = (
        f"SELECT {sql.window_start('time', groups.width)} AS window_, "
        f"(CASE stage {cases} ELSE 0 END)::BIGINT AS stage_, {', '.join(columns)} {groups.source}"
    )
    counters = log.fold(query, lambda batches: _fill_counters(batches, groups, references))
    stages, starts = groups.stages, groups.starts
    for (start, stage), rows in zip(groups.keys, groups.rows, strict=True):
        group = starts.index(start) * len(stages) + stages.index(stage)
        for reference, counter in zip(references, counters, strict=True):
            counts, present, beyond = counter.result(group)
            missing_rows = max(0, rows - present)
            yield WindowCounts(
                reference=reference,
                start=start,
                stage=stage,
                rows=rows,
                missing=missing_rows,
                counts=counts,
                beyond=beyond,
            )


def _fill_counters(
    batches: Iterable[Any], groups: _Groups, references: Sequence[ColumnReference]
) -> list[_Counter]:
    stages, starts = len(groups.stages), np.array(groups.starts)
    unlisted = len(starts) * stages  # for windows that appeared after the windows were listed
    counters = [_COUNTERS[reference.kind](reference, unlisted + 1) for reference in references]
    for batch in batches:
        window, stage = batch.column(0).to_numpy(), batch.column(1).to_numpy()
        if window.min() == window.max() and stage.min() == stage.max():
            window, stage = window[:1], stage[:1]  # the usual case: parts are in the order of time
        position = np.minimum(np.searchsorted(starts, window), len(starts) - 1)
        row_groups = np.where(starts[position] == window, position * stages + stage, unlisted)
        for number, counter in enumerate(counters):
            counter.add(batch.column(number + 2).to_numpy(zero_copy_only=False), row_groups)
    return counters


# -- counters, by kind of column ---------------------------------------------------------


class _Counter(Protocol):
    """Counts one column; knows how to select it in SQL."""

    def __init__(self, reference: ColumnReference, groups: int) -> None:
        """Start with counts of zero."""

    @staticmethod
    def select(reference: ColumnReference, dtype: str) -> str:
        """Return SQL for the column, as `add` expects it."""

    def add(self, values: Array, groups: Array) -> None:
        """Count values; `groups` is the group of each value, or one group for all."""

    def result(self, group: int) -> tuple[tuple[float, ...], int, float]:
        """Return a group's counts in the reference's bins, its present values, and `beyond`."""


class _Numbers:
    """Counts numbers in bins."""

    def __init__(self, reference: ColumnReference, groups: int) -> None:
        self._bins = Bins(reference.edges, groups, ROUNDING)
        self._precision = precision(reference.dtype)

    @staticmethod
    def select(reference: ColumnReference, dtype: str) -> str:
        """Return SQL for a number; durations in seconds, as in the profile."""
        number = _as_number(reference.logged, dtype)
        # An older log has durations in the units of their dtype.
        if dtype in _WHOLE and (units := units_per_second(reference.dtype)):
            return f"({number}) / {units}"
        return number

    def add(self, values: Array, groups: Array) -> None:
        if self._precision is not None:
            with np.errstate(over="ignore"):
                values = values.astype(self._precision).astype(np.float64)
        self._bins.add(values, groups)

    def result(self, group: int) -> tuple[tuple[float, ...], int, float]:
        counts = self._bins.counts[group]
        return tuple(map(float, counts)), int(counts.sum()), float(self._bins.beyond[group])


class _Categories:
    """Counts positions in a list of values, from 1.

    Position 0 stands for all other values. The position after the last value stands for missing.
    """

    def __init__(self, reference: ColumnReference, groups: int) -> None:
        self._length = len(reference.values)
        self._counts = np.zeros((groups, self._length + 2), np.int64)

    @staticmethod
    def select(reference: ColumnReference, dtype: str) -> str:
        """Return SQL for positions; DuckDB looks up each value of a dictionary once."""
        numeric = _numeric(reference.values)
        kind = "DOUBLE" if numeric else "VARCHAR"
        values = [repr(float(v)) if numeric else literal(str(v)) for v in reference.values]
        column = _value(reference, dtype)
        return (
            f"(CASE WHEN {column} IS NULL THEN {len(values) + 1} ELSE "
            f"coalesce(list_position([{', '.join(values)}]::{kind}[], {column}), 0) END)::USMALLINT"
        )

    def add(self, values: Array, groups: Array) -> None:
        if len(groups) == 1:
            self._counts[groups[0]] += np.bincount(values, minlength=self._length + 2)
            return
        flat = groups * (self._length + 2) + values
        counts = np.bincount(flat, minlength=self._counts.size)
        self._counts += counts.reshape(self._counts.shape)

    def result(self, group: int) -> tuple[tuple[float, ...], int, float]:
        others, *listed = self._counts[group, :-1].tolist()
        return tuple(map(float, (*listed, others))), others + sum(listed), 0.0


class _Present:
    """Counts values of columns of which only missing values are known."""

    def __init__(self, reference: ColumnReference, groups: int) -> None:
        self._counts = np.zeros((groups, 2), np.int64)

    @staticmethod
    def select(reference: ColumnReference, dtype: str) -> str:
        return f"({identifier(reference.logged)} IS NOT NULL)::UTINYINT"

    def add(self, values: Array, groups: Array) -> None:
        if len(groups) == 1:
            self._counts[groups[0]] += np.bincount(values, minlength=2)
        else:
            flat = np.bincount(groups * 2 + values, minlength=self._counts.size)
            self._counts += flat.reshape(self._counts.shape)

    def result(self, group: int) -> tuple[tuple[float, ...], int, float]:
        return (), int(self._counts[group, 1]), 0.0


_COUNTERS: Mapping[str, type[_Counter]] = {
    "number": _Numbers, "category": _Categories, "other": _Present,
}  # fmt: skip


def _as_number(name: str, dtype: str) -> str:
    return identifier(name) if dtype == "DOUBLE" else f"TRY_CAST({identifier(name)} AS DOUBLE)"


def _value(reference: ColumnReference, dtype: str) -> str:
    """Return SQL for a category, as a number or a text like the values of its reference."""
    column = identifier(reference.logged)
    if _numeric(reference.values):
        number = _as_number(reference.logged, dtype)
        if dtype != "VARCHAR":
            return number
        return f"coalesce({number}, TRY_CAST({column} AS BOOLEAN)::DOUBLE)"
    plain = column if dtype == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    longest = max(len(str(value)) for value in reference.values)
    return (
        f"left({plain}, {longest})" if longest >= 200 else plain
    )  # profiles cut them at this length


def _numeric(values: Sequence[Scalar]) -> bool:
    return bool(values) and not any(isinstance(value, str) for value in values)
