"""Commands that serve: a server beside the notebook, or one that has the shell to itself."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import platformdirs

from nbmodel.commands.base import Argument, Command, Workspace, argument
from nbmodel.display import Result
from nbmodel.errors import ExtraMissing, InvalidValue, NotFound

if TYPE_CHECKING:
    from nbmodel.serve.process import RunningServer

_LOG_WORDS = ("sample", "redact", "keep")

_running: dict[int, RunningServer] = {}


@dataclass(frozen=True, repr=False)
class Told(Result):
    """One line about what was done."""

    line: str

    def text(self) -> str:
        """The line."""
        return self.line


def _serve_here(workspace: Workspace, args: Namespace) -> Result:
    process: Any = _loaded("nbmodel.serve.process")
    registry = workspace.registry()
    words = [*args.references, "--host", args.host, "--port", str(args.port)]
    for flag in ("token", "canary", "shadow", "log"):
        words += [f"--{flag}", getattr(args, flag)] if getattr(args, flag) else []
    for flag in _LOG_WORDS:
        words += [f"--{flag}={word}" for word in getattr(args, flag) or ()]
    words += ["--trust"] if args.trust else []
    words += ["--no-log"] if args.no_log else []
    log = platformdirs.user_log_path("nbmodel") / f"serve-{registry.context.location.key}.log"
    server: RunningServer = process.start(registry.path, words, detach=args.detach, log=log)
    _running[server.pid] = server
    return server


def _stop(workspace: Workspace, args: Namespace) -> Result:
    chosen = [s for s in _running.values() if not args.model or args.model in s.versions]
    if not chosen:
        known = [name for server in _running.values() for name in server.versions]
        raise NotFound("running server of", args.model or "any model", "this kernel", known)
    for server in chosen:
        server.stop()
        del _running[server.pid]
    return Told("stopped " + ", ".join(ref for s in chosen for ref in s.versions.values()))


def _serve(workspace: Workspace, args: Namespace) -> Result:
    server: Any = _loaded("nbmodel.serve.server")
    slots: Any = import_module("nbmodel.serve.slots")
    if (args.canary or args.shadow) and len(args.references) > 1:
        raise InvalidValue(
            "--canary and --shadow belong to one model.", "Serve that one by itself."
        )
    plans = [slots.Plan.parse(ref, args.canary, args.shadow) for ref in args.references]
    options = server.Options(
        host=args.host, port=args.port, token=args.token, allow=args.allow or (),
        trust=args.trust, as_json=args.json, with_parent=args.with_parent,
        log=args.log, no_log=args.no_log,
        log_words=import_module("nbmodel.monitor.log_words").LogWords(
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
    argument("--token", default="", help="What clients must send; made up off loopback."),
    argument("--canary", default="", metavar="REF=10%", help="A version for a share of requests."),
    argument("--shadow", default="", metavar="REF", completes="reference",
             help="A version that scores a copy, for the log only."),
    argument("--log", default="", metavar="FOLDER", help="Where predictions are logged; an "
             "fsspec URL too. In your data folder by default."),
    argument("--no-log", action="store_true", help="Do not log predictions."),
    argument("--sample", action="append", metavar="[MODEL:]10%", help="Share of rows logged."),
    argument("--redact", action="append", metavar="[MODEL:]COLUMN[=hash]",
             help="A column that is left out of the log, or only its keyed hash kept; * for all."),
    argument("--keep", action="append", metavar="[MODEL:]90d",
             help="How long, or how much (10GB), of the log is kept."),
    argument("--trust", action="store_true", help="Serve somebody else's version as your own."),
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
    "Stop the servers of this kernel, or that of one model.",
    _stop,
    (argument("model", nargs="?", default="", completes="model", help="Model; all by default."),),
    notebook_only=True,
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
