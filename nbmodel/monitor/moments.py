"""When rows were scored, in whatever form a notebook has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput, InvalidValue
from nbmodel.monitor.entries import Matrix, day_of
from nbmodel.monitor.windows import microseconds

ROWS = 250_000  # of one part


def times_of(when: Any, rows: int) -> int | Matrix:
    """Microseconds since the epoch: one for all rows, or one each."""
    if when is None:
        return time.time_ns() // 1000
    if isinstance(when, date | np.datetime64) or type(when).__name__ == "Timestamp":
        return _microseconds(when)
    if hasattr(when, "tz_convert") or (hasattr(when, "dt") and when.dt.tz is not None):
        when = (when.dt if hasattr(when, "dt") else when).tz_convert("UTC")
        when = when.dt.tz_localize(None) if hasattr(when, "dt") else when.tz_localize(None)
    stamps = np.asarray(when, object) if isinstance(when, list | tuple) else np.asarray(when)
    if stamps.dtype == object and stamps.ndim == 1:
        stamps = np.array([_microseconds(one) for one in stamps], "datetime64[us]")
    if stamps.dtype.kind != "M" or stamps.ndim != 1 or np.isnat(stamps).any():
        raise InvalidValue(f"{when!r:.60} holds what is no time.", "Pass datetimes.")
    found = stamps.astype("datetime64[us]").astype(np.int64)
    if len(found) != rows:
        raise InvalidInput(f"when has {len(found)} rows, not {rows}.", "Pass one time a row.")
    return found


def _microseconds(moment: Any) -> int:
    if isinstance(moment, np.datetime64):
        return int(moment.astype("datetime64[us]").astype(np.int64))
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if not isinstance(moment, datetime):
        raise InvalidValue(f"{moment!r:.60} is no time.", "Pass a datetime.")
    return microseconds(moment)


def slices(times: int | Matrix, rows: int) -> Iterator[tuple[str, slice | Matrix, Matrix]]:
    """``(date, rows, times)`` of each part: rows of one day, at most `ROWS`."""
    if isinstance(times, int):
        for start in range(0, rows, ROWS):
            chosen = slice(start, min(start + ROWS, rows))
            yield day_of(times), chosen, np.full(chosen.stop - start, times)
        return
    days = times.astype("datetime64[us]").astype("datetime64[D]")
    for day in np.unique(days):
        places = np.flatnonzero(days == day)
        for start in range(0, len(places), ROWS):
            part = places[start : start + ROWS]
            yield str(day), part, times[part]
