"""Durations as text: ISO 8601, and ``1 days 02:00:00`` as pandas prints them."""

from __future__ import annotations

import re
from decimal import Decimal

_ISO_RE = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>[+-]?\d+)W)?(?:(?P<days>[+-]?\d+)D)?"
    r"(?:T(?:(?P<hours>[+-]?\d+)H)?(?:(?P<minutes>[+-]?\d+)M)?"
    r"(?:(?P<seconds>[+-]?\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_CLOCK_RE = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d+) days?,? ?)?(?:(?P<day_sign>[+-]?)"
    r"(?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?))?",
    re.ASCII,
)
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def nanoseconds(text: str) -> int:
    """Convert ``P1DT2H``, ``PT0.5S``, ``P-1DT2H`` or ``-1 days +02:00:00`` to nanoseconds.

    Source: ISO 8601-1:2019, 5.5.2. Months and years have no fixed length and are refused. A sign of
    a single part, as pandas and Java write it, is an extension of ISO 8601-2:2019.

    Raises
    ------
    ValueError
        If the text has neither form.
    """
    written = text.strip()
    match = _ISO_RE.fullmatch(written) or _CLOCK_RE.fullmatch(written)
    parts = match.groupdict() if match else {}
    if not any(parts.get(name) for name in _SECONDS):
        raise ValueError(f"{text!r:.60} is not a duration such as P1DT2H or PT0.5S")
    lengths = {name: Decimal(parts.get(name) or 0) * seconds for name, seconds in _SECONDS.items()}
    day = lengths.pop("days")
    rest = sum(lengths.values(), Decimal())
    if parts.get("sign") == "-" and "day_sign" in parts and parts["day_sign"]:
        return _whole(-day + (rest if parts["day_sign"] == "+" else -rest))
    return _whole(-(day + rest) if parts.get("sign") == "-" else day + rest)


def as_text(count: int) -> str:
    """Write nanoseconds as an exact ISO 8601 duration."""
    seconds, fraction = divmod(abs(count), 1_000_000_000)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{'-' if count < 0 else ''}PT{seconds}{digits}S"


def _whole(seconds: Decimal) -> int:
    return int(seconds * 1_000_000_000)
