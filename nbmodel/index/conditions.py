"""Conditions for words, and conditions joined by ``and`` and ``or``, as SQL."""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.index import rows
from nbmodel.index.fields import SqlCondition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmodel.index.expression import Word

MIN_PREFIX_LENGTH = 2  # the last word of a query may be the beginning of a longer one


class Matching(SqlCondition):
    """Full-text search. It can also drive a walk, so it has its own class."""


def matching(words: Sequence[Word]) -> Matching:
    """Versions with all `words`. The last may be the beginning of a longer word, for typing."""
    last = words[-1]
    more = " *" if len(last.text) >= MIN_PREFIX_LENGTH and not last.quoted else ""
    match = " ".join(map(_fts, words)) + more
    return Matching(
        # Evaluated once for each query: looking up a prefix for each version would be too slow.
        "+v.id IN (SELECT rowid FROM words WHERE words MATCH ?)",
        (match,),
        "SELECT rowid FROM words WHERE words MATCH ?",
        (match,),
    )


def _fts(word: Word) -> str:
    """A word as a phrase of FTS5, in which only ``"`` has a special meaning."""
    text = rows.clean(word.text).replace("\0", " ").replace('"', '""')
    return f'"{text}"'


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
