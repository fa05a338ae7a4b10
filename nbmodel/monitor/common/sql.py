"""Fragments of DuckDB's SQL, with safely quoted names and texts of other users."""

from __future__ import annotations

from nbmodel.monitor.common import windows


def identifier(name: str) -> str:
    """Quote a column name, which may contain any characters."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a text as a string literal."""
    return "'" + value.replace("'", "''") + "'"


def window_start(column: str, width: int) -> str:
    """Compute `windows.window_start` of a column of timestamps."""
    first = windows.origin(width)
    # Exact up to 2**53 microseconds, the year 2255. Integer division would be slower, and would
    # round towards zero.
    number = f"floor((epoch_us({column}) - ({first})) / {width}::DOUBLE)::BIGINT"
    return f"({number} * {width} + ({first}))"
