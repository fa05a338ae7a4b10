"""The files of a log, called parts: their names and their bytes.

``ROOT/model=NAME/kind=predictions/date=YYYY-MM-DD/part-TIME-PROCESS-N.parquet``. These are Hive
partitions, which DuckDB, Spark and pyarrow all read. Labels lie beside them, in ``kind=labels``.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from secrets import token_hex
from typing import Any

from nbmodel import refs
from nbmodel.monitor.common.optional import import_optional

PREDICTIONS, LABELS = "predictions", "labels"
Days = tuple[str, str]  # the first and the last date, such as 2026-03-01
_PART_RE = re.compile(
    r"part-(?P<time>[0-9]{16,20})-(?P<process>[0-9a-f]+-[0-9]+)-(?P<number>[0-9]+)"
    r"(?:-m(?P<level>[0-9]))?\.parquet",
    re.ASCII,
)
_DATE_RE = re.compile(r"/date=(-?[0-9]{4,6}-[0-9]{2}-[0-9]{2})/", re.ASCII)


class PartNames:
    """Unique names for the parts of one writer, even if the clock is set back."""

    def __init__(self) -> None:
        self.process = f"{token_hex(4)}-{os.getpid()}"
        self._count = itertools.count()

    def path(self, model: str, kind: str, date: str, level: int = 0) -> str:
        """Return the next path; `level` says how often the rows of a part were merged."""
        merged = f"-m{level}" if level else ""
        name = f"part-{time.time_ns() // 1000:017d}-{self.process}-{next(self._count):06d}{merged}"
        return f"{folder_of(model, kind)}/date={date}/{name}.parquet"


def folder_of(model: str, kind: str = "") -> str:
    """Return the folder of a model's log, or of one kind of its parts.

    Raises
    ------
    InvalidName
        If `model` is not a valid name.
    """
    top = f"model={refs.check_name('model', model)}"
    return f"{top}/kind={kind}" if kind else top


def date_of(path: str) -> str:
    """Return the date in the path of a part, in UTC; empty if the path has none."""
    match = _DATE_RE.search(path)
    return match[1] if match else ""


def is_within(path: str, days: Days) -> bool:
    """Return whether the date in a path is among some days; a path without a date is."""
    date = date_of(path)
    return not date or days[0] <= date <= days[1]


def level_of(path: str) -> int:
    """Return how often the rows of a part were merged."""
    match = _PART_RE.search(path)
    return int(match["level"] or 0) if match else 0


def encode(table: Any) -> Any:
    """Return a table as the bytes of a Parquet file."""
    pyarrow = import_optional("pyarrow", "The prediction log")
    sink = pyarrow.BufferOutputStream()
    # Ids do not repeat, so a dictionary of them would cost more than it saves.
    repeating = [
        field.name
        for field in table.schema
        if pyarrow.types.is_dictionary(field.type) or (_is_text(field.type) and field.name != "id")
    ]
    import_optional("pyarrow.parquet", "The prediction log").write_table(
        table,
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=repeating,
        write_page_checksum=True,
        store_schema=False,
    )
    return sink.getvalue()


def _is_text(type_: Any) -> bool:
    types = import_optional("pyarrow.types", "The prediction log")
    return bool(types.is_string(type_) or types.is_large_string(type_))
