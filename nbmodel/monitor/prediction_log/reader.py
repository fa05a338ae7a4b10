"""Reads a log with DuckDB, as two views over its parts: ``predictions`` and ``labels``.

A part that cannot be read is skipped and reported. If another process merges or removes parts in
the meantime, they are listed again. Memory is bounded: DuckDB spills to disk.
"""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from nbmodel.display import visible
from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import sql, windows
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import part_damage, part_views, parts
from nbmodel.monitor.prediction_log.retention import without_replaced
from nbmodel.monitor.prediction_log.storage import FsspecStorage, LogPart, open_storage

MEMORY_LIMIT = "1GB"
MAX_RETRIES = 4
BATCH_ROWS = 1 << 17  # rows in one Arrow batch
BUFFER_BYTES = 1 << 26
MAX_LABEL_LEAD = 7 * windows.UNITS["d"]  # how much earlier than its prediction a label may be

Row = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoggedVersion:
    """The rows of one version in one stage; times are in microseconds since the epoch."""

    version: str
    commit: str
    stage: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRows:
    """The rows of one version in one stage in one window.

    Times are in microseconds since the epoch.

    Attributes
    ----------
    start : int
        Start of the window.
    version, stage, commit : str
    rows : int
    first, last : int
        Times of the first row and the last.
    latency : float or None
        Mean latency in seconds.
    quantiles : list of float or None
        Quantiles 0.5, 0.95 and 0.99 of the latency.
    """

    start: int
    version: str
    stage: str
    commit: str
    rows: int
    first: int
    last: int
    latency: float | None
    quantiles: list[float] | None


class _WrongStatistics(Exception):
    """Rows have times that the conditions of the view exclude.

    DuckDB leaves out a condition that the statistics in the footer of a part fulfil. In a damaged
    part they may contradict its rows.
    """


class LogReader:
    """An open log of one model.

    Attributes
    ----------
    warnings : list of str
        Parts that were skipped, and the reasons.
    columns : dict of str to str
        Columns of the predictions, with DuckDB's types.
    since, until : int or None
        The time range that is read, in microseconds since the epoch.
    """

    def __init__(
        self, root: str | Path, model: str, since: int | None, until: int | None,
        memory: str, threads: int,
    ) -> None:  # fmt: skip
        self.storage = open_storage(root)
        self.model = model
        self.warnings: list[str] = []
        self.columns: dict[str, str] = {}
        self.since, self.until = since, until
        self._skipped: set[str] = set()
        self._windows: dict[int, list[WindowRows]] = {}
        self._used: dict[str, list[str]] = {}
        self._spill = tempfile.TemporaryDirectory(prefix="nbmodel-")
        self._duckdb = import_optional("duckdb", "Reading the prediction log")
        try:
            self._connection = self._duckdb.connect(
                config={
                    "memory_limit": memory,
                    "threads": threads,
                    "temp_directory": self._spill.name,
                    "autoinstall_known_extensions": False,
                }
            )
        except self._duckdb.Error as error:
            raise InvalidValue(
                f"DuckDB does not start: {error}.", "Check the memory limit."
            ) from error
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET preserve_insertion_order = false")
        # Rows that DuckDB decodes while a batch is being counted.
        self._connection.execute(f"SET streaming_buffer_size = '{BUFFER_BYTES}B'")
        if isinstance(self.storage, FsspecStorage):
            self._connection.register_filesystem(self.storage.files)
        self._open()

    def close(self) -> None:
        """Close the connection of DuckDB, and remove its temporary files."""
        self._connection.close()
        self._spill.cleanup()

    def rows(self, query: str) -> list[Row]:
        """Return the rows of a query, which should be few.

        Raises
        ------
        InvalidValue
            If the query needs more memory than it may use.
        """
        return self._with_retries(lambda: list(self._connection.execute(query).fetchall()))

    def fold(self, query: str, work: Callable[[Iterable[Any]], T]) -> T:
        """Pass the Arrow batches of a query to a function and return its result.

        If a part turns out to be damaged, the function is called again from the start.
        """

        def attempt() -> T:
            return work(self._connection.sql(query).to_arrow_reader(BATCH_ROWS))

        return self._with_retries(attempt)

    def _with_retries(self, attempt: Callable[[], T]) -> T:
        arrow = import_optional("pyarrow", "Reading the prediction log")
        for _ in range(MAX_RETRIES):
            try:
                return attempt()
            except self._duckdb.OutOfMemoryException as error:
                raise InvalidValue(
                    f"The log of {self.model} needs more memory than it may use: {error}",
                    "Choose a shorter time, or allow more memory.",
                ) from error
            except _WrongStatistics:
                self._skip_damaged()
                self._open()
            except (self._duckdb.Error, arrow.ArrowException, OSError):
                if not self._parts_changed() and not self._skip_damaged():
                    raise
                self._open()
        raise InvalidValue(
            f"The log of {self.model} changes faster than it can be read.", "Try again."
        )

    def create_table(self, table: str, query: str) -> None:
        """Store the rows of a query in a temporary table; large tables spill to disk."""
        self.rows(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")

    def windows(self, width: int) -> list[WindowRows]:
        """Return the rows of each version and stage in each window, by time; they are read once."""
        if width not in self._windows:
            self._windows[width] = self._with_retries(lambda: self._read_windows(width))
        return self._windows[width]

    def _read_windows(self, width: int) -> list[WindowRows]:
        cursor = self._connection.execute(
            f"SELECT {sql.window_start('time', width)} AS start, version, stage, "
            "max(commit) AS commit, count(*) AS rows, epoch_us(min(time)) AS first, "
            "epoch_us(max(time)) AS last, avg(latency) AS latency, "
            "approx_quantile(latency, [0.5, 0.95, 0.99]) AS quantiles FROM predictions "
            "GROUP BY 1, version, stage ORDER BY 1, 6, version, stage"
        )
        names = [column[0] for column in cursor.description or ()]
        counted = [WindowRows(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        if not all(map(part_views.is_time, (time for w in counted for time in (w.first, w.last)))):
            raise _WrongStatistics
        return counted

    def contents(self) -> list[LoggedVersion]:
        """Return the versions and stages in the log, ordered by their first row."""
        cached = next(iter(self._windows.values()), None)
        groups: dict[tuple[str, str], list[WindowRows]] = defaultdict(list)
        for row in self.windows(windows.UNITS["d"]) if cached is None else cached:
            groups[row.version, row.stage].append(row)
        logged = [
            LoggedVersion(
                version, max(row.commit for row in group), stage, sum(row.rows for row in group),
                min(row.first for row in group), max(row.last for row in group),
            )
            for (version, stage), group in groups.items()
        ]  # fmt: skip
        return sorted(logged, key=lambda row: (row.first, row.version, row.stage))

    def unknown_labels(self) -> int:
        """Return the number of labels whose predictions are not in the view."""
        # Comparing hashes takes half the time. Among a billion ids, equal hashes are rare.
        counted = self.rows(
            "SELECT count(*) FROM (SELECT DISTINCT hash(id) AS h FROM labels) "
            "WHERE h NOT IN (SELECT hash(id) FROM predictions)"
        )
        return int(counted[0][0])

    # -- views ---------------------------------------------------------------------

    def _open(self) -> None:
        self._windows.clear()
        for kind in part_views.COLUMNS:
            for _ in range(MAX_RETRIES):
                if self._view(kind):
                    break
                self._skip_damaged()

    def _view(self, kind: str) -> bool:
        """Create a view over the current parts; return False if some cannot be read."""
        listed = self._parts(kind)
        self._used[kind] = [part.path for part in listed]
        source = part_views.source([self.storage.url(part.path) for part in listed])
        try:
            types = part_views.column_types(self._connection, source) if listed else {}
        except self._duckdb.Error:
            return False
        if listed and not part_views.is_log(types):
            return False
        bounds = (self.since, self.until) if kind == parts.PREDICTIONS else (None, None)
        self._connection.execute(part_views.create(kind, source if listed else "", types, *bounds))
        if kind == parts.PREDICTIONS:
            self.columns = part_views.COLUMNS[kind] | types
        return True

    def _parts(self, kind: str) -> list[LogPart]:
        listed = self.storage.parts(parts.folder_of(self.model, kind))
        parts_ = [
            part
            for part in without_replaced(self.storage, listed)
            if part.path not in self._skipped
        ]
        lead = MAX_LABEL_LEAD if kind == parts.LABELS else 0
        first = "" if self.since is None else _date_of(self.since - lead)
        last = "9" if self.until is None or lead else _date_of(self.until)
        return [p for p in parts_ if not (d := parts.date_of(p.path)) or first <= d <= last]

    # -- parts that cannot be read ---------------------------------------------------

    def _parts_changed(self) -> bool:
        """Return whether parts were added or removed since the views were created."""
        return any(
            [part.path for part in self._parts(kind)] != used for kind, used in self._used.items()
        )

    def _skip_damaged(self) -> bool:
        """Find parts that cannot be read; return True if there are new ones."""
        any_new = False
        for kind in part_views.COLUMNS:
            for part in self._parts(kind):
                if problem := part_damage.problem(self._connection, self.storage, part):
                    self._skipped.add(part.path)
                    self.warnings.append(f"{visible(part.path)} was skipped: {problem}.")
                    any_new = True
        return any_new


@contextmanager
def open_log(
    root: str | Path,
    model: str,
    *,
    since: int | None = None,
    until: int | None = None,
    memory: str = MEMORY_LIMIT,
    threads: int = 0,
) -> Iterator[LogReader]:
    """Open a model's log; use it as a context manager.

    Parameters
    ----------
    root : str or Path
        Folder or URL.
    model : str
    since, until : int, optional
        Time range of the predictions, in microseconds since the epoch; `until` is excluded.
    memory : str
        Memory that DuckDB may use before it spills to disk.
    threads : int
        Threads of DuckDB; 0 for all cores.

    Yields
    ------
    LogReader

    Raises
    ------
    ExtraMissing
        If DuckDB is not installed.
    """
    log = LogReader(root, model, since, until, memory, threads or os.cpu_count() or 1)
    try:
        yield log
    finally:
        log.close()


def _date_of(time: int) -> str:
    return windows.to_datetime(time).date().isoformat()
