"""The health of each stage in one word, from the last windows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from nbmodel import refs
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
from nbmodel.monitor.quality.metrics import METRICS, measure_quality
from nbmodel.monitor.quality.timeseries import VOLUME, Series
from nbmodel.monitor.report.evaluation import (
    VersionReferences,
    serving_versions,
    version_references,
)
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.versioning.context import Context

State = Literal["good", "warning", "bad", "unknown"]

RECENT_WINDOWS = 7  # windows to read, in addition to those of the longest rule
MAX_LISTED_COLUMNS = 3  # in a reason


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the version that holds a stage.

    Attributes
    ----------
    stage, version : str
    state : {"good", "warning", "bad", "unknown"}
        "bad" if an alert is firing; "warning" if columns drifted in the last window or an alert is
        pending; "unknown" if nothing was logged recently.
    reason : str
        One line.
    rollback : str
        The command that gives the stage back to the previous version; empty if not needed.
    """

    stage: str
    version: str
    state: State
    reason: str
    rollback: str = ""


_results: SingleFlightCache[tuple[Health, ...]] = SingleFlightCache(256)


def health(
    context: Context,
    model: str,
    *,
    window: str = "1d",
    root: str | Path | None = None,
    now: datetime | None = None,
) -> tuple[Health, ...]:
    """Return the health of a model's stages; empty if nothing was ever logged for the model.

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
    state = context.index.state()
    context.require_model(refs.check_name("model", model))
    monitored = list_parts(storage_root, model) or store.list_alerts(context, model).alerts
    if not monitored or not context.index.stages(model):
        return ()
    key = (
        context.location.key, storage_root, model, width, windows.window_start(end, width), state,
        monitoring_state(context, model, storage_root),
    )  # fmt: skip
    return _results.get(key, lambda: _HealthCheck(context, model, storage_root, width, end).all())


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
        self, context: Context, model: str, storage_root: str, width: int, end: int
    ) -> None:
        self.context, self.model, self.storage_root = context, model, storage_root
        self.width, self.end = width, end
        self.complete = windows.window_start(end, width)
        self.alerts = store.list_alerts(context, model).alerts
        longest = max((alert.rule.windows for alert in self.alerts), default=0)
        self.begin = self.complete - (longest + RECENT_WINDOWS) * width
        self.references: dict[str, VersionReferences] = {}
        self.problems: dict[str, str] = {}  # by version: why it cannot be evaluated

    def all(self) -> tuple[Health, ...]:
        """Return the health of every stage, ordered by name."""
        serving = serving_versions(self.context, self.model, self.begin)
        with open_log(self.storage_root, self.model, since=self.begin, until=self.end) as log:
            traffic = timeseries.traffic_series(log, self.width, serving, self.end)
            commits = {(row.version, row.stage): row.commit for row in log.contents()}
            stages = [self._stage(key, traffic, commits) for key in serving]
            all_series = [*traffic, *self._rule_series(log, stages)]
        statuses = evaluate_alerts(self.context, self.model, self.alerts, all_series, self.complete)
        drifted = self._drifted(stages)
        return tuple(self._health(stage, statuses, drifted) for stage in stages)

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

    def _rule_series(self, log: LogReader, stages: Sequence[_Stage]) -> list[Series]:
        """Return the series that alerts refer to, in addition to traffic."""
        rules = [alert.rule for alert in self.alerts]
        versions = {stage.version: stage for stage in stages if stage.commit}
        all_series: list[Series] = []
        for version, stage in versions.items():
            columns = [
                r for r in self._references(stage) if any(_is_about(rule, r) for rule in rules)
            ]
            if columns:
                all_series += timeseries.drift_series(
                    detect_drift(version, count_columns(log, version, columns, self.width))
                )
            if any(rule.metric in METRICS for rule in rules):
                references = self.references[version]
                values = measure_quality(log, version, self.width, references.task, references.kind)
                all_series += timeseries.quality_series(values)
        return all_series

    def _drifted(self, stages: Sequence[_Stage]) -> list[DriftFinding]:
        """Return findings of drift in the window of each stage."""
        findings: list[DriftFinding] = []
        for stage in stages:
            if stage.start is None:
                continue
            until = min(stage.start + self.width, self.end)
            with open_log(self.storage_root, self.model, since=stage.start, until=until) as log:
                counts = count_columns(log, stage.version, self._references(stage), self.width)
            stage_counts = [column for column in counts if column.stage == stage.stage]
            findings += [
                finding for finding in detect_drift(stage.version, stage_counts) if finding.drifted
            ]
        return findings

    # -- describing ------------------------------------------------------------------

    def _health(
        self, stage: _Stage, statuses: Sequence[AlertStatus], drifted: Sequence[DriftFinding]
    ) -> Health:
        key = (stage.version, stage.stage)
        stage_statuses = [
            status for status in statuses if (status.outcome.version, status.outcome.stage) == key
        ]
        firing = [status for status in stage_statuses if status.firing]
        if firing:
            reason = "; ".join(status.outcome.text() for status in firing)
            return Health(stage.stage, stage.version, "bad", reason, firing[0].rollback)
        columns = [finding for finding in drifted if (finding.version, finding.stage) == key]
        pending = [
            status.outcome.text() for status in stage_statuses if status.outcome.state == "pending"
        ]
        if columns or pending:
            reason = "; ".join([*filter(None, [self._drift_reason(stage, columns)]), *pending])
            return Health(stage.stage, stage.version, "warning", reason)
        if stage.start is None:
            return Health(stage.stage, stage.version, "unknown", self._unknown_reason(stage))
        rows = f"{stage.rows:,} rows on {windows.window_label(stage.start, self.width)}"
        reason = f"{rows}: {self._no_drift_reason(stage)}"
        return Health(stage.stage, stage.version, "good", reason)

    def _drift_reason(self, stage: _Stage, findings: Sequence[DriftFinding]) -> str:
        """Name the columns that drifted, first those with the most findings."""
        if stage.start is None or not findings:
            return ""
        names = [finding.column for finding in findings]
        columns = sorted(dict.fromkeys(names), key=lambda name: -names.count(name))
        hidden = len(columns) - MAX_LISTED_COLUMNS
        more = f" and {hidden} more" if hidden > 0 else ""
        when = windows.window_label(stage.start, self.width)
        return f"{', '.join(columns[:MAX_LISTED_COLUMNS])}{more} drifted on {when}"

    def _no_drift_reason(self, stage: _Stage) -> str:
        if stage.version in self.problems:
            return f"drift is not measured. {self.problems[stage.version]}"
        return "no drift" if self._references(stage) else "no data profile to measure drift against"

    def _unknown_reason(self, stage: _Stage) -> str:
        since = windows.window_label(self.begin, self.width)
        if stage.rows:
            return f"{stage.rows:,} rows since {since}: too few to evaluate"
        return f"nothing was logged since {since}"


def _is_about(rule: AlertRule, reference: ColumnReference) -> bool:
    if rule.metric not in column_metrics():
        return False
    output = reference.name.startswith(OUTPUT_PREFIX)
    return rule.column in (ANY_COLUMN, reference.name) or (rule.column == ANY_OUTPUT and output)
