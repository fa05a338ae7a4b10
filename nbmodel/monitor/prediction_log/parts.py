"""The layout of a log: what a part is called, and its bytes.

``ROOT/model=NAME/kind=predictions/date=YYYY-MM-DD/part-TIME-PROCESS-N.parquet``: Hive's
partitions, which DuckDB, Spark and pyarrow read alike. Labels lie beside, ``kind=labels``.
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
_PART_RE = re.compile(
    r"part-(?P<time>[0-9]{16,20})-(?P<process>[0-9a-f]+-[0-9]+)-(?P<number>[0-9]+)"
    r"(?:-m(?P<level>[0-9]))?\.parquet",
    re.ASCII,
)
_DATE_RE = re.compile(r"/date=(-?[0-9]{4,6}-[0-9]{2}-[0-9]{2})/", re.ASCII)


class PartNames:
    """Names for the parts of one writer: never twice, whatever the clock does."""

    def __init__(self) -> None:
        self.process = f"{token_hex(4)}-{os.getpid()}"
        self._count = itertools.count()

    def path(self, model: str, kind: str, date: str, level: int = 0) -> str:
        """The next one; `level` tells parts that were merged of others."""
        merged = f"-m{level}" if level else ""
        name = f"part-{time.time_ns() // 1000:017d}-{self.process}-{next(self._count):06d}{merged}"
        return f"{folder_of(model, kind)}/date={date}/{name}.parquet"


def folder_of(model: str, kind: str = "") -> str:
    """Folder of a model's log, or of one kind of it.

    Raises
    ------
    InvalidName
        If it is no model's name.
    """
    top = f"model={refs.check_name('model', model)}"
    return f"{top}/kind={kind}" if kind else top


def date_of(path: str) -> str:
    """The day that a part belongs to, in UTC; empty if its path tells none."""
    found = _DATE_RE.search(path)
    return found[1] if found else ""


def level_of(path: str) -> int:
    """How often the rows of a part were merged."""
    found = _PART_RE.search(path)
    return int(found["level"] or 0) if found else 0


def encode(table: Any) -> Any:
    """A table as the bytes of a Parquet file."""
    pyarrow = import_optional("pyarrow", "The prediction log")
    sink = pyarrow.BufferOutputStream()
    # Dictionaries of what does not repeat cost more than they save: the ids.
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


def _is_text(kind: Any) -> bool:
    types = import_optional("pyarrow.types", "The prediction log")
    return bool(types.is_string(kind) or types.is_large_string(kind))
