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
from nbmodel.index.conditions import Matching, all_of, any_of, matches_of, words_to_sql
from nbmodel.index.expression import AllOf, AnyOf, Condition, Node, Not, SortKey, Word
from nbmodel.index.fields import FIELDS, InvalidOperand, Mismatch, SqlCondition, to_sql
from nbmodel.index.sorting import SORTABLE, TIME, Order, SortPart, order_by
from nbmodel.index.tokens import spelling, syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo

MAX_LISTED_MATCHES = 4000  # with more, walking through versions is faster
MAX_SQL_NESTING = 6  # levels of and, or and not in one statement; SQLite parses about 12
MAX_FACT_NAMES = 1000  # that are offered to complete a search
_NEWEST_FIRST = Order("time", "DESC")
_LATEST = SqlCondition("0", (), "SELECT latest FROM models WHERE latest NOT NULL")


def search(
    db: Connection,
    query: str = "",
    *,
    limit: int = 50,
    offset: int = 0,
    sort: str = "",
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
        ``time``, ``name``, ``number``, ``size``, ``author``, or a metric, parameter or tag.
        Versions without a value come last. A leading ``-`` sorts descending. It goes before
        the ``order by`` of the query. Without both, the newest come first.
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
    matches = plan.walk(tests, plan.orders(sort))
    return list(rows.read(db, _page(matches, limit, offset, one_a_model=not all_versions)).values())


def fields(db: Connection, *, sortable: bool) -> tuple[str, ...]:
    """The fields of a search, and its metrics, parameters and tags in their spelling."""
    facts = db.execute("SELECT kind, name FROM keys ORDER BY kind, name LIMIT ?", (MAX_FACT_NAMES,))
    fixed = SORTABLE if sortable else tuple(FIELDS)
    return (*fixed, *(f"{kind}.{spelling(name)}" for kind, name in facts))


def sorted_by(db: Connection, query: str, sort: str) -> str:
    """The first field by which `search` sorts, in the form of its `sort`: ``-metrics.auc``."""
    orders = _Plan(db, query).orders(sort)
    if not orders:
        return "-time"
    return ("-" if orders[0].direction == "DESC" else "") + orders[0].name


def count(
    db: Connection, query: str = "", *, all_versions: bool = False, cap: int = 10_000
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
    if tests == [_LATEST] or (not tests and not all_versions):
        return int(models), True
    if not tests:
        return int(db.execute("SELECT count(*) FROM versions").fetchone()[0]), True
    if len(tests) == 1 and all_versions and tests[0].find is not None:
        matches = f"SELECT DISTINCT * FROM ({tests[0].find}) LIMIT ?"
        values = (*tests[0].find_values, cap + 1)
        (total,) = db.execute(f"SELECT count(*) FROM ({matches})", values).fetchone()
        return min(total, cap), total <= cap
    return _walked(plan.walk(tests, ()), cap, None if all_versions else models)


def _walked(matches: Iterator[tuple[int, int]], cap: int, models: int | None) -> tuple[int, bool]:
    """Count the versions of a walk, or their models if the registry has `models` models."""
    model_ids: set[int] = set()
    count = 0
    for looked_at, (_, model) in enumerate(matches):
        model_ids.add(model)
        if len(model_ids) == models:
            return models, True
        if looked_at == cap:
            return (cap if models is None else len(model_ids)), False
        count = looked_at + 1
    return (count if models is None else len(model_ids)), True


def _planned(db: Connection, query: str, all_versions: bool) -> tuple[_Plan, list[SqlCondition]]:
    plan = _Plan(db, query)
    condition, order = plan.query.condition, plan.query.order
    if condition == AllOf(()) and not order and not all_versions:
        return plan, [_LATEST]
    return plan, plan.tests(condition.parts if isinstance(condition, AllOf) else (condition,))


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

    def __init__(self, db: Connection, text: str) -> None:
        self.db = db
        self.text = text
        self.query = expression.parse(text)
        self.now = datetime.now(UTC)

    # -- what must hold --------------------------------------------------------

    def tests(self, parts: tuple[Node, ...]) -> list[SqlCondition]:
        """SQL conditions for the parts; those of adjacent words are the last ones."""
        words = [part for part in parts if isinstance(part, Word)]
        tests = [self._test(part) for part in parts if not isinstance(part, Word)]
        return [*tests, *words_to_sql(self.db, words)] if words else tests

    def _test(self, node: Node) -> SqlCondition:
        if isinstance(node, Condition):
            try:
                return to_sql(self.db, node.field, node.operator, node.value, self.now)
            except Mismatch as error:
                at_value = isinstance(error, InvalidOperand)
                position = node.value.position if at_value else node.position
                raise syntax_error(self.text, str(error), position) from None
        if isinstance(node, Word):
            return words_to_sql(self.db, [node])[0]
        if isinstance(node, Not):
            inner = self._test(node.part)
            test = SqlCondition(f"NOT ({inner.check})", inner.values)
        elif isinstance(node, AnyOf):
            test = any_of([self._test(part) for part in node.parts])
        else:
            test = all_of(self.tests(node.parts))
        return test if expression.height(node) % MAX_SQL_NESTING else matches_of(self.db, test)

    # -- in which order to look ------------------------------------------------

    def orders(self, sort: str) -> list[Order]:
        """How to sort: by `sort`, if it is not empty, then by the keys of the query."""
        orders = []
        if sort:
            try:
                key = SortKey(sort.removeprefix("-"), sort.startswith("-"))
                orders.append(order_by(self.db, key))
            except Mismatch as error:
                raise InvalidValue(
                    f"Cannot sort by {key.name!r}: {error}.",
                    "Sort by time, name, number, size, or by a metric, parameter or tag.",
                ) from None
        for key in self.query.order:
            try:
                orders.append(order_by(self.db, key))
            except Mismatch as error:
                raise syntax_error(self.text, str(error), key.position) from None
        return orders

    def walk(self, tests: list[SqlCondition], orders: Sequence[Order]) -> Iterator[tuple[int, int]]:
        """``(id, model)`` of the versions that meet all `tests`, in order."""
        words_only = len(tests) == 1 and isinstance(tests[0], Matching)
        few = None if words_only else self._fewest(tests)
        while orders:
            first, *orders = orders
            for part in first.parts:
                yield from self._select(tests, few, part, [first, *orders])
            if first.parts and first.absence is None:
                return
            if first.absence is not None:
                tests = [first.absence, *tests]
        yield from self._select(tests, few, SortPart(TIME), [_NEWEST_FIRST])

    def _select(
        self,
        tests: list[SqlCondition],
        few: SqlCondition | None,
        part: SortPart,
        orders: Sequence[Order],
    ) -> Iterator[tuple[int, int]]:
        """Versions of one part of the first order, sorted."""
        source, key, where, values = "versions v", part.value, part.where, part.values
        if part.table:
            # If few versions match, each is looked up by its id.
            tables = (source, part.table) if few is not None else (part.table, source)
            source = f"{tables[0]} CROSS JOIN {tables[1]} ON {part.join}"
        driver = few
        if few is not None:
            where += f" AND v.id IN ({few.find})"
            values += few.find_values
        elif key == TIME and tests and isinstance(tests[-1], Matching):
            # Full-text search returns matches by id, which is by time: no sorting is needed.
            driver = tests[-1]
            source, key = "words CROSS JOIN versions v ON v.id = words.rowid", "words.rowid"
            where += " AND words MATCH ?"
            values += driver.find_values
        for other in tests:
            if other is not driver:
                where += f" AND {other.check}"
                values += other.values
        terms = [f"{key} {orders[0].direction}"]
        if part.value != TIME:  # no two versions have the same id
            for order in orders[1:]:
                terms += order.sql()
                values += order.values
            terms.append(f"{TIME} DESC")
        yield from self.db.execute(
            f"SELECT v.id, v.model FROM {source} WHERE {where} ORDER BY {', '.join(terms)}", values
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
