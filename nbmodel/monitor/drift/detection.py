"""Detection of drift: which columns of a window differ from the data that a version was trained on.

Each measure is a function in `measures` and a row in `DRIFT_MEASURES`. Other packages add measures
by entry points. Tests also give a p-value. The p-values of a window are adjusted together (see
`adjust_p_values`), so that among a hundred columns five do not drift by chance.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from nbmodel import plugins
from nbmodel.display import line
from nbmodel.errors import did_you_mean
from nbmodel.monitor.drift import measures
from nbmodel.monitor.drift.counts import WindowCounts
from nbmodel.monitor.drift.measures import Score

logger = logging.getLogger("nbmodel.monitor")

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
        For a distance without a test: the measure whose test excludes chance. A measure with
        neither this name nor p-values never marks drift.
    """

    name: str
    kinds: frozenset[str]
    threshold: float
    function: Callable[[WindowCounts], Score | None]
    tested_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftValue:
    """The value of one measure for one column in one window, as rules need it."""

    column: str
    measure: str
    version: str
    stage: str
    start: int
    rows: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFinding(DriftValue):
    """A value, and whether it is drift.

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

    p_value: float | None
    adjusted_p: float | None
    drifted: bool


_NAME_RE = re.compile(r"[a-z][a-z0-9_]{0,63}")  # as in alert rules
_NUMBER, _CATEGORY = frozenset({"number"}), frozenset({"category"})
_BOTH = _NUMBER | _CATEGORY

# The measures of nbmodel itself; `drift_measures` adds those of plug-ins.
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


@cache
def drift_measures() -> tuple[DriftMeasure, ...]:
    """Return nbmodel's measures, then those of the entry points ``nbmodel.drift_measures``.

    A plug-in whose name is taken, or cannot be written in a rule, is ignored with a warning. One
    whose `tested_by` is unknown is used with a warning.
    """
    own_names = [measure.name for measure in DRIFT_MEASURES]
    plugin_measures = []
    for name, measure in plugins.load_plugins(plugins.DRIFT_GROUP, DriftMeasure, own_names).items():
        if measure.name != name or not _NAME_RE.fullmatch(name):
            logger.warning(
                "The plug-in %s is ignored: its name must be that of its entry point, in "
                "lowercase letters, digits and '_'.", name,
            )  # fmt: skip
            continue
        plugin_measures.append(replace(measure, function=partial(_call_plugin, measure)))
    names = [*own_names, *(measure.name for measure in plugin_measures)]
    for measure in plugin_measures:
        if measure.tested_by and measure.tested_by not in names:
            logger.warning(
                "The drift measure %s never marks drift: there is no measure %s, the name in its "
                "tested_by. %s", measure.name, line(measure.tested_by),
                did_you_mean(measure.tested_by, names) or f"Available: {', '.join(names)}.",
            )  # fmt: skip
    return (*DRIFT_MEASURES, *plugin_measures)


def _call_plugin(measure: DriftMeasure, column: WindowCounts) -> Score | None:
    """Return the score of a plug-in; None with a warning if it fails."""
    try:
        score = measure.function(column)
        if score is None or isinstance(score, Score):
            return score
        reason = f"it returned {type(score).__name__}, not a Score"
    except Exception as error:  # noqa: BLE001  the code of others may raise anything
        reason = f"{type(error).__name__}: {error}"
    logger.warning("The drift measure %s failed: %s", measure.name, line(reason))
    return None


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


def measure_drift(
    version: str, counts: Iterable[WindowCounts], names: Mapping[str, Collection[str]]
) -> Iterator[DriftValue]:
    """Apply some measures to each column of every window, without tests for chance.

    Parameters
    ----------
    version : str
    counts : iterable of WindowCounts
    names : mapping of str to collection of str
        The measures of each column.
    """
    for column in counts:
        name = column.reference.name
        for measure in drift_measures():
            if measure.name not in names[name] or column.reference.kind not in measure.kinds:
                continue
            if (score := measure.function(column)) is not None:
                yield DriftValue(
                    column=name,
                    measure=measure.name,
                    version=version,
                    stage=column.stage,
                    start=column.start,
                    rows=column.rows,
                    value=float(score.value),
                )


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
        for measure in drift_measures()
        if column.reference.kind in measure.kinds
        and (score := measure.function(column)) is not None
    ]
    tests = [
        (column, measure, score.p_value)
        for column, measure, score in scored
        if score.p_value is not None
    ]
    adjusted: dict[tuple[int, str], float] = {}
    # Apart from each other: a plug-in does not change what nbmodel's own measures find.
    for group in (
        [test for test in tests if test[1] in DRIFT_MEASURES],
        [test for test in tests if test[1] not in DRIFT_MEASURES],
    ):
        p_values = adjust_p_values([p_value for *_, p_value in group])
        for (column, measure, _), p_value in zip(group, p_values, strict=True):
            adjusted[id(column), measure.name] = p_value
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
