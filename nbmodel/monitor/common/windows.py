"""Time as the log counts it: microseconds since the epoch, in windows that begin on the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from nbmodel.errors import InvalidValue

SECOND = 1_000_000
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND,
         "w": 7 * 86_400 * SECOND}  # fmt: skip
MONDAY = -3 * UNITS["d"]  # the epoch was a Thursday; weeks begin on Monday
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_DURATION = 36_525 * UNITS["d"]
RULES_WINDOW = "1d"  # windows that rules are judged in, unless the user chooses others
MIN_WINDOWS, MAX_DAYS = 7, 400  # windows that a look has, if its length is chosen to fit
_FITTING = ("1d", "6h", "1h", "15m", "5m", "1m")
_LONG = ("1d", "1w", "4w")
_DURATION_RE = re.compile(r"([0-9]{1,9})\s*([smhdw])", re.ASCII)


def parse_duration(text: str) -> int:
    """Microseconds of ``90s``, ``15m``, ``1h``, ``1d`` or ``2w``.

    Raises
    ------
    InvalidValue
        If it is none of them, or nothing.
    """
    found = _DURATION_RE.fullmatch(text.strip())
    if not found or int(found[1]) == 0:
        raise InvalidValue(f"{text!r:.40} is no duration.", "Write 90s, 15m, 1h, 1d or 2w.")
    length = int(found[1]) * UNITS[found[2]]
    if length > MAX_DURATION:
        raise InvalidValue(f"{text!r:.40} is longer than a century.", "Write 1d, or 52w.")
    return length


def duration_name(width: int) -> str:
    """A length in microseconds as `duration` reads it: ``15m``, ``1d``."""
    unit = next(name for name, size in reversed(UNITS.items()) if width % size == 0)
    return f"{width // UNITS[unit]}{unit}"


def fitting_window(span: int, rows: int, fewest: int) -> str:
    """The length of windows in which a log is best looked at.

    The longest up to a day of which there are 7 in the time, each with twice the rows that are
    judged; where there are more than 400 days, a week or four.

    Parameters
    ----------
    span : int
        From the first row to the last, microseconds.
    rows : int
        In that time.
    fewest : int
        Rows of a window that is judged.
    """
    if span > MAX_DAYS * parse_duration(_LONG[0]):
        return next((name for name in _LONG if span <= MAX_DAYS * parse_duration(name)), _LONG[-1])
    chosen = next(
        (name for name in _FITTING if span >= MIN_WINDOWS * parse_duration(name)), _FITTING[-1]
    )
    longer = _FITTING[: _FITTING.index(chosen) + 1]
    enough = [name for name in longer if rows * parse_duration(name) >= 2 * fewest * max(span, 1)]
    return enough[-1] if enough else _FITTING[0]


def parse_time(moment: str | datetime, now: datetime) -> int:
    """Microseconds of a datetime, of ISO 8601 text, or of so long ago (``7d``).

    Without a zone it is UTC.

    Raises
    ------
    InvalidValue
        If it is no time.
    """
    if isinstance(moment, str) and _DURATION_RE.fullmatch(moment.strip()):
        return microseconds(now) - parse_duration(moment)
    try:
        when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return microseconds(when)
    except (ValueError, OverflowError):
        raise InvalidValue(
            f"{moment!r:.40} is no time.", "Write 7d, 2026-03-01 or 2026-03-01T12:00."
        ) from None


def microseconds(when: datetime) -> int:
    """Microseconds since the epoch; without a zone it is UTC."""
    whole = (when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH
    return (whole.days * 86_400 + whole.seconds) * SECOND + whole.microseconds


def to_datetime(time: int) -> datetime:
    """The datetime, aware, UTC, of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=time)


def origin(width: int) -> int:
    """Where windows of this width are counted from."""
    return MONDAY if width % UNITS["w"] == 0 else 0


def window_start(time: int, width: int) -> int:
    """Begin of the window that a time is in."""
    zero = origin(width)
    return (time - zero) // width * width + zero


def sql(column: str, width: int) -> str:
    """The same in SQL, for a column of timestamps."""
    zero = origin(width)
    # Exact up to 2**53 microseconds, the year 2255; integers would round towards zero, and are
    # slower to divide.
    number = f"floor((epoch_us({column}) - ({zero})) / {width}::DOUBLE)::BIGINT"
    return f"({number} * {width} + ({zero}))"


def window_label(start: int, width: int) -> str:
    """A window for people: its date, and the time of day where windows are shorter than days."""
    when = to_datetime(start)
    return when.strftime("%Y-%m-%d" if width % UNITS["d"] == 0 else "%Y-%m-%d %H:%M")
