"""Families: groups of column types that a request writes in the same way.

==========  ===========================================  ==============================
family      in a request                                 in memory, before a frame is made
==========  ===========================================  ==============================
NUMBER      numbers; null is NaN                         numpy array of the dtype
INTEGER     whole numbers or null                        object array of int and None
FLOAT       numbers or null                              float64 array, NaN for null
BOOLEAN     true, false, 0, 1 or null                    object array of bool and None
TEXT        texts or null                                object array of str and None
CATEGORY    values of the categories' type, or null      object array
DATETIME    ISO 8601 text, or milliseconds since 1970    datetime64 array, UTC if zoned
DATE        ISO 8601 text                                datetime64[D] array
DURATION    ISO 8601 duration, or milliseconds           timedelta64 array
ANY         any value of JSON                            float64 or object array
==========  ===========================================  ==============================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from nbmodel.predict.inputs import InputColumn


class Family(Enum):
    """A group of column types."""

    NUMBER = auto()
    INTEGER = auto()
    FLOAT = auto()
    BOOLEAN = auto()
    TEXT = auto()
    CATEGORY = auto()
    DATETIME = auto()
    DATE = auto()
    DURATION = auto()
    ANY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """How the values of one column are decoded.

    Attributes
    ----------
    family : Family
    dtype : numpy.dtype
        Of the array in memory.
    zone : str
        Time zone of a DATETIME column; empty if it has none.
    """

    family: Family
    dtype: np.dtype[Any]
    zone: str = ""

    @property
    def unit(self) -> str:
        """The unit of a DATETIME, DATE or DURATION: ``ns``, ``us``, ``ms``, ``s`` or ``D``."""
        return np.datetime_data(self.dtype)[0]


OBJECT = np.dtype(object)
ANY = ColumnType(family=Family.ANY, dtype=OBJECT)
TEXT = ColumnType(family=Family.TEXT, dtype=OBJECT)
CATEGORY = ColumnType(family=Family.CATEGORY, dtype=OBJECT)
INTEGER = ColumnType(family=Family.INTEGER, dtype=OBJECT)
FLOAT = ColumnType(family=Family.FLOAT, dtype=np.dtype("float64"))
BOOLEAN = ColumnType(family=Family.BOOLEAN, dtype=OBJECT)
DATE = ColumnType(family=Family.DATE, dtype=np.dtype("datetime64[D]"))

# The dtype in the metadata of the protocol, for types other than plain numbers; empty for any type.
PROTOCOL_DTYPES = {
    Family.INTEGER: "int64",
    Family.BOOLEAN: "bool",
    Family.TEXT: "object",
    Family.CATEGORY: "object",
    Family.DATETIME: "object",
    Family.DATE: "object",
    Family.DURATION: "object",
    Family.ANY: "",
}

# From the type of the values in an ``object`` column to its column type.
BY_VALUE_TYPE = {
    "str": TEXT,
    "bool": BOOLEAN,
    "date": DATE,
    "datetime": ColumnType(family=Family.DATETIME, dtype=np.dtype("datetime64[us]")),
    "Timestamp": ColumnType(family=Family.DATETIME, dtype=np.dtype("datetime64[ns]")),
}
_UNIT_RE = re.compile(r"[\[='](ns|us|ms|s)\b")


def number(dtype: np.dtype[Any]) -> ColumnType:
    """Return the type of a plain number of numpy."""
    return ColumnType(family=Family.NUMBER, dtype=dtype)


def floating(dtype: np.dtype[Any]) -> ColumnType:
    """Return the type of a float that may be null."""
    return ColumnType(family=Family.FLOAT, dtype=dtype)


def datetime(unit: str, zone: str = "") -> ColumnType:
    """Return the type of a time."""
    return ColumnType(family=Family.DATETIME, dtype=np.dtype(f"datetime64[{unit}]"), zone=zone)


def duration(unit: str) -> ColumnType:
    """Return the type of a duration."""
    return ColumnType(family=Family.DURATION, dtype=np.dtype(f"timedelta64[{unit}]"))


def unit_of(dtype: str) -> str:
    """Return the unit in the text of a dtype such as ``datetime64[us]``; ``ns`` by default."""
    match = _UNIT_RE.search(dtype)
    return match[1] if match else "ns"


def of_numpy(column: InputColumn) -> ColumnType:
    """Return the type of a column with a dtype of numpy."""
    if column.dtype in ("", "object"):
        return BY_VALUE_TYPE.get(column.holds, ANY)
    if column.dtype == "bfloat16":  # of torch; numpy has none, and float32 can hold each value
        return number(np.dtype("float32"))
    try:
        dtype = np.dtype(column.dtype)
    except (
        SyntaxError,
        TypeError,
        ValueError,
    ):  # of a library that is not installed: any value is allowed
        return ANY
    read = _OF_KIND.get(dtype.kind)
    return ANY if read is None else read(dtype)


_OF_KIND: dict[str, Callable[[np.dtype[Any]], ColumnType]] = {
    **dict.fromkeys("fiub", number),
    **dict.fromkeys("UST", lambda _: TEXT),
    "M": lambda dtype: datetime(unit_of(str(dtype))),
    "m": lambda dtype: duration(unit_of(str(dtype))),
}
