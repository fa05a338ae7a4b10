"""When rows were scored, in whatever form a notebook has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput, InvalidValue
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.common.windows import microseconds
from nbmodel.monitor.prediction_log.entries import Matrix, day_of
from nbmodel.provenance.profile import is_missing

MAX_PART_ROWS = 250_000  # of one part


def to_epoch_micros(when: Any, rows: int) -> int | Matrix:
    """Microseconds since the epoch: one for all rows, or one each.

    Raises
    ------
    InvalidValue
        If something is no time.
    InvalidInput
        If there are not as many as rows.
    """
    if when is None:
        return time.time_ns() // 1000
    if isinstance(when, date | np.datetime64):
        return _microseconds(when)
    stamps = _stamps(when)
    if stamps.dtype.kind != "M" or stamps.ndim != 1 or np.isnat(stamps).any():
        raise InvalidValue(f"{when!r:.60} holds what is no time.", "Pass datetimes.")
    if len(stamps) != rows:
        raise InvalidInput(f"when has {len(stamps)} rows, not {rows}.", "Pass one time a row.")
    return stamps.astype("datetime64[us]").astype(np.int64)


def _stamps(when: Any) -> Matrix:
    """Times as numpy has them, without a zone, in UTC."""
    if isinstance(when, list | tuple):
        return _convert(np.asarray(when, object))
    if isinstance(when, np.ndarray) or not hasattr(when, "dtype"):
        found = np.asarray(when) if not hasattr(when, "to_numpy") else _from_arrow(when)
    elif when.dtype == object:
        found = np.asarray(when, object)
    else:
        found = _from_arrow(when)
    return _convert(found) if found.dtype == object and found.ndim == 1 else found


def _from_arrow(when: Any) -> Matrix:
    """Of pandas, polars and Arrow alike: Arrow counts times with a zone in UTC."""
    pyarrow = import_optional("pyarrow", "The prediction log")
    given = when.to_arrow() if hasattr(when, "to_arrow") else when
    array = pyarrow.array(given, from_pandas=True)
    types = pyarrow.types
    if not (types.is_timestamp(array.type) or types.is_date(array.type)):
        return np.asarray(when)
    plain = array.cast(pyarrow.timestamp("us")) if types.is_date(array.type) else array
    zone = getattr(plain.type, "tz", None)
    whole = plain.cast(pyarrow.timestamp("us", zone), safe=False).cast(pyarrow.int64())
    stamps = whole.fill_null(np.iinfo(np.int64).min)  # which is numpy's NaT
    return np.asarray(stamps.to_numpy(zero_copy_only=False).view("datetime64[us]"))


def _convert(moments: Matrix) -> Matrix:
    return np.array([_microseconds(one) for one in moments], "datetime64[us]")


def _microseconds(moment: Any) -> int:
    if is_missing(moment):
        raise InvalidValue("A time is missing.", "Pass a datetime for each row.")
    if isinstance(moment, np.datetime64):
        return int(moment.astype("datetime64[us]").astype(np.int64))
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if not isinstance(moment, datetime):
        raise InvalidValue(f"{moment!r:.60} is no time.", "Pass a datetime.")
    return microseconds(moment)


def daily_slices(
    times: int | Matrix, rows: int, most: int = MAX_PART_ROWS
) -> Iterator[tuple[str, slice | Matrix, Matrix]]:
    """``(date, rows, times)`` of each part: rows of one day, at most `most` and `ROWS`."""
    step = min(most, MAX_PART_ROWS)
    if isinstance(times, int):
        for start in range(0, rows, step):
            chosen = slice(start, min(start + step, rows))
            yield day_of(times), chosen, np.full(chosen.stop - start, times)
        return
    days = times.astype("datetime64[us]").astype("datetime64[D]")
    for day in np.unique(days):
        places = np.flatnonzero(days == day)
        for start in range(0, len(places), step):
            part = places[start : start + step]
            yield str(day), part, times[part]
