"""The verdict on each stage, from the last windows only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.display import line
from nbmodel.errors import NbModelError
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.evaluation import AlertStatus, evaluate_alerts
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import SingleFlightCache
from nbmodel.monitor.drift.counts import count_columns
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS, DriftFinding, detect_drift
from nbmodel.monitor.prediction_log.fingerprint import fingerprint, list_parts, parts_before
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.alert_history import with_starts
from nbmodel.monitor.report.drift_runs import drifted_columns, run_starts
from nbmodel.monitor.report.evaluation import main_metric, serving_versions
from nbmodel.monitor.report.evidence import Drift, Measured
from nbmodel.monitor.report.last_row import last_row_before
from nbmodel.monitor.report.measurements import Measurements
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.monitor.report.verdict import Evidence, Verdict, judge
from nbmodel.versioning.context import Context

RECENT_WINDOWS = 7  # windows to read, in addition to those of the longest rule
# Windows to read for the beginning of a drift: more each time it lies before them.
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
        holders = context.index.held_versions([model]).get(model, {})
        return tuple(
            Verdict(stage=stage, version=version.ref, state="unknown", reason=reason)
            for stage, version in sorted(holders.items())
        )


def recent_begin(complete: int, width: int, alerts: Iterable[Alert]) -> int:
    """Return the start of the first window that health reads.

    Parameters
    ----------
    complete : int
        End of the last complete window, microseconds since the epoch.
    width : int
        Width of the windows.
    alerts : iterable of Alert
    """
    longest = max((alert.rule.windows for alert in alerts), default=0)
    return complete - (longest + RECENT_WINDOWS) * width


class _HealthCheck:
    """One check of a model's log."""

    def __init__(
        self, context: Context, model: str, storage_root: str, width: int, end: int
    ) -> None:
        self.context, self.model, self.storage_root = context, model, storage_root
        self.width, self.end = width, end
        self.complete = windows.window_start(end, width)
        self.alerts = store.list_alerts(context, model).alerts
        self.begin = recent_begin(self.complete, width, self.alerts)
        self.measurements = Measurements(context, model, storage_root, width)

    def all(self) -> tuple[Verdict, ...]:
        """Return the verdict on every stage, ordered by name."""
        live = serving_versions(self.context, self.model, None)
        serving = {key: max(self.begin, since) for key, since in live.items()}
        with open_log(self.storage_root, self.model, since=self.begin, until=self.end) as log:
            traffic = timeseries.traffic_series(log, self.width, serving, self.end)
            commits = {(row.version, row.stage): row.commit for row in log.contents()}
            logged = {version: commits[version, stage] for version, stage in serving
                      if (version, stage) in commits}  # fmt: skip
            quality = self.measurements.quality(log, logged)
            rules = [alert.rule for alert in self.alerts]
            drift = self.measurements.rule_drift(log, logged, rules)
            skipped = log.skipped
        series = [*traffic, *timeseries.quality_series(quality), *timeseries.drift_series(drift)]
        references = {
            version: self.measurements.references(version, commits.get((version, stage), ""))
            for version, stage in serving
        }
        measured = Measured(
            width=self.width,
            begin=self.begin,
            end=self.end,
            series=traffic,
            statuses=self._statuses(series),
            quality=quality,
            main_metric=main_metric(self.context, self.model),
            baselines={version: each.metrics for version, each in references.items()},
            problems=self.measurements.problems,
            unreadable=skipped,
            live=live,
        )
        return tuple(judge(self._evidence(*key, commits.get(key, ""), measured)) for key in serving)

    def _evidence(self, version: str, stage: str, commit: str, measured: Measured) -> Evidence:
        last = last_row_before(measured, self.storage_root, self.model, version, stage)
        drift = self._drift(version, stage, commit, measured)
        return measured.evidence(version, stage, drift, last)

    def _statuses(self, series: Sequence[Series]) -> list[AlertStatus]:
        statuses = evaluate_alerts(
            self.context, self.model, self.alerts, series, self.complete, self.width
        )
        return with_starts(
            self.context, self.model, statuses, self.begin + self.width,
            window=windows.duration_name(self.width), root=self.storage_root,
            now=windows.to_datetime(self.end),
        )  # fmt: skip

    # -- drift ----------------------------------------------------------------

    def _drift(self, version: str, stage: str, commit: str, measured: Measured) -> Drift:
        """Return the columns that drifted in the window of a stage, and since when."""
        start, _ = measured.window(version, stage)
        if start is None:
            return ()
        source = (version, stage, commit)
        last = self._findings(source, start, min(start + self.width, self.end))
        columns = drifted_columns(last)
        if not columns:
            return ()
        # Earlier windows are complete: their findings hold unless rows arrive late.
        earlier = fingerprint(parts_before(self.storage_root, self.model, start))
        key = (
            self.context.location.key, self.storage_root, self.width, *source, start,
            tuple(columns), earlier,
        )  # fmt: skip
        starts = _starts.get(key, lambda: self._column_starts(source, start, columns))
        return tuple((column, starts.get(column, start)) for column in columns)

    def _column_starts(
        self, source: tuple[str, str, str], start: int, columns: Sequence[str]
    ) -> dict[str, int]:
        """Return since when columns have drifted; reads more windows until one is without drift."""
        starts: dict[str, int] = {}
        for count in DRIFT_WINDOWS:
            findings = self._findings(source, start - count * self.width, start)
            starts = run_starts(findings, columns)
            # A window with too few rows neither continues nor ends a drift.
            judged = [finding.start for finding in findings if finding.rows >= MIN_WINDOW_ROWS]
            if judged and min(judged) not in starts.values():
                break
        return starts

    def _findings(self, source: tuple[str, str, str], since: int, until: int) -> list[DriftFinding]:
        version, stage, commit = source
        inputs = self.measurements.references(version, commit).inputs
        with open_log(self.storage_root, self.model, since=since, until=until) as log:
            counts = count_columns(log, version, inputs, self.width)
        return detect_drift(version, [column for column in counts if column.stage == stage])
