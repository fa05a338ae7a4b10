"""Conditions for words, and conditions joined by ``and`` and ``or``, as SQL."""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from nbmodel.index.fields import SqlCondition
from nbmodel.index.folding import words
from nbmodel.index.values import clean
from nbmodel.refs import DEFAULT_BRANCH, is_commit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from nbmodel.index.expression import Word

MIN_PREFIX_LENGTH = 2  # the last word of a query may be the beginning of a longer one
MAX_CHARACTER = "\U0010ffff"
_NAME_RE = re.compile(
    r"(?:(?P<model>[\w-]{1,64})(?::(?P<branch>[\w-]{1,64}))?(?P<mark>[@#]))?(?P<selector>[\w.+-]{1,80})",
    re.ASCII,
)
_NUMBER_RE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class Matching(SqlCondition):
    """Full-text search. It can also drive a walk, so it has its own class."""


def words_to_sql(db: Connection, query: Sequence[Word]) -> list[SqlCondition]:
    """Conditions for adjacent words: one full-text query, and one for each name of versions.

    The last word may be the beginning of a longer one, for typing.
    """
    last = query[-1]
    is_open = len(last.text) >= MIN_PREFIX_LENGTH and not last.quoted
    names, others = [], []
    for word in query:
        by_name = _by_name(word.text, is_open and word is last)
        if by_name is not None and _finds_any(db, by_name):
            names.append(any_of([by_name, _matching([word], is_open and word is last)]))
        elif words(word.text).strip():
            # A word without letters and digits is ignored. Alone, it finds nothing.
            others.append(word)
    if not others and not names:
        return [SqlCondition("0", (), "SELECT 0 WHERE 0")]
    return [*names, _matching(others, is_open and others[-1] is last)] if others else names


def _finds_any(db: Connection, condition: SqlCondition) -> bool:
    find = f"SELECT 1 FROM ({condition.find}) LIMIT 1"
    return db.execute(find, condition.find_values).fetchone() is not None


def _by_name(text: str, is_open: bool) -> SqlCondition | None:
    """Versions with this reference, stage, release or commit id; None if it cannot be one."""
    match = _NAME_RE.fullmatch(text)
    if match is None:
        return None
    selector = match["selector"]
    if match["mark"] == "@" and _NUMBER_RE.fullmatch(selector):
        where = "number = ? AND coalesce(line, said) = ?"
        values: tuple[object, ...] = (int(selector), match["branch"] or DEFAULT_BRANCH)
    elif match["branch"]:
        return None
    else:
        labels = "kind IN ('stage', 'release') AND label BETWEEN ? AND ?"
        where = f"id IN (SELECT version FROM marks WHERE {labels})"
        values = (selector, selector + MAX_CHARACTER * is_open)
        if is_commit(selector.lower()):
            where = f"({where} OR oid BETWEEN ? AND ?)"
            values += (selector.lower(), selector.lower() + MAX_CHARACTER)
    if match["model"]:
        where += " AND model IN (SELECT id FROM models WHERE name = ? COLLATE NOCASE)"
        values += (match["model"],)
    find = f"SELECT id FROM versions WHERE {where}"
    return SqlCondition(f"+v.id IN ({find})", values, find, values)


def _matching(query: Sequence[Word], is_open: bool) -> Matching:
    """Versions with all words of `query` in their texts; `is_open`: the last may be a beginning."""
    match = " ".join(map(_fts, query)) + (" *" if is_open else "")
    return Matching(
        # Evaluated once for each query: looking up a prefix for each version would be too slow.
        "+v.id IN (SELECT rowid FROM words WHERE words MATCH ?)",
        (match,),
        "SELECT rowid FROM words WHERE words MATCH ?",
        (match,),
    )


def _fts(word: Word) -> str:
    """A word as a phrase of FTS5."""
    return f'"{words(clean(word.text))}"'


def any_of(tests: list[SqlCondition]) -> SqlCondition:
    """Versions that meet at least one of `tests`."""
    check = " OR ".join(f"({part.check})" for part in tests)
    values = tuple(value for part in tests for value in part.values)
    finds = [part.find for part in tests if part.find is not None]
    if len(finds) < len(tests):
        return SqlCondition(f"({check})", values)
    # UNION ALL lets counting stop early; IN ignores repeated ids.
    matches = tuple(value for part in tests for value in part.find_values)
    parts = " UNION ALL ".join(f"SELECT * FROM ({find})" for find in finds)
    return SqlCondition(f"({check})", values, parts, matches)


def all_of(tests: list[SqlCondition]) -> SqlCondition:
    """Versions that meet all `tests`."""
    check = " AND ".join(f"({part.check})" for part in tests)
    values = tuple(value for part in tests for value in part.values)
    driver = next((part for part in tests if part.find is not None), None)
    if driver is None:
        return SqlCondition(f"({check})", values)
    find = f"SELECT v.id FROM versions v WHERE v.id IN ({driver.find}) AND {check}"
    return SqlCondition(f"({check})", values, find, driver.find_values + values)


def matches_of(db: Connection, test: SqlCondition) -> SqlCondition:
    """The versions that meet `test` now, as a list of ids: SQL that does not nest deeper."""
    find, values = test.find, test.find_values
    if find is None:
        find, values = f"SELECT v.id FROM versions v WHERE {test.check}", test.values
    ids = json.dumps([number for (number,) in db.execute(find, values)])
    listed = "SELECT value FROM json_each(?)"
    return SqlCondition(f"+v.id IN ({listed})", (ids,), listed, (ids,))
