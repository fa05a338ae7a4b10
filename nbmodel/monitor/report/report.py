"""How a model fares: what was logged of it, judged, in one result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts import store
from nbmodel.monitor.alerts.evaluation import evaluate_alerts
from nbmodel.monitor.anomalies import detection
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.windows import RULES_WINDOW
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS, DriftFinding
from nbmodel.monitor.prediction_log.reader import MEMORY_LIMIT, LoggedVersion, LogReader, open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.metrics import MetricValue
from nbmodel.monitor.quality.rollouts import version_starts
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.evaluation import Evaluation, Selection, serving_versions
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.versioning.context import Context

# Lengths of windows that are proposed where the chosen ones are too short.
WINDOW_LENGTHS = {
    name: windows.parse_duration(name)
    for name in ("1m", "5m", "15m", "1h", "6h", "12h", "1d", "1w", "4w", "52w")
}

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
) -> MonitorReport:
    """Judge what was logged of a model.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn``: every version and stage; ``churn#prod``, ``churn@7``: that one only.
    since : str or datetime
        ``7d``, a date, or all there is if empty.
    until : str or datetime
        The same; the present if empty, or if it is later.
    window : str
        ``15m``, ``1h``, ``1d``, ``1w``; a length that fits the time that has rows if empty.
    rules_window : str
        Of the windows that alerts' rules are judged in: `window` if empty, and a day if that is
        empty too, as a server judges them.
    root : str or Path, optional
        Folder or URL of the log; the registry's own by default.
    now : datetime, optional
        Aware; what counts as the present.
    detectors : sequence of str
        Of anomalies; all by default.
    memory, threads : str, int
        What DuckDB may use.
    max_windows : int
        Windows that are looked at; more are an error. No limit if 0.

    Raises
    ------
    NotFound, InvalidReference, InvalidValue
        If the model, the reference, the time or the window make no sense.
    ExtraMissing
        If a library is missing.
    """
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    width = windows.parse_duration(window) if window else 0
    begin, end = _time_range(since, until, now or datetime.now(UTC))
    place = root or log_root(context)
    state = monitoring_state(
        context, model, place
    )  # before the rest: what comes meanwhile changes it
    context.index.refresh()
    chosen = Selection.from_reference(context, parsed)
    rules = store.list_alerts(context, model).alerts
    with open_log(
        place, model,
        since=begin, until=end, memory=memory, threads=threads or os.cpu_count() or 1,
    ) as log:  # fmt: skip
        if width:
            log.windows(width)  # which tells the contents too
        logged = tuple(one for one in log.contents() if chosen.includes(one.version, one.stage))
        width = width or windows.parse_duration(_fitting(logged))
        first = min((one.first for one in logged), default=end)
        _check_windows(first, max((one.last for one in logged), default=first), width, max_windows)
        look = _Analysis(context, log, chosen, logged, begin, end)
        judged = look.judged(width)
        seen = look.traffic(width)
        for one in seen:
            _check_windows(one.times[0], one.times[-1], width, max_windows)
        ruled = windows.parse_duration(rules_window or window or RULES_WINDOW) if rules else width
        decisive = None if ruled == width else look.series(ruled)
        began = [
            b for b in version_starts(log, width, begin) if chosen.includes(b.version, b.stage)
        ]
        # Of a part of the time it is not known which labels belong to the rest.
        unknown = 0 if since or until else log.unknown_labels()
        warnings = (*log.warnings, *judged.warnings)
    findings, measured = look.own(judged)
    seen += timeseries.quality_series(measured)
    every = (*seen, *timeseries.drift_series(findings))
    complete = windows.window_start(end, width)
    until_ruled = windows.window_start(end, ruled)
    watched = evaluate_alerts(
        context, model, rules, every if decisive is None else decisive, until_ruled
    )
    marks = detection.find_anomalies(detection.searchable_series(seen, complete), detectors)
    return MonitorReport(
        model,
        width,
        logged,
        findings,
        measured,
        every,
        tuple(marks),
        tuple(one for one in watched if chosen.includes(one.outcome.version, one.outcome.stage)),
        unknown,
        warnings,
        windows.window_start(first, width) if begin is None else begin,
        end,
        tuple(began),
        state,
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
    """The length of windows that `monitor` chooses if none is given; parameters as there."""
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    begin, end = _time_range(since, until, now or datetime.now(UTC))
    context.index.refresh()
    chosen = Selection.from_reference(context, parsed)
    with open_log(root or log_root(context), model, since=begin, until=end) as log:
        return _fitting(tuple(o for o in log.contents() if chosen.includes(o.version, o.stage)))


@dataclass(frozen=True, slots=True)
class _Analysis:
    """A log that is looked at, in windows of any length."""

    context: Context
    log: LogReader
    chosen: Selection
    logged: tuple[LoggedVersion, ...]
    begin: int | None
    end: int

    def judged(self, width: int) -> Evaluation:
        """Drift and quality of every version."""
        judged = Evaluation()
        for version, commit in dict.fromkeys((one.version, one.commit) for one in self.logged):
            judged.evaluate(self.context, self.log, version, commit, width)
        return judged

    def traffic(self, width: int) -> list[Series]:
        """Volume and latency of what was asked for."""
        held = serving_versions(self.context, self.log.model, self.begin)
        found = timeseries.traffic_series(self.log, width, held, self.end)
        return [one for one in found if self.chosen.includes(one.version, one.stage)]

    def own(self, judged: Evaluation) -> tuple[tuple[DriftFinding, ...], tuple[MetricValue, ...]]:
        """Of what was judged, what was asked for."""
        has = self.chosen.includes
        return (
            tuple(f for f in judged.findings if has(f.version, f.stage)),
            tuple(q for q in judged.quality if has(q.version, q.stage)),
        )

    def series(self, width: int) -> list[Series]:
        """All series that rules may ask for."""
        findings, measured = self.own(self.judged(width))
        drifted = timeseries.drift_series(findings)
        return [*self.traffic(width), *timeseries.quality_series(measured), *drifted]


def _fitting(logged: tuple[LoggedVersion, ...]) -> str:
    """Windows of a day where nothing was logged."""
    if not logged:
        return RULES_WINDOW
    first, last = min(one.first for one in logged), max(one.last for one in logged)
    return windows.fitting_window(last - first, sum(one.rows for one in logged), MIN_WINDOW_ROWS)


def _time_range(
    since: str | datetime, until: str | datetime, now: datetime
) -> tuple[int | None, int]:
    present = windows.microseconds(now)
    # What lies ahead has no rows, and is no silence either.
    end = min(present, windows.parse_time(until, now)) if until else present
    begin = windows.parse_time(since, now) if since else None
    if begin is not None and begin >= end:
        raise InvalidValue(
            f"There is no time from {windows.window_label(begin, 1)} to {windows.window_label(end, 1)}.",
            "Let --since lie before --until, and in the past.",
        )
    return begin, end


def _check_windows(first: int, last: int, width: int, max_windows: int) -> None:
    count = (last - first) // width + 1
    if max_windows and count > max_windows:
        fitting = [
            name for name, each in WINDOW_LENGTHS.items() if (last - first) // each < max_windows
        ]
        raise InvalidValue(
            f"From {windows.window_label(first, 1)} to {windows.window_label(last, 1)} there are "
            f"{count:,} windows of this length; at most {max_windows:,} can be looked at.",
            f"Choose windows of {fitting[0]}, or less time." if fitting else "Choose less time.",
        )
