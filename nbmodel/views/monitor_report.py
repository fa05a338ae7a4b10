"""A report on a prediction log as JSON, as panels draw it."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from nbmodel import display
from nbmodel.views.history import move_of
from nbmodel.views.monitoring_records import (
    MICROSECONDS,
    alert_answer,
    limit_answer,
    period_answer,
    seconds,
    verdict_answer,
    version_and_stage,
)
from nbmodel.views.texts import Answer, real

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbmodel.monitor.drift.detection import DriftFinding
    from nbmodel.monitor.report.result import MonitorReport
    from nbmodel.versioning.context import Context

MAX_DRIFT_POINTS = 200_000
MAX_ITEMS = 1000  # versions, anomalies, stage moves, starts of versions
MAX_LIMITS = 10_000  # limits of rules, and periods in which they fired
MAX_WARNINGS = 100


def report_answer(
    context: Context,
    report: MonitorReport,
    ref: str,
    *,
    partial: bool = False,
    ended: bool = False,
    max_drift_points: int = 0,
) -> Answer:
    """Return a report as JSON.

    Parameters
    ----------
    context : Context
    report : MonitorReport
    ref : str
        The reference that the report was requested for.
    partial : bool
        Whether the report is about a part of the time.
    ended : bool
        Whether its end was chosen, so that later stage moves do not belong to it.
    max_drift_points : int
        `MAX_DRIFT_POINTS` if 0.
    """
    from nbmodel.monitor.common.windows import duration_name
    from nbmodel.monitor.drift.detection import drift_measures

    drift, warning = _most_drifted(report.findings, max_drift_points or MAX_DRIFT_POINTS)
    warnings = [*report.warnings, *warning]
    return {
        "model": report.model,
        "ref": display.visible(ref),
        "window": duration_name(report.width),
        "windowSeconds": seconds(report.width),
        "until": seconds(report.until),
        "verdicts": [verdict_answer(verdict) for verdict in report.verdicts[:MAX_ITEMS]],
        "loggedVersions": _logged_versions(report),
        "timeSeries": _time_series(report),
        "drift": [_drift(findings) for findings in drift],
        "driftMeasures": [
            {"name": measure.name, "threshold": measure.threshold} for measure in drift_measures()
        ],
        "anomalies": _anomalies(report),
        "alerts": [alert_answer(status) for status in report.alerts[:MAX_ITEMS]],
        "limits": [limit_answer(limit) for limit in report.limits[:MAX_LIMITS]],
        "firedPeriods": [period_answer(period) for period in report.fired[-MAX_LIMITS:]],
        "moves": _moves(context, report, ended),
        "versionStarts": [
            version_and_stage(start) | {"time": seconds(start.time)}
            for start in report.version_starts[-MAX_ITEMS:]
        ],
        "unknownLabels": report.unknown_labels,
        "warnings": [display.visible(line) for line in warnings[:MAX_WARNINGS]],
        "unreadable": display.visible(report.unreadable),
        "hint": "" if report.logged or report.unreadable else _hint(report.model, partial),
        "state": report.state,
    }


def _logged_versions(report: MonitorReport) -> list[Answer]:
    return [
        version_and_stage(version)
        | {
            "rows": version.rows,
            "first": seconds(version.first),
            "last": seconds(version.last),
        }
        for version in report.logged[:MAX_ITEMS]
    ]


def _time_series(report: MonitorReport) -> list[Answer]:
    from nbmodel.monitor.alerts.rules import VERSION_METRICS

    return [
        version_and_stage(series)
        | {
            "metric": display.visible(series.metric),
            "times": [seconds(time) for time in series.times],
            "values": [real(value) for value in series.values],
        }
        for series in report.series
        if series.metric in VERSION_METRICS
    ]


def _anomalies(report: MonitorReport) -> list[Answer]:
    return [
        version_and_stage(anomaly)
        | {
            "detector": anomaly.detector,
            "metric": display.visible(anomaly.metric),
            "time": seconds(anomaly.start),
            "value": real(anomaly.value),
            "reason": display.visible(anomaly.reason),
        }
        for anomaly in sorted(report.anomalies, key=lambda each: each.start)[-MAX_ITEMS:]
    ]


def _most_drifted(
    findings: Iterable[DriftFinding], max_points: int
) -> tuple[list[list[DriftFinding]], list[str]]:
    """Group findings by column and measure, up to a number of points; warn if some are left out.

    The columns that drifted most often come first.
    """
    columns: dict[str, list[DriftFinding]] = defaultdict(list)
    for finding in findings:
        columns[finding.column].append(finding)
    groups: list[list[DriftFinding]] = []
    points, skipped = 0, 0
    for column in sorted(columns.values(), key=lambda each: -sum(f.drifted for f in each)):
        points += len(column)
        if points > max_points:
            skipped += 1
            continue
        series: dict[tuple[str, str, str], list[DriftFinding]] = defaultdict(list)
        for finding in column:
            series[finding.version, finding.stage, finding.measure].append(finding)
        groups += series.values()
    warning = (
        f"{skipped:,} columns that drifted least are left out. "
        "Choose longer windows or a shorter time."
    )
    return groups, [warning] if skipped else []


def _drift(findings: Sequence[DriftFinding]) -> Answer:
    ordered = sorted(findings, key=lambda finding: finding.start)
    return version_and_stage(ordered[0]) | {
        "column": display.visible(ordered[0].column),
        "measure": ordered[0].measure,
        "times": [seconds(finding.start) for finding in ordered],
        "values": [real(finding.value) for finding in ordered],
        "drifted": [bool(finding.drifted) for finding in ordered],
    }


def _moves(context: Context, report: MonitorReport, ended: bool) -> list[Answer]:
    """Stage moves in the time of the report, the oldest first."""
    # Several moves within one second are recorded with the times of the following seconds, which
    # may lie after the present.
    last = report.until / MICROSECONDS if ended else math.inf
    first = report.begin / MICROSECONDS
    moves = [move for move in context.index.moves(report.model) if first <= move.time <= last]
    return [move_of(context, move) for move in reversed(moves[:MAX_ITEMS])]


def _hint(model: str, partial: bool) -> str:
    if partial:
        return f"No rows of {model} were logged in this time. Choose a longer one."
    return (
        f"No rows of {model} are logged. Serve it with %model_serve {model}, or log the "
        f'predictions of a batch job: nbmodel.monitor.log("{model}", X, y_pred).'
    )
