"""The command that serves in a shell, and what the notebook's command shares with it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nbmodel.commands.base import Argument, Command, Workspace, argument, whole_number
from nbmodel.commands.choices import on_named_model
from nbmodel.config import TOKEN_VARIABLE
from nbmodel.display import Result, advice
from nbmodel.errors import ExtraMissing, InvalidValue
from nbmodel.refs import stage_reference

MAX_WORKERS = 256
MAX_PORT = 65_535
MAX_CHOICES = 10  # stages that are listed
LOG_FLAGS = ("sample", "redact", "keep")


@dataclass(frozen=True, repr=False)
class Message(Result):
    """One line that says what was done."""

    line: str

    def text(self) -> str:
        """The line."""
        return self.line


def stages_to_serve(workspace: Workspace, args: Namespace) -> Any:
    """Without a reference: the stages that can be served; without stages, the models."""
    context = workspace.registry().context
    context.index.refresh()
    stages = sorted(stage_reference(*holder) for holder in context.index.stage_holders())
    if not stages:
        args.reference = ""
        return on_named_model("serve", _serve)(workspace, args)
    line = advice(f"%model_serve {stages[0]}")
    if len(stages) == 1:
        return Message(f"{stages[0]} can be served: {line}")
    choices = ", ".join(stages[:MAX_CHOICES]) + ", ..." * (len(stages) > MAX_CHOICES)
    return Message(f"Choose one of {choices}: {line}")


def _serve(workspace: Workspace, args: Namespace) -> Any:
    if not args.references:
        return stages_to_serve(workspace, args)
    require_port(args.port)
    with require_serve_extra():
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
            **{flag: tuple(getattr(args, flag) or ()) for flag in LOG_FLAGS}
        ),
    )  # fmt: skip
    serve(workspace.registry(), plans, options)
    return Message("stopped")


def require_port(port: int) -> None:
    """Refuse a number outside of 0 to 65535 with `InvalidValue`."""
    if not 0 <= port <= MAX_PORT:
        raise InvalidValue(
            f"There is no port {port}.", f"Use 1 to {MAX_PORT}, or 0 for any free port."
        )


@contextmanager
def require_serve_extra() -> Iterator[None]:
    """Name the missing extra with `ExtraMissing` if an import fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ExtraMissing(str(error.name), "serve", "Serving a model") from error


SHARED_ARGUMENTS: tuple[Argument, ...] = (
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
    argument("--workers", type=whole_number, default=1, metavar="N",
             help="Number of worker processes."),
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

SERVE = Command(
    name="serve",
    help="Serve versions over HTTP until you stop the process.",
    run=_serve,
    arguments=(
        argument(
            "references",
            nargs="*",
            completes="reference",
            help="Versions or stages to serve; the server follows a stage. Without any, those to "
            "choose from are listed.",
        ),
        *SHARED_ARGUMENTS,
        argument("--port", type=whole_number, default=8080, help="Port; 0 for any free port."),
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
