"""Detection of drift: which columns of a window differ from the data that a version was trained on.

Each measure is a function in `measures` and a row in `DRIFT_MEASURES`. Tests also give a p-value.
The p-values of a window are adjusted together (see `adjust_p_values`), so that among a hundred
columns five do not drift by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nbmodel.monitor.drift import measures
from nbmodel.monitor.drift.counts import WindowCounts
from nbmodel.monitor.drift.measures import Score

FALSE_DISCOVERY_RATE = 0.05  # share of chance results among the columns that drifted
MIN_WINDOW_ROWS = 50  # rows that a window needs to be evaluated


@dataclass(frozen=True, slots=True)
class DriftMeasure:
    """A measure of drift.

    Attributes
    ----------
    name : str
    kinds : frozenset of str
        Kinds of columns that it applies to.
    threshold : float
        A larger value is drift.
    function : callable
    tested_by : str
        For a distance without a test of its own: the measure whose test excludes chance.
    """

    name: str
    kinds: frozenset[str]
    threshold: float
    function: Callable[[WindowCounts], Score | None]
    tested_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFinding:
    """The value of one measure for one column in one window.

    Attributes
    ----------
    column, measure : str
    version, stage : str
    start : int
        Start of the window, microseconds since the epoch.
    rows : int
    value : float
    p_value, adjusted_p : float or None
        The p-value of a test, and the p-value adjusted for the false discovery rate. For a distance
        without a test, `adjusted_p` is that of the test named in `DriftMeasure.tested_by`.
    drifted : bool
        Whether the value is above the threshold, is not due to chance, and comes from enough rows.
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


def detect_drift(version: str, counts: Sequence[WindowCounts]) -> list[DriftFinding]:
    """Apply every measure to every column of every window.

    Parameters
    ----------
    version : str
        The version that the columns belong to.
    counts : sequence of WindowCounts
        Its columns by window, from `nbmodel.monitor.drift.counts.count_columns`.

    Returns
    -------
    list of DriftFinding
        Ordered by window.
    """
    groups: dict[tuple[int, str], list[WindowCounts]] = defaultdict(list)
    for column in counts:
        groups[column.start, column.stage].append(column)
    return [finding for key in sorted(groups) for finding in _window(version, groups[key])]


def adjust_p_values(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the false discovery rate is controlled.

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
        (column, measure, score)
        for column in columns
        for measure in DRIFT_MEASURES
        if column.reference.kind in measure.kinds
        and (score := measure.function(column)) is not None
    ]
    tests = [
        (column, measure, score.p_value)
        for column, measure, score in scored
        if score.p_value is not None
    ]
    adjusted = {
        (id(column), measure.name): adjusted_p
        for (column, measure, _), adjusted_p in zip(
            tests, adjust_p_values([p_value for *_, p_value in tests]), strict=True
        )
    }
    for column, measure, score in scored:
        adjusted_p = adjusted.get((id(column), measure.tested_by or measure.name))
        above = (score.value if score.excess is None else score.excess) > measure.threshold
        significant = adjusted_p is not None and adjusted_p < FALSE_DISCOVERY_RATE
        yield DriftFinding(
            column=column.reference.name,
            measure=measure.name,
            version=version,
            stage=column.stage,
            start=column.start,
            rows=column.rows,
            value=float(score.value),
            p_value=score.p_value,
            adjusted_p=adjusted_p,
            drifted=above and significant and column.rows >= MIN_WINDOW_ROWS,
        )
