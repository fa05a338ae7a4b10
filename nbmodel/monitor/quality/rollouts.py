"""Rollouts: when a version started, or started again, to answer for a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbmodel.monitor.common import windows
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.reader import WINDOW_COLUMNS, LogReader, open_log


@dataclass(frozen=True, slots=True)
class VersionStart:
    """The first row of a version in a stage that another version answered for until then.

    Attributes
    ----------
    version, stage : str
    time : int
        Microseconds since the epoch.
    """

    version: str
    stage: str
    time: int


def version_starts(log: LogReader, width: int, since: int | None = None) -> list[VersionStart]:
    """Return the starts in the time range of a log, the oldest first.

    A version starts in a window where it has rows, if it has none in the previous window in which
    its stage has rows.

    Parameters
    ----------
    log : LogReader
    width : int
        Width of the windows, microseconds.
    since : int, optional
        Start of the log's time range. What was there before is read too, back to the last day that
        has rows.
    """
    if since is None:
        return list(_starts(log, width))
    earlier = _day_before(log, since)
    with open_log(
        log.storage.root, log.model,
        since=earlier, until=log.until, only=WINDOW_COLUMNS, labels=False,
    ) as extended:  # fmt: skip
        return [start for start in _starts(extended, width) if start.time >= since]


def _starts(log: LogReader, width: int) -> Iterator[VersionStart]:
    current: dict[str, tuple[int, set[str]]] = {}  # by stage: window, versions
    before: dict[str, set[str]] = {}
    for row in log.windows(width):
        stage = row.stage
        if stage not in current or current[stage][0] != row.start:
            before[stage] = current[stage][1] if stage in current else set()
            current[stage] = (row.start, set())
        current[stage][1].add(row.version)
        if row.version not in before[stage]:
            yield VersionStart(row.version, stage, row.first)


def _day_before(log: LogReader, since: int) -> int:
    """Return the start of the last day with parts before `since`, else of the day of `since`."""
    day = windows.window_start(since, windows.UNITS["d"])
    today = windows.utc_date(day)
    listed = log.storage.parts(parts.folder_of(log.model, parts.PREDICTIONS))
    earlier = [date for part in listed if (date := parts.date_of(part.path)) and date < today]
    return windows.parse_time(max(earlier), windows.EPOCH) if earlier else day
