"""The values that a search can compare a field with: what the tab key offers behind ``=``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

MAX_VALUES = 500
_QUERIES = {
    "name": "SELECT name FROM models",
    "model": "SELECT name FROM models",
    "branch": "SELECT DISTINCT coalesce(line, said) FROM versions",
    "stage": "SELECT DISTINCT label FROM marks WHERE kind = 'stage'",
    "release": "SELECT DISTINCT label FROM marks WHERE kind = 'release'",
    "type": "SELECT DISTINCT name FROM types",
    "flavor": "SELECT DISTINCT flavor FROM types",
    "author": "SELECT DISTINCT name FROM people",
}


def field_values(db: Connection, field: str) -> list[str]:
    """The values of a field with names, in order; empty for numbers, dates, sizes and messages.

    A class is its name without the packages, as people search it.
    """
    query = _QUERIES.get(field.lower())
    if query is None:
        return []
    values = {value for (value,) in db.execute(f"{query} LIMIT ?", (MAX_VALUES,)) if value}
    if field.lower() == "type":
        values = {name.rpartition(".")[2] for name in values}
    return sorted(values)
