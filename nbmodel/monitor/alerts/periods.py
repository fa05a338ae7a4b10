"""What charts show of alerts: the limit of each rule, and the periods in which it fired."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.outcomes import window_text
from nbmodel.monitor.alerts.rules import AlertRule
from nbmodel.monitor.quality.timeseries import Series


@dataclass(frozen=True, slots=True)
class Limit:
    """The threshold of a rule for one metric, such as ``psi(age)`` for ``psi(*)``."""

    metric: str
    rule: AlertRule


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredPeriod:
    """Windows in a row in which a rule held, as many as it needs to fire, or more.

    Attributes
    ----------
    alert : str
        Id of the alert.
    metric, version, stage : str
    rule : AlertRule
    start, end : int
        Start of the first window and end of the last, microseconds since the epoch.
    value, last_value : float
        In the window in which the rule began to fire, and in the last window.
    window, last_window : str
        These windows with their rows, for a sentence: ``on 12 May (1,204 rows)``.
    open : bool
        Whether the last window is also the last one that has a value.
    """

    alert: str
    metric: str
    version: str
    stage: str
    rule: AlertRule
    start: int
    end: int
    value: float
    last_value: float
    open: bool
    window: str = ""
    last_window: str = ""


def limits(alerts: Iterable[Alert], series: Sequence[Series]) -> tuple[Limit, ...]:
    """Return the limits for the metrics of some series."""
    return tuple(
        dict.fromkeys(
            Limit(item.metric, alert.rule) for alert in alerts for item in _about(alert, series)
        )
    )


def fired_periods(
    alerts: Iterable[Alert], series: Sequence[Series], until: int, width: int
) -> tuple[FiredPeriod, ...]:
    """Return the periods in which alerts fired, also of versions that no longer serve.

    Parameters
    ----------
    alerts : iterable of Alert
    series : sequence of Series
    until : int
        Windows that start at or after this time are incomplete and do not count.
    width : int
        Width of the windows, microseconds.
    """
    return tuple(
        _period(alert, item, run, until, width)
        for alert in alerts
        for item in _about(alert, series)
        for run in _runs(alert.rule, item, until)
        if len(run) >= alert.rule.windows
    )


def _period(alert: Alert, series: Series, run: list[int], until: int, width: int) -> FiredPeriod:
    first = bisect_left(series.times, run[0])
    last = first + len(run) - 1
    fired = first + alert.rule.windows - 1

    def text_of(place: int) -> str:
        rows = series.rows[place] if series.rows else None
        return window_text(series.times[place], width, rows, until)

    return FiredPeriod(
        alert=alert.id,
        metric=series.metric,
        version=series.version,
        stage=series.stage,
        rule=alert.rule,
        start=run[0],
        end=run[-1] + width,
        value=series.values[fired],
        last_value=series.values[last],
        open=last + 1 == bisect_left(series.times, until),
        window=text_of(fired),
        last_window=text_of(last),
    )


def _about(alert: Alert, series: Iterable[Series]) -> Iterator[Series]:
    for item in series:
        if alert.stage in ("", item.stage) and alert.rule.is_about(item):
            yield item


def _runs(rule: AlertRule, series: Series, until: int) -> Iterator[list[int]]:
    """Yield the starts of the windows of each run in which the rule holds."""
    run: list[int] = []
    for time, value in zip(series.times, series.values, strict=True):
        if time >= until:
            break
        if rule.holds(value):
            run.append(time)
        elif run:
            yield run
            run = []
    if run:
        yield run
