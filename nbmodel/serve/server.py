"""The process: listens when every model is in memory, drains when it is told to end."""

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
from nbmodel.serve.inference.slots import Plan
from nbmodel.serve.options import Options
from nbmodel.serve.watch.watcher import Watcher
from nbmodel.serve.workers.supervisor import Supervisor
from nbmodel.serve.workers.worker import Job, Server, answer

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

FILES = 65_536  # open files that a server wants at most


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


def serve(registry: Registry, plans: Sequence[Plan], options: Options) -> None:
    """Serve until told to end by SIGTERM, Ctrl-C, or the end of the parent.

    Raises
    ------
    WriteFailed
        If the port cannot be used.
    NotFound, Untrusted, ...
        If a version cannot be loaded; of several workers, `WorkerFailed` says the same.
    """
    log = "" if options.no_log else _root(registry, options)
    with listen(options) as door, _watching(registry, plans, options, log) as watcher:
        _allow_many_files()
        watched = watcher.folder if watcher else None
        options = replace(options, token=options.chosen_token())
        job = Job(registry.path, tuple(plans), options, log, watched)

        def ready(versions: Mapping[str, str]) -> None:
            if watcher is not None:
                watcher.start()
            host, port = door.getsockname()[:2]
            _say(f"http://{f'[{host}]' if ':' in host else host}:{port}", versions, options)

        if options.workers > 1:
            lifeline = sys.stdin.fileno() if options.with_parent else None
            Supervisor(job, options.workers, door, ready).run(lifeline)
        else:
            answer(registry, job, door, partial(_alone, options, ready))


def _alone(
    options: Options, ready: Callable[[Mapping[str, str]], None],
    versions: Mapping[str, str], server: Server,
) -> None:  # fmt: skip
    if options.with_parent:
        threading.Thread(target=_wait_for_parent, args=(server,), daemon=True).start()
    ready(versions)


def _allow_many_files() -> None:
    """A connection is a file: take as many as this user may open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(most, FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _root(registry: Registry, options: Options) -> str:
    return options.log or str(default_root(registry.context.location))


@contextmanager
def _watching(
    registry: Registry, plans: Sequence[Plan], options: Options, log: str
) -> Iterator[Watcher | None]:
    """The watcher of this server, which its end closes; None if nothing is to be watched."""
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
    server.end()


def _say(address: str, versions: Mapping[str, str], options: Options) -> None:
    if options.as_json:
        told = {"address": address, "versions": dict(versions), "token": options.token}
        lines = [json.dumps(told)]
    else:
        lines = [f"{ref}  {address}/predict/{name}" for name, ref in versions.items()]
        lines += [f"token: {options.token}"] if options.token else []
    terminal.show("\n".join(lines), sys.stdout)  # what the person or program waits for
