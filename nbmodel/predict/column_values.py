"""Decodes the values of a request to a typed column, and encodes a column for JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict import durations
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.json_numbers import NULL_HINT, NotANumber, as_kind, numbers, whole_numbers

Array = np.ndarray[Any, np.dtype[Any]]
Values = Sequence[Any] | Array

_MILLISECOND = 1_000_000  # nanoseconds
_UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1, "D": 86_400_000_000_000}
_NANOSECONDS_RE = re.compile(r"[.,]\d{6}(\d{1,3})", re.ASCII)
_CONSTANTS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_FROM_CONSTANTS = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


class _WrongValue(ValueError):
    """A value that its column does not accept, with the reason."""


def decode(name: str, kind: ColumnType, values: Values) -> Array:
    """Decode the values of one column, one for each row.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    kind : ColumnType
    values : sequence
        From JSON, or an array of a binary tensor.

    Raises
    ------
    InvalidInput
        If a value does not have the type of the column. The error names row, column and value.
    """
    if kind.family in (Family.NUMBER, Family.FLOAT):
        return _numbers(name, kind, values)
    if kind.family is Family.ANY:
        return _anything(name, values)
    items = values.tolist() if isinstance(values, np.ndarray) else values
    convert = _CONVERTERS[kind.family]
    column = np.empty(len(items), dtype=object)
    for row, value in enumerate(items):
        try:
            column[row] = None if is_missing(value) else convert(value, kind)
        except _WrongValue as reason:
            remedy = "" if "send" in str(reason) else NULL_HINT
            raise InvalidInput(
                f"Row {row}, column {name!r}: {value!r:.60} {reason}.", remedy
            ) from None
    return column if kind.dtype.hasobject else column.astype(kind.dtype)


def encode(values: Array, zone: str = "") -> list[Any]:
    """Encode a column as values of JSON, from which `decode` makes the same column.

    Numbers are exact. NaN and missing values are None, and infinities are ``"Infinity"``.
    """
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(values).tolist()
        mark = "Z" if zone else ""
        return [None if text == "NaT" else f"{text}{mark}" for text in texts]
    if values.dtype.kind == "m":
        counts = values.astype("timedelta64[ns]").astype(np.int64).tolist()
        holes = np.isnat(values)
        return [
            None if hole else durations.as_text(n) for n, hole in zip(counts, holes, strict=True)
        ]
    return [_plain(value) for value in values.tolist()]


def number_of(value: Any) -> Any:
    """Read a number that `encode` wrote, including infinities."""
    return _FROM_CONSTANTS.get(value, value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else _CONSTANTS.get(value, value)
    if isinstance(value, date):
        return value.isoformat()
    if (
        isinstance(value, int) and not -(2**63) <= value < 2**64
    ):  # the limit of many readers of JSON
        return str(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    return None if is_missing(value) else str(value)


def is_missing(value: Any) -> bool:
    """Whether a value is missing: None, NaN, or a missing value of pandas."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in ("NAType", "NaTType")  # of pandas
    )


# -- numbers -----------------------------------------------------------------


def _numbers(name: str, kind: ColumnType, values: Values) -> Array:
    try:
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
            items = values.tolist() if isinstance(values, np.ndarray) else list(values)
            values = whole_numbers(items) if kind.dtype == np.uint64 else numbers(items)
        if values.ndim != 1:
            raise ValueError("lists instead of numbers")
        # As in pandas, a missing whole number makes a column of floats.
        gaps = values.dtype.kind == "f" and kind.dtype.kind != "f" and np.isnan(values).any()
        if gaps:
            as_kind(np.where(np.isnan(values), 0, values), kind.dtype.name)
        return as_kind(values, "float64" if gaps else kind.dtype.name)
    except NotANumber as odd:
        what = "a whole number" if kind.dtype.kind in "iu" else "a number"
        raise InvalidInput(
            f"Row {odd.index}, column {name!r}: {odd.value!r:.60} is not {what} of type "
            f"{kind.dtype.name}.",
            NULL_HINT,
        ) from None
    except (ValueError, OverflowError):  # lists of different lengths, or a number of 400 digits
        raise InvalidInput(
            f"The values of column {name!r} are not numbers of type {kind.dtype.name}.",
            "Send one number for each row.",
        ) from None


def _anything(name: str, values: Values) -> Array:
    """Return float64 if all values are numbers, else the values unchanged."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    simple = {type(item) for item in items} - {type(None)}
    if simple and simple <= {int, float}:
        try:
            return numbers(items)
        except (NotANumber, OverflowError):  # whole numbers beyond 64 bits
            pass
    column = np.empty(len(items), dtype=object)
    for row, value in enumerate(items):
        if isinstance(value, list | dict):
            raise InvalidInput(
                f"Row {row}, column {name!r}: {value!r:.60} is not a text or a number.", NULL_HINT
            )
        column[row] = value
    return column


# -- one value each ----------------------------------------------------------


def _text(value: Any, _: ColumnType) -> str:
    if not isinstance(value, str):
        raise _WrongValue("is not a text")
    return value


def _integer(value: Any, _: ColumnType) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        raise _WrongValue("is not a whole number")
    if not -(2**63) <= value < 2**64:
        raise _WrongValue("does not fit into 64 bits")
    return int(value)


def _boolean(value: Any, _: ColumnType) -> bool:
    if not isinstance(value, bool | int | float) or value not in (0, 1):
        raise _WrongValue("is not true or false")
    return bool(value)


def _category(value: Any, _: ColumnType) -> Any:
    if not isinstance(value, str | int | float):
        raise _WrongValue("is not a text or a number")
    return value


def _datetime(value: Any, kind: ColumnType) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _at(_count(value, kind), kind)
    if isinstance(value, date):  # of a binary tensor's object array, or a test
        value = value.isoformat()
    if not isinstance(value, str):
        raise _WrongValue("is not a time: send ISO 8601 text, or milliseconds since 1970")
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise _WrongValue("is not a time: send ISO 8601 text, or milliseconds since 1970") from None
    if when.tzinfo is None:
        return _local(value, when, kind)
    if not kind.zone:
        raise _WrongValue("has a time zone, and the column has none: send it without")
    return _moment(value, when, kind)


def _local(text: str, when: datetime, kind: ColumnType) -> Any:
    """Read a text without a time zone, in the zone of the column."""
    if not kind.zone:
        return _moment(text, when, kind)
    try:
        local = when.replace(tzinfo=ZoneInfo(kind.zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise _WrongValue(
            f"has no time zone, and {kind.zone!r} is not known here: send it"
        ) from None
    if local.utcoffset() != local.replace(fold=1).utcoffset():  # the clock changes
        raise _WrongValue(
            f"occurs twice or never in {kind.zone}: send it with its offset, such as +01:00"
        )
    return _moment(text, local, kind)


def _moment(text: str, when: datetime, kind: ColumnType) -> Any:
    """Read a time in the unit of the column, with the digits below microseconds."""
    try:
        naive = when if when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise _WrongValue(f"is out of the range of {kind.dtype}") from None
    exact = np.datetime64(naive, "us")
    moment = exact.astype(kind.dtype)
    if kind.unit == "ns":
        if moment.astype(exact.dtype) != exact:  # numpy overflows without an error
            raise _WrongValue(f"is out of the range of {kind.dtype}")
        digits = _NANOSECONDS_RE.search(text)
        moment += np.timedelta64(int(digits[1].ljust(3, "0")) if digits else 0, "ns")
    return moment


def _date(value: Any, _: ColumnType) -> Any:
    if isinstance(value, date):
        value = value.isoformat()
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _WrongValue("is not a date: send ISO 8601 text such as 2026-03-01") from None
    return np.datetime64(when.date(), "D")


def _duration(value: Any, kind: ColumnType) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _at(_count(value, kind), kind)
    try:
        return _at(durations.nanoseconds(value) // _UNITS[kind.unit], kind)
    except (ValueError, AttributeError, OverflowError):
        raise _WrongValue("is not a duration: send ISO 8601 text, or milliseconds") from None


def _count(milliseconds: float, kind: ColumnType) -> int:
    """Convert milliseconds to the unit of the column."""
    if not math.isfinite(milliseconds):
        raise _WrongValue("is not a time")
    count = round(milliseconds * _MILLISECOND) // _UNITS[kind.unit]
    if not -(2**63) < count < 2**63:
        raise _WrongValue(f"milliseconds do not fit into {kind.dtype}")
    return count


def _at(count: int, kind: ColumnType) -> Any:
    """Make a time or a duration from a count of the unit of the column."""
    return np.array(count, np.int64).astype(kind.dtype)[()]


_CONVERTERS: dict[Family, Callable[[Any, ColumnType], Any]] = {
    Family.INTEGER: _integer,
    Family.BOOLEAN: _boolean,
    Family.TEXT: _text,
    Family.CATEGORY: _category,
    Family.DATETIME: _datetime,
    Family.DATE: _date,
    Family.DURATION: _duration,
}
