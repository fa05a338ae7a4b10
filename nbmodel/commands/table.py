"""The table of commands: one line each."""

from __future__ import annotations

from argparse import Namespace

from nbmodel.commands import (
    audits,
    cards,
    dashboard,
    deletion,
    evaluation,
    maintenance,
    merging,
    models,
    monitoring,
    panels,
    queries,
    servers,
    serving,
    sharing,
    stages,
)
from nbmodel.commands.base import Command, Workspace
from nbmodel.commands.maintenance import HelpResult
from nbmodel.display import Result


def _help(workspace: Workspace, args: Namespace) -> Result:
    return HelpResult([(f"%model_{c.name}", c.help, c.examples) for c in MAGICS.values()])


HELP = Command(
    name="help", help="List all commands.", run=_help, examples="%model_help", notebook_only=True
)

COMMANDS: tuple[Command, ...] = (
    maintenance.INIT,
    models.COMMIT,
    models.CHECKOUT,
    queries.STATUS,
    queries.LOG,
    queries.LIST,
    queries.SHOW,
    queries.DIFF,
    stages.BRANCH,
    stages.RELEASE,
    stages.PROMOTE,
    stages.ROLLBACK,
    stages.ANNOTATE,
    stages.APPROVE,
    cards.CARD,
    panels.PANEL,
    panels.COMPARE,
    evaluation.EVALUATE,
    dashboard.DASHBOARD,
    servers.SERVE_HERE,
    serving.SERVE,
    servers.STOP,
    monitoring.MONITOR_HERE,
    monitoring.MONITOR,
    monitoring.ALERT,
    sharing.CLONE,
    sharing.REMOTE,
    sharing.PUSH,
    sharing.PULL,
    deletion.DELETE,
    deletion.RESTORE,
    merging.MERGE,
    maintenance.VERIFY,
    audits.AUDIT,
    audits.REVIEW,
    maintenance.GC,
    HELP,
)

# A name may stand for one thing in a notebook and another in a shell.
MAGICS = {command.name: command for command in COMMANDS if not command.shell_only}
SHELL = {command.name: command for command in COMMANDS if not command.notebook_only}
