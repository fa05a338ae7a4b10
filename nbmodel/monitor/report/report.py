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
from nbmodel.monitor.alerts.evaluation import check
from nbmodel.monitor.anomalies import detection
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.windows import RULES
from nbmodel.monitor.drift.detection import FEWEST, Finding
from nbmodel.monitor.prediction_log.reader import MEMORY, Log, Logged, open_log
from nbmodel.monitor.prediction_log.settings import root_of
from nbmodel.monitor.quality import timeseries
from nbmodel.monitor.quality.metrics import Quality
from nbmodel.monitor.quality.rollouts import beginnings
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.evaluation import Chosen, Judged, serving
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.monitor.report.state import state_of
from nbmodel.versioning.context import Context

# Lengths of windows that are proposed where the chosen ones are too short.
LADDER = {
    name: windows.duration(name)
    for name in ("1m", "5m", "15m", "1h", "6h", "12h", "1d", "1w", "4w", "52w")
}

__all__ = ["MonitorReport", "fitting_window", "monitor"]


def monitor(
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
    memory: str = MEMORY,
    threads: int = 0,
    most: int = 0,
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
    most : int
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
    width = windows.duration(window) if window else 0
    begin, end = _span(since, until, now or datetime.now(UTC))
    place = root or root_of(context)
    state = state_of(context, model, place)  # before the rest: what comes meanwhile changes it
    context.index.refresh()
    chosen = Chosen.of(context, parsed)
    rules = store.listed(context, model).alerts
    with open_log(
        place, model,
        since=begin, until=end, memory=memory, threads=threads or os.cpu_count() or 1,
    ) as log:  # fmt: skip
        if width:
            log.windows(width)  # which tells the contents too
        logged = tuple(one for one in log.contents() if chosen.has(one.version, one.stage))
        width = width or windows.duration(_fitting(logged))
        first = min((one.first for one in logged), default=end)
        _check_windows(first, max((one.last for one in logged), default=first), width, most)
        look = _Look(context, log, chosen, logged, begin, end)
        judged = look.judged(width)
        seen = look.traffic(width)
        for one in seen:
            _check_windows(one.times[0], one.times[-1], width, most)
        ruled = windows.duration(rules_window or window or RULES) if rules else width
        decisive = None if ruled == width else look.series(ruled)
        began = [b for b in beginnings(log, width, begin) if chosen.has(b.version, b.stage)]
        # Of a part of the time it is not known which labels belong to the rest.
        unknown = 0 if since or until else log.unknown_labels()
        warnings = (*log.warnings, *judged.warnings)
    findings, measured = look.own(judged)
    seen += timeseries.of_quality(measured)
    every = (*seen, *timeseries.of_drift(findings))
    complete = windows.start_of(end, width)
    until_ruled = windows.start_of(end, ruled)
    watched = check(context, model, rules, every if decisive is None else decisive, until_ruled)
    marks = detection.anomalies(detection.searched(seen, complete), detectors)
    return MonitorReport(
        model,
        width,
        logged,
        findings,
        measured,
        every,
        tuple(marks),
        tuple(one for one in watched if chosen.has(one.outcome.version, one.outcome.stage)),
        unknown,
        warnings,
        windows.start_of(first, width) if begin is None else begin,
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
    begin, end = _span(since, until, now or datetime.now(UTC))
    context.index.refresh()
    chosen = Chosen.of(context, parsed)
    with open_log(root or root_of(context), model, since=begin, until=end) as log:
        return _fitting(tuple(o for o in log.contents() if chosen.has(o.version, o.stage)))


@dataclass(frozen=True, slots=True)
class _Look:
    """A log that is looked at, in windows of any length."""

    context: Context
    log: Log
    chosen: Chosen
    logged: tuple[Logged, ...]
    begin: int | None
    end: int

    def judged(self, width: int) -> Judged:
        """Drift and quality of every version."""
        judged = Judged()
        for version, commit in dict.fromkeys((one.version, one.commit) for one in self.logged):
            judged.add(self.context, self.log, version, commit, width)
        return judged

    def traffic(self, width: int) -> list[Series]:
        """Volume and latency of what was asked for."""
        held = serving(self.context, self.log.model, self.begin)
        found = timeseries.traffic(self.log, width, held, self.end)
        return [one for one in found if self.chosen.has(one.version, one.stage)]

    def own(self, judged: Judged) -> tuple[tuple[Finding, ...], tuple[Quality, ...]]:
        """Of what was judged, what was asked for."""
        has = self.chosen.has
        return (
            tuple(f for f in judged.findings if has(f.version, f.stage)),
            tuple(q for q in judged.quality if has(q.version, q.stage)),
        )

    def series(self, width: int) -> list[Series]:
        """All series that rules may ask for."""
        findings, measured = self.own(self.judged(width))
        drifted = timeseries.of_drift(findings)
        return [*self.traffic(width), *timeseries.of_quality(measured), *drifted]


def _fitting(logged: tuple[Logged, ...]) -> str:
    """Windows of a day where nothing was logged."""
    if not logged:
        return RULES
    first, last = min(one.first for one in logged), max(one.last for one in logged)
    return windows.fitting(last - first, sum(one.rows for one in logged), FEWEST)


def _span(since: str | datetime, until: str | datetime, now: datetime) -> tuple[int | None, int]:
    present = windows.microseconds(now)
    # What lies ahead has no rows, and is no silence either.
    end = min(present, windows.instant(until, now)) if until else present
    begin = windows.instant(since, now) if since else None
    if begin is not None and begin >= end:
        raise InvalidValue(
            f"There is no time from {windows.label_of(begin, 1)} to {windows.label_of(end, 1)}.",
            "Let --since lie before --until, and in the past.",
        )
    return begin, end


def _check_windows(first: int, last: int, width: int, most: int) -> None:
    count = (last - first) // width + 1
    if most and count > most:
        fitting = [name for name, each in LADDER.items() if (last - first) // each < most]
        raise InvalidValue(
            f"From {windows.label_of(first, 1)} to {windows.label_of(last, 1)} there are "
            f"{count:,} windows of this length; at most {most:,} can be looked at.",
            f"Choose windows of {fitting[0]}, or less time." if fitting else "Choose less time.",
        )
