"""Names in a search that no version has: often a slip, because such a condition finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.errors import close_names
from nbmodel.index import expression
from nbmodel.index.expression import AllOf, AnyOf, Condition, Node, Not
from nbmodel.index.fields import key_of
from nbmodel.index.schema import EVALUATION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

MAX_NAMES = 1000  # of a kind, among which a similar one is looked for
MAX_SUGGESTIONS = 3
_SINGULAR = {
    "metrics": "metric",
    "params": "parameter",
    "tags": "tag",
    EVALUATION: "metric of an evaluation",
}


def unused_names(db: Connection, query: str) -> str:
    """A sentence for each metric, parameter and tag that no version has; empty if all exist.

    Raises
    ------
    InvalidQuery
        If the query does not parse.
    """
    fields = dict.fromkeys(_fields(expression.parse(query).condition))
    return " ".join(filter(None, (_unused(db, field) for field in fields)))


def _fields(node: Node) -> Iterator[str]:
    match node:
        case Condition(field=field):
            if field.partition(".")[0].lower() in _SINGULAR:
                yield field
        case Not(part=part):
            yield from _fields(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _fields(part)


def _unused(db: Connection, field: str) -> str:
    kind, key = key_of(db, field)
    _, _, name = field.partition(".")
    if key is not None or not name:
        return ""
    rows = db.execute(
        "SELECT name FROM keys WHERE kind = ? ORDER BY name LIMIT ?", (kind, MAX_NAMES)
    )
    names = [known_name for (known_name,) in rows]
    # A parameter of a step in a pipeline has the name of the step before it.
    ends = [each for each in names if each.endswith(f"__{name}")]
    similar = (ends or close_names(name, names))[:MAX_SUGGESTIONS]
    hint = f" Did you mean {' or '.join(f'{kind}.{each}' for each in similar)}?" if similar else ""
    return f"No version has the {_SINGULAR[kind]} {name[:80]!r}.{hint}"
