"""When the alerts of a model fired, from the whole log.

This is the only source of the start of an alert: health reads a few windows, and a report may be
about a part of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.evaluation import AlertStatus, evaluated_versions
from nbmodel.monitor.alerts.periods import FiredPeriod, fired_periods
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import SingleFlightCache
from nbmodel.monitor.drift.first_window import note_days
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.fingerprint import fingerprint, list_parts, parts_before
from nbmodel.monitor.prediction_log.log_views import skipped_text
from nbmodel.monitor.prediction_log.reader import WINDOW_COLUMNS, open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.metrics import METRICS
from nbmodel.monitor.report.evaluation import serving_versions
from nbmodel.monitor.report.measurements import Measurements
from nbmodel.versioning.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertHistory:
    """When the alerts of a model fired.

    Attributes
    ----------
    periods : tuple of FiredPeriod
        The oldest first.
    unreadable : str
        Why a part of the log could not be read, so that periods may be missing; else empty.
    """

    periods: tuple[FiredPeriod, ...] = ()
    unreadable: str = ""


_histories: SingleFlightCache[AlertHistory] = SingleFlightCache(64)


def fired_alerts(
    context: Context,
    model: str,
    *,
    window: str = windows.RULES_WINDOW,
    root: str | Path | None = None,
    now: datetime | None = None,
) -> AlertHistory:
    """Return the periods in which the alerts of a model fired.

    A rule is applied to the whole log, also to the time before it was set. A period is open only
    if its version still serves. The result is cached until a window ends, or rows of complete
    windows, labels that rules need, alerts or stages change.

    Parameters
    ----------
    context : Context
    model : str
    window : str
        Length of the windows in which rules are evaluated.
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.
    now : datetime, optional
        An aware datetime that stands for the present.

    Raises
    ------
    NotFound, InvalidName, InvalidValue
        If the model or the window is not valid, or the log cannot be read.
    ExtraMissing
        If a library is missing.
    """
    storage_root, width = str(root or log_root(context)), windows.parse_duration(window)
    until = windows.window_start(windows.microseconds(now or datetime.now(UTC)), width)
    context.index.refresh()
    context.require_model(refs.check_name("model", model))
    alerts = store.list_alerts(context, model).alerts
    if not alerts:
        return AlertHistory()
    serving = serving_versions(context, model, None)
    key = (
        context.location.key, storage_root, model, width, until, tuple(a.id for a in alerts),
        tuple(serving.items()), _state(storage_root, model, alerts, until),
    )  # fmt: skip
    return _histories.get(
        key, lambda: _measure(context, model, alerts, serving, storage_root, width, until)
    )


def with_starts(
    context: Context,
    model: str,
    statuses: Iterable[AlertStatus],
    begin: int,
    *,
    window: str,
    root: str | Path,
    now: datetime,
) -> list[AlertStatus]:
    """Correct since when alerts fire, if they fired in the first windows that were read.

    Parameters
    ----------
    context : Context
    model : str
    statuses : iterable of AlertStatus
    begin : int
        End of the first window that was read, microseconds since the epoch.
    window, root, now
        As in `fired_alerts`.
    """
    listed = list(statuses)
    if not any(status.firing and status.outcome.since <= begin for status in listed):
        return listed
    starts: dict[tuple[str, str, str], int] = {}
    history = fired_alerts(context, model, window=window, root=root, now=now)
    for period in history.periods:
        if period.open:
            key = (period.alert, period.version, period.stage)
            starts[key] = min(period.start, starts.get(key, period.start))
    return [_since(status, starts) for status in listed]


def _since(status: AlertStatus, starts: dict[tuple[str, str, str], int]) -> AlertStatus:
    outcome = status.outcome
    start = starts.get((status.alert.id, outcome.version, outcome.stage))
    if not status.firing or start is None or start >= outcome.since:
        return status
    return replace(status, outcome=replace(outcome, since=start))


def _state(storage_root: str, model: str, alerts: Iterable[Alert], until: int) -> str:
    """Return a text that changes with the rows of complete windows, and labels that rules need."""
    listed = parts_before(storage_root, model, until)
    if any(alert.rule.metric in METRICS for alert in alerts):
        listed += list_parts(storage_root, model, parts.LABELS)
    return fingerprint(listed)


def _measure(
    context: Context,
    model: str,
    alerts: tuple[Alert, ...],
    serving: dict[tuple[str, str], int],
    storage_root: str,
    width: int,
    until: int,
) -> AlertHistory:
    rules = [alert.rule for alert in alerts]
    measurements = Measurements(context, model, storage_root, width)
    labeled = any(rule.metric in METRICS for rule in rules)
    only = () if labeled or any(rule.column for rule in rules) else WINDOW_COLUMNS
    listed = list_parts(storage_root, model, parts.PREDICTIONS)
    with open_log(storage_root, model, until=until, only=only, labels=labeled) as log:
        note_days(storage_root, model, width, listed, log.windows(width), until)
        series = timeseries.traffic_series(log, width, serving, until)
        versions = {row.version: row.commit for row in log.contents()}
        if labeled:
            series += timeseries.quality_series(measurements.quality(log, versions))
        series += timeseries.drift_series(measurements.rule_drift(log, versions, rules))
        skipped = log.skipped
    current = {
        (alert.id, version.ref, stage)
        for alert in alerts
        for stage, version in evaluated_versions(context, alert).items()
    }
    periods = [
        replace(
            period, open=period.open and (period.alert, period.version, period.stage) in current
        )
        for period in fired_periods(alerts, series, until, width)
    ]
    ordered = sorted(periods, key=lambda period: (period.start, period.end))
    return AlertHistory(periods=tuple(ordered), unreadable=skipped_text(skipped))
