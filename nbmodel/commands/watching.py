"""Commands that watch what is served: monitor, alert."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.display import Result


def _monitor(workspace: Workspace, args: Namespace) -> Result:
    report = import_module("nbmodel.monitor.report")
    context = workspace.registry().context
    found: Result = report.monitor(
        context, args.reference, since=args.since, window=args.window, root=args.log or None
    )
    return found


def _alert(workspace: Workspace, args: Namespace) -> Result:
    alerts = import_module("nbmodel.monitor.alerts")
    context = workspace.registry().context
    if args.remove:
        changed: Result = alerts.remove(context, args.reference, args.remove)
    elif args.rule:
        changed = alerts.add(context, args.reference, args.rule, args.notify or ())
    else:
        changed = alerts.listed(context, args.reference)
    return changed


MONITOR = Command(
    "monitor",
    "Judge what was logged of a model: drift, quality, anomalies, alerts.",
    _monitor,
    (
        argument("reference", completes="reference", help="Model, stage or version: churn#prod."),
        argument("--since", default="", help="7d, 12h or a date; all there is by default."),
        argument("--window", default="1d", help="Length of a window: 15m, 1h, 1d, 1w."),
        argument("--log", default="", metavar="FOLDER", help="Where the predictions are logged."),
    ),
    examples="%model_monitor churn#prod --since 7d",
)

ALERT = Command(
    "alert",
    "Set, list or remove rules that tell when a model drifts or decays.",
    _alert,
    (
        argument("reference", completes="reference", help="Model, stage or version."),
        argument("rule", nargs="?", default="", help='Such as "psi(age) > 0.2 for 3 windows".'),
        argument(
            "--notify", action="append", metavar="HOW", help="log, or webhook:URL; may be repeated."
        ),
        argument(
            "--remove", default="", metavar="ID", help="Remove a rule by its id or its words."
        ),
    ),
    examples='%model_alert churn "psi(age) > 0.2 for 3 windows" --notify log',
)
