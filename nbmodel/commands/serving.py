"""Commands that serve: a server beside the notebook, or one that has the shell to itself."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import platformdirs

from nbmodel.commands.base import Argument, Command, Workspace, argument
from nbmodel.config import TOKEN_VARIABLE
from nbmodel.display import Result, Table
from nbmodel.errors import ExtraMissing, InvalidValue, NotFound, RegistryNotFound

if TYPE_CHECKING:
    from nbmodel.serve.process import RunningServer

MOST_WORKERS = 256
_LOG_WORDS = ("sample", "redact", "keep")

_running: dict[int, RunningServer] = {}


@dataclass(frozen=True, repr=False)
class Told(Result):
    """One line about what was done."""

    line: str

    def text(self) -> str:
        """The line."""
        return self.line


@dataclass(frozen=True, repr=False)
class Servers(Result):
    """Servers that run."""

    servers: Sequence[RunningServer]

    def text(self) -> str:
        """A table."""
        if not self.servers:
            return "no server of this registry runs here"
        return self._table().text()

    def html(self) -> str:
        """The same."""
        return self._table().html() if self.servers else super().html()

    def _table(self) -> Table:
        rows = [
            (
                ", ".join(each.versions.values()), each.address, str(each.pid),
                "told to" if each.detached else "its kernel does",
            )
            for each in self.servers
        ]  # fmt: skip
        return Table(("began with", "address", "process", "ends when"), rows)


def _serve_here(workspace: Workspace, args: Namespace) -> Any:
    process: Any = _loaded("nbmodel.serve.process")
    shown = _status_widget()
    registry = workspace.registry()
    words = [*args.references, "--host", args.host, "--port", str(args.port)]
    words += ["--workers", str(args.workers)]
    for flag in ("canary", "shadow", "log", "watch", "window"):
        words += [f"--{flag}", getattr(args, flag)] if getattr(args, flag) else []
    for flag in _LOG_WORDS:
        words += [f"--{flag}={word}" for word in getattr(args, flag) or ()]
    words += ["--trust"] if args.trust else []
    words += ["--accept-differences"] if args.accept_differences else []
    if not args.log and not args.no_log:  # what is configured in this kernel, the child cannot know
        settings: Any = import_module("nbmodel.monitor.prediction_log.settings")
        words += ["--log", str(settings.root_of(registry.context))]
    words += ["--no-log"] if args.no_log else []
    words += ["--replay"] if args.replay else []
    log = platformdirs.user_log_path("nbmodel") / f"serve-{registry.context.location.key}.log"
    server: RunningServer = process.start(
        registry.path, words,
        detach=args.detach, log=log, references=args.references, token=args.token,
    )  # fmt: skip
    _running[server.pid] = server
    return server if shown is None else shown(server)


def _status_widget() -> Any:
    """`nbmodel.widgets.server_status.ServerStatus`; None where there are no widgets."""
    try:
        return import_module("nbmodel.widgets.server_status").ServerStatus
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("anywidget", "ipywidgets"):
            raise
        return None


def _stop(workspace: Workspace, args: Namespace) -> Result:
    there = _servers_of(workspace)
    if args.list:
        return Servers(there)
    own = [server for server in _running.values() if server.running]
    # Those of another kernel that runs are its own: only what was let go may be ended from here.
    stray = [s for s in there if s.detached and s.pid not in _running]
    chosen = [s for s in (*own, *stray) if not args.model or args.model in s.versions]
    if not chosen:
        known = [name for server in (*own, *stray) for name in server.versions]
        what = args.model or "any model"
        raise NotFound("running server of", what, "this kernel or detached from one", known)
    for server in chosen:
        server.stop()
        _running.pop(server.pid, None)
    return Told("stopped " + ", ".join(ref for s in chosen for ref in s.versions.values()))


def _servers_of(workspace: Workspace) -> list[RunningServer]:
    process: Any = _loaded("nbmodel.serve.process")
    try:
        found: list[RunningServer] = process.servers(workspace.registry().path)
    except RegistryNotFound:  # it may be gone, or another is in use; those of this kernel are known
        return []
    return found


def _serve(workspace: Workspace, args: Namespace) -> Result:
    server: Any = _loaded("nbmodel.serve.server")
    options_of: Any = import_module("nbmodel.serve.options")
    slots: Any = import_module("nbmodel.serve.inference.slots")
    watcher: Any = import_module("nbmodel.serve.watch.watcher")
    if (args.canary or args.shadow) and len(args.references) > 1:
        raise InvalidValue(
            "--canary and --shadow belong to one model.", "Serve that one by itself."
        )
    if not 1 <= args.workers <= MOST_WORKERS:
        raise InvalidValue(f"{args.workers} workers.", f"Give a number from 1 to {MOST_WORKERS}.")
    if args.replay and args.no_log:
        raise InvalidValue("--replay is for the log, and --no-log keeps none.", "Leave one out.")
    plans = [slots.Plan.parse(ref, args.canary, args.shadow) for ref in args.references]
    options = options_of.Options(
        host=args.host, port=args.port, allow=args.allow or (),
        token=args.token or os.environ.get(TOKEN_VARIABLE, ""),
        trust=args.trust, accept_differences=args.accept_differences,
        as_json=args.json, with_parent=args.with_parent,
        log=args.log, no_log=args.no_log, replay=args.replay, workers=args.workers,
        watch=watcher.Cadence.parse(args.watch, args.window, logs=not args.no_log),
        log_words=import_module("nbmodel.monitor.prediction_log.options").LogWords(
            **{flag: tuple(getattr(args, flag) or ()) for flag in _LOG_WORDS}
        ),
    )  # fmt: skip
    server.serve(workspace.registry(), plans, options)
    return Told("ended")


def _loaded(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ExtraMissing(str(error.name), "serve", "Serving a model") from error


_COMMON: tuple[Argument, ...] = (
    argument("references", nargs="+", completes="reference", help="Versions or stages to serve."),
    argument("--host", default="127.0.0.1", help="Address; loopback by default."),
    argument("--token", default="", help="What clients must send; NBMODEL_TOKEN by default, or "
             "made up where other machines can ask."),
    argument("--canary", default="", metavar="REF=10%", help="A version for a share of requests."),
    argument("--shadow", default="", metavar="REF", completes="reference",
             help="A version that scores a copy, for the log only."),
    argument("--log", default="", metavar="FOLDER", help="Where predictions are logged; an "
             "fsspec URL too. In your data folder by default."),
    argument("--no-log", action="store_true", help="Do not log predictions."),
    argument("--workers", type=int, default=1, metavar="N", help="Processes that answer."),
    argument("--replay", action="store_true",
             help="Requests bring the time of what they tell of, and that is logged."),
    argument("--sample", action="append", metavar="[MODEL:]10%", help="Share of rows logged."),
    argument("--redact", action="append", metavar="[MODEL:]COLUMN[=hash]",
             help="A column that is left out of the log, or only its keyed hash kept; * for all."),
    argument("--keep", action="append", metavar="[MODEL:]90d",
             help="How long, or how much (10GB), of the log is kept."),
    argument("--watch", default="", metavar="EVERY", help="How often the log is looked at for "
             "drift and alerts: 1m by default, or off."),
    argument("--window", default="", metavar="LENGTH", help="Length of the windows that rules "
             "count: 1d by default, as %%model_monitor does."),
    argument("--trust", action="store_true", help="Serve somebody else's version as your own."),
    argument("--accept-differences", action="store_true",
             help="Serve a version though it answers its acceptance rows otherwise than at "
             "commit; metadata and /metrics say so."),
)  # fmt: skip

SERVE_HERE = Command(
    "serve",
    "Serve versions over HTTP, beside this kernel.",
    _serve_here,
    (
        *_COMMON,
        argument("--port", type=int, default=0, help="Port; any that is free by default."),
        argument("--detach", action="store_true", help="Let it go on when the kernel ends."),
    ),
    notebook_only=True,
    examples="%model_serve churn#prod",
)

STOP = Command(
    "stop",
    "Stop the servers of this kernel and detached ones, or that of one model.",
    _stop,
    (
        argument("model", nargs="?", default="", completes="model", help="Model; all by default."),
        argument("--list", action="store_true", help="Only list the servers of the registry."),
    ),
    examples="%model_stop churn",
)

SERVE = Command(
    "serve",
    "Serve versions over HTTP until it is told to end.",
    _serve,
    (
        *_COMMON,
        argument("--port", type=int, default=8080, help="Port; 0 for any that is free."),
        argument("--allow", action="append", metavar="HOST", help="A host name of this server."),
        argument("--json", action="store_true", help="Say where it listens as one line of JSON."),
        argument("--with-parent", action="store_true", help="End when standard input ends."),
    ),
    shell_only=True,
    examples="nbmodel serve churn#prod --port 8080",
)
