"""Alert rules: what may be asked of a watched model, and whether it is so now.

``METRIC[(COLUMN)] > NUMBER[%] [for N windows]``: ``accuracy < 0.9``, ``missing(income) > 5%``,
``psi(*) > 0.2 for 3 windows``. ``*`` is any column, ``output`` any output.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nbmodel.display import number
from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.monitor.drift.detection import DRIFT_MEASURES
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.quality.metrics import METRICS
from nbmodel.monitor.quality.timeseries import LATENCIES, VOLUME, Series

State = Literal["ok", "pending", "firing", "no data"]

COLUMN_METRICS = tuple(detector.name for detector in DRIFT_MEASURES)
VERSION_METRICS = (VOLUME, *LATENCIES, *METRICS)
ANY_COLUMN, ANY_OUTPUT = "*", "output"
MAX_CHARACTERS = 200  # characters of a rule
MAX_WINDOWS = 1000
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
EXAMPLES = "psi(age) > 0.2 for 3 windows, accuracy < 0.9, missing(income) > 5%, volume < 10"

_METRIC_RE = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*")
_REST_RE = re.compile(
    r"\s*(?P<sign>>=|<=|>|<)\s*(?P<number>[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]{1,3})?)"
    r"\s*(?P<percent>%?)\s*(?:for\s+(?P<windows>[0-9]{1,6})\s+windows?\s*)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A parsed rule; `str` writes it in its usual form.

    Attributes
    ----------
    metric : str
    column : str
        Empty for a metric of the whole version; ``*`` any, ``output`` any output.
    sign : str
    limit : float
    windows : int
        That it must hold for, one after the other.
    percent : bool
        Whether the limit was written as one.
    """

    metric: str
    column: str
    comparison: str
    threshold: float
    windows: int = 1
    percent: bool = False

    def __str__(self) -> str:
        subject = f"{self.metric}({self.column})" if self.column else self.metric
        limit = f"{self.threshold * 100:.12g}%" if self.percent else f"{self.threshold:.12g}"
        lasting = f" for {self.windows} windows" if self.windows > 1 else ""
        return f"{subject} {self.comparison} {limit}{lasting}"

    def holds(self, value: float) -> bool:
        """Whether a value is what the rule warns of."""
        return COMPARISONS[self.comparison](value, self.threshold)

    def is_about(self, series: Series) -> bool:
        """Whether the rule looks at a series."""
        metric, _, rest = series.metric.partition("(")
        if metric != self.metric:
            return False
        column = rest.removesuffix(")")
        if self.column == ANY_OUTPUT and column.startswith(OUTPUT_PREFIX):
            return True
        return self.column in (ANY_COLUMN, column)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule came to.

    Attributes
    ----------
    rule : Rule
    version, stage : str
    state : {"ok", "pending", "firing", "no data"}
        Pending if it holds, but not yet for as many windows as it takes.
    metric : str
        Of the series that decided: ``psi(age)``, also for ``psi(*)``.
    since : int
        Begin of the first window of the present run, microseconds since the epoch; 0 for none.
    value : float or None
        In the last window.
    """

    rule: AlertRule
    version: str
    stage: str
    state: State
    metric: str = ""
    since: int = 0
    value: float | None = None

    def text(self) -> str:
        """The rule and what was found."""
        found = "" if self.value is None else f": {self.metric} is {number(self.value)}"
        return f"{self.rule}{found}"


# -- parsing ---------------------------------------------------------------------


def parse(text: str) -> AlertRule:
    """Read a rule.

    Raises
    ------
    InvalidValue
        If it is not in the grammar; it says where.
    """
    if len(text) > MAX_CHARACTERS:
        raise _invalid(text, f"it is longer than {MAX_CHARACTERS} characters")
    found = _METRIC_RE.match(text)
    if found is None:
        raise _invalid(text, "it does not begin with a metric")
    metric, at = found[1].lower(), found.end()
    column = ""
    if text[at : at + 1] == "(":
        column, at = _column(text, at + 1)
    _check_metric(text, metric, column)
    rest = _REST_RE.fullmatch(text, at)
    if rest is None:
        raise _invalid(text, f"after {text[:at].strip()!r} comes {text[at:].strip()[:40]!r}")
    percent = bool(rest["percent"])
    limit = float(rest["number"]) / (100 if percent else 1)
    windows = int(rest["windows"] or 1)
    if not 1 <= windows <= MAX_WINDOWS:
        raise _invalid(text, f"{windows} windows make no sense")
    return AlertRule(metric, column, rest["sign"], limit, windows, percent)


def _column(text: str, begin: int) -> tuple[str, int]:
    """The name between the parentheses, which may hold some itself, and where they end."""
    depth = 1
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            name = text[begin:at].strip()
            if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
                name = name[1:-1]
            if not name:
                raise _invalid(text, "the parentheses are empty")
            return name, at + 1
    raise _invalid(text, "a parenthesis is not closed")


def _check_metric(text: str, metric: str, column: str) -> None:
    if metric in COLUMN_METRICS and not column:
        raise _invalid(text, f"{metric} is of a column: {metric}(age), or {metric}(*)")
    if metric in VERSION_METRICS and column:
        raise _invalid(text, f"{metric} is of the whole version, not of a column")
    if metric not in (*COLUMN_METRICS, *VERSION_METRICS):
        known = (*VERSION_METRICS, *COLUMN_METRICS)
        hint = did_you_mean(metric, known) or f"Available: {', '.join(known)}."
        raise InvalidValue(f"{text!r} is no rule: there is no metric {metric!r}.", hint)


def _invalid(text: str, why: str) -> InvalidValue:
    return InvalidValue(
        f"{text[:MAX_CHARACTERS]!r} is no rule: {why}.", f"Write for example {EXAMPLES}."
    )


# -- evaluation --------------------------------------------------------------------


def evaluate(
    rules: Sequence[AlertRule], series: Iterable[Series], version: str, stage: str, until: int
) -> list[Outcome]:
    """What rules come to for a version in a stage.

    Parameters
    ----------
    rules : sequence of Rule
    series : iterable of Series
        Of any versions and stages.
    version, stage : str
    until : int
        Windows that begin at or after this time are not complete and do not count.

    Notes
    -----
    A window without a value (no labels came, too few rows) neither confirms nor ends a run.
    """
    groups: dict[str, list[Series]] = defaultdict(list)
    for one in series:
        if (one.version, one.stage) == (version, stage):
            groups[one.metric.partition("(")[0]].append(one)
    return [
        _worst(rule, version, stage, [s for s in groups[rule.metric] if rule.is_about(s)], until)
        for rule in rules
    ]


_ORDER: tuple[State, ...] = ("no data", "ok", "pending", "firing")


def _worst(
    rule: AlertRule, version: str, stage: str, series: Sequence[Series], until: int
) -> Outcome:
    outcomes = [_evaluate_series(rule, version, stage, each, until) for each in series]
    nothing = Outcome(rule, version, stage, "no data")
    return max(
        outcomes,
        # Of several that fire, the one that does the longest.
        key=lambda outcome: (_ORDER.index(outcome.state), -outcome.since),
        default=nothing,
    )


def _evaluate_series(
    rule: AlertRule, version: str, stage: str, series: Series, until: int
) -> Outcome:
    points = [p for p in zip(series.times, series.values, strict=True) if p[0] < until]
    if not points:
        return Outcome(rule, version, stage, "no data", series.metric)
    run: list[int] = []
    for time, value in reversed(points):
        if not rule.holds(value):
            break
        run.append(time)
    state: State = "ok" if not run else "firing" if len(run) >= rule.windows else "pending"
    return Outcome(rule, version, stage, state, series.metric, run[-1] if run else 0, points[-1][1])
