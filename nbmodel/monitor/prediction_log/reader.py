"""The log as DuckDB reads it: two views, ``predictions`` and ``labels``, over its parts.

A part that cannot be read is passed over and named, never a failure; one that another process
merged or removed meanwhile is looked for anew. Memory is bounded: DuckDB spills to disk.
"""

# ruff: noqa: S608  names and texts go through `quoted` and `text` of sql.py, the rest is ours

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from nbmodel.display import visible
from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.common.sql import identifier, literal
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.retention import without_replaced
from nbmodel.monitor.prediction_log.storage import FsspecStorage, LogPart, open_storage

MEMORY_LIMIT = "1GB"
MAX_RETRIES = 4
BATCH_ROWS = 1 << 17  # rows that leave DuckDB at once
BUFFER_BYTES = 1 << 26
MAX_LABEL_LEAD = 7 * windows.UNITS["d"]  # by which a label may come before what it is the label of
EARLIEST = windows.microseconds(datetime(1, 2, 1, tzinfo=UTC))
LATEST = windows.microseconds(datetime(9999, 11, 30, tzinfo=UTC))
_MAGIC = b"PAR1"
_COLUMNS = {
    parts.PREDICTIONS: {
        "id": "VARCHAR", "time": "TIMESTAMPTZ", "version": "VARCHAR", "commit": "VARCHAR",
        "stage": "VARCHAR", "method": "VARCHAR", "latency": "DOUBLE",
    },
    parts.LABELS: {
        "id": "VARCHAR", "time": "TIMESTAMPTZ", "label": "VARCHAR", "value": "DOUBLE",
    },
}  # fmt: skip

Row = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoggedVersion:
    """What the log holds of one version in one stage; times in microseconds since the epoch."""

    version: str
    commit: str
    stage: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class WindowRows:
    """Rows of one version in one stage in one window; times in microseconds since the epoch.

    Attributes
    ----------
    start : int
        Of the window.
    version, stage, commit : str
    rows : int
    first, last : int
    latency : float or None
        Mean, seconds.
    quantiles : list of float or None
        Of the latency: 0.5, 0.95, 0.99.
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


class LogReader:
    """An opened log of one model.

    Attributes
    ----------
    warnings : list of str
        Parts that were passed over, and why.
    columns : dict of str to str
        Of the predictions: names and DuckDB's types.
    since, until : int or None
        The time that is looked at, microseconds since the epoch.
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
        self._bad: set[str] = set()
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
        # What is decoded while a batch is counted.
        self._connection.execute(f"SET streaming_buffer_size = '{BUFFER_BYTES}B'")
        if isinstance(self.storage, FsspecStorage):
            self._connection.register_filesystem(self.storage.files)
        self._open()

    def close(self) -> None:
        """End DuckDB's connection, and remove what it spilled."""
        self._connection.close()
        self._spill.cleanup()

    def rows(self, query: str) -> list[Row]:
        """The rows of a query; for few.

        Raises
        ------
        InvalidValue
            If it needs more memory than it may have.
        """
        return self._reading(lambda: list(self._connection.execute(query).fetchall()))

    def fold(self, query: str, work: Callable[[Iterable[Any]], T]) -> T:
        """What `work` makes of the Arrow batches of a query; for many rows.

        `work` may be called again from the beginning, if a part turns out to be damaged.
        """

        def attempt() -> T:
            return work(self._connection.sql(query).to_arrow_reader(BATCH_ROWS))

        return self._reading(attempt)

    def _reading(self, attempt: Callable[[], T]) -> T:
        arrow = import_optional("pyarrow", "Reading the prediction log")
        for _ in range(MAX_RETRIES):
            try:
                return attempt()
            except self._duckdb.OutOfMemoryException as error:
                raise InvalidValue(
                    f"The log of {self.model} needs more memory than it may have: {error}",
                    "Look at a shorter time, or allow more memory.",
                ) from error
            except (self._duckdb.Error, arrow.ArrowException, OSError):
                if not self._changed() and not self._pass_over():
                    raise
                self._open()
        raise InvalidValue(
            f"The log of {self.model} changes faster than it can be read.", "Try again."
        )

    def create_table(self, table: str, query: str) -> None:
        """Keep the rows of a query as a table of this connection; too much spills to disk."""
        self.rows(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")

    def windows(self, width: int) -> list[WindowRows]:
        """What each version and stage has in each window, in the order of time; read once."""
        if width not in self._windows:
            found = self.rows(
                f"SELECT {windows.sql('time', width)} AS window_, version, stage, max(commit), "
                "count(*), epoch_us(min(time)), epoch_us(max(time)), avg(latency), "
                "approx_quantile(latency, [0.5, 0.95, 0.99]) FROM predictions "
                "GROUP BY window_, version, stage ORDER BY window_, 6, version, stage"
            )
            self._windows[width] = [WindowRows(*row) for row in found]
        return self._windows[width]

    def contents(self) -> list[LoggedVersion]:
        """Versions and stages, the one that began first first."""
        some = next(iter(self._windows.values()), None)
        groups: dict[tuple[str, str], list[WindowRows]] = defaultdict(list)
        for one in self.windows(windows.UNITS["d"]) if some is None else some:
            groups[one.version, one.stage].append(one)
        found = [
            LoggedVersion(
                version, max(one.commit for one in group), stage, sum(one.rows for one in group),
                min(one.first for one in group), max(one.last for one in group),
            )
            for (version, stage), group in groups.items()
        ]  # fmt: skip
        return sorted(found, key=lambda one: (one.first, one.version, one.stage))

    def unknown_labels(self) -> int:
        """Labels whose predictions are not in the log (yet), of all times that are looked at."""
        # By their hashes, in half the time; of a billion ids hardly two have the same.
        counted = self.rows(
            "SELECT count(*) FROM (SELECT DISTINCT hash(id) AS h FROM labels) "
            "WHERE h NOT IN (SELECT hash(id) FROM predictions)"
        )
        return int(counted[0][0])

    # -- views ---------------------------------------------------------------------

    def _open(self) -> None:
        self._windows.clear()
        for kind in _COLUMNS:
            for _ in range(MAX_RETRIES):
                if self._view(kind):
                    break
                self._pass_over()

    def _view(self, kind: str) -> bool:
        """Make a view over the parts there are; False if some of them cannot be read."""
        found = self._parts(kind)
        self._used[kind] = [part.path for part in found]
        source = _source([self.storage.url(part.path) for part in found])
        try:
            have = self._describe(source) if found else {}
        except self._duckdb.Error:
            return False
        if found and not _is_log(have):
            return False
        wanted = _COLUMNS[kind]
        chosen = [_column(name, have.get(name, ""), dtype) for name, dtype in wanted.items()]
        chosen += [identifier(name) for name in have if name not in wanted]
        begin = f"SELECT {', '.join(chosen)} FROM {source if found else '(SELECT 1)'}"
        tests = " AND ".join(self._tests(kind)) if found else "false"
        self._connection.execute(f"CREATE OR REPLACE VIEW {kind} AS {begin} WHERE {tests}")
        if kind == parts.PREDICTIONS:
            self.columns = wanted | have
        return True

    def _tests(self, kind: str) -> list[str]:
        """Rows of a time, and predictions of that which is looked at; labels come days later."""
        # Not so of NULL, of infinity, and of years that no date has: such a row is in no window.
        tests = [f"epoch_us(time) BETWEEN {EARLIEST} AND {LATEST}"]
        bounds = ((">=", self.since), ("<", self.until)) if kind == parts.PREDICTIONS else ()
        return tests + [f"epoch_us(time) {sign} {at}" for sign, at in bounds if at is not None]

    def _parts(self, kind: str) -> list[LogPart]:
        listed = self.storage.parts(parts.folder_of(self.model, kind))
        found = [
            part for part in without_replaced(self.storage, listed) if part.path not in self._bad
        ]
        early = MAX_LABEL_LEAD if kind == parts.LABELS else 0
        first = "" if self.since is None else _date_of(self.since - early)
        last = "9" if self.until is None or early else _date_of(self.until)
        return [p for p in found if not (d := parts.date_of(p.path)) or first <= d <= last]

    def _describe(self, source: str) -> dict[str, str]:
        answer = self._connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        return {str(row[0]): str(row[1]) for row in answer}

    # -- parts that cannot be read ---------------------------------------------------

    def _changed(self) -> bool:
        """Whether parts came or went since the views were made."""
        return any(
            [part.path for part in self._parts(kind)] != used for kind, used in self._used.items()
        )

    def _pass_over(self) -> bool:
        """Find the parts that cannot be read; True if there are any that were not known."""
        found = False
        for kind in _COLUMNS:
            for part in self._parts(kind):
                if problem := self._problem(part):
                    self._bad.add(part.path)
                    self.warnings.append(f"{visible(part.path)} was passed over: {problem}.")
                    found = True
        return found

    def _problem(self, part: LogPart) -> str:
        try:
            with self.storage.read(part.path) as file:
                head = file.read(4)
                file.seek(max(0, part.size - 4))
                if head != _MAGIC or file.read(4) != _MAGIC:
                    return "it is no whole Parquet file"
        except FileNotFoundError:  # removed meanwhile: no longer listed
            return ""
        except OSError as error:
            return f"{error.strerror}"
        source = _source([self.storage.url(part.path)])
        try:
            if not _is_log(self._describe(source)):
                return "it lacks id or time"
            self._connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM {source}").fetchall()
        except self._duckdb.Error as error:
            return visible(str(error).partition("\n")[0][:200])
        return ""


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
    """Open a model's log.

    Parameters
    ----------
    root : str or Path
        Folder or URL.
    model : str
    since, until : int, optional
        Predictions from and before these times, in microseconds since the epoch.
    memory : str
        What DuckDB may use before it spills.
    threads : int
        All cores if 0.

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


def _source(urls: list[str]) -> str:
    listed = ", ".join(map(literal, urls))
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def _column(name: str, found: str, wanted: str) -> str:
    """A column that every log has, of a log that may lack it; texts but labels are never null."""
    given = f"{identifier(name)}::{wanted}" if found and name != "time" else identifier(name)
    if not found:
        given = f"NULL::{wanted}"
    if wanted == "VARCHAR" and name != "label":
        given = f"coalesce({given}, '')"
    return f"{given} AS {identifier(name)}"


def _is_log(columns: dict[str, str]) -> bool:
    return "id" in columns and columns.get("time", "").startswith("TIMESTAMP")
