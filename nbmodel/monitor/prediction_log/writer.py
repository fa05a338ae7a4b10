"""The log of what a server predicts: scoring hands over rows and never waits.

A thread of its own writes them, a part every second or when many wait. What a crash or a
power cut can lose is what was not yet written: at most `LogSettings.queue` rows, and at a
steady rate those of the last `LogSettings.seconds` and of one write. What was written is
whole. What could not be kept is counted, never silently lost.
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

RETRY_SECONDS = (1.0, 60.0)  # seconds until a failed write is tried again: first, longest
GROUP_REQUESTS = 64  # requests that are put in line at a time; as many as one batch of many clients
PRUNE_SECONDS = 3600.0  # seconds between two looks at what is too old or too much

logger = logging.getLogger("nbmodel.monitor")

Item = Entry | ScoredRequest | RowBlock | Labels


@dataclass(frozen=True, slots=True)
class LogState:
    """What became of the rows that were handed over.

    Attributes
    ----------
    waiting, written, dropped : int
        Rows in the queue; in parts; not kept, because the queue was full, the log was
        closed or they made no sense.
    parts, failures : int
        Parts written, and writes that the disk refused.
    problem : str
        Why rows are not written now; empty if they are.
    """

    waiting: int
    written: int
    dropped: int
    parts: int
    failures: int
    problem: str


@dataclass(frozen=True, slots=True)
class _EncodedPart:
    """A part whose bytes wait for the disk."""

    path: str
    data: Any
    rows: int


class PredictionLog:
    """One model's predictions and labels, written beside the scoring.

    Parameters
    ----------
    root : str or Path
        A folder, or a URL of fsspec.
    model : str
    settings : LogSettings, optional

    Raises
    ------
    ExtraMissing
        If pyarrow is not installed; later, nothing is raised.
    InvalidName, InvalidValue
        If `model` or `root` make no sense.
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
        self._noted: deque[ScoredRequest] = deque()
        self._waiting = self._written = self._dropped = self._parts = self._failures = 0
        self._problem = ""
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._pruned = -PRUNE_SECONDS
        self._thread = threading.Thread(target=self._run, name="nbmodel-log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, item: Item) -> bool:
        """Hand over what was scored, or labels; False if it had to be dropped.

        Never waits for the disk and never raises.
        """
        with self._lock:  # held for a few additions only, by the writer too
            kept = self._queue_up(item)
        if self._waiting >= self.settings.max_part_rows:
            self._wake.set()
        return kept

    def record(
        self, stream: Stream, identifier: str, inputs: Any, outputs: Any, time: int, latency: float
    ) -> None:
        """Hand over one request of a stream.

        As `put` does, but only every `TOGETHER` requests, or when the writer wants them, are put
        in line: a tenth of the work for each.
        """
        noted = self._noted
        noted.append(ScoredRequest(stream, identifier, inputs, outputs, time, latency))
        if len(noted) >= GROUP_REQUESTS:
            self._settle()

    def _settle(self) -> None:
        """Put in line what was noted."""
        with self._lock:
            group: list[ScoredRequest] = []
            while self._noted:
                scored = self._noted.popleft()
                if group and scored.stream is not group[0].stream:
                    self._queue_group(group)
                    group = []
                group.append(scored)
            if group:
                self._queue_group(group)
        if self._waiting >= self.settings.max_part_rows:
            self._wake.set()

    def _queue_group(self, group: list[ScoredRequest]) -> None:
        """Requests of one stream; rows of numbers that come one at a time go into a block."""
        stream = group[0].stream
        room = (
            self._waiting + len(group) <= self.settings.max_queued_rows
            and not self._closing.is_set()
        )
        if room and stream.block is not None and stream.block.add(group):
            self._waiting += len(group)
            return
        if room and RowBlock.suits(group[0]):
            block = RowBlock(group[0])
            if block.add(group):
                stream.block = block
                self._queue_up(block)
                return
        for scored in group:
            self._queue_up(scored)

    def _queue_up(self, item: Item) -> bool:
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
        """Hand over what turned out to be true; `when` in microseconds since the epoch."""
        return self.put(Labels(ids, labels, when))

    @property
    def state(self) -> LogState:
        """Counts since the log was opened."""
        self._settle()
        with self._lock:
            return LogState(
                self._waiting, self._written, self._dropped, self._parts, self._failures,
                self._problem,
            )  # fmt: skip

    @property
    def dropped(self) -> int:
        """Rows that were not kept."""
        return self.state.dropped

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until all that was handed over is written; False if it is not by then."""
        self._settle()
        self._wake.set()
        return self._idle.wait(seconds)

    def close(self) -> None:
        """Write what waits, once more what failed, and end the thread."""
        self._settle()
        with self._lock:
            self._closing.set()
        self._wake.set()
        self._thread.join()
        atexit.unregister(self.close)

    def __enter__(self) -> PredictionLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the writer's thread -----------------------------------------------------

    def _run(self) -> None:
        while True:
            self._wake.wait(self.settings.write_interval_s)
            self._wake.clear()
            last = self._closing.is_set()
            self._write(*self._take())
            self._tidy()
            with self._lock:
                if not self._queue:
                    self._idle.set()
                if last and not self._queue:
                    return

    def _take(self) -> tuple[Sequence[Item], int]:
        """What waits, and its rows."""
        self._settle()
        with self._lock:
            items, self._queue = self._queue, deque()
            for item in items:
                if type(item) is RowBlock:
                    item.open = False
            return items, self._waiting  # what was taken before is written, and waits no more

    def _write(self, items: Sequence[Item], rows: int) -> None:
        groups: dict[str, list[Item]] = {
            parts.PREDICTIONS: [item for item in items if type(item) is not Labels],
            parts.LABELS: [item for item in items if type(item) is Labels],
        }
        for kind, group in groups.items():
            for ready in self._encode(kind, group):
                kept = self._put_down(ready)
                with self._lock:
                    self._written += ready.rows * kept
                    self._dropped += ready.rows * (not kept)
        with self._lock:
            self._waiting -= rows

    def _encode(self, kind: str, items: Sequence[Any]) -> list[_EncodedPart]:
        """The parts of what waits; one entry that no part can hold costs only itself."""
        if not items:
            return []
        try:
            return [
                _EncodedPart(
                    self._naming.path(self.model, kind, date), parts.encode(table), table.num_rows
                )
                for date, table in _TABLES[kind](items, self.settings)
            ]
        except Exception as error:  # noqa: BLE001  whatever rows of a stranger do to Arrow
            if len(items) == 1 and isinstance(items[0], RowBlock):
                items = items[0].split()
            if len(items) > 1:
                half = len(items) // 2
                return self._encode(kind, items[:half]) + self._encode(kind, items[half:])
            with self._lock:
                self._dropped += items[0].rows
            rows, why = items[0].rows, display.line(error)
            logger.warning("%d rows of %s cannot be logged: %s", rows, self.model, why)
            return []

    def _put_down(self, ready: _EncodedPart) -> bool:
        """Write a part, again and again if need be; False if the log was closed before it could."""
        pause, longest = RETRY_SECONDS
        while True:
            last = self._closing.is_set()
            try:
                self.storage.write(ready.path, ready.data)
            except (OSError, NbModelError) as error:
                self._failures += 1
                self._tell(f"The predictions of {self.model} cannot be logged: {error}.")
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

    def _tell(self, problem: str) -> None:
        """Say a problem once: scoring goes on."""
        if self._problem != problem:
            self._problem = problem
            logger.warning("%s Scoring goes on.", problem)

    def _tidy(self) -> None:
        """Merge small parts and remove old ones; what fails is tried another time."""
        try:
            self._merger.merge()
            settings = self.settings
            due = time.monotonic() - self._pruned >= PRUNE_SECONDS
            if due and (settings.keep_days or settings.keep_bytes):
                self._pruned = time.monotonic()
                prune(self.storage, self.model, days=settings.keep_days, size=settings.keep_bytes)
        except OSError as error:
            self._tell(f"The log of {self.model} cannot be tidied: {error}.")


_TABLES: dict[str, Callable[..., Iterator[tuple[str, Any]]]] = {
    parts.PREDICTIONS: stream_tables,
    parts.LABELS: label_tables,
}
