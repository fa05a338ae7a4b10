"""The server process: listens, runs one worker or a supervisor, and stops cleanly."""

from __future__ import annotations

import json
import resource
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nbmodel import terminal
from nbmodel.errors import WriteFailed
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.serve.inference.slots import ServingPlan
from nbmodel.serve.options import ServerOptions
from nbmodel.serve.watch.watcher import Watcher
from nbmodel.serve.workers.supervisor import Supervisor
from nbmodel.serve.workers.worker import Job, Server, run_worker

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

MAX_OPEN_FILES = 65_536  # each connection is one


def listen(options: ServerOptions) -> socket.socket:
    """Open a socket on the address of the options.

    Raises
    ------
    WriteFailed
        If the port is in use, or the user may not use it.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise WriteFailed(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}.",
            "Choose another port: --port PORT, or --port 0 for any free port.",
        ) from error
    return listener


def serve(registry: Registry, plans: Sequence[ServingPlan], options: ServerOptions) -> None:
    """Serve until SIGTERM, Ctrl-C, or the end of the parent.

    Raises
    ------
    WriteFailed
        If the port cannot be used.
    NotFound, Untrusted, ...
        If a version cannot be loaded; with several workers, this is a `WorkerFailed`.
    """
    log = "" if options.no_log else _log_root(registry, options)
    with listen(options) as listener, _watching(registry, plans, options, log) as watcher:
        _raise_file_limit()
        watch_folder = watcher.folder if watcher else None
        options = replace(options, token=options.effective_token())
        job = Job(registry.path, tuple(plans), options, log, watch_folder)

        def ready(versions: Mapping[str, str]) -> None:
            if watcher is not None:
                watcher.start()
            host, port = listener.getsockname()[:2]
            _announce(f"http://{f'[{host}]' if ':' in host else host}:{port}", versions, options)

        if options.workers > 1:
            lifeline = sys.stdin.fileno() if options.with_parent else None
            Supervisor(job, options.workers, listener, ready).run(lifeline)
        else:
            run_worker(registry, job, listener, partial(_single_ready, options, ready))


def _single_ready(
    options: ServerOptions, ready: Callable[[Mapping[str, str]], None],
    versions: Mapping[str, str], server: Server,
) -> None:  # fmt: skip
    if options.with_parent:
        threading.Thread(target=_wait_for_parent, args=(server,), daemon=True).start()
    ready(versions)


def _raise_file_limit() -> None:
    """Allow as many open files as this user may have: each connection needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _log_root(registry: Registry, options: ServerOptions) -> str:
    return options.log or str(default_root(registry.context.location))


@contextmanager
def _watching(
    registry: Registry, plans: Sequence[ServingPlan], options: ServerOptions, log: str
) -> Iterator[Watcher | None]:
    """The watcher of this server, closed at the end; None if nothing is watched."""
    if options.watch is None or not log:
        yield None
        return
    watcher = Watcher(registry.path, [plan.name for plan in plans], log, options.watch)
    try:
        yield watcher
    finally:
        watcher.close()


def _wait_for_parent(server: Server) -> None:
    sys.stdin.read()
    server.stop()


def _announce(address: str, versions: Mapping[str, str], options: ServerOptions) -> None:
    if options.as_json:
        document = {"address": address, "versions": dict(versions), "token": options.token}
        lines = [json.dumps(document)]
    else:
        lines = [f"{ref}  {address}/predict/{name}" for name, ref in versions.items()]
        lines += [f"token: {options.token}"] if options.token else []
    terminal.show("\n".join(lines), sys.stdout)  # the user or the parent process waits for it
