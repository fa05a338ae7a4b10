"""The table of commands: one line each."""

from __future__ import annotations

from argparse import Namespace

from nbmodel.commands import (
    cards,
    care,
    dashboard,
    history,
    models,
    panels,
    serving,
    stages,
    status,
    watching,
)
from nbmodel.commands.base import Command, Workspace
from nbmodel.commands.care import HelpResult
from nbmodel.display import Result


def _help(workspace: Workspace, args: Namespace) -> Result:
    return HelpResult([(f"%model_{c.name}", c.help, c.examples) for c in MAGICS.values()])


HELP = Command("help", "List all commands.", _help, examples="%model_help", notebook_only=True)

COMMANDS: tuple[Command, ...] = (
    care.INIT,
    models.COMMIT,
    models.CHECKOUT,
    status.STATUS,
    history.LOG,
    history.LIST,
    history.SHOW,
    history.DIFF,
    stages.BRANCH,
    stages.RELEASE,
    stages.PROMOTE,
    stages.ROLLBACK,
    stages.ANNOTATE,
    cards.CARD,
    panels.PANEL,
    panels.COMPARE,
    dashboard.DASHBOARD,
    serving.SERVE_HERE,
    serving.SERVE,
    serving.STOP,
    watching.MONITOR_HERE,
    watching.MONITOR,
    watching.ALERT,
    care.VERIFY,
    care.GC,
    HELP,
)

# A name may stand for one thing in a notebook and another in a shell.
MAGICS = {command.name: command for command in COMMANDS if not command.shell_only}
SHELL = {command.name: command for command in COMMANDS if not command.notebook_only}
