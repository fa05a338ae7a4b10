"""The last row of a version in a stage, if it is older than the windows that health reads."""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import SingleFlightCache
from nbmodel.monitor.common.sql import literal
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.fingerprint import fingerprint, parts_before
from nbmodel.monitor.prediction_log.reader import open_log
from nbmodel.monitor.report.evidence import Measured

FIRST_DAYS = 28  # days with parts that are read first, the newest ones
GROWTH = 8  # each further group of days is this many times as long

_results: SingleFlightCache[int | None] = SingleFlightCache(256)


def last_row_before(
    measured: Measured, root: str, model: str, version: str, stage: str
) -> int | None:
    """Return the time of the last row since a version went live, if all rows are old.

    Parameters
    ----------
    measured : Measured
        Rows since its `begin` are known.
    root, model, version, stage : str
    """
    if measured.window(version, stage) != (None, 0):
        return None
    return last_row(root, model, version, stage, measured.live[version, stage], measured.begin)


def last_row(root: str, model: str, version: str, stage: str, begin: int, until: int) -> int | None:
    """Return the time of the last row of a version in a stage, microseconds since the epoch.

    Parameters
    ----------
    root : str
        Folder or URL of the log.
    model, version, stage : str
    begin, until : int
        The time to search, microseconds since the epoch.

    Returns
    -------
    int or None
        None if the version has no row in this time.
    """
    if begin >= until:
        return None
    listed = parts_before(root, model, until)
    first = windows.utc_date(begin)
    dates = sorted({date for p in listed if not (date := parts.date_of(p.path)) or date >= first})
    key = (root, model, version, stage, begin, until, fingerprint(listed))
    return _results.get(key, lambda: _search(root, model, version, stage, begin, until, dates))


def _search(
    root: str, model: str, version: str, stage: str, begin: int, until: int, dates: list[str]
) -> int | None:
    query = (
        "SELECT epoch_us(max(time)) FROM predictions "
        f"WHERE version = {literal(version)} AND stage = {literal(stage)}"
    )
    size, end = FIRST_DAYS, until
    while dates:
        dates, group = dates[:-size], dates[-size:]
        size *= GROWTH
        since = begin
        if dates and group[0]:
            since = max(begin, windows.parse_time(group[0], windows.EPOCH))
        with open_log(
            root, model, since=since, until=end, only=("version", "stage"), labels=False
        ) as log:
            ((last,),) = log.rows(query)
        if last is not None:
            return int(last)
        end = since
    return None
