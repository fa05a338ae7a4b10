"""The alerts of a model as events of its timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nbmodel.display import line, number
from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts.periods import FiredPeriod
from nbmodel.monitor.common import windows
from nbmodel.monitor.report.alert_history import fired_alerts
from nbmodel.versioning.context import Context
from nbmodel.versioning.events import Event, Kind
from nbmodel.versioning.verbs.timeline import MAX_EVENTS, Timeline


def with_alerts(context: Context, timeline: Timeline, limit: int) -> Timeline:
    """Return a timeline with an event for the start and the end of each alert.

    If the log, or a part of it, cannot be read, the timeline has a warning.

    Parameters
    ----------
    context : Context
    timeline : Timeline
    limit : int
        Maximum number of events.
    """
    try:
        history = fired_alerts(context, timeline.model)
    except NbModelError as error:
        return replace(timeline, warnings=(f"Alerts are not shown: {line(error)}",))
    if history.unreadable:
        warning = f"Alerts may be missing: {line(history.unreadable)}."
        timeline = replace(timeline, warnings=(*timeline.warnings, warning))
    limit, periods = min(limit, MAX_EVENTS), history.periods
    closed = sorted((p for p in periods if not p.open), key=lambda period: period.end)[-limit:]
    visible_periods = [*closed, *(period for period in periods if period.open)]
    events = [event for period in visible_periods for event in _events(period)]
    return timeline.including(events, limit) if events else timeline


def _events(period: FiredPeriod) -> Iterator[Event]:
    """Yield the start of a period, and its end unless the alert still fires."""
    yield _event(
        "alert", period.start, period, f"{period.metric} is {number(period.value)} {period.window}"
    )
    if not period.open:
        text = f"{period.metric} was {number(period.last_value)} {period.last_window}"
        yield _event("alert ended", period.end, period, text)


def _event(kind: Kind, time: int, period: FiredPeriod, value: str) -> Event:
    return Event(
        kind=kind,
        time=time // windows.SECOND,
        ref=period.version,
        commit="",
        label=period.stage,
        author="",
        text=f"{period.rule}: {value}",
    )
