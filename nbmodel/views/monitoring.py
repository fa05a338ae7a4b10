"""monitor, distribution, logged, health: what was logged of a model, judged."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nbmodel import display, refs
from nbmodel.views.history import move_of
from nbmodel.views.texts import Answer, real, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbmodel.monitor.alerts.evaluation import AlertStatus
    from nbmodel.monitor.drift.detection import DriftFinding
    from nbmodel.monitor.report.distribution import Distribution
    from nbmodel.monitor.report.result import MonitorReport
    from nbmodel.versioning.context import Context
    from nbmodel.versioning.registry import Registry

MOST_WINDOWS = 3000  # of one look: more are neither drawn nor told apart
MOST_POINTS = 200_000  # of drift
MOST = 1000  # versions, anomalies, moves, beginnings
MOST_WARNINGS = 100
SECOND = 1_000_000


def monitor(
    registry: Registry, *, ref: str, since: str = "", until: str = "", window: str = ""
) -> Answer:
    """Traffic, quality, drift, anomalies and alerts of a model, a stage or a version.

    Without `window` the windows fit what was logged.
    """
    report = look(registry.context, ref, since, until, window)
    kept, left_out = _most_drifted(report.findings)
    warnings = [*report.warnings, *left_out]
    words: Any = import_module("nbmodel.monitor.alerts.rules")
    windows: Any = import_module("nbmodel.monitor.common.windows")
    detectors: Any = import_module("nbmodel.monitor.drift.detection").DRIFT_MEASURES
    return {
        "model": report.model,
        "ref": display.visible(ref),
        "window": windows.duration_name(report.width),
        "width": _seconds(report.width),
        "until": _seconds(report.until),
        "logged": [
            _of(one) | {
                "rows": one.rows, "first": _seconds(one.first), "last": _seconds(one.last),
            }
            for one in report.logged[:MOST]
        ],
        "courses": [
            _of(one) | {
                "metric": display.visible(one.metric),
                "times": [_seconds(time) for time in one.times],
                "values": [real(value) for value in one.values],
            }
            for one in report.series
            if one.metric in words.VERSION_METRICS
        ],
        "drift": [_drift(found) for found in kept],
        "detectors": [{"name": one.name, "limit": one.threshold} for one in detectors],
        "anomalies": [
            _of(mark) | {
                "detector": mark.detector,
                "metric": display.visible(mark.metric),
                "time": _seconds(mark.start),
                "value": real(mark.value),
                "why": display.visible(mark.reason),
            }
            for mark in sorted(report.anomalies, key=lambda mark: mark.start)[-MOST:]
        ],
        "alerts": [_alert(one) for one in report.alerts[:MOST]],
        "moves": _moves(registry.context, report, bool(until)),
        "beginnings": [
            _of(one) | {"time": _seconds(one.time)} for one in report.version_starts[-MOST:]
        ],
        "unknownLabels": report.unknown_labels,
        "warnings": [display.visible(line) for line in warnings[:MOST_WARNINGS]],
        "hint": "" if report.logged else _hint(report.model, since or until),
        "state": report.state,
    }  # fmt: skip


def distribution(
    registry: Registry, *, version: str, stage: str, column: str, window: str = "1d", time: int = 0
) -> Answer:
    """One column in the training data and in one window, as shares."""
    found: Distribution = import_module("nbmodel.monitor.report.distribution").distribution(
        registry.context, version, stage, column, window=window, time=time * SECOND
    )
    then, category = found.reference, found.reference.kind == "category"
    return {
        "column": display.visible(then.name),
        "version": display.visible(version),
        "stage": stage,
        "time": _seconds(found.start),
        "kind": then.kind,
        "edges": [real(edge) for edge in then.edges],
        "values": [*map(text, then.values), "others"] if category else [],
        "then": _shares(then.counts),
        "now": _shares(found.counts),
        "rows": {"then": then.rows, "now": found.rows},
        "missing": {
            "then": _share(then.missing, then.rows), "now": _share(found.missing, found.rows),
        },
    }  # fmt: skip


def logged(registry: Registry, *, model: str) -> Answer:
    """A text that changes when rows, labels or alerts of a model come."""
    context = registry.context
    context.index.refresh()
    context.require_model(refs.check_name("model", model))
    return {"state": import_module("nbmodel.monitor.report.state").monitoring_state(context, model)}


def health(registry: Registry, *, models: list[str]) -> Answer:
    """How the stages of models fare; models that are not in the registry are left out."""
    judge: Any = import_module("nbmodel.monitor.report.health")
    context = registry.context
    context.index.refresh()
    known = set(context.index.names())
    return {
        "health": {
            model: [
                {
                    "stage": one.stage,
                    "version": one.version,
                    "state": one.state,
                    "why": display.visible(one.reason),
                    "rollback": display.visible(one.rollback),
                }
                for one in judge.health(context, model)
            ]
            for model in dict.fromkeys(models)
            if model in known
        }
    }


# -- reports, kept ---------------------------------------------------------------


def look(context: Context, ref: str, since: str, until: str, window: str) -> MonitorReport:
    """The report that faces draw; it is made once as long as nothing changes and no window ends.

    Raises
    ------
    NbModelError
        Any error of `nbmodel.monitor.report.report.make_report`, such as `InvalidValue` for more
        than `MOST_WINDOWS` windows.
    """
    kept: Any = import_module("nbmodel.monitor.report.cached")
    report: MonitorReport = kept.cached_report(
        context, ref, since, until, window, MOST_WINDOWS, datetime.now(UTC)
    )
    return report


# -- parts of answers --------------------------------------------------------------


def _of(one: Any) -> Answer:
    """Version and stage of a record; the log may hold any text for them."""
    return {"version": display.visible(one.version), "stage": display.visible(one.stage)}


def _seconds(time: int) -> float:
    return time // SECOND if time % SECOND == 0 else time / SECOND


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [_share(count, total) for count in counts]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _most_drifted(findings: Iterable[DriftFinding]) -> tuple[list[list[DriftFinding]], list[str]]:
    """Findings by column and detector, as many columns as an answer may hold; what is said of it.

    The columns that drifted most often come first.
    """
    columns: dict[str, list[DriftFinding]] = defaultdict(list)
    for finding in findings:
        columns[finding.column].append(finding)
    kept: list[list[DriftFinding]] = []
    points, left = 0, 0
    for found in sorted(columns.values(), key=lambda each: -sum(f.drifted for f in each)):
        points += len(found)
        if points > MOST_POINTS:
            left += 1
            continue
        groups: dict[tuple[str, str, str], list[DriftFinding]] = defaultdict(list)
        for finding in found:
            groups[finding.version, finding.stage, finding.measure].append(finding)
        kept += groups.values()
    said = f"{left:,} columns that drifted least are left out: choose longer windows, or less time."
    return kept, [said] if left else []


def _drift(found: Sequence[DriftFinding]) -> Answer:
    ordered = sorted(found, key=lambda finding: finding.start)
    return _of(found[0]) | {
        "column": display.visible(found[0].column),
        "detector": found[0].measure,
        "times": [_seconds(finding.start) for finding in ordered],
        "values": [real(finding.value) for finding in ordered],
        "drifted": [bool(finding.drifted) for finding in ordered],
    }


def _alert(one: AlertStatus) -> Answer:
    outcome = one.outcome
    return _of(outcome) | {
        "id": one.alert.id,
        "rule": display.visible(one.alert.rule),
        "notify": [_named(how) for how in one.alert.notify],
        "state": outcome.state,
        "metric": display.visible(outcome.metric),
        "value": None if outcome.value is None else real(outcome.value),
        "since": _seconds(outcome.since) if outcome.since else None,
        "lastGood": one.last_good,
        "rollback": display.visible(one.rollback),
    }


def _named(how: str) -> str:
    """Who is told; of a webhook its host only: the rest of its address is a password."""
    kind, _, address = how.partition(":")
    host = urlsplit(address).hostname if address else ""
    return display.visible(f"{kind}:{host}" if host else kind)


def _moves(context: Context, report: MonitorReport, ended: bool) -> list[Answer]:
    """Moves of stages in the time that was looked at, the oldest first."""
    # Those of one second are told to be of the next ones: of the present none is yet to come.
    last = report.until / SECOND if ended else math.inf
    found = context.index.moves(report.model)
    moves = [move for move in found if report.begin / SECOND <= move.time <= last]
    return [move_of(context, move) for move in reversed(moves[:MOST])]


def _hint(model: str, narrowed: str) -> str:
    if narrowed:
        return f"Nothing was logged of {model} in this time: look at a longer one."
    return (
        f"Nothing was logged of {model}. Serve it: %model_serve {model}, or log what a batch job "
        f'predicted: nbmodel.monitor.log("{model}", X, y_pred).'
    )
