"""Commands for servers: one that a notebook starts, or one that runs in a shell."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import platformdirs

from nbmodel import terminal
from nbmodel.commands.base import Argument, Command, Workspace, argument
from nbmodel.commands.choices import on_named_model
from nbmodel.config import TOKEN_VARIABLE
from nbmodel.display import Result, Table
from nbmodel.errors import ExtraMissing, InvalidValue, NotFound, RegistryNotFound
from nbmodel.refs import stage_reference

if TYPE_CHECKING:
    from nbmodel.serve.process import RunningServer

MAX_WORKERS = 256
MAX_PORT = 65_535
MAX_CHOICES = 10  # stages that are listed
_LOG_FLAGS = ("sample", "redact", "keep")

_started: dict[int, RunningServer] = {}
_calls: dict[int, tuple[Any, ...]] = {}  # how each of them was called


@dataclass(frozen=True, repr=False)
class Message(Result):
    """One line that says what was done."""

    line: str

    def text(self) -> str:
        """The line."""
        return self.line


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
    if args.references:
        return _serve_here(workspace, args)
    context = workspace.registry().context
    context.index.refresh()
    stages = sorted(stage_reference(*held) for held in context.index.stage_holders())
    if not stages:
        args.reference = ""
        return on_named_model("serve", _serve_here)(workspace, args)
    if len(stages) == 1:
        return Message(f"{stages[0]} can be served: %model_serve {stages[0]}")
    shown = ", ".join(stages[:MAX_CHOICES]) + ", ..." * (len(stages) > MAX_CHOICES)
    return Message(f"Choose one of {shown}: %model_serve {stages[0]}")


def _serve_here(workspace: Workspace, args: Namespace) -> Any:
    with _serve_extra():
        from nbmodel.monitor.prediction_log import settings
        from nbmodel.serve import process
    widget = _status_widget()
    registry = workspace.registry()
    _require_port(args.port)
    words = [*args.references, "--host", args.host, "--port", str(args.port)]
    words += ["--workers", str(args.workers)]
    for flag in ("canary", "shadow", "log", "watch", "window"):
        words += [f"--{flag}", getattr(args, flag)] if getattr(args, flag) else []
    for flag in _LOG_FLAGS:
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
            said = f"{', '.join(args.references)} is served already at {server.address}."
            terminal.show(said, sys.stdout)
            return server if widget is None else widget(server)
    server = process.start(
        registry.path, words,
        detach=args.detach, log=log, references=args.references, token=args.token,
    )  # fmt: skip
    _started[server.pid] = server
    _calls[server.pid] = call
    return server if widget is None else widget(server)


def _require_port(port: int) -> None:
    if not 0 <= port <= MAX_PORT:
        raise InvalidValue(
            f"There is no port {port}.", f"Use 1 to {MAX_PORT}, or 0 for any free port."
        )


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
    with _serve_extra():
        from nbmodel.serve import process
    try:
        return process.servers(workspace.registry().path)
    except RegistryNotFound:  # the servers of this kernel can be stopped without a registry
        return []


def _serve(workspace: Workspace, args: Namespace) -> Result:
    _require_port(args.port)
    with _serve_extra():
        from nbmodel.monitor.prediction_log.options import LogOptions
        from nbmodel.serve.inference.slots import ServingPlan
        from nbmodel.serve.options import ServerOptions
        from nbmodel.serve.server import serve
        from nbmodel.serve.watch.watcher import WatchSchedule
    if (args.canary or args.shadow) and len(args.references) > 1:
        raise InvalidValue("--canary and --shadow apply to one model.", "Serve that model alone.")
    if not 1 <= args.workers <= MAX_WORKERS:
        raise InvalidValue(
            f"{args.workers} is not a number of workers.", f"Use 1 to {MAX_WORKERS}."
        )
    if args.replay and args.no_log:
        raise InvalidValue(
            "--replay sets the time in the log, but --no-log turns the log off.", "Leave one out."
        )
    plans = [ServingPlan.parse(ref, args.canary, args.shadow) for ref in args.references]
    options = ServerOptions(
        host=args.host, port=args.port, allow=args.allow or (),
        token=args.token or os.environ.get(TOKEN_VARIABLE, ""),
        trust=args.trust, accept_differences=args.accept_differences,
        as_json=args.json, with_parent=args.with_parent,
        log=args.log, no_log=args.no_log, replay=args.replay, workers=args.workers,
        watch=WatchSchedule.parse(args.watch, args.window, logs=not args.no_log),
        log_words=LogOptions(
            **{flag: tuple(getattr(args, flag) or ()) for flag in _LOG_FLAGS}
        ),
    )  # fmt: skip
    serve(workspace.registry(), plans, options)
    return Message("stopped")


@contextmanager
def _serve_extra() -> Iterator[None]:
    """Name the missing extra if an import fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ExtraMissing(str(error.name), "serve", "Serving a model") from error


_COMMON: tuple[Argument, ...] = (
    argument("--host", default="127.0.0.1", help="Address to listen on; loopback by default."),
    argument("--token", default="", help="The token that clients must send; NBMODEL_TOKEN by "
             "default. A server that other machines can reach gets a random one."),
    argument("--canary", default="", metavar="REF=10%",
             help="A version that answers a share of the requests."),
    argument("--shadow", default="", metavar="REF", completes="reference",
             help="A version that scores a copy of each request and never answers."),
    argument("--log", default="", metavar="FOLDER", help="Folder or fsspec URL for the "
             "prediction log; your data folder by default."),
    argument("--no-log", action="store_true", help="Do not log predictions."),
    argument("--workers", type=int, default=1, metavar="N", help="Number of worker processes."),
    argument("--replay", action="store_true",
             help="Log the time that each request sends, for replaying past events."),
    argument("--sample", action="append", metavar="[MODEL:]10%",
             help="Share of the rows that is logged."),
    argument("--redact", action="append", metavar="[MODEL:]COLUMN[=hash]",
             help="Leave a column out of the log, or log only its keyed hash; * for all columns."),
    argument("--keep", action="append", metavar="[MODEL:]90d",
             help="How long, or how much (10GB), of the log is kept."),
    argument("--watch", default="", metavar="INTERVAL", help="How often the log is evaluated "
             "for drift and alerts: 1m by default, or off."),
    argument("--window", default="", metavar="LENGTH", help="Length of the windows that "
             "alert rules use: 1d by default, as in %%model_monitor."),
    argument("--trust", action="store_true", help="Load other people's versions like your own."),
    argument("--accept-differences", action="store_true",
             help="Serve a version even if its outputs for the acceptance rows differ from those "
             "at commit; metadata and /metrics show that."),
)  # fmt: skip

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
        *_COMMON,
        argument("--port", type=int, default=0, help="Port; any free port by default."),
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

SERVE = Command(
    name="serve",
    help="Serve versions over HTTP until you stop the process.",
    run=_serve,
    arguments=(
        argument(
            "references",
            nargs="+",
            completes="reference",
            help="Versions or stages to serve; the server follows a stage.",
        ),
        *_COMMON,
        argument("--port", type=int, default=8080, help="Port; 0 for any free port."),
        argument(
            "--allow",
            action="append",
            metavar="HOST",
            help="Another host name by which clients call this server.",
        ),
        argument("--json", action="store_true", help="Print the address as one line of JSON."),
        argument("--with-parent", action="store_true", help="Stop when standard input closes."),
    ),
    shell_only=True,
    examples="nbmodel serve churn@prod --port 8080",
)
