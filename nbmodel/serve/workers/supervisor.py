"""Several workers behind one socket: started, summed up, replaced, ended together.

The parent listens and never answers. Workers are fresh processes (a forked one would share
locks and threads of numeric libraries); their models are mapped from the same files. Each
holds the socket, so whichever is free takes the next client, and no client waits for one
that died.
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
from nbmodel.serve.workers.aggregate import Sums
from nbmodel.serve.workers.channel import Link
from nbmodel.serve.workers.worker import DRAIN, Job, answer
from nbmodel.versioning.registry import open_registry

HASTY = 10.0  # seconds; a worker that lives shorter is replaced later and later
LONGEST = 30.0  # seconds until a worker is replaced at most
SLOW = 2.0  # seconds for workers to tell their counters; then what they told last counts

logger = logging.getLogger("nbmodel.serve")


@dataclass(eq=False, slots=True)
class _Worker:
    process: Any
    line: Connection
    began: float
    ready: bool = False
    text: bytes = b""


@dataclass(eq=False, slots=True)
class _Scrape:
    asker: _Worker
    number: int
    missing: set[int] = field(default_factory=set)
    until: float = 0.0


class Supervisor:
    """The parent of the workers.

    Parameters
    ----------
    job : Job
    count : int
    door : socket
        Listens already.
    ready : callable
        Told the versions when every worker has loaded them.
    """

    def __init__(
        self, job: Job, count: int, door: socket.socket, ready: Callable[[Mapping[str, str]], None]
    ) -> None:
        self._job = job
        self._count = count
        self._door = door
        self._ready = ready
        self._context = get_context("spawn")
        self._workers: list[_Worker] = []
        self._scrapes: dict[int, _Scrape] = {}
        self._scraped = 0
        self._ended = Sums()
        self._deaths = 0
        self._hasty = 0
        self._due: list[float] = []
        self._stop_by = 0.0
        self._told = False
        self._failure: WorkerFailed | None = None

    def run(self, lifeline: int | None = None) -> None:
        """Until SIGTERM, Ctrl-C, or the end of what `lifeline` reads.

        Raises
        ------
        WorkerFailed
            If a worker cannot load what it is to serve, at the beginning.
        """
        with _signals() as alarm:
            try:
                for _ in range(self._count):
                    self._start()
                while self._workers or not self._stop_by:
                    self._turn(alarm, lifeline)
            finally:
                for worker in self._workers:
                    worker.process.kill()
                    worker.process.join()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Tell every worker to end what it began, then itself."""
        if not self._stop_by:
            self._stop_by = time.monotonic() + DRAIN + 5
            self._due.clear()
            self._door.close()  # else clients would wait at a door that nobody opens
            for worker in self._workers:
                worker.process.terminate()

    # -- one turn ------------------------------------------------------------------

    def _turn(self, alarm: socket.socket, lifeline: int | None) -> None:
        lines = {worker.line: worker for worker in self._workers}
        ends = {worker.process.sentinel: worker for worker in self._workers}
        watched: list[Any] = [alarm, *lines, *ends]
        watched += [lifeline] if lifeline is not None and not self._stop_by else []
        for found in wait(watched, self._pause()):
            if found is alarm:
                alarm.recv(64)
                self.stop()
            elif found == lifeline and not os.read(found, 4096):
                self.stop()
            elif found in lines:
                self._hear(lines[found])
        for worker in ends.values():
            if not worker.process.is_alive():
                self._bury(worker)
        self._catch_up(time.monotonic())

    def _pause(self) -> float | None:
        times = [*self._due, *(scrape.until for scrape in self._scrapes.values())]
        times += [self._stop_by] if self._stop_by else []
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _catch_up(self, now: float) -> None:
        """What is due: replacements, scrapes that wait too long, the end of patience."""
        for due in [due for due in self._due if due <= now]:
            self._due.remove(due)
            self._start()
        for number, scrape in list(self._scrapes.items()):
            if not scrape.missing or scrape.until <= now:
                self._answer(number, scrape)
        if self._stop_by and now > self._stop_by:
            for worker in self._workers:
                worker.process.kill()

    # -- workers -------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(self._job, self._door, theirs))
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, time.monotonic()))

    def _bury(self, worker: _Worker) -> None:
        """A worker ended: keep what it counted, and put another in its place."""
        while worker.line.poll():  # its last words
            if not self._hear(worker):
                break
        worker.process.join()
        worker.line.close()
        self._workers.remove(worker)
        self._ended.add(worker.text, alive=False)
        for scrape in self._scrapes.values():
            scrape.missing.discard(id(worker))
        self._scrapes = {n: s for n, s in self._scrapes.items() if s.asker is not worker}
        if self._stop_by:
            return
        if not self._told:
            self._failure = self._failure or _ended(worker)
            self.stop()
            return
        self._deaths += 1
        now = time.monotonic()
        self._hasty = self._hasty + 1 if now - worker.began < HASTY else 0
        pause = min(2.0 ** (self._hasty - 1), LONGEST) if self._hasty else 0.0
        logger.warning(
            "Worker %d ended (%s); another takes its place in %.0f s.",
            worker.process.pid, _how(worker.process.exitcode), pause,
        )  # fmt: skip
        self._due.append(now + pause)

    # -- what workers say ------------------------------------------------------------

    def _hear(self, worker: _Worker) -> bool:
        """Act on one message; False if there will be no more."""
        try:
            word, *what = worker.line.recv()
        except (EOFError, OSError):
            return False
        words: dict[str, Callable[..., None]] = {
            "ready": self._on_ready,
            "failed": self._on_failed,
            "scrape": self._on_scrape,
            "counted": self._on_counted,
        }
        words[word](worker, *what)
        return True

    def _on_ready(self, worker: _Worker, versions: Mapping[str, str]) -> None:
        worker.ready = True
        if not self._told and all(each.ready for each in self._workers):
            self._told = True
            self._ready(versions)

    def _on_failed(self, worker: _Worker, what: str, do: str) -> None:
        if not self._told:
            self._failure = self._failure or WorkerFailed(what, do)
        else:
            logger.warning("Worker %d could not begin: %s", worker.process.pid, display.line(what))

    def _on_scrape(self, worker: _Worker, number: int, text: bytes) -> None:
        worker.text = text
        scrape = _Scrape(worker, number, until=time.monotonic() + SLOW)
        self._scraped += 1
        self._scrapes[self._scraped] = scrape
        for other in self._workers:
            if other is not worker and other.ready:
                with suppress(OSError):  # it is ending
                    other.line.send(("count", self._scraped))
                    scrape.missing.add(id(other))

    def _on_counted(self, worker: _Worker, number: int, text: bytes) -> None:
        worker.text = text
        if number in self._scrapes:
            self._scrapes[number].missing.discard(id(worker))

    def _answer(self, number: int, scrape: _Scrape) -> None:
        del self._scrapes[number]
        total = self._ended.copy()
        for worker in self._workers:
            total.add(worker.text)
        total.note("nbmodel_workers", "gauge", "Processes that answer.",
                   sum(worker.ready for worker in self._workers))  # fmt: skip
        total.note("nbmodel_worker_deaths", "counter", "Workers that ended by themselves.",
                   self._deaths)  # fmt: skip
        with suppress(OSError):
            scrape.asker.line.send(("sum", scrape.number, total.text()))


def work(job: Job, door: socket.socket, line: Connection) -> None:
    """The whole life of one worker process."""
    link = Link(line)
    try:
        with open_registry(job.registry, read_only=True) as registry:
            answer(registry, job, door, lambda versions, _: link.tell("ready", versions), link)
    except NbModelError as error:
        link.tell("failed", error.what, error.do)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket that can be read when SIGTERM or Ctrl-C came."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = {
        each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)
    }
    waker = signal.set_wakeup_fd(writer.fileno())
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(waker)
        for each, handler in before.items():
            signal.signal(each, handler)
        reader.close()
        writer.close()


def _ended(worker: _Worker) -> WorkerFailed:
    return WorkerFailed(
        f"A worker ended before it was ready: {_how(worker.process.exitcode)}.",
        "Serve with one worker to see why: --workers 1.",
    )


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with status {code}"
