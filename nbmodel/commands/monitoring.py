"""Commands that watch what is served: monitor, alert."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmodel import refs
from nbmodel.commands.base import Argument, Command, Workspace, argument
from nbmodel.commands.choices import on_only_model
from nbmodel.commands.panels import checkout_into, panel_class
from nbmodel.display import Result
from nbmodel.errors import ExtraMissing, InvalidValue
from nbmodel.monitor.exporters import exporter_names

if TYPE_CHECKING:
    from nbmodel.monitor.report.result import MonitorReport


def _monitor(workspace: Workspace, args: Namespace) -> Result:
    if not (args.system or args.to):
        return _report(workspace, args)
    if not args.system:
        raise InvalidValue("--to needs --as.", "Name the system to write for: --as prometheus.")
    from nbmodel.monitor.exporters.base import export

    context, report = workspace.registry().context, partial(_report, workspace, args)
    return export(context, args.reference, args.system, args.to, report)


def _report(workspace: Workspace, args: Namespace) -> MonitorReport:
    from nbmodel.monitor.report.report import make_report

    return make_report(
        workspace.registry().context,
        args.reference,
        since=args.since,
        until=args.until,
        window=args.window,
        root=_place(args.log) or None,
    )


def _monitor_here(workspace: Workspace, args: Namespace) -> Any:
    """Return a panel; the report itself without widgets or for another system."""
    if args.system or args.to:
        return _monitor(workspace, args)
    try:
        panel = panel_class()
    except ExtraMissing:
        return _monitor(workspace, args)
    from nbmodel.monitor.report.report import fitting_window
    from nbmodel.views.monitoring import panel_report

    place = _place(args.log)
    context = replace(workspace.registry().context, log=place)
    span = {"since": args.since, "until": args.until}
    window = args.window or fitting_window(
        context, args.reference, since=args.since, until=args.until
    )
    query = span | {"window": window}
    # The page requests this report next: it is cached, and errors are raised here.
    report = panel_report(context, args.reference, **query)
    return panel(
        workspace.registry,
        opening={"monitor": {"ref": args.reference, **{k: v for k, v in query.items() if v}}},
        checkout=checkout_into(workspace),
        result=report,
        log=place,
    )


def _place(log: str) -> str:
    """A log that was named on the line: a URL, or a folder that is there."""
    if log and "://" not in log:
        folder = Path(log).expanduser().absolute()
        if not folder.is_dir():
            raise InvalidValue(
                f"There is no folder {folder}.", "Name the folder of the prediction log."
            )
        return str(folder)
    return log


def _alert(workspace: Workspace, args: Namespace) -> Result:
    from nbmodel.monitor.alerts import store

    context = workspace.registry().context
    if args.remove:
        return store.remove(context, args.reference, args.remove)
    if args.rule:
        return store.add(context, args.reference, args.rule, args.notify or ())
    alerts = store.list_alerts(context, args.reference)
    if args.reference and not (alerts.alerts or alerts.unavailable):
        context.require_model(refs.parse(args.reference).model)
    return alerts


class Systems:
    """Names of exporters, read at their first use, because finding plug-ins takes time."""

    def __iter__(self) -> Iterator[str]:
        return iter(exporter_names())

    def __contains__(self, name: object) -> bool:
        return name in exporter_names()


_MONITOR: tuple[Argument, ...] = (
    argument("reference", nargs="?", default="", completes="reference",
             help="Model, stage or version: churn@prod. Default: the only model."),
    argument("--since", default="", help="7d (7 days ago), 12h or a date. Default: the whole "
             "log."),
    argument("--until", default="", help="7d (7 days ago), 12h or a date. Default: now."),
    argument("--window", default="", help="Length of a window: 15m, 1h, 1d, 1w. Default: a "
             "length that fits the log. Rules are then evaluated for each day."),
    argument("--log", default="", metavar="FOLDER", help="Folder of the prediction log."),
    argument("--as", dest="system", default="", metavar="SYSTEM", choices=Systems(),
             help="Write alerting rules, series or a dashboard for another system."),
    argument("--to", default="", metavar="FILE",
             help="File that --as writes, or URL of a database: http://host:8086/write?db=models."),
)  # fmt: skip
_HELP = "Report on the predictions of a model: drift, quality, anomalies, alerts."

MONITOR_HERE = Command(
    name="monitor",
    help=_HELP,
    run=on_only_model("monitor", _monitor_here),
    arguments=_MONITOR,
    notebook_only=True,
    examples="%model_monitor churn@prod --since 7d",
)

MONITOR = Command(
    name="monitor",
    help=_HELP,
    run=on_only_model("monitor", _monitor),
    arguments=_MONITOR,
    shell_only=True,
    examples="nbmodel monitor churn@prod --since 7d",
)

ALERT = Command(
    name="alert",
    help="Set, list or remove rules that alert when a model drifts or gets worse.",
    run=_alert,
    arguments=(
        argument(
            "reference",
            nargs="?",
            default="",
            completes="reference",
            help="Model, stage or version. Default: the alerts of all models.",
        ),
        argument("rule", nargs="?", default="", help='Such as "psi(age) > 0.2 for 3 windows".'),
        argument(
            "--notify",
            action="append",
            metavar="HOW",
            help="slack:URL, mattermost:URL, mail:NAME@HOST, webhook:URL or log:. May be repeated.",
        ),
        argument("--remove", default="", metavar="ID", help="Remove a rule by its id or its text."),
    ),
    examples='%model_alert churn "psi(age) > 0.2 for 3 windows" --notify log:',
)
