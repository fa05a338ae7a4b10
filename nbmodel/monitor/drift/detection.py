"""Drift: how far a window's columns are from those the version was trained on.

Each detector is a function in `measures` and one line in `DRIFT_MEASURES`. Those that are
tests give a p-value too; the p-values of a window are taken together (`adjusted`), so that of a
hundred columns five do not alarm by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nbmodel.monitor.drift import measures
from nbmodel.monitor.drift.counts import WindowCounts
from nbmodel.monitor.drift.measures import Score

FALSE_DISCOVERY_RATE = 0.05  # of the false discovery rate
MIN_WINDOW_ROWS = 50  # rows of a window that is judged


@dataclass(frozen=True, slots=True)
class DriftMeasure:
    """A measure of drift: its function, the kinds of columns it is for, when it speaks of drift."""

    name: str
    kinds: frozenset[str]
    threshold: float
    function: Callable[[WindowCounts], Score | None]
    tested_by: str = ""  # whose test says whether a distance is more than chance


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One detector's word on one column in one window.

    Attributes
    ----------
    column, detector : str
    version, stage : str
    start : int
        Of the window, microseconds since the epoch.
    rows : int
    value : float
    p, adjusted : float or None
        Its p-value, for a test; and that under control of the false discovery rate, of the
        test that goes with it for a mere distance.
    drifted : bool
        The value is past the detector's limit, is no chance, and the window has rows enough.
    """

    column: str
    measure: str
    version: str
    stage: str
    start: int
    rows: int
    value: float
    p_value: float | None
    adjusted_p: float | None
    drifted: bool


_NUMBER, _CATEGORY = frozenset({"number"}), frozenset({"category"})
_BOTH = _NUMBER | _CATEGORY

DRIFT_MEASURES = (
    DriftMeasure("psi", _BOTH, 0.2, measures.psi),
    DriftMeasure("ks", _NUMBER, 0.1, measures.kolmogorov_smirnov),
    DriftMeasure("wasserstein", _NUMBER, 0.2, measures.wasserstein, tested_by="ks"),
    DriftMeasure("js", _BOTH, 0.15, measures.jensen_shannon, tested_by="psi"),
    DriftMeasure("chi2", _CATEGORY, 0.15, measures.chi_square),
    DriftMeasure("missing", _BOTH | {"other"}, 0.02, measures.missing_share),
    DriftMeasure("range", _NUMBER, 0.01, measures.out_of_range),
    DriftMeasure("new", _CATEGORY, 0.01, measures.new_categories),
)


def detect_drift(version: str, found: Sequence[WindowCounts]) -> list[DriftFinding]:
    """Every detector's word on every column of every window, in that order.

    Parameters
    ----------
    version : str
        That the columns belong to.
    found : sequence of Found
        Its columns by window, from `nbmodel.monitor.drift.counts.count_columns`.
    """
    groups: dict[tuple[int, str], list[WindowCounts]] = defaultdict(list)
    for column in found:
        groups[column.start, column.stage].append(column)
    return [finding for key in sorted(groups) for finding in _window(version, groups[key])]


def adjust_p_values(p_values: Sequence[float]) -> list[float]:
    """P-values under control of the false discovery rate.

    Source: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57(1).
    """
    if not p_values:
        return []
    values = np.asarray(p_values, float)
    order = np.argsort(values)[::-1]
    ranks = np.arange(len(values), 0, -1)
    stepped = np.minimum.accumulate(values[order] * len(values) / ranks)
    result = np.empty_like(values)
    result[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in result]


def _window(version: str, columns: Sequence[WindowCounts]) -> Iterator[DriftFinding]:
    scored = [
        (column, detector, score)
        for column in columns
        for detector in DRIFT_MEASURES
        if column.reference.kind in detector.kinds
        and (score := detector.function(column)) is not None
    ]
    tests = [
        (column, detector, score.p_value)
        for column, detector, score in scored
        if score.p_value is not None
    ]
    controlled = {
        (id(column), detector.name): q
        for (column, detector, _), q in zip(
            tests, adjust_p_values([p for *_, p in tests]), strict=True
        )
    }
    for column, detector, score in scored:
        q = controlled.get((id(column), detector.tested_by or detector.name))
        past = (score.value if score.excess is None else score.excess) > detector.threshold
        yield DriftFinding(
            column.reference.name, detector.name, version, column.stage, column.start,
            column.rows, float(score.value), score.p_value, q,
            past and q is not None and q < FALSE_DISCOVERY_RATE and column.rows >= MIN_WINDOW_ROWS,
        )  # fmt: skip
