"""Why a part of a log cannot be read."""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

from nbmodel.display import visible
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import part_views
from nbmodel.monitor.prediction_log.storage import LogPart, LogStorage

_MAGIC = b"PAR1"
MAX_REASON_LENGTH = 200  # characters of DuckDB's message
MAX_KNOWN = 10_000  # damaged parts that are remembered

_Key = tuple[str, str, int, str]
_reasons: OrderedDict[_Key, str] = OrderedDict()
_lock = Lock()


def is_known(storage: LogStorage, part: LogPart) -> bool:
    """Return whether a part was damaged when it was read before, and has not changed since."""
    return _key(storage, part) in _reasons


def problem(connection: Any, storage: LogStorage, part: LogPart) -> str:
    """Read a whole part, and return why it is skipped; empty if it is not damaged.

    The reasons of damaged parts are remembered until the parts change.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Knows the file system of the storage.
    storage : LogStorage
    part : LogPart
    """
    key = _key(storage, part)
    if key in _reasons:
        return _reasons[key]
    try:
        incomplete = _is_incomplete(storage, part)
    except FileNotFoundError:  # another process removed it
        return ""
    except OSError as error:  # not remembered: a right to read it does not change the part
        return f"{error.strerror}"
    reason = (
        "it is not a complete Parquet file"
        if incomplete
        else _content(connection, part_views.source([storage.url(part.path)]))
    )
    if reason:
        with _lock:
            _reasons[key] = reason
            while len(_reasons) > MAX_KNOWN:
                _reasons.popitem(last=False)
    return reason


def _key(storage: LogStorage, part: LogPart) -> _Key:
    return storage.root, part.path, part.size, part.stamp


def _is_incomplete(storage: LogStorage, part: LogPart) -> bool:
    with storage.read(part.path) as file:
        head = file.read(4)
        file.seek(max(0, part.size - 4))
        return bool(head != _MAGIC or file.read(4) != _MAGIC)


def _content(connection: Any, source: str) -> str:
    """Return what is wrong with the content of a part; empty if nothing is."""
    duckdb = import_optional("duckdb", "Reading the prediction log")
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
