"""Commands for the servers that a notebook starts: serve and stop."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import platformdirs

from nbmodel import terminal
from nbmodel.commands.base import Command, Workspace, argument, whole_number
from nbmodel.commands.serving import (
    LOG_FLAGS,
    SHARED_ARGUMENTS,
    Message,
    require_port,
    require_serve_extra,
    stages_to_serve,
)
from nbmodel.display import Result, Table
from nbmodel.errors import NotFound, RegistryNotFound
from nbmodel.refs import parse as parse_reference

if TYPE_CHECKING:
    from nbmodel.serve.process import RunningServer

_started: dict[int, RunningServer] = {}
_calls: dict[int, tuple[Any, ...]] = {}  # how each of them was called


@dataclass(frozen=True, repr=False)
class Servers(Result):
    """The servers that run."""

    servers: Sequence[RunningServer]

    def text(self) -> str:
        """The servers as a table."""
        if not self.servers:
            return "no server of this registry is running on this machine"
        return self._table().text()

    def html(self) -> str:
        """The same table as HTML."""
        return self._table().html() if self.servers else super().html()

    def _table(self) -> Table:
        rows = [
            (
                ", ".join(server.versions.values()), server.address, str(server.pid),
                "you stop it" if server.detached else "its kernel stops",
            )
            for server in self.servers
        ]  # fmt: skip
        return Table(("started with", "address", "process", "stops when"), rows)


def _serve_or_choose(workspace: Workspace, args: Namespace) -> Any:
    """Without a reference, name the stages that can be served; without stages, the models."""
    return (_serve_here if args.references else stages_to_serve)(workspace, args)


def _serve_here(workspace: Workspace, args: Namespace) -> Any:
    with require_serve_extra():
        from nbmodel.monitor.prediction_log import settings
        from nbmodel.serve import process
    widget = _status_widget()
    registry = workspace.registry()
    require_port(args.port)
    # churn#prod and churn@prod are one stage, and one server.
    pairs = [(each, parse_reference(each)) for each in args.references]
    references = [str(ref) if ref.kind == "stage" else text for text, ref in pairs]
    words = [*references, "--host", args.host, "--port", str(args.port)]
    words += ["--workers", str(args.workers)]
    for flag in ("canary", "shadow", "log", "watch", "window"):
        words += [f"--{flag}", getattr(args, flag)] if getattr(args, flag) else []
    for flag in LOG_FLAGS:
        words += [f"--{flag}={value}" for value in getattr(args, flag) or ()]
    words += ["--trust"] if args.trust else []
    words += ["--accept-differences"] if args.accept_differences else []
    if not args.log and not args.no_log:  # the child does not know this kernel's settings
        words += ["--log", str(settings.log_root(registry.context))]
    words += ["--no-log"] if args.no_log else []
    words += ["--replay"] if args.replay else []
    log = platformdirs.user_log_path("nbmodel") / f"serve-{registry.context.location.key}.log"
    call = (registry.path, args.detach, args.token, *words)
    for server in _started.values():
        if server.running and _calls.get(server.pid) == call:
            text = f"{', '.join(references)} is served already at {server.address}."
            terminal.show(text, sys.stdout)
            return server if widget is None else widget(server)
    server = process.start(
        registry.path, words,
        detach=args.detach, log=log, references=references, token=args.token,
    )  # fmt: skip
    _started[server.pid] = server
    _calls[server.pid] = call
    return server if widget is None else widget(server)


def _status_widget() -> Any:
    """`nbmodel.widgets.server_status.ServerStatus`; None without anywidget and ipywidgets."""
    try:
        from nbmodel.widgets.server_status import ServerStatus
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("anywidget", "ipywidgets"):
            raise
        return None
    return ServerStatus


def _stop(workspace: Workspace, args: Namespace) -> Result:
    running = _servers_of(workspace)
    if args.list:
        return Servers(running)
    own = [server for server in _started.values() if server.running]
    # Another kernel's servers are its own, unless they are detached.
    detached = [s for s in running if s.detached and s.pid not in _started]
    matching = [s for s in (*own, *detached) if not args.model or args.model in s.versions]
    if not matching and (not args.model or args.model in _model_names(workspace)):
        return Message(f"no server{f' of {args.model}' if args.model else ''} is running")
    if not matching:
        names = [name for server in (*own, *detached) for name in server.versions]
        where = "this kernel or detached from one"
        raise NotFound("running server of", args.model, where, names)
    for server in matching:
        server.stop()
        _started.pop(server.pid, None)
    return Message("stopped " + ", ".join(ref for s in matching for ref in s.versions.values()))


def _model_names(workspace: Workspace) -> list[str]:
    try:
        index = workspace.registry().context.index
    except RegistryNotFound:
        return []
    index.refresh()
    return index.names()


def _servers_of(workspace: Workspace) -> list[RunningServer]:
    with require_serve_extra():
        from nbmodel.serve import process
    try:
        return process.servers(workspace.registry().path)
    except RegistryNotFound:  # the servers of this kernel can be stopped without a registry
        return []


SERVE_HERE = Command(
    name="serve",
    help="Serve versions over HTTP in a separate process.",
    run=_serve_or_choose,
    arguments=(
        argument(
            "references",
            nargs="*",
            completes="reference",
            help="Versions or stages to serve; the server follows a stage. Without any, those to "
            "choose from are listed.",
        ),
        *SHARED_ARGUMENTS,
        argument("--port", type=whole_number, default=0, help="Port; any free port by default."),
        argument(
            "--detach", action="store_true", help="Keep the server running when the kernel stops."
        ),
    ),
    notebook_only=True,
    examples="%model_serve churn@prod",
)

STOP = Command(
    name="stop",
    help="Stop the servers of this kernel and the detached ones, or those of one model.",
    run=_stop,
    arguments=(
        argument(
            "model",
            nargs="?",
            default="",
            completes="model",
            help="Model whose servers stop; all by default.",
        ),
        argument("--list", action="store_true", help="List the servers of the registry instead."),
    ),
    examples="%model_stop churn",
)
