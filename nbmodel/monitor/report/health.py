"""The verdict on each stage, from the last windows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.display import line
from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.evaluation import AlertStatus, evaluate_alerts
from nbmodel.monitor.alerts.rules import ANY_COLUMN, ANY_OUTPUT, AlertRule, column_metrics
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import SingleFlightCache
from nbmodel.monitor.drift.counts import count_columns
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS, DriftFinding, detect_drift
from nbmodel.monitor.drift.outputs import output_references
from nbmodel.monitor.drift.references import ColumnReference
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import LogReader, open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.metrics import MetricValue, measure_quality
from nbmodel.monitor.quality.timeseries import VOLUME, Series
from nbmodel.monitor.report.drift_runs import drifted_columns, run_starts
from nbmodel.monitor.report.evaluation import (
    NO_PROFILE,
    VersionReferences,
    main_metric,
    serving_versions,
    version_references,
)
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.monitor.report.verdict import Evidence, Verdict, judge, quality_change
from nbmodel.versioning.context import Context

RECENT_WINDOWS = 7  # windows to read, in addition to those of the longest rule
# Windows to read for the beginning of a drift or an alert: more each time it lies before them.
DRIFT_WINDOWS = (7, 28, 112)

_results: SingleFlightCache[tuple[Verdict, ...]] = SingleFlightCache(256)
_starts: SingleFlightCache[dict[str, int]] = SingleFlightCache(256)


def health(
    context: Context,
    model: str,
    *,
    window: str = "1d",
    root: str | Path | None = None,
    now: datetime | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdicts on a model's stages; empty if nothing was ever logged for the model.

    Results are cached until rows, labels, alerts, stages or versions change, or a window ends.

    Parameters
    ----------
    context : Context
    model : str
    window : str
        Length of the windows.
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.
    now : datetime, optional
        An aware datetime that stands for the present.

    Raises
    ------
    NotFound, InvalidName, InvalidValue
        If the model or the window is not valid.
    ExtraMissing
        If a library is missing.
    """
    storage_root, width = str(root or log_root(context)), windows.parse_duration(window)
    end = windows.microseconds(now or datetime.now(UTC))
    context.require_model(refs.check_name("model", model))
    monitored = list_parts(storage_root, model) or store.list_alerts(context, model).alerts
    if not monitored or not context.index.stages(model):
        return ()  # most models: git is not asked for each of them
    state = context.index.state()
    key = (
        context.location.key, storage_root, model, width, windows.window_start(end, width), state,
        monitoring_state(context, model, storage_root),
    )  # fmt: skip
    return _results.get(key, lambda: _HealthCheck(context, model, storage_root, width, end).all())


def health_or_problem(context: Context, model: str) -> tuple[Verdict, ...]:
    """Return the verdicts on a model's stages; unknown ones if its log cannot be read.

    For callers that ask about many models: the error of one is the reason in its verdicts.
    """
    try:
        return health(context, model)
    except NbModelError as error:
        reason = line(str(error)).rstrip(".")
        held = context.index.held_versions([model]).get(model, {})
        return tuple(
            Verdict(stage=stage, version=version.ref, state="unknown", reason=reason)
            for stage, version in sorted(held.items())
        )


@dataclass(frozen=True, slots=True)
class _Stage:
    """A version in a stage, its recent rows, and the start of the window to evaluate."""

    version: str
    stage: str
    commit: str
    start: int | None
    rows: int


class _HealthCheck:
    """One check of a model's log."""

    def __init__(
        self,
        context: Context,
        model: str,
        storage_root: str,
        width: int,
        end: int,
        more_windows: int = 0,
    ) -> None:
        self.context, self.model, self.storage_root = context, model, storage_root
        self.width, self.end = width, end
        self.complete = windows.window_start(end, width)
        self.alerts = store.list_alerts(context, model).alerts
        longest = max((alert.rule.windows for alert in self.alerts), default=0)
        self.begin = self.complete - (longest + RECENT_WINDOWS + more_windows) * width
        self.references: dict[str, VersionReferences] = {}
        self.main_metric = main_metric(context, model)
        self.problems: dict[str, str] = {}  # by version: why it cannot be evaluated

    def all(self) -> tuple[Verdict, ...]:
        """Return the verdict on every stage, ordered by name."""
        stages, statuses, quality = self._measure()
        statuses = [self._with_start(status) for status in statuses]
        return tuple(judge(self._evidence(stage, statuses, quality)) for stage in stages)

    def _measure(self) -> tuple[list[_Stage], list[AlertStatus], list[MetricValue]]:
        serving = serving_versions(self.context, self.model, self.begin)
        with open_log(self.storage_root, self.model, since=self.begin, until=self.end) as log:
            traffic = timeseries.traffic_series(log, self.width, serving, self.end)
            commits = {(row.version, row.stage): row.commit for row in log.contents()}
            stages = [self._stage(key, traffic, commits) for key in serving]
            quality = self._quality(log, stages)
            drift = self._rule_drift(log, stages)
        series = [*traffic, *timeseries.quality_series(quality), *timeseries.drift_series(drift)]
        statuses = evaluate_alerts(
            self.context, self.model, self.alerts, series, self.complete, self.width
        )
        return stages, statuses, quality

    def _with_start(self, status: AlertStatus) -> AlertStatus:
        """Correct since when an alert fires, if it fired in the first window that was read."""
        since = status.outcome.since
        if not status.firing or since > self.begin + self.width:
            return status
        outcome = status.outcome
        key = (
            self.context.location.key, self.storage_root, self.width, self.complete,
            status.alert.id, outcome.version, outcome.stage,
        )  # fmt: skip
        starts = _starts.get(key, lambda: {status.alert.id: self._alert_start(status)})
        return replace(status, outcome=replace(outcome, since=starts[status.alert.id]))

    def _alert_start(self, status: AlertStatus) -> int:
        """Return since when an alert fires; reads more windows until it did not fire in one."""
        key = (status.alert.id, status.outcome.version, status.outcome.stage)
        since = status.outcome.since
        for count in DRIFT_WINDOWS:
            check = _HealthCheck(
                self.context, self.model, self.storage_root, self.width, self.end, count
            )
            for other in check._measure()[1]:
                if (other.alert.id, other.outcome.version, other.outcome.stage) == key:
                    since = min(since, other.outcome.since or since)
            if since > check.begin + self.width:
                break
        return since

    def _stage(
        self, key: tuple[str, str], traffic: Sequence[Series], commits: dict[tuple[str, str], str]
    ) -> _Stage:
        """Choose the last complete window with enough rows, or the current one if there is none."""
        volumes = {(item.version, item.stage): item for item in traffic if item.metric == VOLUME}
        volume = volumes.get(key)
        counts = dict(zip(volume.times, volume.values, strict=True)) if volume else {}
        with_rows = [start for start, rows in counts.items() if rows >= MIN_WINDOW_ROWS]
        complete = [start for start in with_rows if start < self.complete]
        start = max(complete or with_rows, default=None)
        rows = counts[start] if start is not None else sum(counts.values())
        return _Stage(*key, commits.get(key, ""), start, int(rows))

    # -- measuring ------------------------------------------------------------

    def _references(self, stage: _Stage) -> list[ColumnReference]:
        """Return the references of a version; none if the registry cannot read it."""
        if stage.version not in self.references:
            try:
                references = version_references(
                    self.context, self.model, stage.version, stage.commit
                )
            except NbModelError as error:
                references = VersionReferences()
                self.problems[stage.version] = error.what
            outputs = output_references(self.storage_root, self.model, stage.version, self.width)
            self.references[stage.version] = replace(
                references, inputs=[*references.inputs, *outputs]
            )
        return self.references[stage.version].inputs

    def _rule_drift(self, log: LogReader, stages: Sequence[_Stage]) -> list[DriftFinding]:
        """Return the drift that alerts refer to."""
        rules = [alert.rule for alert in self.alerts]
        findings: list[DriftFinding] = []
        for version, stage in {stage.version: stage for stage in stages if stage.commit}.items():
            columns = [
                r for r in self._references(stage) if any(_is_about(rule, r) for rule in rules)
            ]
            if columns:
                findings += detect_drift(version, count_columns(log, version, columns, self.width))
        return findings

    def _quality(self, log: LogReader, stages: Sequence[_Stage]) -> list[MetricValue]:
        """Return the metrics of the labeled rows; a version without them is left out."""
        values: list[MetricValue] = []
        for version, stage in {stage.version: stage for stage in stages if stage.commit}.items():
            self._references(stage)
            known = self.references[version]
            try:
                values += measure_quality(log, version, self.width, known.task, known.kind)
            except NbModelError:  # the report names it; drift is measured all the same
                continue
        return values

    def _drift(self, stage: _Stage) -> tuple[tuple[str, int], ...]:
        """Return the columns that drifted in the window of a stage, and since when."""
        start = stage.start
        if start is None:
            return ()
        last = self._findings(stage, start, min(start + self.width, self.end))
        columns = drifted_columns(last)
        if not columns:
            return ()
        # Earlier windows are complete, so their findings hold for as long as this window lasts.
        key = (
            self.context.location.key, self.storage_root, self.width,
            stage.version, stage.commit, stage.stage, start, tuple(columns),
        )  # fmt: skip
        starts = _starts.get(key, lambda: self._column_starts(stage, start, columns))
        return tuple((column, starts.get(column, start)) for column in columns)

    def _column_starts(self, stage: _Stage, start: int, columns: Sequence[str]) -> dict[str, int]:
        """Return since when columns have drifted; reads more windows until one is without drift."""
        starts: dict[str, int] = {}
        for count in DRIFT_WINDOWS:
            findings = self._findings(stage, start - count * self.width, start)
            starts = run_starts(findings, columns)
            # A window with too few rows neither continues nor ends a drift.
            judged = [finding.start for finding in findings if finding.rows >= MIN_WINDOW_ROWS]
            if judged and min(judged) not in starts.values():
                break
        return starts

    def _findings(self, stage: _Stage, since: int, until: int) -> list[DriftFinding]:
        with open_log(self.storage_root, self.model, since=since, until=until) as log:
            counts = count_columns(log, stage.version, self._references(stage), self.width)
        stage_counts = [column for column in counts if column.stage == stage.stage]
        return detect_drift(stage.version, stage_counts)

    def _evidence(
        self, stage: _Stage, statuses: Sequence[AlertStatus], quality: Sequence[MetricValue]
    ) -> Evidence:
        key = (stage.version, stage.stage)
        own = [
            status for status in statuses if (status.outcome.version, status.outcome.stage) == key
        ]
        drift = self._drift(stage)
        references = self._references(stage)
        problem = "" if references else NO_PROFILE
        problem = self.problems.get(stage.version, problem)
        measured = [item for item in quality if (item.version, item.stage) == key]
        baselines = self.references[stage.version].metrics
        return Evidence(
            version=stage.version,
            stage=stage.stage,
            width=self.width,
            begin=self.begin,
            end=self.end,
            start=stage.start,
            rows=stage.rows,
            drift=drift,
            alerts=tuple(own),
            quality=quality_change(measured, baselines, self.complete, self.main_metric),
            problem=problem,
        )


def _is_about(rule: AlertRule, reference: ColumnReference) -> bool:
    if rule.metric not in column_metrics():
        return False
    output = reference.name.startswith(OUTPUT_PREFIX)
    return rule.column in (ANY_COLUMN, reference.name) or (rule.column == ANY_OUTPUT and output)
