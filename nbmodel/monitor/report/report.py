"""Makes the report: reads the log of a model and evaluates it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.alert import not_evaluated
from nbmodel.monitor.alerts.evaluation import evaluate_alerts
from nbmodel.monitor.alerts.periods import fired_periods, limits
from nbmodel.monitor.anomalies import detection
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.windows import RULES_WINDOW
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS, DriftFinding
from nbmodel.monitor.prediction_log.reader import MEMORY_LIMIT, LoggedVersion, LogReader, open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.metrics import MetricValue
from nbmodel.monitor.quality.rollouts import version_starts
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.evaluation import (
    Evaluation,
    Selection,
    main_metric,
    serving_versions,
)
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.monitor.report.verdict import Verdict
from nbmodel.monitor.report.verdicts import logged_verdicts, stage_verdicts
from nbmodel.versioning.context import Context

# Lengths that are proposed if the chosen windows are too short.
WINDOW_LENGTHS = {
    name: windows.parse_duration(name)
    for name in ("1m", "5m", "15m", "1h", "6h", "12h", "1d", "1w", "4w", "52w")
}

MAX_FITTING_WINDOWS = 1000  # windows of the length that fits a log

__all__ = ["MonitorReport", "fitting_window", "make_report"]


def make_report(
    context: Context,
    reference: str,
    *,
    since: str | datetime = "",
    until: str | datetime = "",
    window: str = "",
    rules_window: str = "",
    root: str | Path | None = None,
    now: datetime | None = None,
    detectors: Sequence[str] = (),
    memory: str = MEMORY_LIMIT,
    threads: int = 0,
    max_windows: int = 0,
    verdicts: bool = True,
) -> MonitorReport:
    """Make the report on a model: drift, quality, anomalies and alerts.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn``: all versions and stages; ``churn@prod``, ``churn@7``: only that one.
    since : str or datetime
        An age such as ``7d``, or a date; from the first row if empty.
    until : str or datetime
        Likewise; the present if empty, or if it is in the future.
    window : str
        Length of the windows: ``15m``, ``1h``, ``1d``, ``1w``; by default one that fits the log.
    rules_window : str
        Length of the windows in which rules are evaluated. If empty, it is `window`, or a day if
        `window` is empty too, as in a server.
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.
    now : datetime, optional
        An aware datetime that stands for the present.
    detectors : sequence of str
        Anomaly detectors; all by default.
    memory, threads : str, int
        Limits for DuckDB.
    max_windows : int
        Number of windows above which an error is raised; 0 for no limit.
    verdicts : bool
        Whether the report has verdicts.

    Returns
    -------
    MonitorReport

    Raises
    ------
    NotFound, InvalidReference, InvalidValue
        If the model, the reference, the time range or the window is not valid.
    ExtraMissing
        If a library is missing.
    """
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    width = windows.parse_duration(window) if window else 0
    begin, end = _time_range(since, until, now or datetime.now(UTC))
    storage_root = root or log_root(context)
    # Read before everything else, so that any later change gives another state.
    state = monitoring_state(context, model, storage_root)
    context.index.refresh()
    selection = Selection.from_reference(context, parsed)
    listed = store.list_alerts(context, model)
    rules = listed.alerts
    unavailable = [alert for alert in listed.unavailable if alert.applies_to(selection.stage)]
    with open_log(
        storage_root, model,
        since=begin, until=end, memory=memory, threads=threads or os.cpu_count() or 1,
    ) as log:  # fmt: skip
        if width:
            log.windows(width)  # cached, and sufficient for the contents
        logged = tuple(row for row in log.contents() if selection.includes(row.version, row.stage))
        width = width or windows.parse_duration(_fitting(logged, end))
        first = min((row.first for row in logged), default=end)
        _check_windows(first, max((row.last for row in logged), default=first), width, max_windows)
        analysis = _Analysis(context, log, selection, logged, begin, end)
        evaluation = analysis.evaluate(width)
        traffic = analysis.traffic(width)
        for item in traffic:
            _check_windows(item.times[0], item.times[-1], width, max_windows)
        rules_width = windows.parse_duration(rules_window or window or RULES_WINDOW)
        rules_series = analysis.series(rules_width) if rules and rules_width != width else None
        starts = [
            start
            for start in version_starts(log, width, begin)
            if selection.includes(start.version, start.stage)
        ]
        # For a part of the time it is unknown which labels belong to other times.
        unknown_labels = 0 if since or until else log.unknown_labels()
        warnings = (
            *log.warnings,
            *evaluation.warnings,
            *(f"{alert.rule} is {not_evaluated(alert)}." for alert in unavailable),
        )
    findings, quality = analysis.selected(evaluation)
    traffic += timeseries.quality_series(quality)
    all_series = (*traffic, *timeseries.drift_series(findings))
    complete = windows.window_start(end, width)
    rules_until = windows.window_start(end, rules_width)
    judged = all_series if rules_series is None else rules_series
    statuses = evaluate_alerts(context, model, rules, judged, rules_until, rules_width)
    alerts = tuple(
        status
        for status in statuses
        if selection.includes(status.outcome.version, status.outcome.stage)
    )
    shown: tuple[Verdict, ...] = ()
    if verdicts and not until:
        shown = stage_verdicts(context, model, selection, storage_root, rules_width, end)
    if verdicts and not shown:
        main = main_metric(context, model)
        shown = logged_verdicts(logged, main, evaluation, all_series, alerts, width, end)
    anomalies = detection.find_anomalies(detection.searchable_series(traffic, complete), detectors)
    return MonitorReport(
        model=model,
        width=width,
        logged=logged,
        findings=findings,
        quality=quality,
        series=all_series,
        anomalies=tuple(anomalies),
        alerts=alerts,
        unknown_labels=unknown_labels,
        warnings=warnings,
        begin=windows.window_start(first, width) if begin is None else begin,
        until=end,
        version_starts=tuple(starts),
        state=state,
        verdicts=shown,
        limits=limits(rules, all_series),
        fired=fired_periods(rules, judged, rules_until, rules_width),
    )


def fitting_window(
    context: Context,
    reference: str,
    *,
    since: str | datetime = "",
    until: str | datetime = "",
    root: str | Path | None = None,
    now: datetime | None = None,
) -> str:
    """Return the length of windows that `make_report` chooses; for the parameters see there."""
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    begin, end = _time_range(since, until, now or datetime.now(UTC))
    context.index.refresh()
    selection = Selection.from_reference(context, parsed)
    with open_log(root or log_root(context), model, since=begin, until=end) as log:
        rows = log.contents()
        return _fitting(
            tuple(row for row in rows if selection.includes(row.version, row.stage)), end
        )


@dataclass(frozen=True, slots=True)
class _Analysis:
    """An open log, analyzed in windows of any length."""

    context: Context
    log: LogReader
    selection: Selection
    logged: tuple[LoggedVersion, ...]
    begin: int | None
    end: int

    def evaluate(self, width: int) -> Evaluation:
        """Return drift and quality of every version."""
        evaluation = Evaluation()
        for version, commit in dict.fromkeys((row.version, row.commit) for row in self.logged):
            evaluation.evaluate(self.context, self.log, version, commit, width)
        return evaluation

    def traffic(self, width: int) -> list[Series]:
        """Return volume and latency of the selected versions."""
        serving = serving_versions(self.context, self.log.model, self.begin)
        series = timeseries.traffic_series(self.log, width, serving, self.end)
        return [item for item in series if self.selection.includes(item.version, item.stage)]

    def selected(
        self, evaluation: Evaluation
    ) -> tuple[tuple[DriftFinding, ...], tuple[MetricValue, ...]]:
        """Return the findings and metrics of the selected versions."""
        includes = self.selection.includes
        return (
            tuple(f for f in evaluation.findings if includes(f.version, f.stage)),
            tuple(q for q in evaluation.quality if includes(q.version, q.stage)),
        )

    def series(self, width: int) -> list[Series]:
        """Return all series that rules may refer to."""
        findings, quality = self.selected(self.evaluate(width))
        drift = timeseries.drift_series(findings)
        return [*self.traffic(width), *timeseries.quality_series(quality), *drift]


def _fitting(logged: tuple[LoggedVersion, ...], end: int) -> str:
    """Return a length that fits the log; a day if the log is empty.

    A version that serves has windows until the end of the report, also without rows. So a log of
    one moment needs longer windows than its span, if that moment is long ago.
    """
    if not logged:
        return RULES_WINDOW
    first, last = min(row.first for row in logged), max(row.last for row in logged)
    rows = sum(row.rows for row in logged)
    fitting = windows.fitting_window(last - first, rows, MIN_WINDOW_ROWS)
    shortest = max(windows.parse_duration(fitting), (end - first) // MAX_FITTING_WINDOWS)
    return next((name for name, length in WINDOW_LENGTHS.items() if length >= shortest), fitting)


def _time_range(
    since: str | datetime, until: str | datetime, now: datetime
) -> tuple[int | None, int]:
    present = windows.microseconds(now)
    # There are no rows in the future, and their absence is not a failure.
    end = min(present, windows.parse_time(until, now)) if until else present
    begin = windows.parse_time(since, now) if since else None
    if begin is not None and begin >= end:
        raise InvalidValue(
            f"The period from {windows.window_label(begin, 1)} to "
            f"{windows.window_label(end, 1)} is empty.",
            "Choose a --since that is before --until and in the past.",
        )
    return begin, end


def _check_windows(first: int, last: int, width: int, max_windows: int) -> None:
    count = (last - first) // width + 1
    if max_windows and count > max_windows:
        lengths = [
            name
            for name, length in WINDOW_LENGTHS.items()
            if (last - first) // length < max_windows
        ]
        raise InvalidValue(
            f"From {windows.window_label(first, 1)} to {windows.window_label(last, 1)} there are "
            f"{count:,} windows of this length; the maximum is {max_windows:,}.",
            f"Choose windows of {lengths[0]}, or less time." if lengths else "Choose less time.",
        )
