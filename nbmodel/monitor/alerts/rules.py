"""Alert rules: the grammar.

The grammar is ``METRIC[(COLUMN)] > NUMBER[%] [for N windows]``. Examples: ``accuracy < 0.9``,
``missing(income) > 5%``, ``psi(*) > 0.2 for 3 windows``. ``*`` stands for any column and
``output`` for any output.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.monitor.drift.detection import drift_measures
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.quality.metrics import METRICS
from nbmodel.monitor.quality.timeseries import LATENCIES, VOLUME, Series

VERSION_METRICS = (VOLUME, *LATENCIES, *METRICS)
ANY_COLUMN, ANY_OUTPUT = "*", "output"
MAX_CHARACTERS = 200  # of a rule
MAX_WORD_CHARACTERS = 40  # of a word that an error shows
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
# What follows the metric, in order, to say which word is wrong.
_STEPS = (
    (re.compile(r">=|<=|>|<"), "a comparison such as > 0.2"),
    (re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]{1,3})?\s*%?", re.ASCII), "a number"),
    (re.compile(r"for(?!\S)"), "only something like 'for 3 windows'"),
    (re.compile(r"[0-9]{1,6}(?!\S)", re.ASCII), "a number of windows"),
    (re.compile(r"windows?(?!\S)"), "'windows'"),
)


def column_metrics() -> tuple[str, ...]:
    """Return the measures of drift that a rule may name, those of plug-ins too."""
    names = (measure.name for measure in drift_measures())
    return tuple(name for name in names if name not in VERSION_METRICS)


def is_known(metric: str) -> bool:
    """Return whether nbmodel or an installed plug-in has a metric."""
    return metric in VERSION_METRICS or metric in column_metrics()


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A parsed rule; `str` writes it in its usual form.

    Attributes
    ----------
    metric : str
    column : str
        Empty for a metric of the whole version; ``*`` for any column, ``output`` for any output.
    comparison : str
        ``>=``, ``<=``, ``>`` or ``<``.
    threshold : float
    windows : int
        Consecutive windows in which the condition must hold.
    percent : bool
        Whether the threshold was written with ``%``.
    """

    metric: str
    column: str
    comparison: str
    threshold: float
    windows: int = 1
    percent: bool = False

    def __str__(self) -> str:
        subject = f"{self.metric}({self.column})" if self.column else self.metric
        threshold = f"{self.threshold * 100:.12g}%" if self.percent else f"{self.threshold:.12g}"
        duration = f" for {self.windows} windows" if self.windows > 1 else ""
        return f"{subject} {self.comparison} {threshold}{duration}"

    def holds(self, value: float) -> bool:
        """Return whether the condition holds for a value."""
        return COMPARISONS[self.comparison](value, self.threshold)

    def is_about(self, series: Series) -> bool:
        """Return whether the rule applies to a series."""
        metric, _, rest = series.metric.partition("(")
        if metric != self.metric:
            return False
        column = rest.removesuffix(")")
        if self.column == ANY_OUTPUT and column.startswith(OUTPUT_PREFIX):
            return True
        return self.column in (ANY_COLUMN, column)


def parse(text: str, *, any_metric: bool = False) -> AlertRule:
    """Parse a rule.

    Parameters
    ----------
    text : str
    any_metric : bool
        Whether the metric may be unknown, such as that of a plug-in that is not installed.

    Raises
    ------
    InvalidValue
        If the text does not match the grammar. The error says where.
    """
    if len(text) > MAX_CHARACTERS:
        raise _invalid(text, f"it is longer than {MAX_CHARACTERS} characters")
    match = _METRIC_RE.match(text)
    if match is None:
        raise _invalid(text, "it does not begin with a metric")
    metric, position = match[1].lower(), match.end()
    column = ""
    if text[position : position + 1] == "(":
        column, position = _column(text, position + 1)
    if not any_metric or is_known(metric):
        _check_metric(text, metric, column)
    rest = _REST_RE.fullmatch(text, position)
    if rest is None:
        raise _invalid(text, _first_mistake(text, position))
    percent = bool(rest["percent"])
    threshold = float(rest["number"]) / (100 if percent else 1)
    windows = int(rest["windows"] or 1)
    if not 1 <= windows <= MAX_WINDOWS:
        raise _invalid(text, f"a rule lasts 1 to {MAX_WINDOWS} windows, not {windows}")
    return AlertRule(metric, column, rest["sign"], threshold, windows, percent)


def _first_mistake(text: str, position: int) -> str:
    """Say which word after the metric is wrong, and what comes there instead."""
    before, rest = text[:position].strip(), text[position:].lstrip()
    for pattern, expected in _STEPS:
        if not rest:
            return f"after {before!r} {expected} is missing"
        match = pattern.match(rest)
        if match is None:
            return f"{_first_word(rest)!r} cannot follow {before!r}: {expected} comes next"
        before, rest = match[0].strip(), rest[match.end() :].lstrip()
    return f"{_first_word(rest)!r} cannot follow {before!r}: the rule ends there"


def _first_word(text: str) -> str:
    return text.split(maxsplit=1)[0][:MAX_WORD_CHARACTERS]


def _column(text: str, start: int) -> tuple[str, int]:
    """Return the name in the parentheses, which may contain parentheses, and the end position."""
    depth = 1
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            name = text[start:position].strip()
            if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
                name = name[1:-1]
            if not name:
                raise _invalid(text, "the parentheses are empty")
            return name, position + 1
    raise _invalid(text, "a parenthesis is not closed")


def _check_metric(text: str, metric: str, column: str) -> None:
    if metric in column_metrics() and not column:
        raise _invalid(text, f"{metric} needs a column: {metric}(age), or {metric}(*)")
    if metric in VERSION_METRICS and column:
        raise _invalid(text, f"{metric} is a metric of the whole version and takes no column")
    names = (*VERSION_METRICS, *column_metrics())
    if metric not in names:
        hint = did_you_mean(metric, names) or f"Available: {', '.join(names)}."
        raise InvalidValue(f"{text!r} is not a rule: there is no metric {metric!r}.", hint)


def _invalid(text: str, reason: str) -> InvalidValue:
    excerpt = repr(text[:MAX_CHARACTERS])
    return InvalidValue(f"{excerpt} is not a rule: {reason}.", f"Examples: {EXAMPLES}.")
