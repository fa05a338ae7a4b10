"""Reads a log with DuckDB, as two views over its parts: ``predictions`` and ``labels``.

`log_views` creates them. A part that cannot be read is skipped and reported. If another process
merges or removes parts in the meantime, they are listed again. Memory is bounded: DuckDB spills to
disk.
"""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import sql, windows
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import part_views
from nbmodel.monitor.prediction_log.log_views import LogViews, SkippedPart
from nbmodel.monitor.prediction_log.storage import FsspecStorage, open_storage

MEMORY_LIMIT = "1GB"
MAX_RETRIES = 4
BATCH_ROWS = 1 << 17  # rows in one Arrow batch
BUFFER_BYTES = 1 << 26
WINDOW_COLUMNS = ("version", "commit", "stage", "latency")  # that `LogReader.windows` needs

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
    since, until : int or None
        The time range that is read, in microseconds since the epoch.
    """

    def __init__(
        self, root: str | Path, model: str, since: int | None, until: int | None,
        memory: str, threads: int, only: frozenset[str], labels: bool,
    ) -> None:  # fmt: skip
        self.storage = open_storage(root)
        self.model = model
        self.since, self.until = since, until
        self._windows: dict[int, list[WindowRows]] = {}
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
        self._views = LogViews(self._connection, self.storage, model, since, until, only, labels)
        try:
            self._views.create()
        except BaseException:  # an interrupt too: the temporary files must not stay
            self.close()
            raise

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the predictions, with DuckDB's types."""
        return self._views.columns

    @property
    def skipped(self) -> tuple[SkippedPart, ...]:
        """Parts that cannot be read, and were skipped."""
        return tuple(self._views.skipped.values())

    @property
    def warnings(self) -> list[str]:
        """Parts that were skipped, and the reasons."""
        return [part.text for part in self.skipped]

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
                self._views.skip_damaged()
                self._reopen()
            except (self._duckdb.Error, arrow.ArrowException, OSError) as error:
                if not self._views.has_changed() and not self._views.skip_damaged(error):
                    raise
                self._reopen()
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

    def _reopen(self) -> None:
        self._windows.clear()
        self._views.create()


@contextmanager
def open_log(
    root: str | Path,
    model: str,
    *,
    since: int | None = None,
    until: int | None = None,
    memory: str = MEMORY_LIMIT,
    threads: int = 0,
    only: Collection[str] = (),
    labels: bool = True,
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
    only : collection of str
        The columns of the predictions that are needed; all by default.
    labels : bool
        Whether the labels are needed.

    Yields
    ------
    LogReader

    Raises
    ------
    ExtraMissing
        If DuckDB is not installed.
    """
    cores = threads or os.cpu_count() or 1
    log = LogReader(root, model, since, until, memory, cores, frozenset(only), labels)
    try:
        yield log
    finally:
        log.close()
