"""Time in the log: microseconds since the epoch, cut into windows of one length.

Windows start on the clock: a window of an hour at a full hour, a window of a week on Monday. All
times are in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from nbmodel.errors import InvalidValue

SECOND = 1_000_000
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND,
         "w": 7 * 86_400 * SECOND}  # fmt: skip
MONDAY = -3 * UNITS["d"]  # the epoch was a Thursday
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_DURATION = 36_525 * UNITS["d"]
RULES_WINDOW = "1d"  # windows in which rules are evaluated by default
MIN_WINDOWS, MAX_DAYS = 7, 400  # limits for the length that `fitting_window` chooses
_LENGTHS = ("1d", "6h", "1h", "15m", "5m", "1m")
_LONG_LENGTHS = ("1d", "1w", "4w")
# strftime would name months in the language of the process.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DURATION_RE = re.compile(r"([0-9]{1,9})\s*([smhdw])", re.ASCII)


def parse_duration(text: str) -> int:
    """Parse a duration: ``90s``, ``15m``, ``1h``, ``1d`` or ``2w``.

    Returns
    -------
    int
        Microseconds.

    Raises
    ------
    InvalidValue
        If the text is not a duration, or the duration is zero or longer than a century.

    Examples
    --------
    >>> parse_duration("90s")
    90000000
    """
    match = _DURATION_RE.fullmatch(text.strip())
    if not match or int(match[1]) == 0:
        raise InvalidValue(f"{text!r:.40} is not a duration.", "Write 90s, 15m, 1h, 1d or 2w.")
    length = int(match[1]) * UNITS[match[2]]
    if length > MAX_DURATION:
        raise InvalidValue(f"{text!r:.40} is longer than a century.", "Write 1d, or 52w.")
    return length


def duration_name(width: int) -> str:
    """Write microseconds as `parse_duration` reads them.

    Examples
    --------
    >>> duration_name(900_000_000)
    '15m'
    """
    unit = next(name for name, size in reversed(UNITS.items()) if width % size == 0)
    return f"{width // UNITS[unit]}{unit}"


def fitting_window(span: int, rows: int, min_rows: int) -> str:
    """Choose the length of windows that suits a log.

    The result is the longest length up to a day that fits 7 times into the span. If its windows
    would have less than twice the required rows, a longer one is chosen that has them, at most a
    day. For more than 400 days the result is one week or four.

    Parameters
    ----------
    span : int
        Microseconds from the first row to the last.
    rows : int
        Number of rows in that time.
    min_rows : int
        Rows that a window needs so that its drift is evaluated.

    Returns
    -------
    str
        ``1d``, ``6h``, ``1h``, and so on.
    """
    if span > MAX_DAYS * parse_duration(_LONG_LENGTHS[0]):
        return next(
            (name for name in _LONG_LENGTHS if span <= MAX_DAYS * parse_duration(name)),
            _LONG_LENGTHS[-1],
        )
    longest = next(
        (name for name in _LENGTHS if span >= MIN_WINDOWS * parse_duration(name)), _LENGTHS[-1]
    )
    candidates = [
        name
        for name in _LENGTHS[: _LENGTHS.index(longest) + 1]
        if rows * parse_duration(name) >= 2 * min_rows * max(span, 1)
    ]
    return candidates[-1] if candidates else _LENGTHS[0]


def parse_time(time: str | datetime, now: datetime) -> int:
    """Convert a datetime, an ISO 8601 text, or an age such as ``7d`` to microseconds.

    A time without a zone is in UTC.

    Raises
    ------
    InvalidValue
        If the text is not a time.
    """
    if isinstance(time, str) and _DURATION_RE.fullmatch(time.strip()):
        return microseconds(now) - parse_duration(time)
    try:
        when = datetime.fromisoformat(time) if isinstance(time, str) else time
        return microseconds(when)
    except (ValueError, OverflowError):
        raise InvalidValue(
            f"{time!r:.40} is not a time.", "Write 7d, 2026-03-01 or 2026-03-01T12:00."
        ) from None


def microseconds(when: datetime) -> int:
    """Return microseconds since the epoch; a time without a zone is in UTC."""
    whole = (when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH
    return (whole.days * 86_400 + whole.seconds) * SECOND + whole.microseconds


def to_datetime(time: int) -> datetime:
    """Convert microseconds since the epoch to an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=time)


def utc_date(time: int) -> str:
    """Return the date in UTC of a time in microseconds since the epoch: ``2026-03-07``."""
    return to_datetime(time).date().isoformat()


def origin(width: int) -> int:
    """Return the time that windows of this width are counted from."""
    return MONDAY if width % UNITS["w"] == 0 else 0


def window_start(time: int, width: int) -> int:
    """Return the start of the window that contains a time."""
    first = origin(width)
    return (time - first) // width * width + first


def window_label(start: int, width: int) -> str:
    """Format a window for people: its date, and the time of day if it is shorter than a day."""
    when = to_datetime(start)
    return when.strftime("%Y-%m-%d" if width % UNITS["d"] == 0 else "%Y-%m-%d %H:%M")


def time_label(time: int) -> str:
    """Format a time for a sentence: ``00:00 UTC``.

    Examples
    --------
    >>> time_label(86_400_000_000)
    '00:00 UTC'
    """
    return to_datetime(time).strftime("%H:%M UTC")


def span_label(start: int, width: int, now: int) -> str:
    """Format a window for the end of a sentence: ``on 12 May``, ``from 12 to 18 May``.

    Examples
    --------
    >>> day = UNITS["d"]
    >>> span_label(0, day, 0), span_label(28 * day, 7 * day, 0), span_label(0, UNITS["h"], 0)
    ('on 1 January', 'from 29 January to 4 February', 'on 1 January from 00:00 to 01:00 UTC')
    """
    end = start + width
    if width % UNITS["d"]:
        first, last = to_datetime(start), to_datetime(end - 1)
        day = date_label(start, UNITS["d"], now)
        if first.date() == last.date():
            return f"on {day} from {first:%H:%M} to {to_datetime(end):%H:%M} UTC"
        return f"from {date_label(start, width, now)} to {date_label(end, width, now)}"
    last_day = date_label(end - UNITS["d"], UNITS["d"], now)
    if width == UNITS["d"]:
        return f"on {last_day}"
    first_day = date_label(start, UNITS["d"], now)
    same_month = first_day.split()[1:] == last_day.split()[1:]
    return f"from {first_day.split()[0] if same_month else first_day} to {last_day}"


def date_label(start: int, width: int, now: int) -> str:
    """Format the start of a window for a sentence: ``12 May``.

    The year is left out if it is that of `now`. Windows shorter than a day have the time of day.

    Examples
    --------
    >>> date_label(0, UNITS["d"], 365 * UNITS["d"]), date_label(0, UNITS["h"], 0)
    ('1 January 1970', '1 January 00:00 UTC')
    """
    when, present = to_datetime(start), to_datetime(now)
    year = "" if when.year == present.year else f" {when.year}"
    clock = "" if width % UNITS["d"] == 0 else f" {time_label(start)}"
    return f"{when.day} {_MONTHS[when.month - 1]}{year}{clock}"
