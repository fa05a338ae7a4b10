"""The span of time that a date of a query names.

`labextension/src/view/offline/dates.ts` reads the same dates on a static page.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange, timegm
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"([0-9]{1,6})([hdwmy])", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 30, "y": 24 * 365}
_DATE = re.compile(
    r"""
    (?P<year>\d{4}) (?: -(?P<month>\d\d) (?: -(?P<day>\d\d) (?: [T\ ]
      (?P<hour>\d\d):(?P<minute>\d\d) (?: :(?P<second>\d\d) (?:\.\d+)? )?
      (?: Z | (?P<sign>[+-])(?P<hours>\d\d)(?: :?(?P<minutes>\d\d) )? )?
    )? )? )?
    """,
    re.VERBOSE | re.ASCII,
)
_DAY = 86400


def span(text: str, now: datetime) -> tuple[int, int]:
    """First second of the year, month, day, minute or second, and the first second after it.

    The time zone is UTC, unless it is given. ``7d`` is the moment seven days before `now`.

    Raises
    ------
    ValueError
        If `text` is not a date.

    Examples
    --------
    >>> now = datetime(2025, 7, 1, tzinfo=UTC)
    >>> [end - start for start, end in (span(text, now) for text in ("2024", "2024-02", "7d"))]
    [31622400, 2505600, 0]
    """
    if ago := _AGO.fullmatch(text):
        try:
            start = now - timedelta(hours=int(ago[1]) * _HOURS[ago[2]])
        except OverflowError:
            start = datetime(1, 1, 1, tzinfo=UTC)
        return int(start.timestamp()), int(start.timestamp())
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    numbers = {name: int(part) for name, part in match.groupdict("").items() if part.isdigit()}
    year, month = numbers["year"], numbers.get("month", 1)
    hour, minute, second = (numbers.get(unit, 0) for unit in ("hour", "minute", "second"))
    first = datetime(year, month, numbers.get("day", 1), hour, minute, second, tzinfo=UTC)
    begin = timegm(first.timetuple()) - _offset(match, numbers)
    lengths = {
        "second": 1,
        "minute": 60,
        "day": _DAY,
        "month": _DAY * monthrange(year, month)[1],
        "year": _DAY * (365 + isleap(year)),
    }
    return begin, begin + next(length for unit, length in lengths.items() if unit in numbers)


def _offset(match: re.Match[str], numbers: dict[str, int]) -> int:
    """Seconds by which the clock of the time zone is ahead of UTC."""
    hours, minutes = numbers.get("hours", 0), numbers.get("minutes", 0)
    if hours > 23 or minutes > 59:
        raise ValueError(match[0])
    seconds = hours * 3600 + minutes * 60
    return -seconds if match["sign"] == "-" else seconds
