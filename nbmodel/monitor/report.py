"""How a model fares: what was logged of it, judged, in one result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.errors import InvalidValue
from nbmodel.monitor import alerts, anomalies, series, windows
from nbmodel.monitor.beginnings import beginnings
from nbmodel.monitor.firing import check
from nbmodel.monitor.judging import Chosen, Judged, serving
from nbmodel.monitor.reading import MEMORY, open_log
from nbmodel.monitor.result import MonitorReport
from nbmodel.monitor.settings import root_of
from nbmodel.monitor.state import state_of
from nbmodel.versioning.context import Context

# Lengths of windows that are proposed where the chosen ones are too short.
LADDER = {
    name: windows.duration(name)
    for name in ("1m", "5m", "15m", "1h", "6h", "12h", "1d", "1w", "4w", "52w")
}

__all__ = ["MonitorReport", "monitor"]


def monitor(
    context: Context,
    reference: str,
    *,
    since: str | datetime = "",
    until: str | datetime = "",
    window: str = "1d",
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
        ``15m``, ``1h``, ``1d``, ``1w``.
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
    width = windows.duration(window)
    begin, end = _span(since, until, now or datetime.now(UTC))
    place = root or root_of(context)
    state = state_of(context, model, place)  # before the rest: what comes meanwhile changes it
    context.index.refresh()
    chosen = Chosen.of(context, parsed)
    judged = Judged()
    with open_log(
        place, model,
        since=begin, until=end, memory=memory, threads=threads or os.cpu_count() or 1,
    ) as log:  # fmt: skip
        logged = tuple(one for one in log.contents() if chosen.has(one.version, one.stage))
        first = min((one.first for one in logged), default=end)
        _check_windows(first, max((one.last for one in logged), default=first), width, most)
        traffic = series.traffic(log, width, serving(context, model, begin), end)
        seen = [s for s in traffic if chosen.has(s.version, s.stage)]
        for one in seen:
            _check_windows(one.times[0], one.times[-1], width, most)
        for version, commit in dict.fromkeys((one.version, one.commit) for one in logged):
            judged.add(context, log, version, commit, width)
        began = [b for b in beginnings(log, width, begin) if chosen.has(b.version, b.stage)]
        # Of a part of the time it is not known which labels belong to the rest.
        unknown = 0 if since or until else log.unknown_labels()
        warnings = (*log.warnings, *judged.warnings)
    findings = tuple(f for f in judged.findings if chosen.has(f.version, f.stage))
    measured = tuple(q for q in judged.quality if chosen.has(q.version, q.stage))
    seen += series.of_quality(measured)
    every = (*seen, *series.of_drift(findings))
    complete = windows.start_of(end, width)
    watched = check(context, model, alerts.listed(context, model).alerts, every, complete)
    marks = anomalies.anomalies(anomalies.searched(seen, complete), detectors)
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
