"""One worker: loads the models, builds the application, and serves a socket."""

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
from nbmodel.monitor.prediction_log.settings import ALL_INPUTS
from nbmodel.serve.http.app import application
from nbmodel.serve.http.clock import Clock
from nbmodel.serve.http.connection import Connection, check_all
from nbmodel.serve.http.metrics import Metrics
from nbmodel.serve.http.middleware import AccessMiddleware
from nbmodel.serve.http.recording import Recorder
from nbmodel.serve.http.state import AppState
from nbmodel.serve.inference.slots import ServingPlan, Slots
from nbmodel.serve.options import ServerOptions
from nbmodel.serve.workers.channel import WorkerChannel
from nbmodel.serve.workers.garbage import GarbageCollector
from nbmodel.serve.workers.self_check import prove

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
DRAIN_SECONDS = 30  # for running requests when the server is asked to stop
CHECK_TICKS = 10  # of uvicorn, of 0.1 s each, between two checks of the connections

UVICORN_SETTINGS: Mapping[str, Any] = {
    "log_level": "error",  # "warning" would log each malformed request of a client
    "access_log": False,
    "lifespan": "off",
    "server_header": False,
    "ws": "none",
    "proxy_headers": False,
    "timeout_graceful_shutdown": DRAIN_SECONDS,
    "timeout_keep_alive": 60,
}

Ready = Callable[[Mapping[str, str], "Server"], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker serves; it is pickled to reach other processes.

    Attributes
    ----------
    registry : Path
        Git directory.
    plans : tuple of ServingPlan
    options : ServerOptions
    log : str
        Root of the prediction log; empty for none.
    watch_folder : Path or None
        Of the results of watching.
    """

    registry: Path
    plans: tuple[ServingPlan, ...]
    options: ServerOptions
    log: str
    watch_folder: Path | None


class Server(uvicorn.Server):
    """A uvicorn server that limits the time of connections and returns when asked to stop.

    Parameters
    ----------
    config : uvicorn.Config
    collector : GarbageCollector
    """

    def __init__(self, config: uvicorn.Config, collector: GarbageCollector) -> None:
        super().__init__(config)
        self._collector = collector

    def stop(self) -> None:
        """Finish the running requests, then return from `run`; any thread may call this."""
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Collect garbage, and every second check the time limits of connections."""
        self._collector.collect_if_due(time.monotonic())
        if counter % CHECK_TICKS == 0:
            check_all(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept the pending connections, close the listener, and finish all requests."""
        pending = [client for listener in sockets or () for client in _accept_pending(listener)]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for client in pending:
            await loop.connect_accepted_socket(self._new_connection, client)
        await super().shutdown(sockets)

    def _new_connection(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGTERM and Ctrl-C; uvicorn's own method would raise them again afterwards."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        previous = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def run_worker(
    registry: Registry, job: Job, listener: socket.socket, ready: Ready,
    channel: WorkerChannel | None = None,
) -> None:  # fmt: skip
    """Serve until SIGTERM, Ctrl-C or `Server.stop`.

    Parameters
    ----------
    registry : Registry
    job : Job
    listener : socket
        Already listening.
    ready : callable
        Called with the versions and the server when every model is in memory.
    channel : WorkerChannel, optional
        To the parent; None for a single worker.

    Raises
    ------
    NotFound, Untrusted, ...
        If a version cannot be loaded.
    """
    with GarbageCollector().replace_automatic() as collector:
        _run(registry, job, listener, ready, channel, collector)


def _run(
    registry: Registry, job: Job, listener: socket.socket, ready: Ready,
    channel: WorkerChannel | None, collector: GarbageCollector,
) -> None:  # fmt: skip
    options = job.options
    # A model's warnings address the person who trains it, and each one delays a response.
    warnings.simplefilter("ignore")
    slots = Slots(
        registry, list(job.plans), trust=options.trust, loaded=collector.version_loaded,
        check=partial(prove, accept=options.accept_differences),
    )  # fmt: skip
    recorder: Recorder | None = None
    try:
        recorder = _recorder(job.log, slots, options) if job.log else None
        metrics = Metrics(slots, recorder, job.watch_folder)
        state = AppState(
            slots=slots, recorder=recorder, limits=options.limits, clock=Clock(options.replay),
            gather=channel.gather if channel else None,
        )  # fmt: skip
        hosts = (*LOOPBACK_HOSTS, options.host, *options.allow) if options.local else options.allow
        app = AccessMiddleware(application(state, metrics), options.token, hosts, options.limits)
        server = _server(app, options, collector)
        slots.follow()
        collector.version_loaded()
        if channel is not None:
            channel.start(metrics.text, server.stop)
        ready({name: slot.primary.reference for name, slot in slots.all().items()}, server)
        server.run(sockets=[listener])
    finally:
        slots.close()
        if recorder is not None:
            recorder.close()


def _accept_pending(listener: socket.socket) -> Iterator[socket.socket]:
    """Connections that the operating system has made; closing the listener would reset them."""
    listener.setblocking(False)
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # none is left, or the client has disconnected
            return
        client.setblocking(False)
        yield client


def _server(app: AccessMiddleware, options: ServerOptions, collector: GarbageCollector) -> Server:
    protocol: Any = partial(Connection, limits=options.limits, routes=app)
    return Server(uvicorn.Config(app, http=protocol, **UVICORN_SETTINGS), collector)


def _recorder(log: str, slots: Slots, options: ServerOptions) -> Recorder:
    """The prediction logs; an unknown name of a column to redact is an error."""
    settings = options.log_words.settings(slots.all())
    for name, slot in slots.all().items():
        columns = slot.primary.decoder.names
        for column in settings[name].redact:
            if columns and column not in (ALL_INPUTS, *columns):
                raise NotFound("column", column, slot.primary.reference, columns)
    return Recorder(log, settings)
