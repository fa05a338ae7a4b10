"""The evaluation of rules on series: whether a rule holds, since when, and what comes next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nbmodel.display import number
from nbmodel.monitor.alerts.rules import AlertRule
from nbmodel.monitor.common import windows
from nbmodel.monitor.quality.timeseries import VOLUME, Series

State = Literal["ok", "pending", "firing", "no data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of evaluating a rule.

    Attributes
    ----------
    rule : AlertRule
    version, stage : str
    state : {"ok", "pending", "firing", "no data"}
        "pending": the condition holds, but not yet for enough windows; or there are rows, but no
        window is complete yet.
    metric : str
        Metric of the series that decided, such as ``psi(age)`` for ``psi(*)``.
    since : int
        Start of the first window in which the condition holds without a break, microseconds since
        the epoch; 0 if it does not hold.
    value : float or None
        Value in the last complete window.
    current : float or None
        Value so far in the window that is not complete.
    judged_at : int
        When that window ends, microseconds since the epoch; 0 if it has no value.
    width : int
        Width of the windows, microseconds.
    start : int
        Start of the last complete window, microseconds since the epoch.
    rows : int or None
        The rows that its value is computed from: the labeled ones for quality. None for a volume.
    until : int
        When the rule was evaluated, microseconds since the epoch.
    """

    rule: AlertRule
    version: str
    stage: str
    state: State
    metric: str = ""
    since: int = 0
    value: float | None = None
    current: float | None = None
    judged_at: int = 0
    width: int = 0
    start: int = 0
    rows: int | None = None
    until: int = 0

    def text(self) -> str:
        """Return the rule and the value that decided, with its window."""
        if self.value is not None:
            return f"{self.rule}: {self.value_text()}"
        if self.current is not None:
            return f"{self.rule}: {self.metric} is {self.current_text()}"
        return str(self.rule)

    def value_text(self) -> str:
        """Return the value in the last complete window: ``psi(age) is 0.31 on 2 May (90 rows)``."""
        return f"{self.metric} is {number(self.value or 0.0)} {self.window_text()}".rstrip()

    def window_text(self) -> str:
        """Return the last complete window and its rows; empty if there is none."""
        if self.value is None or not self.width:
            return ""
        return window_text(self.start, self.width, self.rows, self.until)

    def current_text(self) -> str:
        """Return the value so far and when it is judged; empty if there is none."""
        if self.current is None:
            return ""
        when = windows.time_label(self.judged_at)
        if self.width > windows.UNITS["d"]:
            when = windows.date_label(self.judged_at, 1, self.judged_at)
        return f"{number(self.current)} now, judged at {when}"

    @property
    def judged(self) -> bool:
        """Whether the rule was evaluated on a complete window."""
        return self.value is not None

    @property
    def concerning(self) -> bool:
        """Whether it is pending because the condition holds, if only in the present window.

        A volume is not complete before its window is, so its present value shows nothing.
        """
        if self.state != "pending":
            return False
        if self.judged or self.current is None:
            return self.judged
        return self.rule.metric != VOLUME and self.rule.holds(self.current)


def evaluate(
    rules: Sequence[AlertRule],
    series: Iterable[Series],
    version: str,
    stage: str,
    until: int,
    width: int = 0,
) -> list[Outcome]:
    """Evaluate rules for a version in a stage.

    Parameters
    ----------
    rules : sequence of AlertRule
    series : iterable of Series
        Series of any versions and stages.
    version, stage : str
    until : int
        Windows that start at or after this time are incomplete and do not decide.
    width : int
        Width of the windows, microseconds.

    Notes
    -----
    A window without a value (no labels, too few rows) neither continues nor ends a run of windows.
    """
    groups: dict[str, list[Series]] = defaultdict(list)
    for item in series:
        if (item.version, item.stage) == (version, stage):
            groups[item.metric.partition("(")[0]].append(item)
    outcomes = []
    for rule in rules:
        about = [item for item in groups[rule.metric] if rule.is_about(item)]
        candidates = [_evaluate_series(rule, item, until, width) for item in about]
        no_data = Outcome(rule=rule, version=version, stage=stage, state="no data")
        outcomes.append(max(candidates, key=_severity, default=no_data))
    return outcomes


def window_text(start: int, width: int, rows: int | None, now: int) -> str:
    """Return a window with its rows, if they are known: ``on 12 May (1,204 rows)``."""
    if rows is None:
        return windows.span_label(start, width, now)
    counted = f"{rows:,} row{'' if rows == 1 else 's'}"
    return f"{windows.span_label(start, width, now)} ({counted})"


_ORDER: tuple[State, ...] = ("no data", "ok", "pending", "firing")


def _severity(outcome: Outcome) -> tuple[int, bool, int, float]:
    """Rank outcomes of one rule; of several that fire, the one that has been firing longest."""
    current = outcome.current or 0.0
    rising = outcome.rule.comparison in (">", ">=")
    return (
        _ORDER.index(outcome.state), outcome.concerning, -outcome.since,
        current if rising else -current,
    )  # fmt: skip


def _evaluate_series(rule: AlertRule, series: Series, until: int, width: int) -> Outcome:
    points = list(zip(series.times, series.values, strict=True))
    complete = [point for point in points if point[0] < until]
    present = [value for time, value in points if time >= until]
    run: list[int] = []
    for time, value in reversed(complete):
        if not rule.holds(value):
            break
        run.append(time)
    state: State = "ok" if not run else "firing" if len(run) >= rule.windows else "pending"
    if not complete:
        state = "pending" if present else "no data"
    return Outcome(
        rule=rule,
        version=series.version,
        stage=series.stage,
        state=state,
        metric=series.metric,
        since=run[-1] if run else 0,
        value=complete[-1][1] if complete else None,
        current=present[-1] if present else None,
        judged_at=until + width if present else 0,
        width=width,
        start=complete[-1][0] if complete else 0,
        rows=series.rows[len(complete) - 1] if complete and series.rows else None,
        until=until,
    )
