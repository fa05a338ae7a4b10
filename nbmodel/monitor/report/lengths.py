"""The time of a report, and the length of its windows."""

from __future__ import annotations

from datetime import datetime

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.windows import RULES_WINDOW
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS
from nbmodel.monitor.prediction_log.reader import LoggedVersion

# Lengths that are proposed if the chosen windows are too short.
WINDOW_LENGTHS = {
    name: windows.parse_duration(name)
    for name in ("1m", "5m", "15m", "1h", "6h", "12h", "1d", "1w", "4w", "52w")
}

MAX_FITTING_WINDOWS = 1000  # windows of the length that fits a log


def fitting_length(logged: tuple[LoggedVersion, ...], end: int) -> str:
    """Return a length that fits the log; a day if the log is empty.

    A version that serves has windows until the end of the report, also without rows. So a log of
    one moment needs longer windows than its span, if that moment is long ago.
    """
    if not logged:
        return RULES_WINDOW
    first, last = min(row.first for row in logged), max(row.last for row in logged)
    rows = sum(row.rows for row in logged)
    fitting = windows.fitting_window(last - first, rows, MIN_WINDOW_ROWS)
    shortest = max(windows.parse_duration(fitting), (end - first) // MAX_FITTING_WINDOWS)
    return next((name for name, length in WINDOW_LENGTHS.items() if length >= shortest), fitting)


def time_range(
    since: str | datetime, until: str | datetime, now: datetime
) -> tuple[int | None, int]:
    """Return the start and end of a report, microseconds since the epoch; the start may be open.

    Raises
    ------
    InvalidValue
        If the time is empty.
    """
    present = windows.microseconds(now)
    # There are no rows in the future, and their absence is not a failure.
    end = min(present, windows.parse_time(until, now)) if until else present
    begin = windows.parse_time(since, now) if since else None
    if begin is not None and begin >= end:
        raise InvalidValue(
            f"The period from {windows.window_label(begin, 1)} to "
            f"{windows.window_label(end, 1)} is empty.",
            "Choose a --since that is before --until and in the past.",
        )
    return begin, end


def check_windows(first: int, last: int, width: int, max_windows: int) -> None:
    """Raise `InvalidValue` if a time has more windows than a report may have; 0 for any."""
    count = (last - first) // width + 1
    if max_windows and count > max_windows:
        lengths = [
            name
            for name, length in WINDOW_LENGTHS.items()
            if (last - first) // length < max_windows
        ]
        raise InvalidValue(
            f"From {windows.window_label(first, 1)} to {windows.window_label(last, 1)} there are "
            f"{count:,} windows of this length; the maximum is {max_windows:,}.",
            f"Choose windows of {lengths[0]}, or less time." if lengths else "Choose less time.",
        )
