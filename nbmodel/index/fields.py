"""Search fields: a condition on a field to SQL, with bound values only.

A condition has two forms. `check` tests one version ``v``. `find`, if the tables
allow it, lists the ids of all versions that match. The planner in
`nbmodel.index.search` uses the cheaper one.
"""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel.errors import did_you_mean
from nbmodel.index.dates import span
from nbmodel.index.folding import fold, folded
from nbmodel.index.schema import NUMERIC_KINDS, PREFIXES
from nbmodel.index.values import Number, clean, number_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from sqlite3 import Connection

    from nbmodel.index.expression import Operand

_SIZE = re.compile(r"([0-9.]+) ?([kmgt]?)i?b?", re.IGNORECASE | re.ASCII)
MAX_NAMES = 500  # among which a similar one is looked for


class Mismatch(Exception):
    """A field that cannot be compared with an operator or a value; becomes an `InvalidQuery`."""


class InvalidOperand(Mismatch):
    """A value that is not a number, size or date, although its field needs one."""


@dataclass(frozen=True, slots=True)
class SqlCondition:
    """A condition on versions as SQL; see the docstring of this module."""

    check: str
    values: tuple[object, ...] = ()
    find: str | None = None
    find_values: tuple[object, ...] = ()


def to_sql(
    db: Connection, field: str, operator: str, value: Operand, now: datetime
) -> SqlCondition:
    """The SQL for one condition.

    Raises
    ------
    Mismatch
        If the field is unknown, or cannot be compared like this.
    """
    name = field.lower()
    if name in FIELDS:
        return FIELDS[name](operator, value, now)
    kind, key = key_of(db, field)
    if key is None:
        return SqlCondition("0", (), "SELECT 0 WHERE 0")
    return _fact(kind, key, operator, value)


def key_of(db: Connection, field: str) -> tuple[str, int | None]:
    """``(kind, id)`` of a metric, parameter or tag. A name without a kind is tried as each of them.

    The id is None if no version has a value of that name.
    """
    prefix, _, rest = field.partition(".")
    if rest and prefix.lower() in PREFIXES:
        row = db.execute(
            "SELECT id FROM keys WHERE kind = ? AND name = ?", (prefix.lower(), clean(rest))
        ).fetchone()
        return prefix.lower(), row[0] if row else None
    for kind in PREFIXES:
        row = db.execute(
            "SELECT id FROM keys WHERE kind = ? AND name = ?", (kind, clean(field))
        ).fetchone()
        if row:
            return kind, row[0]
    fields = [*FIELDS, *(f"{kind}.NAME" for kind in PREFIXES)]
    keys = db.execute("SELECT DISTINCT name FROM keys ORDER BY name LIMIT ?", (MAX_NAMES,))
    hint = did_you_mean(field, [*FIELDS, *(name for (name,) in keys)])
    raise Mismatch(
        f"there is no field, metric, parameter or tag {field[:80]!r}; fields are "
        f"{', '.join(fields)}. {hint}".rstrip(". ")
    )


# -- kinds of comparison -----------------------------------------------------


def _names(column: str, operator: str, value: Operand) -> tuple[str, tuple[object, ...]]:
    """Compare names, whose letters are ASCII."""
    text = fold(clean(value.text))
    if operator == "~":
        return f"instr(lower({column}), ?) > 0", (text,)
    if operator == "=":
        return f"{column} = ? COLLATE NOCASE", (text,)
    raise Mismatch("text can be compared with =, !=, ~ and in")


def _texts(column: str, operator: str, value: Operand) -> tuple[str, tuple[object, ...]]:
    """Compare texts without case and accents; ``=`` finds the beginning of words."""
    text = fold(clean(value.text))
    if operator == "~":
        return f"instr({folded(column)}, ?) > 0", (text,)
    if operator == "=":
        return f"begins_word({column}, ?)", (text,)
    raise Mismatch("text can be compared with =, !=, ~ and in")


def _numbers(column: str, operator: str, number: Number) -> tuple[str, tuple[object, ...]]:
    if operator == "~":
        raise Mismatch("a number can be compared with =, !=, <, <=, >, >= and in")
    return f"{column} {operator} ?", (number,)


def _number(value: Operand) -> Number:
    number = None if value.quoted else number_of(value.text)
    if number is None:
        raise InvalidOperand(f"{value.text[:80]!r} is not a number")
    return number


def _referred(column: str, table: str, where: str, values: tuple[object, ...]) -> SqlCondition:
    """Versions whose `column` is the id of a row of a small table."""
    inner = f"SELECT id FROM {table} WHERE {where}"
    find = f"SELECT id FROM versions WHERE {column} IN ({inner})"
    return SqlCondition(f"+v.{column} IN ({inner})", values, find, values)


def _model(operator: str, value: Operand, now: datetime) -> SqlCondition:
    del now
    return _referred("model", "models", *_names("name", operator, value))


def _author(operator: str, value: Operand, now: datetime) -> SqlCondition:
    """A part of what git shows of a person: ``Nina Simone <nina@example.org>``."""
    del now
    return _referred("author", "people", *_texts("name || ' <' || email || '>'", operator, value))


def _type(operator: str, value: Operand, now: datetime) -> SqlCondition:
    """A class by its name, ``LogisticRegression``, or by its full dotted path."""
    del now
    if operator != "=":
        return _referred("type", "types", *_texts("name", operator, value))
    ending = "." + fold(clean(value.text))
    where = f"substr('.' || {folded('name')}, ?) = ?"
    return _referred("type", "types", where, (-len(ending), ending))


def _flavor(operator: str, value: Operand, now: datetime) -> SqlCondition:
    del now
    if operator != "=":
        return _referred("type", "types", *_texts("flavor", operator, value))
    return _referred("type", "types", f"{folded('flavor')} = ?", (fold(clean(value.text)),))


def _branch(operator: str, value: Operand, now: datetime) -> SqlCondition:
    del now
    return SqlCondition(*_names("coalesce(v.line, v.said)", operator, value))


def _message(operator: str, value: Operand, now: datetime) -> SqlCondition:
    del now
    where, values = _texts("d.message", operator, value)
    return SqlCondition(
        f"EXISTS (SELECT 1 FROM details d WHERE d.id = v.id AND {where})",
        values,
    )


def _mark(kind: str) -> Callable[[str, Operand, datetime], SqlCondition]:
    def build(operator: str, value: Operand, now: datetime) -> SqlCondition:
        del now
        where, values = _names("label", operator, value)
        find = f"SELECT version FROM marks WHERE kind = ? AND {where}"
        return SqlCondition(f"+v.id IN ({find})", (kind, *values), find, (kind, *values))

    return build


def _integer(column: str) -> Callable[[str, Operand, datetime], SqlCondition]:
    def build(operator: str, value: Operand, now: datetime) -> SqlCondition:
        del now
        return SqlCondition(*_numbers(column, operator, _number(value)))

    return build


def _size(operator: str, value: Operand, now: datetime) -> SqlCondition:
    del now
    match = None if value.quoted else _SIZE.fullmatch(value.text)
    number = number_of(match[1]) if match else None
    if match is None or number is None:
        raise InvalidOperand(f"{value.text[:80]!r} is not a size: write 500kB, 10MB or 2GB")
    scale = 1000 ** " kmgt".index(match[2].lower() or " ")
    return SqlCondition(*_numbers("v.size", operator, float(number) * scale))


def _date(operator: str, value: Operand, now: datetime) -> SqlCondition:
    try:
        start, end = span(value.text, now)
    except ValueError:
        raise InvalidOperand(
            f"{value.text[:80]!r} is not a date: "
            "write 2025-06-30, 2025-06, 2025-06-30T12:00 or 7d (ago)"
        ) from None
    if operator == "~":
        raise Mismatch("a date can be compared with =, !=, <, <=, >, >= and in")
    where, values = {
        "=": ("time >= ? AND {0}time < ?", (start, end)),
        "<": ("time < ?", (start,)),
        "<=": ("time < ?", (end,)),
        ">": ("time >= ?", (end,)),
        ">=": ("time >= ?", (start,)),
    }[operator]
    check = f"(+v.{where.format('+v.')})"
    return SqlCondition(check, values, f"SELECT id FROM versions WHERE {where.format('')}", values)


def _fact(kind: str, key: int, operator: str, value: Operand) -> SqlCondition:
    number = None if value.quoted else number_of(value.text)
    if kind in NUMERIC_KINDS or (number is not None and operator != "~"):
        column = "number"
        where, values = _numbers("number", operator, _number(value))
    else:
        column = "text"
        text = fold(clean(value.text))
        where, values = f"text {operator} ?", (text,)
        if operator == "~":
            where = "instr(coalesce(text, shown(number)), ?) > 0"
    # A unary plus makes SQLite check by the primary key (version, key): one lookup a version.
    alone = where.replace(column, f"+{column}", 1) if operator != "~" else where
    return SqlCondition(
        f"EXISTS (SELECT 1 FROM facts WHERE version = v.id AND key = ? AND {alone})",
        (key, *values),
        f"SELECT version FROM facts WHERE key = ? AND {where}",
        (key, *values),
    )


FIELDS: dict[str, Callable[[str, Operand, datetime], SqlCondition]] = {
    "name": _model,
    "model": _model,
    "branch": _branch,
    "stage": _mark("stage"),
    "release": _mark("release"),
    "type": _type,
    "flavor": _flavor,
    "author": _author,
    "date": _date,
    "number": _integer("v.number"),
    "message": _message,
    "size": _size,
}
