"""The log of a server: scoring hands over rows and never waits for the disk.

A separate thread writes a part every second, or as soon as many rows wait. A crash or a power
failure loses the rows that are not written yet: at most `LogSettings.max_queued_rows`. At a steady
rate these are the rows of the last `LogSettings.write_interval_s` and of one write. A written part
is complete.
Rows that cannot be logged are counted.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbmodel import display
from nbmodel.errors import NbModelError
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.entries import Entry, Labels, label_tables
from nbmodel.monitor.prediction_log.retention import Merger, prune
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.storage import LogPart, open_storage
from nbmodel.monitor.prediction_log.streams import RowBlock, ScoredRequest, Stream, stream_tables

RETRY_SECONDS = (1.0, 60.0)  # pause after a failed write: first, longest
GROUP_REQUESTS = 64  # requests that are queued together: as many as a large batch
PRUNE_SECONDS = 3600.0  # interval at which old parts are removed

logger = logging.getLogger("nbmodel.monitor")

Item = Entry | ScoredRequest | RowBlock | Labels


@dataclass(frozen=True, slots=True)
class LogState:
    """What became of the rows that were handed over.

    Attributes
    ----------
    waiting, written, dropped : int
        Rows in the queue; rows in parts; rows that were not logged, because the queue was full, the
        log was closed, or they could not be stored.
    parts, failures : int
        Parts that were written; writes that failed.
    problem : str
        Why rows cannot be written at the moment; empty if they can.
    """

    waiting: int
    written: int
    dropped: int
    parts: int
    failures: int
    problem: str


@dataclass(frozen=True, slots=True)
class _EncodedPart:
    """A part whose bytes are ready to be written."""

    path: str
    data: Any
    rows: int


class PredictionLog:
    """The predictions and labels of one model, written by a thread beside the scoring.

    Parameters
    ----------
    root : str or Path
        A folder, or a URL that fsspec supports.
    model : str
    settings : LogSettings, optional

    Raises
    ------
    ExtraMissing
        If pyarrow is not installed. Once the log is open, no method raises.
    InvalidName, InvalidValue
        If `model` or `root` is not valid.
    """

    def __init__(self, root: str | Path, model: str, settings: LogSettings | None = None) -> None:
        import_optional("pyarrow.parquet", "The prediction log")
        parts.folder_of(model)
        self.model = model
        self.settings = settings or LogSettings()
        self.storage = open_storage(root)
        self._naming = parts.PartNames()
        self._merger = Merger(self.storage, self._naming)
        self._lock = threading.Lock()
        self._queue: deque[Item] = deque()
        self._recorded: deque[ScoredRequest] = deque()
        self._waiting = self._written = self._dropped = self._parts = self._failures = 0
        self._problem = ""
        self._closing = threading.Event()
        self._wakeup = threading.Event()
        self._idle = threading.Event()
        self._last_prune = -PRUNE_SECONDS
        self._thread = threading.Thread(target=self._run, name="nbmodel-log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, item: Item) -> bool:
        """Hand over scored rows or labels.

        This never waits for the disk and never raises.

        Returns
        -------
        bool
            False if the rows were dropped.
        """
        with self._lock:  # held only for a few additions, also by the writer
            accepted = self._enqueue(item)
        if self._waiting >= self.settings.max_part_rows:
            self._wakeup.set()
        return accepted

    def record(
        self, stream: Stream, identifier: str, inputs: Any, outputs: Any, time: int, latency: float
    ) -> None:
        """Hand over one request of a stream.

        Requests are queued in groups of `GROUP_REQUESTS`, or when the writer needs them. This costs
        a tenth of what `put` costs for each request.
        """
        recorded = self._recorded
        recorded.append(ScoredRequest(stream, identifier, inputs, outputs, time, latency))
        if len(recorded) >= GROUP_REQUESTS:
            self._queue_recorded()

    def _queue_recorded(self) -> None:
        """Queue the recorded requests."""
        with self._lock:
            group: list[ScoredRequest] = []
            while self._recorded:
                scored = self._recorded.popleft()
                if group and scored.stream is not group[0].stream:
                    self._queue_group(group)
                    group = []
                group.append(scored)
            if group:
                self._queue_group(group)
        if self._waiting >= self.settings.max_part_rows:
            self._wakeup.set()

    def _queue_group(self, group: list[ScoredRequest]) -> None:
        """Queue requests of one stream; numeric rows that arrive one at a time go into a block."""
        stream = group[0].stream
        has_room = (
            self._waiting + len(group) <= self.settings.max_queued_rows
            and not self._closing.is_set()
        )
        if has_room and stream.block is not None and stream.block.add(group):
            self._waiting += len(group)
            return
        if has_room and RowBlock.suits(group[0]):
            block = RowBlock(group[0])
            if block.add(group):
                stream.block = block
                self._enqueue(block)
                return
        for scored in group:
            self._enqueue(scored)

    def _enqueue(self, item: Item) -> bool:
        rows = item.rows
        if self._closing.is_set() or self._waiting + rows > self.settings.max_queued_rows:
            self._dropped += rows
            return False
        self._queue.append(item)
        self._waiting += rows
        if self._idle.is_set():
            self._idle.clear()
        return True

    def label(self, ids: Sequence[str], labels: Sequence[Any], when: int) -> bool:
        """Hand over true labels; `when` is in microseconds since the epoch."""
        return self.put(Labels(ids, labels, when))

    @property
    def state(self) -> LogState:
        """Counts since the log was opened."""
        self._queue_recorded()
        with self._lock:
            return LogState(
                self._waiting, self._written, self._dropped, self._parts, self._failures,
                self._problem,
            )  # fmt: skip

    @property
    def dropped(self) -> int:
        """Rows that were not logged."""
        return self.state.dropped

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until all rows are written; return False if that takes longer than `seconds`."""
        self._queue_recorded()
        self._wakeup.set()
        return self._idle.wait(seconds)

    def close(self) -> None:
        """Write the waiting rows, with a last attempt for failed writes, and stop the thread."""
        self._queue_recorded()
        with self._lock:
            self._closing.set()
        self._wakeup.set()
        self._thread.join()
        atexit.unregister(self.close)

    def __enter__(self) -> PredictionLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the writer's thread -----------------------------------------------------

    def _run(self) -> None:
        while True:
            self._wakeup.wait(self.settings.write_interval_s)
            self._wakeup.clear()
            last = self._closing.is_set()
            self._write(*self._take())
            self._maintain()
            with self._lock:
                if not self._queue:
                    self._idle.set()
                if last and not self._queue:
                    return

    def _take(self) -> tuple[Sequence[Item], int]:
        """Take the waiting items off the queue; return them and their rows."""
        self._queue_recorded()
        with self._lock:
            items, self._queue = self._queue, deque()
            for item in items:
                if type(item) is RowBlock:
                    item.open = False
            return items, self._waiting  # rows taken earlier are written by now

    def _write(self, items: Sequence[Item], rows: int) -> None:
        groups: dict[str, list[Item]] = {
            parts.PREDICTIONS: [item for item in items if type(item) is not Labels],
            parts.LABELS: [item for item in items if type(item) is Labels],
        }
        for kind, group in groups.items():
            for ready in self._encode(kind, group):
                written = self._write_part(ready)
                with self._lock:
                    self._written += ready.rows * written
                    self._dropped += ready.rows * (not written)
        with self._lock:
            self._waiting -= rows

    def _encode(self, kind: str, items: Sequence[Any]) -> list[_EncodedPart]:
        """Encode items as parts; an entry that cannot be stored does not affect the others."""
        if not items:
            return []
        try:
            return [
                _EncodedPart(
                    self._naming.path(self.model, kind, date), parts.encode(table), table.num_rows
                )
                for date, table in _TABLES[kind](items, self.settings)
            ]
        except Exception as error:  # noqa: BLE001  rows of any kind may fail in Arrow
            if len(items) == 1 and isinstance(items[0], RowBlock):
                items = items[0].split()
            if len(items) > 1:
                half = len(items) // 2
                return self._encode(kind, items[:half]) + self._encode(kind, items[half:])
            with self._lock:
                self._dropped += items[0].rows
            rows, reason = items[0].rows, display.line(error)
            logger.warning("%d rows of %s cannot be logged: %s", rows, self.model, reason)
            return []

    def _write_part(self, ready: _EncodedPart) -> bool:
        """Write a part, repeatedly if necessary.

        Returns
        -------
        bool
            False if the log was closed before the part could be written.
        """
        pause, longest = RETRY_SECONDS
        while True:
            last = self._closing.is_set()
            try:
                self.storage.write(ready.path, ready.data)
            except (OSError, NbModelError) as error:
                self._failures += 1
                self._report(f"The predictions of {self.model} cannot be logged: {error}.")
                if last:
                    return False
                self._closing.wait(pause)
                pause = min(2 * pause, longest)
                continue
            self._parts += 1
            if self._problem:
                logger.warning("The predictions of %s are logged again.", self.model)
                self._problem = ""
            self._merger.note(LogPart(ready.path, len(ready.data)), ready.rows)
            return True

    def _report(self, problem: str) -> None:
        """Log a problem when it occurs for the first time; scoring continues.

        The line comes before the state: who sees the state in `/metrics` finds the line.
        """
        if self._problem != problem:
            logger.warning("%s Scoring continues.", problem)
            self._problem = problem

    def _maintain(self) -> None:
        """Merge small parts and remove old ones; what fails is repeated later."""
        try:
            self._merger.merge()
            settings = self.settings
            due = time.monotonic() - self._last_prune >= PRUNE_SECONDS
            if due and (settings.keep_days or settings.keep_bytes):
                self._last_prune = time.monotonic()
                prune(self.storage, self.model, days=settings.keep_days, size=settings.keep_bytes)
        except OSError as error:
            self._report(f"The log of {self.model} cannot be cleaned up: {error}.")


_TABLES: dict[str, Callable[..., Iterator[tuple[str, Any]]]] = {
    parts.PREDICTIONS: stream_tables,
    parts.LABELS: label_tables,
}
