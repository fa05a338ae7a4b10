"""Makes the report: reads the log of a model and evaluates it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.alert import not_evaluated
from nbmodel.monitor.alerts.evaluation import evaluate_alerts
from nbmodel.monitor.alerts.periods import fired_periods, limits
from nbmodel.monitor.anomalies import detection
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.windows import RULES_WINDOW
from nbmodel.monitor.drift.detection import DriftFinding
from nbmodel.monitor.prediction_log.log_views import skipped_text
from nbmodel.monitor.prediction_log.reader import (
    MEMORY_LIMIT,
    WINDOW_COLUMNS,
    LoggedVersion,
    LogReader,
    open_log,
)
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.metrics import MetricValue
from nbmodel.monitor.quality.rollouts import version_starts
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.alert_history import with_starts
from nbmodel.monitor.report.evaluation import (
    ReportResults,
    Selection,
    main_metric,
    serving_versions,
)
from nbmodel.monitor.report.evidence import Measured
from nbmodel.monitor.report.lengths import check_windows, fitting_length, time_range
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.monitor.report.verdict import Verdict
from nbmodel.monitor.report.verdicts import logged_verdicts, stage_verdicts
from nbmodel.versioning.context import Context

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
    begin, end = time_range(since, until, now or datetime.now(UTC))
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
        width = width or windows.parse_duration(fitting_length(logged, end))
        first = min((row.first for row in logged), default=end)
        check_windows(first, max((row.last for row in logged), default=first), width, max_windows)
        analysis = _Analysis(context, log, selection, logged, begin, end)
        evaluation = analysis.evaluate(width)
        traffic = analysis.traffic(width)
        for item in traffic:
            check_windows(item.times[0], item.times[-1], width, max_windows)
        rules_width = windows.parse_duration(rules_window or window or RULES_WINDOW)
        judged = evaluation, traffic
        if rules and rules_width != width:
            judged = analysis.evaluate(rules_width), analysis.traffic(rules_width)
        starts = [
            start
            for start in version_starts(log, width, begin)
            if selection.includes(start.version, start.stage)
        ]
        # For a part of the time it is unknown which labels belong to other times.
        unknown_labels = 0 if since or until else log.unknown_labels()
        skipped = log.skipped
        warnings = (
            *log.warnings,
            *evaluation.warnings,
            *(f"{alert.rule} is {not_evaluated(alert)}." for alert in unavailable),
        )
    findings, quality = analysis.selected(evaluation)
    all_series = analysis.series(evaluation, traffic)
    complete = windows.window_start(end, width)
    rules_until = windows.window_start(end, rules_width)
    rule_series = analysis.series(*judged)
    statuses = evaluate_alerts(context, model, rules, rule_series, rules_until, rules_width)
    if begin is not None and not until:
        statuses = with_starts(
            context, model, statuses, windows.window_start(begin, rules_width) + rules_width,
            window=windows.duration_name(rules_width), root=storage_root,
            now=windows.to_datetime(end),
        )  # fmt: skip
    alerts = tuple(
        status
        for status in statuses
        if selection.includes(status.outcome.version, status.outcome.stage)
    )
    own_verdicts: tuple[Verdict, ...] = ()
    measured = [
        Measured(
            width=width_,
            begin=first,
            end=end,
            series=traffic_,
            statuses=alerts,
            quality=each.quality,
            main_metric=main_metric(context, model),
            baselines=each.baselines,
            problems=each.problems,
            unreadable=skipped,
        )
        for width_, (each, traffic_) in ((width, (evaluation, traffic)), (rules_width, judged))
    ]
    if verdicts and not until:
        # Health reads the log again, unless this report has read all that health needs.
        covered = begin is None and (rules or rules_width == width)
        whole = (measured[1], judged[0].findings) if covered else None
        own_verdicts = stage_verdicts(
            context, model, selection, storage_root, rules_width, end, whole
        )
    if verdicts and not own_verdicts:
        own_verdicts = logged_verdicts(measured[0], findings, logged)
    searchable = detection.searchable_series(
        [*traffic, *timeseries.quality_series(quality)], complete
    )
    anomalies = detection.find_anomalies(searchable, detectors)
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
        verdicts=own_verdicts,
        limits=limits(rules, all_series),
        fired=fired_periods(rules, rule_series, rules_until, rules_width),
        unreadable=skipped_text(skipped),
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
    begin, end = time_range(since, until, now or datetime.now(UTC))
    context.index.refresh()
    selection = Selection.from_reference(context, parsed)
    place = root or log_root(context)
    with open_log(place, model, since=begin, until=end, only=WINDOW_COLUMNS, labels=False) as log:
        rows = log.contents()
        return fitting_length(
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

    def evaluate(self, width: int) -> ReportResults:
        """Return drift and quality of every version."""
        evaluation = ReportResults()
        for version, commit in dict.fromkeys((row.version, row.commit) for row in self.logged):
            evaluation.evaluate(self.context, self.log, version, commit, width)
        return evaluation

    def traffic(self, width: int) -> list[Series]:
        """Return volume and latency of the selected versions."""
        serving = serving_versions(self.context, self.log.model, self.begin)
        series = timeseries.traffic_series(self.log, width, serving, self.end)
        return [item for item in series if self.selection.includes(item.version, item.stage)]

    def selected(
        self, evaluation: ReportResults
    ) -> tuple[tuple[DriftFinding, ...], tuple[MetricValue, ...]]:
        """Return the findings and metrics of the selected versions."""
        includes = self.selection.includes
        return (
            tuple(f for f in evaluation.findings if includes(f.version, f.stage)),
            tuple(q for q in evaluation.quality if includes(q.version, q.stage)),
        )

    def series(self, evaluation: ReportResults, traffic: Sequence[Series]) -> tuple[Series, ...]:
        """Return all series that rules may refer to."""
        findings, quality = self.selected(evaluation)
        drift = timeseries.drift_series(findings)
        return (*traffic, *timeseries.quality_series(quality), *drift)
