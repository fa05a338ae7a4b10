"""The verdicts of a report: those of the stages at present, else what the report itself shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS
from nbmodel.monitor.prediction_log.reader import LoggedVersion
from nbmodel.monitor.quality.timeseries import VOLUME, Series
from nbmodel.monitor.report import health
from nbmodel.monitor.report.drift_runs import drifted_columns, run_starts
from nbmodel.monitor.report.evaluation import Evaluation, Selection
from nbmodel.monitor.report.verdict import Evidence, Verdict, judge, quality_change
from nbmodel.versioning.context import Context


def stage_verdicts(
    context: Context, model: str, selection: Selection, root: str | Path, width: int, end: int
) -> tuple[Verdict, ...]:
    """Return the verdicts on the selected stages, as the home page shows them."""
    verdicts = health.health(
        context,
        model,
        window=windows.duration_name(width),
        root=root,
        now=windows.to_datetime(end),
    )
    return tuple(each for each in verdicts if selection.includes(each.version, each.stage))


def logged_verdicts(
    logged: Sequence[LoggedVersion],
    main: str,
    evaluation: Evaluation,
    series: Sequence[Series],
    alerts: Sequence[AlertStatus],
    width: int,
    end: int,
) -> tuple[Verdict, ...]:
    """Return the verdict on the last version that answered in each stage, or outside of any."""
    newest = {row.stage: row for row in sorted(logged, key=lambda row: row.last)}
    return tuple(
        judge(_evidence(row, main, evaluation, series, alerts, width, end))
        for row in newest.values()
    )


def _evidence(
    row: LoggedVersion,
    main: str,
    evaluation: Evaluation,
    series: Sequence[Series],
    alerts: Sequence[AlertStatus],
    width: int,
    end: int,
) -> Evidence:
    key = (row.version, row.stage)
    volumes = {(item.version, item.stage): item for item in series if item.metric == VOLUME}
    volume = volumes.get(key)
    counts = dict(zip(volume.times, volume.values, strict=True)) if volume else {}
    complete = windows.window_start(end, width)
    with_rows = [start for start, rows in counts.items() if rows >= MIN_WINDOW_ROWS]
    start = max([time for time in with_rows if time < complete] or with_rows, default=None)
    findings = [
        item
        for item in evaluation.findings
        if (item.version, item.stage) == key and start is not None and item.start <= start
    ]
    columns = drifted_columns(item for item in findings if item.start == start)
    starts = run_starts(findings, columns)
    measured = [item for item in evaluation.quality if (item.version, item.stage) == key]
    return Evidence(
        version=row.version,
        stage=row.stage,
        width=width,
        begin=row.first,
        end=end,
        start=start,
        rows=int(counts[start]) if start is not None else row.rows,
        drift=tuple((column, starts[column]) for column in columns),
        alerts=tuple(a for a in alerts if (a.outcome.version, a.outcome.stage) == key),
        quality=quality_change(measured, evaluation.baselines.get(row.version, {}), complete, main),
        problem=evaluation.problems.get(row.version, ""),
    )
