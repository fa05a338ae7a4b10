"""monitor, distribution, monitoringState, health: what the prediction log of a model shows."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbmodel import display, refs
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
from nbmodel.views.texts import Answer, real, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbmodel.monitor.drift.detection import DriftFinding
    from nbmodel.monitor.report.result import MonitorReport
    from nbmodel.versioning.context import Context
    from nbmodel.versioning.registry import Registry

MAX_WINDOWS = 3000  # of a report: more are neither drawn nor distinguishable
MAX_DRIFT_POINTS = 200_000
MAX_ITEMS = 1000  # versions, anomalies, stage moves, starts of versions
MAX_LIMITS = 10_000  # limits of rules, and periods in which they fired
MAX_WARNINGS = 100


# The functions import the monitoring package when they are called: it needs optional packages.


def monitor(
    registry: Registry, *, ref: str, since: str = "", until: str = "", window: str = ""
) -> Answer:
    """Return traffic, quality, drift, anomalies and alerts of a model, a stage or a version.

    Without `window`, the length of the windows fits the logged time.
    """
    from nbmodel.monitor.common.windows import duration_name
    from nbmodel.monitor.drift.detection import drift_measures

    report = panel_report(registry.context, ref, since, until, window)
    drift, warning = _most_drifted(report.findings)
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
        "moves": _moves(registry.context, report, bool(until)),
        "versionStarts": [
            version_and_stage(start) | {"time": seconds(start.time)}
            for start in report.version_starts[-MAX_ITEMS:]
        ],
        "unknownLabels": report.unknown_labels,
        "warnings": [display.visible(line) for line in warnings[:MAX_WARNINGS]],
        "hint": "" if report.logged else _hint(report.model, since or until),
        "state": report.state,
    }


def distribution(
    registry: Registry, *, version: str, stage: str, column: str, window: str = "1d", time: int = 0
) -> Answer:
    """Return one column in the training data and in one window, as shares of rows."""
    from nbmodel.monitor.report import distribution as distributions

    result = distributions.distribution(
        registry.context, version, stage, column, window=window, time=time * MICROSECONDS
    )
    reference = result.reference
    categories = [*map(text, reference.values), "others"] if reference.kind == "category" else []
    return {
        "column": display.visible(reference.name),
        "version": display.visible(version),
        "stage": stage,
        "time": seconds(result.start),
        "kind": reference.kind,
        "edges": [real(edge) for edge in reference.edges],
        "categories": categories,
        "reference": _shares(reference.counts),
        "current": _shares(result.counts),
        "rows": {"reference": reference.rows, "current": result.rows},
        "missing": {
            "reference": _share(reference.missing, reference.rows),
            "current": _share(result.missing, result.rows),
        },
    }


def monitoring_state(registry: Registry, *, model: str) -> Answer:
    """Return a text that changes when rows, labels or alerts of a model are added or removed."""
    from nbmodel.monitor.report import state

    context = registry.context
    context.index.refresh()
    context.require_model(refs.check_name("model", model))
    return {"state": state.monitoring_state(context, model)}


def health(registry: Registry, *, models: list[str]) -> Answer:
    """Return the health of each stage by model; models that the registry lacks are left out."""
    from nbmodel.monitor.report import health as stage_health

    context = registry.context
    context.index.refresh()
    names = set(context.index.names())
    return {
        "health": {
            model: [
                {
                    "stage": stage.stage,
                    "version": stage.version,
                    "state": stage.state,
                    "reason": display.visible(stage.reason),
                    "rollback": display.visible(stage.rollback),
                    "verdict": display.visible(stage.text),
                }
                for stage in stage_health.health(context, model)
            ]
            for model in dict.fromkeys(models)
            if model in names
        }
    }


def traffic(registry: Registry, *, models: list[str]) -> Answer:
    """Return the recent traffic of each stage by model; models without a log are left out."""
    from nbmodel.monitor.report.traffic import stage_traffic

    context = registry.context
    context.index.refresh()
    names = set(context.index.names())
    return {
        "traffic": {
            model: [
                {
                    "stage": display.visible(stage.stage),
                    "rows": list(stage.rows),
                    "last": seconds(stage.last),
                }
                for stage in stages
            ]
            for model in dict.fromkeys(models)
            if model in names and (stages := stage_traffic(context, model))
        }
    }


def panel_report(context: Context, ref: str, since: str, until: str, window: str) -> MonitorReport:
    """Return the report that panels draw; it is cached until the log changes or a window ends.

    Raises
    ------
    NbModelError
        Any error of `nbmodel.monitor.report.report.make_report`, such as `InvalidValue` for more
        than `MAX_WINDOWS` windows.
    """
    from nbmodel.monitor.report.cached import cached_report

    return cached_report(context, ref, since, until, window, MAX_WINDOWS, datetime.now(UTC))


# -- parts of answers --------------------------------------------------------------


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


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [_share(count, total) for count in counts]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _most_drifted(findings: Iterable[DriftFinding]) -> tuple[list[list[DriftFinding]], list[str]]:
    """Group findings by column and measure, up to `MAX_DRIFT_POINTS`; warn if some are left out.

    The columns that drifted most often come first.
    """
    columns: dict[str, list[DriftFinding]] = defaultdict(list)
    for finding in findings:
        columns[finding.column].append(finding)
    groups: list[list[DriftFinding]] = []
    points, skipped = 0, 0
    for column in sorted(columns.values(), key=lambda each: -sum(f.drifted for f in each)):
        points += len(column)
        if points > MAX_DRIFT_POINTS:
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


def _hint(model: str, narrowed: str) -> str:
    if narrowed:
        return f"No rows of {model} were logged in this time. Choose a longer one."
    return (
        f"No rows of {model} are logged. Serve it with %model_serve {model}, or log the "
        f'predictions of a batch job: nbmodel.monitor.log("{model}", X, y_pred).'
    )
