"""Drift between the training data of two versions, from their profiles alone.

The counts of the newer profile are put into the bins of the older one. Within a bin of numbers,
rows are taken as evenly spread, so values and p-values are approximate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nbmodel.monitor.drift.binning import Array
from nbmodel.monitor.drift.counts import WindowCounts
from nbmodel.monitor.drift.detection import DriftFinding, detect_drift
from nbmodel.monitor.drift.references import ColumnReference, column_reference, described

MEASURED = frozenset({"number", "category"})  # kinds of columns with values in a profile
POINTS = 50  # values at most that stand for the rows of one bin


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDrift:
    """How the columns of two profiles differ.

    Attributes
    ----------
    findings : tuple of DriftFinding
        Every measure of every column that both have.
    only_before, only_after : tuple of str
        Columns that only the older one, or only the newer one has.
    compared : int
        How many columns were measured.
    unmeasured : tuple of str
        Columns that could not be measured: of another kind in the newer profile, or of a kind that
        has no values in a profile, such as dates and free text.
    """

    findings: tuple[DriftFinding, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    compared: int
    unmeasured: tuple[str, ...] = ()

    @property
    def drifted(self) -> dict[str, list[DriftFinding]]:
        """The measures above their thresholds, by column."""
        columns: dict[str, list[DriftFinding]] = {}
        for finding in self.findings:
            if finding.drifted:
                columns.setdefault(finding.column, []).append(finding)
        return columns


def compare_profiles(before: Mapping[str, Any], after: Mapping[str, Any]) -> ProfileDrift:
    """Measure the drift from one data profile to another.

    Parameters
    ----------
    before, after : mapping
        As `nbmodel.provenance.data.profile.profile` makes them; anyone may have written them.

    Returns
    -------
    ProfileDrift
        Columns that are not valid, or of another kind in the other profile, are not measured.
    """
    old, new = _columns(before), _columns(after)
    pairs = [(old[name], new[name]) for name in old if name in new]
    counts = [column for pair in pairs if (column := _counts(*pair)) is not None]
    with_values = {column.reference.name for column in counts if column.reference.kind in MEASURED}
    names = dict.fromkeys(str(facts.get("name")) for facts in described(before))
    return ProfileDrift(
        findings=tuple(detect_drift("", counts)),
        only_before=tuple(name for name in old if name not in new),
        only_after=tuple(name for name in new if name not in old),
        compared=len(with_values),
        unmeasured=tuple(n for n in names if n not in with_values and (n not in old or n in new)),
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a profile, and whether it seems to hold whole numbers only."""

    reference: ColumnReference
    is_whole: bool


def _columns(profile: Mapping[str, Any]) -> dict[str, _Column]:
    """The valid columns by name; of columns with the same name, the first one."""
    rows = profile.get("rows")
    columns: dict[str, _Column] = {}
    if not isinstance(rows, int) or rows <= 0:
        return columns
    for facts in described(profile):
        reference = column_reference(facts, "", rows)
        if reference is not None:
            columns.setdefault(reference.name, _Column(reference, _is_whole(facts)))
    return columns


def _is_whole(facts: Mapping[str, Any]) -> bool:
    """Whether a column holds integers; floats by their ends and most of their quantiles."""
    if "int" in str(facts.get("dtype")).lower():
        return True
    quantiles = facts.get("quantiles")
    marks = [*quantiles.values()] if isinstance(quantiles, dict) else []
    ends = [facts.get("min"), facts.get("max")]
    return all(map(_is_integer, ends)) and 2 * sum(map(_is_integer, marks)) > len(marks)


def _is_integer(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value == round(value)


def _counts(before: _Column, after: _Column) -> WindowCounts | None:
    """The rows of a column in the bins of the older one; None for another kind of column."""
    old, new = before.reference, after.reference
    if old.kind != new.kind:
        return None
    counts: tuple[float, ...] = ()
    beyond = 0.0
    if old.kind == "number":
        counts, beyond = _numbers(old, new, is_whole=before.is_whole and after.is_whole)
    elif old.kind == "category":
        counts = _categories(old, new)
    return WindowCounts(
        reference=old, start=0, stage="", rows=new.rows, missing=new.missing,
        counts=counts, beyond=beyond,
    )  # fmt: skip


def _numbers(
    before: ColumnReference, after: ColumnReference, *, is_whole: bool
) -> tuple[tuple[float, ...], float]:
    """Counts below, in and above the bins, and the sum of distances of rows outside."""
    points, rows = _points(after, is_whole)
    edges, infinite = np.asarray(before.edges), after.counts[-1]
    inside = np.clip(points, edges[0], edges[-1])
    bins = np.minimum(np.searchsorted(edges, inside, side="right"), len(edges) - 1)
    bins = bins + np.sign(points - inside).astype(np.intp)
    counts = np.bincount(bins, rows, len(edges) + 1)
    counts[-1] += infinite
    beyond = float(np.sum(np.abs(points - inside) * rows)) if not infinite else math.inf
    return tuple(map(float, counts)), beyond


def _points(column: ColumnReference, is_whole: bool) -> tuple[Array, Array]:
    """Values that stand for the rows of each bin, and how many rows each stands for."""
    parts, last = [], len(column.edges) - 2
    for number, (low, high) in enumerate(pairwise(column.edges)):
        share = (np.arange(POINTS) + 0.5) / POINTS
        values = low + (high - low) * share if high > low else np.array([low])
        if is_whole:
            first = float(math.ceil(low))  # beyond 64 bits too
            end = float(math.floor(high) if number == last else math.ceil(high) - 1)
            if first <= end:
                values = np.unique(np.round(np.linspace(first, end, POINTS)))
        parts.append(values)
    rows = [np.full(len(v), n / len(v)) for v, n in zip(parts, column.counts[1:-1], strict=True)]
    return np.concatenate(parts), np.concatenate(rows)


def _categories(before: ColumnReference, after: ColumnReference) -> tuple[float, ...]:
    """Counts of each value of the older column, and of all other values."""
    rows = dict(zip(after.values, after.counts[:-1], strict=True))
    same = [rows.pop(value, 0.0) for value in before.values]
    return (*same, sum(rows.values()) + after.counts[-1])
