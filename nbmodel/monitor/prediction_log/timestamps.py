"""Times of a batch job, in any form a notebook has, and its rows day by day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput, InvalidValue
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.common.windows import microseconds, parse_time
from nbmodel.monitor.prediction_log.entries import Matrix, day_of
from nbmodel.provenance.data.profile import is_missing

MAX_PART_ROWS = 250_000  # rows in one part


def to_epoch_micros(when: Any, rows: int) -> int | Matrix:
    """Convert times to microseconds since the epoch.

    Parameters
    ----------
    when : None, datetime, str, or array of datetimes or texts
        None stands for the present. For texts see `nbmodel.monitor.common.windows.parse_time`.
    rows : int

    Returns
    -------
    int or ndarray
        One time for all rows, or one for each row.

    Raises
    ------
    InvalidValue
        If a value is missing or is not a time.
    InvalidInput
        If the number of times differs from `rows`.
    """
    if when is None:
        return time.time_ns() // 1000
    if isinstance(when, date | np.datetime64 | str):
        return _microseconds(when)
    stamps = _stamps(when)
    if stamps.dtype.kind != "M" or stamps.ndim != 1 or np.isnat(stamps).any():
        raise InvalidValue(f"{when!r:.60} contains other values than times.", "Pass datetimes.")
    if len(stamps) != rows:
        raise InvalidInput(
            f"when has {len(stamps)} rows, not {rows}.", "Pass one time for each row."
        )
    return stamps.astype("datetime64[us]").astype(np.int64)


def _stamps(when: Any) -> Matrix:
    """Convert times to a numpy array, in UTC without a zone."""
    if isinstance(when, list | tuple):
        return _convert(np.asarray(when, object))
    if isinstance(when, np.ndarray) or not hasattr(when, "dtype"):
        stamps = np.asarray(when) if not hasattr(when, "to_numpy") else _from_arrow(when)
    elif when.dtype == object:
        stamps = np.asarray(when, object)
    else:
        stamps = _from_arrow(when)
    return _convert(stamps) if stamps.dtype.kind in {"O", "T", "U"} and stamps.ndim == 1 else stamps


def _from_arrow(when: Any) -> Matrix:
    """Convert times of pandas, polars or Arrow; Arrow stores times with a zone in UTC."""
    pyarrow = import_optional("pyarrow", "The prediction log")
    values = when.to_arrow() if hasattr(when, "to_arrow") else when
    array = pyarrow.array(values, from_pandas=True)
    types = pyarrow.types
    if not (types.is_timestamp(array.type) or types.is_date(array.type)):
        return np.asarray(when)
    plain = array.cast(pyarrow.timestamp("us")) if types.is_date(array.type) else array
    zone = getattr(plain.type, "tz", None)
    whole = plain.cast(pyarrow.timestamp("us", zone), safe=False).cast(pyarrow.int64())
    stamps = whole.fill_null(np.iinfo(np.int64).min)  # numpy's NaT
    return np.asarray(stamps.to_numpy(zero_copy_only=False).view("datetime64[us]"))


def _convert(times: Matrix) -> Matrix:
    now = datetime.now(UTC)
    return np.array([_microseconds(time_, now) for time_ in times], "datetime64[us]")


def _microseconds(time_: Any, now: datetime | None = None) -> int:
    if is_missing(time_):
        raise InvalidValue("A time is missing.", "Pass a datetime for each row.")
    if isinstance(time_, np.datetime64):
        return int(time_.astype("datetime64[us]").astype(np.int64))
    if isinstance(time_, str):
        return parse_time(str(time_), now or datetime.now(UTC))
    if isinstance(time_, date) and not isinstance(time_, datetime):
        time_ = datetime(time_.year, time_.month, time_.day, tzinfo=UTC)
    if not isinstance(time_, datetime):
        raise InvalidValue(f"{time_!r:.60} is not a time.", "Pass a datetime.")
    return microseconds(time_)


def daily_slices(
    times: int | Matrix, rows: int, max_rows: int = MAX_PART_ROWS
) -> Iterator[tuple[str, slice | Matrix, Matrix]]:
    """Divide rows into parts: rows of one day, at most `max_rows` and at most `MAX_PART_ROWS`.

    Yields
    ------
    (str, slice or ndarray, ndarray)
        The date, the rows, and their times.
    """
    step = min(max_rows, MAX_PART_ROWS)
    if isinstance(times, int):
        for start in range(0, rows, step):
            selection = slice(start, min(start + step, rows))
            yield day_of(times), selection, np.full(selection.stop - start, times)
        return
    days = times.astype("datetime64[us]").astype("datetime64[D]")
    for day in np.unique(days):
        positions = np.flatnonzero(days == day)
        for start in range(0, len(positions), step):
            part = positions[start : start + step]
            yield str(day), part, times[part]
