"""The verdicts of a report: those of the stages at present, else what the report itself shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nbmodel.monitor.alerts import store
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import DriftFinding
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import LoggedVersion
from nbmodel.monitor.report import health
from nbmodel.monitor.report.evaluation import Selection, serving_versions
from nbmodel.monitor.report.evidence import Measured, drift_since
from nbmodel.monitor.report.last_row import last_row_before
from nbmodel.monitor.report.verdict import Verdict, judge
from nbmodel.versioning.context import Context


def stage_verdicts(
    context: Context,
    model: str,
    selection: Selection,
    root: str | Path,
    width: int,
    end: int,
    whole: tuple[Measured, Sequence[DriftFinding]] | None,
) -> tuple[Verdict, ...]:
    """Return the verdicts on the selected stages, as health gives them.

    Parameters
    ----------
    context : Context
    model : str
    selection : Selection
    root : str or Path
        Folder or URL of the log.
    width : int
        Width of the windows, microseconds.
    end : int
    whole : (Measured, sequence of DriftFinding), optional
        What was measured in the whole log. Without it, health reads the recent windows.
    """
    if whole is None:
        return tuple(
            verdict
            for verdict in health.health(
                context, model, window=windows.duration_name(width), root=root,
                now=windows.to_datetime(end),
            )
            if selection.includes(verdict.version, verdict.stage)
        )  # fmt: skip
    alerts = store.list_alerts(context, model).alerts
    if not alerts and not list_parts(root, model):
        return ()
    begin = health.recent_begin(windows.window_start(end, width), width, alerts)
    recent = [part for part in whole[0].unreadable if part.is_within(begin)]
    live = serving_versions(context, model, None)
    measured = replace(whole[0], begin=begin, unreadable=recent, live=live)
    findings = whole[1]
    verdicts = []
    for version, stage in live:
        if selection.includes(version, stage):
            start, _ = measured.window(version, stage)
            own_findings = _of(
                findings, version, stage, (start or 0) - health.DRIFT_WINDOWS[-1] * width
            )
            drift = drift_since(own_findings, start)
            last = last_row_before(measured, str(root), model, version, stage)
            verdicts.append(judge(measured.evidence(version, stage, drift, last)))
    return tuple(verdicts)


def logged_verdicts(
    measured: Measured, findings: Sequence[DriftFinding], logged: Iterable[LoggedVersion]
) -> tuple[Verdict, ...]:
    """Return the verdict on the last version that answered in each stage, or outside of any."""
    newest: Mapping[str, LoggedVersion] = {
        row.stage: row for row in sorted(logged, key=lambda row: row.last)
    }
    verdicts = []
    for row in newest.values():
        own = replace(measured, begin=row.first)
        start, _ = own.window(row.version, row.stage)
        own_findings = _of(findings, row.version, row.stage, 0)
        verdicts.append(
            judge(own.evidence(row.version, row.stage, drift_since(own_findings, start)))
        )
    return tuple(verdicts)


def _of(
    findings: Iterable[DriftFinding], version: str, stage: str, first: int
) -> list[DriftFinding]:
    key = (version, stage)
    return [f for f in findings if (f.version, f.stage) == key and f.start >= first]
