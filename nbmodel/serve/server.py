"""The process: listens when every model is in memory, drains when it is told to end."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

import uvicorn

from nbmodel.errors import NotFound, WriteFailed
from nbmodel.monitor.log_words import LogWords
from nbmodel.monitor.settings import EVERY, default_root
from nbmodel.serve.app import Serving, application
from nbmodel.serve.guards import Guard, Limits
from nbmodel.serve.recording import Recorder
from nbmodel.serve.slots import Plan, Slots

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
DRAIN = 30  # seconds for requests that run when the server is told to end


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes
    ----------
    host, port
        Address; port 0 for any that is free.
    token : str
        Asked of every request; one is made up if `host` is not loopback and none is given.
    allow : sequence of str
        Host names by which clients may call the server, beside `host` and loopback.
    trust : bool
        Load other people's versions as own ones.
    as_json : bool
        Say where it listens as one line of JSON, for a program that started it.
    log : str
        Folder or fsspec URL of the prediction log; in the user's data folder if empty.
    no_log : bool
        Keep none.
    log_words : LogWords
        What is kept of each model, and for how long.
    with_parent : bool
        End when standard input ends: with the process that started it.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: str = ""
    allow: Sequence[str] = ()
    trust: bool = False
    as_json: bool = False
    with_parent: bool = False
    log: str = ""
    no_log: bool = False
    log_words: LogWords = field(default_factory=LogWords)
    limits: Limits = field(default_factory=Limits)

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def chosen_token(self) -> str:
        """The token in use, empty for none."""
        return self.token or ("" if self.local else secrets.token_urlsafe(24))


def listen(options: Options) -> socket.socket:
    """A socket on the wanted address.

    Raises
    ------
    WriteFailed
        If the port is taken, or may not be used.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((options.host, options.port))
        found.listen(2048)
    except OSError as error:
        found.close()
        raise WriteFailed(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}.",
            "Choose another: --port PORT, or --port 0 for any that is free.",
        ) from error
    return found


class Server(uvicorn.Server):
    """A uvicorn that, told to end, returns: what it opened is closed in order."""

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


def serve(registry: Registry, plans: Sequence[Plan], options: Options) -> None:
    """Serve until told to end by SIGTERM, Ctrl-C, or the end of the parent.

    Raises
    ------
    WriteFailed
        If the port cannot be used.
    NotFound, Untrusted, ...
        If a version cannot be loaded.
    """
    with listen(options) as door:
        slots = Slots(registry, list(plans), trust=options.trust)
        recorder = None if options.no_log else _recorder(registry, slots, options)
        try:
            token = options.chosen_token()
            hosts = (*LOOPBACK, options.host, *options.allow) if options.local else options.allow
            serving = Serving(slots, recorder, options.limits)
            guarded = Guard(application(serving), token, hosts, options.limits)
            config = uvicorn.Config(
                guarded, log_level="warning", access_log=False, lifespan="off",
                server_header=False, ws="none",
                timeout_graceful_shutdown=DRAIN, timeout_keep_alive=60,
            )  # fmt: skip
            server = Server(config)
            slots.follow()
            if options.with_parent:
                threading.Thread(target=_wait_for_parent, args=(server,), daemon=True).start()
            host, port = door.getsockname()[:2]
            _say(f"http://{f'[{host}]' if ':' in host else host}:{port}", token, slots, options)
            server.run(sockets=[door])
        finally:
            slots.close()
            if recorder is not None:
                recorder.close()


def _recorder(registry: Registry, slots: Slots, options: Options) -> Recorder:
    """The logs of what is served; a column that is to be redacted must be there to be redacted."""
    settings = options.log_words.settings(slots.all())
    for name, slot in slots.all().items():
        columns = slot.primary.schema.names
        for column in settings[name].redact:
            if columns and column not in (EVERY, *columns):
                raise NotFound("column", column, slot.primary.name, columns)
    root = options.log or str(default_root(registry.context.location))
    return Recorder(root, settings)


def _wait_for_parent(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


def _say(address: str, token: str, slots: Slots, options: Options) -> None:
    versions = {name: slot.primary.name for name, slot in slots.all().items()}
    if options.as_json:
        lines = [json.dumps({"address": address, "versions": versions, "token": token})]
    else:
        lines = [f"{ref}  {address}/predict/{name}" for name, ref in versions.items()]
        lines += [f"token: {token}"] if token else []
    print("\n".join(lines), flush=True)  # noqa: T201  what the person or program waits for
