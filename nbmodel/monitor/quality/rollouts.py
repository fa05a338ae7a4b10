"""When a version began, or began again, to answer for a stage, as the log has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbmodel.monitor.common import windows
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.reader import LogReader, open_log


@dataclass(frozen=True, slots=True)
class VersionStart:
    """The first row of a version in a stage that another answered for until then.

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
    """Beginnings in the time that a log is opened for, the oldest first.

    A version begins in a window where it has rows, if it had none in the window before it of
    those in which its stage has any.

    Parameters
    ----------
    log : Log
    width : int
        Of the windows, microseconds.
    since : int, optional
        Where the log was opened from: what was there before is looked at too, as far as the
        last day that has rows.
    """
    if since is None:
        return list(_starts(log, width))
    earlier = _day_before(log, since)
    with open_log(log.storage.root, log.model, since=earlier, until=log.until) as longer:
        return [one for one in _starts(longer, width) if one.time >= since]


def _starts(log: LogReader, width: int) -> Iterator[VersionStart]:
    answering: dict[str, tuple[int, set[str]]] = {}  # by stage: window, versions
    before: dict[str, set[str]] = {}
    for one in log.windows(width):
        stage = one.stage
        if stage not in answering or answering[stage][0] != one.start:
            before[stage] = answering[stage][1] if stage in answering else set()
            answering[stage] = (one.start, set())
        answering[stage][1].add(one.version)
        if one.version not in before[stage]:
            yield VersionStart(one.version, stage, one.first)


def _day_before(log: LogReader, since: int) -> int:
    """Begin of the last day with parts before that of `since`, or of the day of `since`."""
    day = windows.window_start(since, windows.UNITS["d"])
    today = windows.to_datetime(day).date().isoformat()
    listed = log.storage.parts(parts.folder_of(log.model, parts.PREDICTIONS))
    earlier = [date for part in listed if (date := parts.date_of(part.path)) and date < today]
    return windows.parse_time(max(earlier), windows.EPOCH) if earlier else day
