"""What answers: models in memory, the application, and the loop that serves a socket."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from nbmodel.errors import NotFound
from nbmodel.monitor.prediction_log.settings import EVERY
from nbmodel.serve.http.app import application
from nbmodel.serve.http.clock import Clock
from nbmodel.serve.http.connection import Connection, check_all
from nbmodel.serve.http.metrics import Metrics
from nbmodel.serve.http.middleware import Guard
from nbmodel.serve.http.recording import Recorder
from nbmodel.serve.http.state import Serving
from nbmodel.serve.inference.slots import Plan, Slots
from nbmodel.serve.options import Options
from nbmodel.serve.workers.channel import Link
from nbmodel.serve.workers.garbage import Collector
from nbmodel.serve.workers.self_check import prove

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
DRAIN = 30  # seconds for requests that run when the server is told to end
CHECK = 10  # ticks of uvicorn, of 0.1 s, between two looks at the connections

UVICORN: Mapping[str, Any] = {
    "log_level": "error",  # not "warning": what strangers send is no event, and would fill the log
    "access_log": False,
    "lifespan": "off",
    "server_header": False,
    "ws": "none",
    "proxy_headers": False,
    "timeout_graceful_shutdown": DRAIN,
    "timeout_keep_alive": 60,
}

Ready = Callable[[Mapping[str, str], "Server"], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is to do; it travels to other processes.

    Attributes
    ----------
    registry : Path
        Git directory.
    plans : tuple of Plan
    options : Options
    log : str
        Root of the prediction log; empty for none.
    watched : Path or None
        Folder of what the watcher finds.
    """

    registry: Path
    plans: tuple[Plan, ...]
    options: Options
    log: str
    watched: Path | None


class Server(uvicorn.Server):
    """A uvicorn that looks after its connections and, told to end, returns.

    Parameters
    ----------
    config : uvicorn.Config
    collector : Collector
    """

    def __init__(self, config: uvicorn.Config, collector: Collector) -> None:
        super().__init__(config)
        self._collector = collector

    def end(self) -> None:
        """Answer what was asked, then return; any thread may call it."""
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Collect garbage, and once in a while end the connections that hold things up."""
        self._collector.turn(time.monotonic())
        if counter % CHECK == 0:
            check_all(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who stands at the door, close it, and answer everybody."""
        guests = [line for door in sockets or () for line in _waiting_at(door)]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for line in guests:
            await loop.connect_accepted_socket(self._new_connection, line)
        await super().shutdown(sockets)

    def _new_connection(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        found: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return found

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear SIGTERM and Ctrl-C; uvicorn's own sends them again to this process afterwards."""
        heard = (signal.SIGTERM, signal.SIGINT)
        before = {each: signal.signal(each, self.handle_exit) for each in heard}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def answer(
    registry: Registry, job: Job, door: socket.socket, ready: Ready, link: Link | None = None
) -> None:
    """Serve until told to end by SIGTERM, Ctrl-C or `Server.end`.

    Parameters
    ----------
    registry : Registry
    job : Job
    door : socket
        Listens already.
    ready : callable
        Told the versions and the server when every model is in memory.
    link : Link, optional
        To the parent, of a worker that is not alone.

    Raises
    ------
    NotFound, Untrusted, ...
        If a version cannot be loaded.
    """
    with Collector().instead() as collector:
        _answer(registry, job, door, ready, link, collector)


def _answer(
    registry: Registry, job: Job, door: socket.socket, ready: Ready, link: Link | None,
    collector: Collector,
) -> None:  # fmt: skip
    options = job.options
    # What a model warns of at each call is for who trains it; each warning costs a client time.
    warnings.simplefilter("ignore")
    slots = Slots(
        registry, list(job.plans), trust=options.trust, loaded=collector.loaded,
        check=partial(prove, accept=options.accept_differences),
    )  # fmt: skip
    recorder: Recorder | None = None
    try:
        recorder = _recorder(job.log, slots, options) if job.log else None
        metrics = Metrics(slots, recorder, job.watched)
        serving = Serving(
            slots, recorder, options.limits, Clock(options.replay), job.watched,
            link.gather if link else None,
        )  # fmt: skip
        hosts = (*LOOPBACK, options.host, *options.allow) if options.local else options.allow
        guarded = Guard(application(serving, metrics), options.token, hosts, options.limits)
        server = _server(guarded, options, collector)
        slots.follow()
        collector.loaded()
        if link is not None:
            link.start(metrics.text, server.end)
        ready({name: slot.primary.name for name, slot in slots.all().items()}, server)
        server.run(sockets=[door])
    finally:
        slots.close()
        if recorder is not None:
            recorder.close()


def _waiting_at(door: socket.socket) -> Iterator[socket.socket]:
    """Connections that the kernel made and nobody took: to close the door would cut them off."""
    door.setblocking(False)
    while True:
        try:
            line, _ = door.accept()
        except OSError:  # nobody is left, or the client is gone already
            return
        line.setblocking(False)
        yield line


def _server(guarded: Guard, options: Options, collector: Collector) -> Server:
    protocol: Any = partial(Connection, limits=options.limits, direct=guarded)
    return Server(uvicorn.Config(guarded, http=protocol, **UVICORN), collector)


def _recorder(log: str, slots: Slots, options: Options) -> Recorder:
    """The logs of what is served; a column that is to be redacted must be there to be redacted."""
    settings = options.log_words.settings(slots.all())
    for name, slot in slots.all().items():
        columns = slot.primary.decoder.names
        for column in settings[name].redact:
            if columns and column not in (EVERY, *columns):
                raise NotFound("column", column, slot.primary.name, columns)
    return Recorder(log, settings)
