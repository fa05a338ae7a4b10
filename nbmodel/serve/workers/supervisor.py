"""Several workers behind one socket: starts them, adds up their metrics, replaces and stops them.

The parent listens and never answers requests. Workers are new processes, because a forked one
would share locks and threads of numeric libraries. Their models are mapped from the same files.
All of them hold the socket, so a free worker takes the next client, and no client waits for a
worker that has ended.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from nbmodel import display
from nbmodel.errors import NbModelError, WorkerFailed
from nbmodel.serve.workers.aggregate import MetricsAggregator
from nbmodel.serve.workers.channel import WorkerChannel
from nbmodel.serve.workers.worker import DRAIN_SECONDS, Job, run_worker
from nbmodel.versioning.registry import open_registry

MIN_LIFE_SECONDS = 10.0  # if a worker lives shorter, its replacement is delayed
MAX_RESTART_SECONDS = 30.0  # until a worker is replaced
SCRAPE_SECONDS = 2.0  # for workers to send their metrics; then their previous ones count

logger = logging.getLogger("nbmodel.serve")


@dataclass(eq=False, slots=True)
class _Worker:
    process: Any
    connection: Connection
    start: float
    ready: bool = False
    metrics: bytes = b""


@dataclass(eq=False, slots=True)
class _Scrape:
    worker: _Worker  # that was scraped
    number: int
    pending_workers: set[int] = field(default_factory=set)
    until: float = 0.0


class Supervisor:
    """The parent of the workers.

    Parameters
    ----------
    job : Job
    count : int
    listener : socket
        Already listening.
    ready : callable
        Called with the versions when every worker has loaded them.
    """

    def __init__(
        self, job: Job, count: int, listener: socket.socket,
        ready: Callable[[Mapping[str, str]], None],
    ) -> None:  # fmt: skip
        self._job = job
        self._count = count
        self._listener = listener
        self._ready = ready
        self._context = get_context("spawn")
        self._workers: list[_Worker] = []
        self._scrapes: dict[int, _Scrape] = {}
        self._scrape_count = 0
        self._ended = MetricsAggregator()  # the workers that have ended
        self._deaths = 0
        self._short_lives = 0  # in a row
        self._restart_times: list[float] = []
        self._kill_time = 0.0  # when the workers are killed; 0 until `stop`
        self._all_ready = False
        self._failure: WorkerFailed | None = None

    def run(self, lifeline: int | None = None) -> None:
        """Run until SIGTERM, Ctrl-C, or the end of file of `lifeline`.

        Parameters
        ----------
        lifeline : int, optional
            File descriptor that the parent of this process holds open.

        Raises
        ------
        WorkerFailed
            If a worker cannot load the versions at the start.
        """
        with _signals() as wakeup:
            try:
                for _ in range(self._count):
                    self._start()
                while self._workers or not self._kill_time:
                    self._poll_once(wakeup, lifeline)
            finally:
                for worker in self._workers:
                    worker.process.kill()
                    worker.process.join()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ask every worker to finish its requests and end."""
        if not self._kill_time:
            self._kill_time = time.monotonic() + DRAIN_SECONDS + 5
            self._restart_times.clear()
            self._listener.close()  # otherwise clients would connect and get no response
            for worker in self._workers:
                worker.process.terminate()

    # -- the loop ------------------------------------------------------------------

    def _poll_once(self, wakeup: socket.socket, lifeline: int | None) -> None:
        connections = {worker.connection: worker for worker in self._workers}
        sentinels = {worker.process.sentinel: worker for worker in self._workers}
        sources: list[Any] = [wakeup, *connections, *sentinels]
        sources += [lifeline] if lifeline is not None and not self._kill_time else []
        for source in wait(sources, self._timeout()):
            if source is wakeup:
                wakeup.recv(64)
                self.stop()
            elif source == lifeline and not os.read(source, 4096):
                self.stop()
            elif source in connections:
                self._receive(connections[source])
        for worker in sentinels.values():
            if not worker.process.is_alive():
                self._reap(worker)
        self._run_due(time.monotonic())

    def _timeout(self) -> float | None:
        times = [*self._restart_times, *(scrape.until for scrape in self._scrapes.values())]
        times += [self._kill_time] if self._kill_time else []
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _run_due(self, now: float) -> None:
        """Start replacements, answer scrapes, and kill workers, if it is time to."""
        for due in [due for due in self._restart_times if due <= now]:
            self._restart_times.remove(due)
            self._start()
        for number, scrape in list(self._scrapes.items()):
            if not scrape.pending_workers or scrape.until <= now:
                self._answer(number, scrape)
        if self._kill_time and now > self._kill_time:
            for worker in self._workers:
                worker.process.kill()

    # -- workers -------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        arguments = (self._job, self._listener, theirs)
        process = self._context.Process(target=worker_main, args=arguments)
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, time.monotonic()))

    def _reap(self, worker: _Worker) -> None:
        """Keep the counters of a worker that ended, and schedule its replacement."""
        while worker.connection.poll():
            if not self._receive(worker):
                break
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        self._ended.add(worker.metrics, alive=False)
        for scrape in self._scrapes.values():
            scrape.pending_workers.discard(id(worker))
        self._scrapes = {n: s for n, s in self._scrapes.items() if s.worker is not worker}
        if self._kill_time:
            return
        if not self._all_ready:
            self._failure = self._failure or _early_end(worker)
            self.stop()
            return
        self._deaths += 1
        now = time.monotonic()
        short = now - worker.start < MIN_LIFE_SECONDS
        self._short_lives = self._short_lives + 1 if short else 0
        delay_s = 2.0 ** (self._short_lives - 1) if self._short_lives else 0.0
        delay_s = min(delay_s, MAX_RESTART_SECONDS)
        logger.warning(
            "Worker %d ended (%s). A new one replaces it in %.0f s.",
            worker.process.pid, _cause(worker.process.exitcode), delay_s,
        )  # fmt: skip
        self._restart_times.append(now + delay_s)

    # -- messages of workers ---------------------------------------------------------

    def _receive(self, worker: _Worker) -> bool:
        """Handle one message; False if no more can come."""
        try:
            kind, *values = worker.connection.recv()
        except (EOFError, OSError):
            return False
        handlers: dict[str, Callable[..., None]] = {
            "ready": self._on_ready,
            "failed": self._on_failed,
            "scrape": self._on_scrape,
            "counted": self._on_counted,
        }
        handlers[kind](worker, *values)
        return True

    def _on_ready(self, worker: _Worker, versions: Mapping[str, str]) -> None:
        worker.ready = True
        if not self._all_ready and all(other.ready for other in self._workers):
            self._all_ready = True
            self._ready(versions)

    def _on_failed(self, worker: _Worker, what: str, do: str) -> None:
        if not self._all_ready:
            self._failure = self._failure or WorkerFailed(what, do)
        else:
            logger.warning("Worker %d could not start: %s", worker.process.pid, display.line(what))

    def _on_scrape(self, worker: _Worker, number: int, metrics: bytes) -> None:
        worker.metrics = metrics
        scrape = _Scrape(worker, number, until=time.monotonic() + SCRAPE_SECONDS)
        self._scrape_count += 1
        self._scrapes[self._scrape_count] = scrape
        for other in self._workers:
            if other is not worker and other.ready:
                with suppress(OSError):  # the worker is ending
                    other.connection.send(("count", self._scrape_count))
                    scrape.pending_workers.add(id(other))

    def _on_counted(self, worker: _Worker, number: int, metrics: bytes) -> None:
        worker.metrics = metrics
        if number in self._scrapes:
            self._scrapes[number].pending_workers.discard(id(worker))

    def _answer(self, number: int, scrape: _Scrape) -> None:
        del self._scrapes[number]
        total = self._ended.copy()
        for worker in self._workers:
            total.add(worker.metrics)
        ready = sum(worker.ready for worker in self._workers)
        total.add_value("nbmodel_workers", "gauge", "Workers that answer requests.", ready)
        total.add_value(
            "nbmodel_worker_deaths", "counter", "Workers that ended unexpectedly.", self._deaths
        )
        with suppress(OSError):
            scrape.worker.connection.send(("sum", scrape.number, total.text()))


def worker_main(job: Job, listener: socket.socket, connection: Connection) -> None:
    """The main function of a worker process."""
    channel = WorkerChannel(connection)
    try:
        with open_registry(job.registry, read_only=True) as registry:
            run_worker(
                registry, job, listener,
                lambda versions, _: channel.send("ready", versions), channel,
            )  # fmt: skip
    except NbModelError as error:
        channel.send("failed", error.what, error.hint)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket that becomes readable on SIGTERM or Ctrl-C."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    numbers = (signal.SIGTERM, signal.SIGINT)
    previous = {number: signal.signal(number, lambda *_: None) for number in numbers}
    previous_fd = signal.set_wakeup_fd(writer.fileno())
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(previous_fd)
        for number, handler in previous.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()


def _early_end(worker: _Worker) -> WorkerFailed:
    return WorkerFailed(
        f"A worker ended before it was ready: {_cause(worker.process.exitcode)}.",
        "Serve with --workers 1 to see why.",
    )


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with status {code}"
