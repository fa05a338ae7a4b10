"""Counts of the log's columns in the bins of their references, window by window.

DuckDB counts categories and what is missing. Numbers stream out of it in batches and are binned
by numpy, in a third of the time that DuckDB's own histograms take; never more than a few
batches are held.
"""

# ruff: noqa: S608  names and texts go through `quoted` and `text` of sql.py, the rest is ours

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.monitor import windows
from nbmodel.monitor.binning import Bins
from nbmodel.monitor.dtypes import precision, ticks
from nbmodel.monitor.reading import Log
from nbmodel.monitor.references import Reference, Scalar
from nbmodel.monitor.sql import quoted, text

AT_ONCE = 32  # columns of one query: what is decoded at the same time is held in memory
_WHOLE = frozenset({"BIGINT", "INTEGER", "HUGEINT"})
_REST = {"DOUBLE": math.inf, "VARCHAR": ""}  # where DuckDB puts what is in no bin


@dataclass(frozen=True, slots=True)
class Found:
    """A column in one window of one stage.

    Attributes
    ----------
    reference : Reference
    start : int
        Of the window, microseconds since the epoch.
    stage : str
    rows, missing : int
    counts : tuple of float
        As those of the reference.
    beyond : float
        Of a number: how far values lie outside the edges, summed.
    """

    reference: Reference
    start: int
    stage: str
    rows: int
    missing: int
    counts: tuple[float, ...]
    beyond: float = 0.0


@dataclass(frozen=True, slots=True)
class _Groups:
    """Windows and stages of one version, in order, with their rows."""

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


def count(log: Log, version: str, references: Sequence[Reference], width: int) -> list[Found]:
    """Count a version's columns window by window; those that are not logged are left out."""
    types = _types(log)
    source = f"FROM predictions WHERE version = {text(version)}"
    keys = log.rows(
        f"SELECT window_, stage, count(*) FROM (SELECT {windows.sql('time', width)} AS window_, "
        f"stage {source}) GROUP BY window_, stage ORDER BY window_, stage"
    )
    groups = _Groups(
        source, width, tuple((start, stage) for start, stage, _ in keys), tuple(n for *_, n in keys)
    )
    logged = [r for r in references if r.logged.lower() in types] if keys else []
    numbers = [reference for reference in logged if reference.kind == "number"]
    others = [reference for reference in logged if reference.kind != "number"]
    found: list[Found] = []
    for chosen, counted in ((numbers, _numbers), (others, _others)):
        for first in range(0, len(chosen), AT_ONCE):
            found += counted(log, groups, chosen[first : first + AT_ONCE], types)
    place = {id(reference): number for number, reference in enumerate(logged)}
    return sorted(found, key=lambda f: (f.start, f.stage, place[id(f.reference)]))


def not_logged(log: Log, references: Sequence[Reference]) -> list[str]:
    """Names of columns that the log does not have."""
    return [r.name for r in references if r.logged.lower() not in _types(log)]


def _types(log: Log) -> dict[str, str]:
    return {name.lower(): dtype for name, dtype in log.columns.items()}


# -- numbers -----------------------------------------------------------------


def _numbers(
    log: Log, groups: _Groups, references: Sequence[Reference], types: Mapping[str, str]
) -> Iterator[Found]:
    columns = [f"{_measure(r, types[r.logged.lower()])} AS x{n}" for n, r in enumerate(references)]
    cases = " ".join(f"WHEN {text(stage)} THEN {n}" for n, stage in enumerate(groups.stages))
    query = (
        f"SELECT {windows.sql('time', groups.width)} AS window_, "
        f"(CASE stage {cases} ELSE 0 END)::BIGINT AS stage_, {', '.join(columns)} {groups.source}"
    )
    binned = log.fold(query, lambda batches: _binned(batches, groups, references))
    stages, starts = groups.stages, groups.starts
    for (start, stage), rows in zip(groups.keys, groups.rows, strict=True):
        place = starts.index(start) * len(stages) + stages.index(stage)
        for reference, bins in zip(references, binned, strict=True):
            counts = tuple(map(float, bins.counts[place]))
            missing = max(0, rows - int(sum(counts)))
            yield Found(reference, start, stage, rows, missing, counts, float(bins.beyond[place]))


def _measure(reference: Reference, dtype: str) -> str:
    """A number as the training data had it: durations in seconds, in the same precision."""
    number = _as_number(reference.logged, dtype)
    if dtype in _WHOLE and (units := ticks(reference.dtype)):  # of a log that is older
        return f"({number}) / {units}"
    return number


def _as_number(name: str, dtype: str) -> str:
    return quoted(name) if dtype == "DOUBLE" else f"TRY_CAST({quoted(name)} AS DOUBLE)"


def _binned(batches: Iterable[Any], groups: _Groups, references: Sequence[Reference]) -> list[Bins]:
    stages, starts = len(groups.stages), np.array(groups.starts)
    late = len(starts) * stages  # windows that were not there when they were counted
    binned = [Bins(reference.edges, late + 1) for reference in references]
    precisions = [precision(reference.dtype) for reference in references]
    for batch in batches:
        window, stage = batch.column(0).to_numpy(), batch.column(1).to_numpy()
        spot = np.minimum(np.searchsorted(starts, window), len(starts) - 1)
        places = np.where(starts[spot] == window, spot * stages + stage, late)
        if places.min() == places.max():
            places = places[:1]  # as in most batches: parts are in the order of time
        for number, bins in enumerate(binned):
            values = batch.column(number + 2).to_numpy(zero_copy_only=False)
            if (chosen := precisions[number]) is not None:
                with np.errstate(over="ignore"):
                    values = values.astype(chosen).astype(np.float64)
            bins.add(values, places)
    return binned


# -- categories, and what can only be missing ----------------------------------


def _others(
    log: Log, groups: _Groups, references: Sequence[Reference], types: Mapping[str, str]
) -> Iterator[Found]:
    inner, outer = [], []
    for number, reference in enumerate(references):
        inner.append(f"{_value(reference, types[reference.logged.lower()])} AS x{number}")
        outer.append(
            _category(reference, f"x{number}") if reference.values else f"count(x{number})"
        )
    rows = log.rows(
        f"SELECT window_, stage, count(*), {', '.join(outer)} FROM (SELECT "
        f"{windows.sql('time', groups.width)} AS window_, stage, {', '.join(inner)} "
        f"{groups.source}) GROUP BY window_, stage"
    )
    for start, stage, total, *answers in rows:
        for reference, answer in zip(references, answers, strict=True):
            counts = _read(reference, answer)
            present = int(sum(counts)) if reference.values else answer
            yield Found(reference, start, stage, total, total - present, counts)


def _value(reference: Reference, dtype: str) -> str:
    """A column as numbers or texts, as its reference has them."""
    column = quoted(reference.logged)
    if not reference.values:
        return column
    if _numeric(reference.values):
        number = _as_number(reference.logged, dtype)
        if dtype != "VARCHAR":
            return number
        return f"coalesce({number}, TRY_CAST({column} AS BOOLEAN)::DOUBLE)"
    plain = column if dtype == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    longest = max(len(str(value)) for value in reference.values)
    cut = f"left({plain}, {longest})" if longest >= 200 else plain  # as profiles cut them
    # The empty text is DuckDB's own name for the rest.
    return f"'=' || {cut}" if "" in reference.values else cut


def _numeric(values: Sequence[Scalar]) -> bool:
    return not any(isinstance(value, str) for value in values)


def _category(reference: Reference, name: str) -> str:
    dtype, keys = _keys(reference)
    listed = ", ".join(repr(key) if dtype == "DOUBLE" else text(key) for key in keys)
    return f"histogram_exact({name}, [{listed}]::{dtype}[])"


def _keys(reference: Reference) -> tuple[str, list[Any]]:
    if _numeric(reference.values):
        return "DOUBLE", [float(value) for value in reference.values]
    mark = "=" if "" in reference.values else ""
    return "VARCHAR", [mark + str(value) for value in reference.values]


def _read(reference: Reference, answer: Any) -> tuple[float, ...]:
    if not reference.values:
        return ()
    dtype, keys = _keys(reference)
    counts = answer or {}
    return tuple(float(counts.get(key, 0)) for key in (*keys, _REST[dtype]))
