"""Why a part of a log cannot be read."""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from typing import Any

from nbmodel.display import visible
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import part_views
from nbmodel.monitor.prediction_log.storage import LogPart, LogStorage

_MAGIC = b"PAR1"
MAX_REASON_LENGTH = 200  # characters of DuckDB's message


def problem(connection: Any, storage: LogStorage, part: LogPart) -> str:
    """Read a whole part, and return why it is skipped; empty if it is not damaged.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Knows the file system of the storage.
    storage : LogStorage
    part : LogPart
    """
    try:
        with storage.read(part.path) as file:
            head = file.read(4)
            file.seek(max(0, part.size - 4))
            if head != _MAGIC or file.read(4) != _MAGIC:
                return "it is not a complete Parquet file"
    except FileNotFoundError:  # another process removed it
        return ""
    except OSError as error:
        return f"{error.strerror}"
    duckdb = import_optional("duckdb", "Reading the prediction log")
    source = part_views.source([storage.url(part.path)])
    try:
        if not part_views.is_log(part_views.column_types(connection, source)):
            return "it has no column id or time"
        connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM {source}").fetchall()
        contradicts = _contradicts_statistics(connection, source)
    except duckdb.Error as error:
        return visible(str(error).partition("\n")[0][:MAX_REASON_LENGTH])
    return "its rows contradict its statistics" if contradicts else ""


def _contradicts_statistics(connection: Any, source: str) -> bool:
    """Whether the times of a part differ from what its footer states of them."""
    query = "SELECT count(time), epoch_us(min(time)), epoch_us(max(time))"
    stated = connection.execute(f"{query} FROM {source}").fetchone()
    # DuckDB makes the statistics of a table from its rows.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE part_times AS SELECT time FROM {source}")
    return bool(connection.execute(f"{query} FROM part_times").fetchone() != stated)
