"""Writes the parts of a batch job: one part is encoded while another is written to disk."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.settings import LogSettings
from nbmodel.monitor.prediction_log.storage import LogStorage
from nbmodel.store.durable import explained

MAX_CONCURRENT_PARTS = 2  # parts that are being encoded or written


class PartWriter:
    """Writes tables as parts, without rows outside the sample; the context waits for all writes."""

    def __init__(self, storage: LogStorage, model: str, settings: LogSettings) -> None:
        self._storage = storage
        self._model = model
        self._settings = settings
        self._naming = parts.PartNames()
        self._pool = ThreadPoolExecutor(MAX_CONCURRENT_PARTS)
        self._running: deque[Future[None]] = deque()

    def write(self, kind: str, date_: str, table: Any) -> None:
        """Queue a table; an error of an earlier table is raised here."""
        if self._settings.sample < 1:
            table = table.filter([self._settings.keeps(id_) for id_ in table["id"].to_pylist()])
        if table.num_rows:
            path = self._naming.path(self._model, kind, date_)
            while len(self._running) > MAX_CONCURRENT_PARTS:
                self._running.popleft().result()
            self._running.append(self._pool.submit(self._write_part, path, table))

    def _write_part(self, path: str, table: Any) -> None:
        with explained(f"the log of {self._model} in {self._storage.root}"):
            self._storage.write(path, parts.encode(table))

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, *_: object) -> None:
        with self._pool:
            while self._running:
                self._running.popleft().result()
