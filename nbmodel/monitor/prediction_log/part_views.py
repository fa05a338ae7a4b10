"""The SQL of the views that a reader has over the parts of a log."""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nbmodel.monitor.common import windows
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.prediction_log import parts

EARLIEST = windows.microseconds(datetime(1, 2, 1, tzinfo=UTC))
LATEST = windows.microseconds(datetime(9999, 11, 30, tzinfo=UTC))
NEEDED = frozenset({"id", "time"})  # columns that every part of a log has
# Columns that each view has, with DuckDB's types.
COLUMNS = {
    parts.PREDICTIONS: {
        "id": "VARCHAR", "time": "TIMESTAMPTZ", "version": "VARCHAR", "commit": "VARCHAR",
        "stage": "VARCHAR", "method": "VARCHAR", "latency": "DOUBLE",
    },
    parts.LABELS: {
        "id": "VARCHAR", "time": "TIMESTAMPTZ", "label": "VARCHAR", "value": "DOUBLE",
    },
}  # fmt: skip


def create(
    kind: str, source: str, types: dict[str, str], since: int | None, until: int | None
) -> str:
    """Return the statement that creates a view.

    Parameters
    ----------
    kind : str
        `parts.PREDICTIONS` or `parts.LABELS`; the name of the view.
    source : str
        What `source` returns; empty for a view without rows.
    types : dict of str to str
        Columns of the parts, with DuckDB's types.
    since, until : int or None
        Time range in microseconds since the epoch; `until` is excluded.
    """
    required = COLUMNS[kind]
    columns = [_column(name, types.get(name, ""), dtype) for name, dtype in required.items()]
    columns += [identifier(name) for name in types if name not in required]
    select = f"SELECT {', '.join(columns)} FROM {source or '(SELECT 1)'}"
    conditions = _conditions(since, until) if source else "false"
    return f"CREATE OR REPLACE VIEW {kind} AS {select} WHERE {conditions}"


def source(urls: list[str]) -> str:
    """Return the expression that reads parts."""
    listed = ", ".join(map(literal, urls))
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def column_types(connection: Any, source: str) -> dict[str, str]:
    """Return the columns of what `source` reads, with DuckDB's types."""
    answer = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return {str(name): str(dtype) for name, dtype, *_ in answer}


def is_log(types: dict[str, str]) -> bool:
    """Whether parts with these columns can be parts of a log."""
    return types.keys() >= NEEDED and types.get("time", "").startswith("TIMESTAMP")


def is_time(time: int | None) -> bool:
    """Whether a time, in microseconds since the epoch, may be in a view."""
    return time is not None and EARLIEST <= time <= LATEST


def _conditions(since: int | None, until: int | None) -> str:
    # Excludes NULL, infinity and years that dates cannot have.
    conditions = [f"epoch_us(time) BETWEEN {EARLIEST} AND {LATEST}"]
    bounds = ((">=", since), ("<", until))
    conditions += [f"epoch_us(time) {sign} {time}" for sign, time in bounds if time is not None]
    return " AND ".join(conditions)


def _column(name: str, current: str, required: str) -> str:
    """Select a column that every log has, with its type, although an older log may lack it.

    Texts other than labels are never null.
    """
    expression = (
        f"{identifier(name)}::{required}" if current and name != "time" else identifier(name)
    )
    if not current:
        expression = f"NULL::{required}"
    if required == "VARCHAR" and name != "label":
        expression = f"coalesce({expression}, '')"
    return f"{expression} AS {identifier(name)}"
