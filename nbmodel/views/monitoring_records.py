"""Records of monitoring as JSON: versions, alerts, verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nbmodel import display
from nbmodel.views.texts import Answer, real

if TYPE_CHECKING:
    from nbmodel.monitor.alerts.evaluation import AlertStatus
    from nbmodel.monitor.alerts.periods import FiredPeriod, Limit
    from nbmodel.monitor.report.verdict import Verdict

MICROSECONDS = 1_000_000  # of a second


class _Logged(Protocol):
    @property
    def version(self) -> str: ...
    @property
    def stage(self) -> str: ...


def version_and_stage(record: _Logged) -> Answer:
    """Version and stage of a record; the log may contain any text for them."""
    return {"version": display.visible(record.version), "stage": display.visible(record.stage)}


def seconds(time: int) -> float:
    """Return microseconds as seconds, whole ones as an integer."""
    return time // MICROSECONDS if time % MICROSECONDS == 0 else time / MICROSECONDS


def alert_answer(status: AlertStatus) -> Answer:
    """Return an alert and its state for one version."""
    outcome = status.outcome
    return version_and_stage(outcome) | {
        "id": status.alert.id,
        "rule": display.visible(status.alert.rule),
        "notify": [display.visible(name) for name in status.alert.recipients],
        "state": outcome.state,
        "metric": display.visible(outcome.metric),
        "value": None if outcome.value is None else real(outcome.value),
        "window": outcome.window_text(),
        "since": seconds(outcome.since) if outcome.since else None,
        "current": None if outcome.current is None else real(outcome.current),
        "judgedAt": seconds(outcome.judged_at) if outcome.judged_at else None,
        "lastGoodVersion": status.last_good,
        "rollback": display.visible(status.rollback),
    }


def verdict_answer(verdict: Verdict) -> Answer:
    """Return the state of a version in a stage, in one sentence."""
    return version_and_stage(verdict) | {
        "state": verdict.state,
        "verdict": display.visible(verdict.text),
    }


def limit_answer(limit: Limit) -> Answer:
    """Return the threshold of a rule for one metric."""
    return {
        "metric": display.visible(limit.metric),
        "rule": display.visible(limit.rule),
        "threshold": real(limit.rule.threshold),
    }


def period_answer(period: FiredPeriod) -> Answer:
    """Return a period in which a rule fired."""
    return version_and_stage(period) | {
        "metric": display.visible(period.metric),
        "rule": display.visible(period.rule),
        "start": seconds(period.start),
        "end": seconds(period.end),
    }


def alert_period_answer(period: FiredPeriod) -> Answer:
    """Return a period in which a rule fired, with its values; without an end if it still fires."""
    return period_answer(period) | {
        "end": None if period.open else seconds(period.end),
        "value": real(period.value),
        "lastValue": real(period.last_value),
        "window": period.window,
        "lastWindow": period.last_window,
    }
