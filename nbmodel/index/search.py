"""Search: an expression to SQL, cheapest condition first, one page at a time.

Two plans are fast with a hundred thousand versions. If one condition matches few
versions, list those and check the other conditions on them. If every condition
matches many, walk through the versions in sort order until the page is full. To
choose, count the matches of each condition up to a limit.
"""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbmodel.errors import InvalidValue
from nbmodel.index import expression, rows
from nbmodel.index.expression import AllOf, AnyOf, Condition, Node, Not, Word
from nbmodel.index.fields import InvalidOperand, Mismatch, SqlCondition, key_of, to_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo

MAX_LISTED_MATCHES = 4000  # with more, walking through versions is faster
MIN_PREFIX_LENGTH = 2  # the last word of a query may be the beginning of a longer one
_PLAIN = {"time": "v.id", "number": "v.number", "size": "v.size"}
_ALWAYS = {*_PLAIN, "name"}  # sort keys that every version has
_LATEST = SqlCondition("0", (), "SELECT latest FROM models WHERE latest NOT NULL")


def search(
    db: Connection,
    query: str = "",
    *,
    limit: int = 50,
    offset: int = 0,
    sort: str = "-time",
    all_versions: bool = False,
) -> list[VersionInfo]:
    """One page of the versions that match a query.

    Parameters
    ----------
    query : str
        Words and conditions; see `nbmodel.index.expression`. Empty: everything.
    limit, offset : int
        Rows on the page, and rows before it.
    sort : str
        ``time``, ``name``, ``number``, ``size``, or a metric, parameter or tag.
        Versions without a number for it are left out. A leading ``-`` sorts descending.
    all_versions : bool
        True: every version that matches. False: one row for each model, with the first
        matching version in the order of `sort`. Without a query, that is its latest version.

    Raises
    ------
    InvalidQuery
        If `query` cannot be parsed, or names an unknown field.
    InvalidValue
        If there is no sort key named `sort`.
    """
    plan, tests = _planned(db, query, all_versions)
    matches = plan.walk(tests, sort)
    return list(rows.read(db, _page(matches, limit, offset, one_a_model=not all_versions)).values())


def count(
    db: Connection,
    query: str = "",
    *,
    sort: str = "-time",
    all_versions: bool = False,
    cap: int = 10_000,
) -> tuple[int, bool]:
    """Count the rows that `search` finds without a limit.

    Returns
    -------
    tuple of (int, bool)
        The number of rows, and whether it is exact. Without a query it is always exact.
        Otherwise counting stops after `cap` matching versions. If a model has one row,
        the number is that of the models among them.
    """
    plan, tests = _planned(db, query, all_versions)
    (models,) = db.execute("SELECT count(*) FROM models WHERE latest NOT NULL").fetchone()
    if sort.removeprefix("-") in _ALWAYS:  # the order does not matter
        if tests == [_LATEST]:
            return int(models), True
        if not tests and all_versions:
            return int(db.execute("SELECT count(*) FROM versions").fetchone()[0]), True
        if len(tests) == 1 and all_versions and tests[0].find is not None:
            matches = f"SELECT DISTINCT * FROM ({tests[0].find}) LIMIT ?"
            values = (*tests[0].find_values, cap + 1)
            (total,) = db.execute(f"SELECT count(*) FROM ({matches})", values).fetchone()
            return min(total, cap), total <= cap
    return _walked(plan.walk(tests, sort), cap, None if all_versions else models)


def _walked(matches: Iterator[tuple[int, int]], cap: int, models: int | None) -> tuple[int, bool]:
    """Count the versions of a walk, or their models if the registry has `models` models."""
    seen: set[int] = set()
    count = 0
    for looked_at, (_, model) in enumerate(matches):
        seen.add(model)
        if len(seen) == models:
            return models, True
        if looked_at == cap:
            return (cap if models is None else len(seen)), False
        count = looked_at + 1
    return (count if models is None else len(seen)), True


def _planned(db: Connection, query: str, all_versions: bool) -> tuple[_Plan, list[SqlCondition]]:
    tree = expression.parse(query)
    plan = _Plan(db, query, datetime.now(UTC))
    if tree == AllOf(()) and not all_versions:
        return plan, [_LATEST]
    return plan, plan.tests(tree.parts if isinstance(tree, AllOf) else (tree,))


def _page(
    matches: Iterator[tuple[int, int]], limit: int, offset: int, one_a_model: bool
) -> list[int]:
    page: list[int] = []
    models: set[int] = set()
    skipped = 0
    if limit < 1:
        return page
    for version, model in matches:
        if one_a_model:
            if model in models:
                continue
            models.add(model)
        if skipped < offset:
            skipped += 1
            continue
        page.append(version)
        if len(page) == limit:
            break
    return page


class _Plan:
    """The SQL for one query."""

    def __init__(self, db: Connection, query: str, now: datetime) -> None:
        self.db = db
        self.query = query
        self.now = now

    # -- what must hold --------------------------------------------------------

    def tests(self, parts: tuple[Node, ...]) -> list[SqlCondition]:
        """One SQL condition for each part; adjacent words are one full-text query."""
        words = [part for part in parts if isinstance(part, Word)]
        tests = [self._test(part) for part in parts if not isinstance(part, Word)]
        return [*tests, _matching(words)] if words else tests

    def _test(self, node: Node) -> SqlCondition:
        if isinstance(node, Condition):
            try:
                return to_sql(self.db, node.field, node.operator, node.value, self.now)
            except Mismatch as error:
                at_value = isinstance(error, InvalidOperand)
                position = node.value.position if at_value else node.position
                raise expression.syntax_error(self.query, str(error), position) from None
        if isinstance(node, Word):
            return _matching([node])
        if isinstance(node, Not):
            inner = self._test(node.part)
            return SqlCondition(f"NOT ({inner.check})", inner.values)
        if isinstance(node, AnyOf):
            return _any([self._test(part) for part in node.parts])
        return _all(self.tests(node.parts))

    # -- in which order to look ------------------------------------------------

    def walk(self, tests: list[SqlCondition], sort: str) -> Iterator[tuple[int, int]]:
        """``(id, model)`` of the versions that meet all `tests`, in order."""
        direction = "DESC" if sort.startswith("-") else "ASC"
        words_only = len(tests) == 1 and isinstance(tests[0], _Matching)
        few = None if words_only else self._fewest(tests)
        source, key, where, values = self._source(sort.removeprefix("-"), few is not None)
        driver = few
        if few is not None:
            where += f" AND v.id IN ({few.find})"
            values += few.find_values
        elif key == "v.id" and tests and isinstance(tests[-1], _Matching):
            # Full-text search returns matches by id, which is by time: no sorting is needed.
            driver = tests[-1]
            source, key = "words CROSS JOIN versions v ON v.id = words.rowid", "words.rowid"
            where += " AND words MATCH ?"
            values += driver.find_values
        for other in tests:
            if other is not driver:
                where += f" AND {other.check}"
                values += other.values
        tie = "" if key in ("v.id", "words.rowid") else ", v.id DESC"
        yield from self.db.execute(
            f"SELECT v.id, v.model FROM {source} WHERE {where} ORDER BY {key} {direction}{tie}",
            values,
        )

    def _fewest(self, tests: list[SqlCondition]) -> SqlCondition | None:
        """The condition that the fewest versions meet, if these are few."""
        best, least = None, MAX_LISTED_MATCHES + 1
        for condition in tests:
            if condition.find is None:
                continue
            (count,) = self.db.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM ({condition.find}) LIMIT ?)",
                (*condition.find_values, least),
            ).fetchone()
            if count < least:
                best, least = condition, count
        return best

    def _source(self, by: str, few: bool) -> tuple[str, str, str, tuple[object, ...]]:
        """``(tables, sort key, condition, values)`` for sorting by `by`.

        If `few` versions match, each is looked up by its id.
        """
        if by in _PLAIN:
            return "versions v", _PLAIN[by], "1", ()
        if by == "name":
            tables = ("versions v", "models m") if few else ("models m", "versions v")
            return f"{tables[0]} CROSS JOIN {tables[1]} ON m.id = v.model", "m.name", "1", ()
        try:
            _, key = key_of(self.db, by)
        except Mismatch as error:
            raise InvalidValue(
                f"Cannot sort by {by!r}: {error}.",
                "Sort by time, name, number, size, or by a metric, parameter or tag.",
            ) from None
        tables = ("versions v", "facts s") if few else ("facts s", "versions v")
        source = f"{tables[0]} CROSS JOIN {tables[1]} ON s.version = v.id"
        return source, "s.number", "s.key = ? AND s.number NOT NULL", (key,)


class _Matching(SqlCondition):
    """Full-text search. It can also drive a walk, so it has its own class."""


def _matching(words: Sequence[Word]) -> _Matching:
    """Versions with all `words`. The last may be the beginning of a longer word, for typing."""
    last = words[-1]
    more = " *" if len(last.text) >= MIN_PREFIX_LENGTH and not last.quoted else ""
    match = " ".join(map(_fts, words)) + more
    return _Matching(
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


def _any(tests: list[SqlCondition]) -> SqlCondition:
    check = " OR ".join(f"({part.check})" for part in tests)
    values = tuple(value for part in tests for value in part.values)
    finds = [part.find for part in tests if part.find is not None]
    if len(finds) < len(tests):
        return SqlCondition(f"({check})", values)
    # UNION ALL lets counting stop early; IN ignores repeated ids.
    matches = tuple(value for part in tests for value in part.find_values)
    parts = " UNION ALL ".join(f"SELECT * FROM ({find})" for find in finds)
    return SqlCondition(f"({check})", values, parts, matches)


def _all(tests: list[SqlCondition]) -> SqlCondition:
    check = " AND ".join(f"({part.check})" for part in tests)
    values = tuple(value for part in tests for value in part.values)
    driver = next((part for part in tests if part.find is not None), None)
    if driver is None:
        return SqlCondition(f"({check})", values)
    find = f"SELECT v.id FROM versions v WHERE v.id IN ({driver.find}) AND {check}"
    return SqlCondition(f"({check})", values, find, driver.find_values + values)
