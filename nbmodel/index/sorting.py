"""Sort keys: a field to the SQL that sorts versions by it.

Versions without a value come last in both directions. Of a parameter or a tag, numbers come before
texts. Equal versions are sorted by the next key, at last the newest first.
"""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel.index.fields import FIELDS, Mismatch, SqlCondition, key_of
from nbmodel.index.folding import folded
from nbmodel.index.schema import NUMERIC_KINDS, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

    from nbmodel.index.expression import SortKey

TIME = "v.id"  # ids are in the order of time


@dataclass(frozen=True, slots=True)
class SortPart:
    """Versions whose values of a key are of one kind, in an order that an index of `table` has.

    `table` is joined on `join`; it is empty if `value` is a column of ``versions v``.
    """

    value: str
    table: str = ""
    join: str = ""
    where: str = "1"
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """How to sort by one key.

    Attributes
    ----------
    name : str
        The field as user interfaces call it: ``time``, ``metrics.auc``.
    direction : str
        ``ASC`` or ``DESC``.
    terms : tuple of str
        SQL expressions of a version ``v``, whose values are `values`.
    parts : tuple of SortPart
        The versions that have a value, in order.
    absence : SqlCondition, optional
        Versions without a value. None if every version has one.
    """

    name: str
    direction: str
    terms: tuple[str, ...] = ()
    values: tuple[object, ...] = ()
    parts: tuple[SortPart, ...] = ()
    absence: SqlCondition | None = None

    def sql(self) -> Iterator[str]:
        """Terms of ``ORDER BY``."""
        return (f"{term} {self.direction} NULLS LAST" for term in self.terms)


_NAME = "(SELECT name FROM models WHERE id = v.model) COLLATE NOCASE"
_COLUMNS = {
    "number": "v.number",
    "size": "v.size",
    "branch": "coalesce(v.line, v.said) COLLATE NOCASE",
    "author": f"(SELECT {folded('name')} FROM people WHERE id = v.author)",
    "type": f"(SELECT {folded('name')} FROM types WHERE id = v.type)",
    "flavor": f"(SELECT {folded('flavor')} FROM types WHERE id = v.type)",
    "message": f"(SELECT {folded('message')} FROM details WHERE id = v.id)",
}
_SAME = {"date": "time", "model": "name"}
SORTABLE = ("time", "name", *_COLUMNS)  # fields that every version has


def order_by(db: Connection, key: SortKey) -> Order:
    """How to sort by `key`.

    Raises
    ------
    Mismatch
        If there is no such field, or a version may have several of its values.
    """
    direction = "DESC" if key.descending else "ASC"
    lowered = key.name.lower()
    name = _SAME.get(lowered, lowered)
    if name == "time":
        return Order(name, direction, (TIME,), parts=(SortPart(TIME),))
    if name == "name":
        by_name = SortPart("m.name COLLATE NOCASE", "models m", "m.id = v.model")
        return Order(name, direction, (_NAME,), parts=(by_name,))
    if name in _COLUMNS:
        return Order(name, direction, (_COLUMNS[name],), parts=(SortPart(_COLUMNS[name]),))
    if name in FIELDS:
        fields = ", ".join([*SORTABLE, *(f"{kind}.NAME" for kind in PREFIXES)])
        raise Mismatch(f"a version can have more than one {name}; sort by {fields}")
    return _by_fact(db, key.name, direction)


def _by_fact(db: Connection, field: str, direction: str) -> Order:
    kind, key = key_of(db, field)
    prefix, _, rest = field.partition(".")
    name = f"{kind}.{rest if rest and prefix.lower() == kind else field}"
    if key is None:
        return Order(name, direction)
    columns = ("number",) if kind in NUMERIC_KINDS else ("number", "text")
    terms = tuple(
        # Equal numbers are equal, also if one is a text.
        f"(SELECT {column} FROM facts WHERE version = v.id AND key = ? AND {condition})"
        for column, condition in zip(columns, ("1", "number IS NULL"), strict=False)
    )
    wheres = (
        "s.key = ? AND s.number NOT NULL",
        "s.key = ? AND s.number IS NULL AND s.text NOT NULL",
    )
    parts = tuple(
        SortPart(f"s.{column}", "facts s", "s.version = v.id", where, (key,))
        for column, where in zip(columns, wheres, strict=False)
    )
    present = " OR ".join(f"{column} NOT NULL" for column in columns)
    condition = f"NOT EXISTS (SELECT 1 FROM facts WHERE version = v.id AND key = ? AND ({present}))"
    values = (key,) * len(columns)
    return Order(name, direction, terms, values, parts, SqlCondition(condition, (key,)))
