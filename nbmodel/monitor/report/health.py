"""How each stage of a model fares now, in a word: from the last windows only."""

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
from nbmodel.monitor.alerts.rules import ANY_COLUMN, ANY_OUTPUT, COLUMN_METRICS, AlertRule
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

RECENT_WINDOWS = 7  # windows that are looked at, beside those that the longest rule takes
MAX_LISTED_COLUMNS = 3  # columns that are named


@dataclass(frozen=True, slots=True)
class Health:
    """How the version that holds a stage fares.

    Attributes
    ----------
    stage, version : str
    state : {"good", "warning", "bad", "unknown"}
        Bad if an alert fires; warning if columns drifted in the last window, or an alert is
        pending; unknown if nothing was logged lately.
    why : str
        In a line.
    rollback : str
        The line that gives the stage back to the version before; empty if there is no need.
    """

    stage: str
    version: str
    state: State
    reason: str
    rollback: str = ""


_kept: SingleFlightCache[tuple[Health, ...]] = SingleFlightCache(256)


def health(
    context: Context,
    model: str,
    *,
    window: str = "1d",
    root: str | Path | None = None,
    now: datetime | None = None,
) -> tuple[Health, ...]:
    """How the stages of a model fare; none where nothing was ever logged of it.

    What was found is kept until rows, labels, alerts, stages or versions change, or a window ends.

    Parameters
    ----------
    context : Context
    model : str
    window : str
        Length of the windows.
    root : str or Path, optional
        Folder or URL of the log; the registry's own by default.
    now : datetime, optional
        Aware; what counts as the present.

    Raises
    ------
    NotFound, InvalidName, InvalidValue
        If the model or the window make no sense.
    ExtraMissing
        If a library is missing.
    """
    place, width = str(root or log_root(context)), windows.parse_duration(window)
    end = windows.microseconds(now or datetime.now(UTC))
    state = context.index.state()
    context.require_model(refs.check_name("model", model))
    watched = list_parts(place, model) or store.list_alerts(context, model).alerts
    if not watched or not context.index.stages(model):
        return ()
    key = (
        context.location.key, place, model, width, windows.window_start(end, width), state,
        monitoring_state(context, model, place),
    )  # fmt: skip
    return _kept.get(key, lambda: _HealthCheck(context, model, place, width, end).all())


@dataclass(frozen=True, slots=True)
class _Stage:
    """A version in a stage, what was logged of it lately, and its window that is judged."""

    version: str
    stage: str
    commit: str
    start: int | None
    rows: int


class _HealthCheck:
    """One look at a model's log."""

    def __init__(self, context: Context, model: str, place: str, width: int, end: int) -> None:
        self.context, self.model, self.place = context, model, place
        self.width, self.end = width, end
        self.complete = windows.window_start(end, width)
        self.alerts = store.list_alerts(context, model).alerts
        longest = max((alert.rule.windows for alert in self.alerts), default=0)
        self.begin = self.complete - (longest + RECENT_WINDOWS) * width
        self.known: dict[str, VersionReferences] = {}
        self.said: dict[str, str] = {}  # by version: why it cannot be judged

    def all(self) -> tuple[Health, ...]:
        """Every stage that is held, by name."""
        held = serving_versions(self.context, self.model, self.begin)
        with open_log(self.place, self.model, since=self.begin, until=self.end) as log:
            traffic = timeseries.traffic_series(log, self.width, held, self.end)
            commits = {(one.version, one.stage): one.commit for one in log.contents()}
            stages = [self._stage(key, traffic, commits) for key in held]
            found = [*traffic, *self._for_rules(log, stages)]
        firing = evaluate_alerts(self.context, self.model, self.alerts, found, self.complete)
        drifted = self._drifted(stages)
        return tuple(self._health(stage, firing, drifted) for stage in stages)

    def _stage(
        self, key: tuple[str, str], traffic: Sequence[Series], commits: dict[tuple[str, str], str]
    ) -> _Stage:
        """The last complete window with rows enough; the present one where there is none yet."""
        volumes = {(s.version, s.stage): s for s in traffic if s.metric == VOLUME}
        volume = volumes.get(key)
        counts = dict(zip(volume.times, volume.values, strict=True)) if volume else {}
        enough = [start for start, rows in counts.items() if rows >= MIN_WINDOW_ROWS]
        whole = [start for start in enough if start < self.complete]
        start = max(whole or enough, default=None)
        rows = counts[start] if start is not None else sum(counts.values())
        return _Stage(*key, commits.get(key, ""), start, int(rows))

    # -- what is measured ------------------------------------------------------------

    def _known(self, stage: _Stage) -> list[ColumnReference]:
        """Inputs and outputs of a version, as they were; none if that cannot be told."""
        if stage.version not in self.known:
            try:
                known = version_references(self.context, self.model, stage.version, stage.commit)
            except NbModelError as error:
                known = VersionReferences()
                self.said[stage.version] = error.what
            outputs = output_references(self.place, self.model, stage.version, self.width)
            self.known[stage.version] = replace(known, inputs=[*known.inputs, *outputs])
        return self.known[stage.version].inputs

    def _for_rules(self, log: LogReader, stages: Sequence[_Stage]) -> list[Series]:
        """What the alerts ask for, beside traffic."""
        rules = [alert.rule for alert in self.alerts]
        versions = {stage.version: stage for stage in stages if stage.commit}
        found: list[Series] = []
        for version, stage in versions.items():
            asked = [r for r in self._known(stage) if any(_is_about(rule, r) for rule in rules)]
            if asked:
                found += timeseries.drift_series(
                    detect_drift(version, count_columns(log, version, asked, self.width))
                )
            if any(rule.metric in METRICS for rule in rules):
                known = self.known[version]
                measured = measure_quality(log, version, self.width, known.task, known.kind)
                found += timeseries.quality_series(measured)
        return found

    def _drifted(self, stages: Sequence[_Stage]) -> list[DriftFinding]:
        """Columns that drifted in the window of each stage that is judged."""
        found: list[DriftFinding] = []
        for stage in stages:
            if stage.start is None:
                continue
            until = min(stage.start + self.width, self.end)
            with open_log(self.place, self.model, since=stage.start, until=until) as log:
                counted = count_columns(log, stage.version, self._known(stage), self.width)
            own = [one for one in counted if one.stage == stage.stage]
            found += [finding for finding in detect_drift(stage.version, own) if finding.drifted]
        return found

    # -- what is said ------------------------------------------------------------------

    def _health(
        self, stage: _Stage, firing: Sequence[AlertStatus], drifted: Sequence[DriftFinding]
    ) -> Health:
        key = (stage.version, stage.stage)
        own = [one for one in firing if (one.outcome.version, one.outcome.stage) == key]
        fires = [one for one in own if one.firing]
        if fires:
            why = "; ".join(one.outcome.text() for one in fires)
            return Health(stage.stage, stage.version, "bad", why, fires[0].rollback)
        columns = [f for f in drifted if (f.version, f.stage) == key]
        pending = [one.outcome.text() for one in own if one.outcome.state == "pending"]
        if columns or pending:
            why = "; ".join([*filter(None, [self._words(stage, columns)]), *pending])
            return Health(stage.stage, stage.version, "warning", why)
        if stage.start is None:
            return Health(stage.stage, stage.version, "unknown", self._silence(stage))
        rows = f"{stage.rows:,} rows on {windows.window_label(stage.start, self.width)}"
        why = f"{rows}: {self._judgment(stage)}"
        return Health(stage.stage, stage.version, "good", why)

    def _words(self, stage: _Stage, found: Sequence[DriftFinding]) -> str:
        """The columns that drifted, those of most detectors first."""
        if stage.start is None or not found:
            return ""
        names = [finding.column for finding in found]
        columns = sorted(dict.fromkeys(names), key=lambda name: -names.count(name))
        more = (
            f" and {len(columns) - MAX_LISTED_COLUMNS} more"
            if len(columns) > MAX_LISTED_COLUMNS
            else ""
        )
        when = windows.window_label(stage.start, self.width)
        return f"{', '.join(columns[:MAX_LISTED_COLUMNS])}{more} drifted on {when}"

    def _judgment(self, stage: _Stage) -> str:
        if stage.version in self.said:
            return f"drift is not measured. {self.said[stage.version]}"
        return "no drift" if self._known(stage) else "no data profile to measure drift against"

    def _silence(self, stage: _Stage) -> str:
        since = windows.window_label(self.begin, self.width)
        if stage.rows:
            return f"{stage.rows:,} rows since {since}: too few to judge"
        return f"nothing was logged since {since}"


def _is_about(rule: AlertRule, reference: ColumnReference) -> bool:
    if rule.metric not in COLUMN_METRICS:
        return False
    output = reference.name.startswith(OUTPUT_PREFIX)
    return rule.column in (ANY_COLUMN, reference.name) or (rule.column == ANY_OUTPUT and output)
