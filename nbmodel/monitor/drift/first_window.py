"""The first window of a version with enough rows, without reading the whole log each time.

The rows of each day are counted once, until the parts of that day change. Days are read in groups
that become longer, because most versions have enough rows on their first day.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock

from nbmodel.monitor.common import sql, windows
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.fingerprint import fingerprint
from nbmodel.monitor.prediction_log.reader import WindowRows, open_log
from nbmodel.monitor.prediction_log.storage import LogPart

MIN_FIRST_ROWS = 200  # rows that the first window needs
MAX_CACHED_LOGS = 64
MAX_DAY_COUNTS = 100  # windows and versions of a day; more are counted again
GROWTH = 4  # each group of days is this many times as long as the last one

DayCounts = Mapping[tuple[str, int], int]  # rows by version and window
KnownDays = dict[str, tuple[str, DayCounts]]  # by date: the stamp of its parts, and its rows
_days: OrderedDict[tuple[str, str, int], KnownDays] = OrderedDict()
_lock = Lock()


def first_of(rows: Mapping[int, int]) -> int | None:
    """Return the first window with enough rows; None if no window has them."""
    return min((start for start, count in rows.items() if count >= MIN_FIRST_ROWS), default=None)


def first_window(
    root: str | Path, model: str, version: str, width: int, listed: Sequence[LogPart]
) -> int | None:
    """Return the start of a version's first window with enough rows; None if there is none.

    Parameters
    ----------
    root : str or Path
        Folder or URL of the log.
    model, version : str
    width : int
        Width of the windows, microseconds.
    listed : sequence of LogPart
        The parts of the predictions.
    """
    rows: dict[int, int] = defaultdict(int)
    for counts in _counts(str(root), model, width, _stamps(listed)):
        own_counts = [(start, count) for (name, start), count in counts.items() if name == version]
        for start, count in own_counts:
            rows[start] += count
        # A window that is cut off at the end of these days has fewer rows, never more.
        if (first := first_of({start: rows[start] for start, _ in own_counts})) is not None:
            return first
    return None


def note_days(
    root: str | Path, model: str, width: int, listed: Sequence[LogPart],
    rows: Iterable[WindowRows], until: int,
) -> None:  # fmt: skip
    """Remember the rows of the days before a time, which were read for something else.

    Parameters
    ----------
    root, model, width
        As in `first_window`.
    listed : sequence of LogPart
        The parts of the predictions, listed before they were read.
    rows : iterable of WindowRows
    until : int
        The rows are complete up to this time, microseconds since the epoch.
    """
    stamps = _stamps(listed)
    if "" in stamps or windows.UNITS["d"] % width:  # windows must not cross the end of a day
        return
    today = windows.utc_date(until)
    counts: dict[str, dict[tuple[str, int], int]] = {d: {} for d in stamps if d < today}
    for row in rows:
        if (date := windows.utc_date(row.start)) in counts:
            key = (row.version, row.start)
            counts[date][key] = counts[date].get(key, 0) + row.rows
    _remember(_cached_days(str(root), model, width), stamps, counts)


def _stamps(listed: Sequence[LogPart]) -> dict[str, str]:
    """Return a text for each date that changes with its parts.

    If the path of a part has no valid date, all parts are under an empty one.
    """
    by_date: dict[str, list[LogPart]] = defaultdict(list)
    for part in listed:
        by_date[parts.date_of(part.path)].append(part)
    if not all(map(_is_date, by_date)):
        return {"": fingerprint(list(listed))}
    return {date: fingerprint(by_date[date]) for date in sorted(by_date)}


def _is_date(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _counts(root: str, model: str, width: int, stamps: Mapping[str, str]) -> Iterator[DayCounts]:
    """Yield the counts of each day, and read those that are not known, in groups of days."""
    cached_days = _cached_days(root, model, width)
    with _lock:
        for date in cached_days.keys() - stamps.keys():
            del cached_days[date]
    dates, size = list(stamps), 1
    begin = 0
    while begin < len(dates):
        group = dates[begin : begin + size]
        begin, size = begin + size, size * GROWTH
        day_counts = {
            d: cached_days[d][1]
            for d in group
            if d in cached_days and cached_days[d][0] == stamps[d]
        }
        if new_dates := [date for date in group if date not in day_counts]:
            read = _read_days(root, model, width, new_dates)
            day_counts |= read
            _remember(cached_days, stamps, read)
        yield from (day_counts[date] for date in group)


def _cached_days(root: str, model: str, width: int) -> KnownDays:
    key = (root, model, width)
    with _lock:
        days = _days.setdefault(key, {})
        _days.move_to_end(key)
        while len(_days) > MAX_CACHED_LOGS:
            _days.popitem(last=False)
    return days


def _remember(
    cached_days: KnownDays, stamps: Mapping[str, str], counts: Mapping[str, DayCounts]
) -> None:
    short = {date: (stamps[date], rows) for date, rows in counts.items()
             if len(rows) <= MAX_DAY_COUNTS}  # fmt: skip
    with _lock:
        cached_days.update(short)


def _read_days(root: str, model: str, width: int, dates: Sequence[str]) -> Mapping[str, DayCounts]:
    """Count the rows of each date; an empty date stands for the whole log."""
    whole = "" in dates
    since = None if whole else _begin(dates[0])
    until = None if whole else _begin(dates[-1]) + windows.UNITS["d"]
    counts: dict[str, dict[tuple[str, int], int]] = {date: {} for date in dates}
    query = (  # only widths, which are integers, are filled in
        f"SELECT {sql.window_start('time', windows.UNITS['d'])}, version, "  # noqa: S608
        f"{sql.window_start('time', width)}, count(*) FROM predictions GROUP BY ALL"
    )
    with open_log(root, model, since=since, until=until, only=("version",), labels=False) as log:
        for day, version, start, rows in log.rows(query):
            date = "" if whole else windows.utc_date(day)
            if date in counts:
                counts[date][version, start] = counts[date].get((version, start), 0) + rows
    return counts


def _begin(date: str) -> int:
    return windows.parse_time(date, windows.EPOCH)
