"""The views of an open log: ``predictions`` and ``labels`` over its parts, and what is skipped.

A log of years in small parts is stored as a table when it is opened: DuckDB opens every part again
for each query on a view. Reading its rows once costs less.
"""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel.display import visible
from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.common.sql import literal
from nbmodel.monitor.prediction_log import part_damage, part_views, parts
from nbmodel.monitor.prediction_log.parts import Days
from nbmodel.monitor.prediction_log.retention import without_replaced
from nbmodel.monitor.prediction_log.storage import LogPart, LogStorage

MAX_ATTEMPTS = 4  # to create a view over parts that change or are damaged
MAX_LABEL_LEAD = 7 * windows.UNITS["d"]  # how much earlier than its prediction a label may be
# Parts that are stored as a table: so many, and so small, that opening them costs most.
MIN_STORED_PARTS = 16
MAX_STORED_PART_BYTES = 1 << 18  # mean of the parts
MAX_STORED_BYTES = 1 << 25
MAX_STORED_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class SkippedPart:
    """A part that cannot be read: its path below the root, and why."""

    path: str
    reason: str

    @property
    def text(self) -> str:
        """A sentence for a list of warnings."""
        return f"{visible(self.path)} was skipped: {self.reason}. {self.advice}."

    @property
    def advice(self) -> str:
        """What to do, as a sentence without a full stop."""
        if self.reason == os.strerror(errno.EACCES):
            return "Give yourself the right to read it"
        return "Restore it from a copy, or delete it"

    def is_within(self, since: int) -> bool:
        """Return whether an open log would read the part for the time since some moment."""
        lead = MAX_LABEL_LEAD if f"kind={parts.LABELS}/" in self.path else 0
        return parts.is_within(self.path, (windows.utc_date(since - lead), "9"))


def skipped_text(skipped: Sequence[SkippedPart]) -> str:
    """Say which parts of a log cannot be read, and what to do; empty if there are none.

    The sentence has no full stop, because others follow it.
    """
    if not skipped:
        return ""
    first = skipped[0]
    name = visible(first.path.partition("/")[2] or first.path)
    advice = first.advice[:1].lower() + first.advice[1:]
    if len(skipped) == 1:
        return f"the log cannot be read in full: {name} was skipped, {first.reason}; {advice}"
    return (
        f"the log cannot be read in full: {len(skipped):,} parts were skipped, such as {name}, "
        f"{first.reason}; {advice}"
    )


class LogViews:
    """Creates the views of a log, and finds the parts that cannot be read.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    storage : LogStorage
    model : str
    since, until : int or None
        Time range of the predictions.
    only : frozenset of str
        The columns of predictions that are needed; all if empty.
    labels : bool
        Whether the labels are needed.

    Attributes
    ----------
    skipped : dict of str to SkippedPart
        By path.
    columns : dict of str to str
        Columns of the predictions, with DuckDB's types.
    """

    def __init__(
        self, connection: Any, storage: LogStorage, model: str, since: int | None,
        until: int | None, only: frozenset[str], labels: bool,
    ) -> None:  # fmt: skip
        self._connection, self._storage, self._model = connection, storage, model
        self._since, self._until = since, until
        self._only, self._labels = only, labels
        self._duckdb = import_optional("duckdb", "Reading the prediction log")
        self._view_parts: dict[str, list[str]] = {}
        self._may_store = True
        self._searched = False
        self.skipped: dict[str, SkippedPart] = {}
        self.columns: dict[str, str] = {}

    def create(self) -> None:
        """Create the views over the present parts.

        Raises
        ------
        InvalidValue
            If the parts cannot be read, although damaged ones are skipped.
        """
        for kind in part_views.COLUMNS:
            if not any(self._create(kind) for _ in range(MAX_ATTEMPTS)):
                raise InvalidValue(
                    f"The log of {self._model} changes faster than it can be read.", "Try again."
                )

    def has_changed(self) -> bool:
        """Return whether parts were added or removed since the views were created."""
        return any(
            [part.path for part in self._parts(kind)] != paths
            for kind, paths in self._view_parts.items()
        )

    def skip_damaged(self, error: Exception | None = None) -> bool:
        """Find parts that cannot be read; return True if there are new ones.

        Parameters
        ----------
        error : Exception, optional
            What DuckDB reported. The part that it names is examined first: to examine all parts of
            a long log takes many seconds.
        """
        listed = [part for kind in part_views.COLUMNS for part in self._parts(kind)]
        if not self._searched:
            self._searched = True
            message = str(error)
            reported_parts = [part for part in listed if self._storage.url(part.path) in message]
            damaged_parts = [part for part in listed if part_damage.is_known(self._storage, part)]
            if self._skip([*reported_parts, *damaged_parts]):
                return True
        return self._skip(listed)

    def _skip(self, listed: Sequence[LogPart]) -> bool:
        before = len(self.skipped)
        for part in listed:
            if problem := part_damage.problem(self._connection, self._storage, part):
                self.skipped[part.path] = SkippedPart(part.path, problem)
        return len(self.skipped) > before

    def _create(self, kind: str) -> bool:
        """Create a view over the current parts; return False if some cannot be read."""
        listed = self._parts(kind)
        self._view_parts[kind] = [part.path for part in listed]
        source = part_views.source([self._storage.url(part.path) for part in listed])
        try:
            if self._is_fragmented(listed):
                source = self._stored(kind, source)
            types = part_views.column_types(self._connection, source) if listed else {}
        except self._duckdb.Error as error:
            if not self.has_changed() and not self.skip_damaged(error):
                what = visible(str(error).partition("\n")[0])
                raise InvalidValue(f"The log of {self._model} cannot be read: {what}.") from error
            return False
        if listed and not part_views.is_log(types):
            self.skip_damaged()
            return False
        bounds = (self._since, self._until) if kind == parts.PREDICTIONS else (None, None)
        self._connection.execute(part_views.create(kind, source if listed else "", types, *bounds))
        if kind == parts.PREDICTIONS:
            self.columns = part_views.COLUMNS[kind] | types
        return True

    def _is_fragmented(self, listed: Sequence[LogPart]) -> bool:
        total = sum(part.size for part in listed)
        return (
            self._may_store
            and len(listed) >= MIN_STORED_PARTS
            and total <= min(MAX_STORED_BYTES, len(listed) * MAX_STORED_PART_BYTES)
        )

    def _stored(self, kind: str, source: str) -> str:
        """Store the rows of parts in a table, and return its name; `source` if they are many."""
        table = f"stored_{kind}"
        try:
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {table} AS "
                f"SELECT {self._selected(kind)} FROM {source} LIMIT {MAX_STORED_ROWS + 1}"
            )
        except self._duckdb.OutOfMemoryException:
            self._may_store = False
            return source
        (rows,) = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        if rows <= MAX_STORED_ROWS:
            return table
        self._may_store = False
        self._connection.execute(f"DROP TABLE {table}")
        return source

    def _selected(self, kind: str) -> str:
        """Return the columns to store; a log may lack those that it does not need."""
        if not self._only or kind == parts.LABELS:
            return "*"
        names = "|".join(map(re.escape, sorted(self._only | part_views.NEEDED)))
        return f"COLUMNS({literal(f'^({names})$')})"

    def _parts(self, kind: str) -> list[LogPart]:
        if kind == parts.LABELS and not self._labels:
            return []
        listed = self._storage.parts(parts.folder_of(self._model, kind), self._days(kind))
        return [
            part
            for part in without_replaced(self._storage, listed)
            if part.path not in self.skipped
        ]

    def _days(self, kind: str) -> Days:
        lead = MAX_LABEL_LEAD if kind == parts.LABELS else 0
        first = "" if self._since is None else windows.utc_date(self._since - lead)
        last = "9" if self._until is None or lead else windows.utc_date(self._until)
        return first, last
