"""Command that looks at the notebook's own models."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

from nbmodel.commands.base import Command, Workspace
from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.provenance import session


def _status(workspace: Workspace, args: Namespace) -> Result:
    running = session.current()
    if running is None:
        raise InvalidValue("nbmodel is not loaded in this kernel.", "Load it: %load_ext nbmodel.")
    found: Result = import_module("nbmodel.versioning.status").status(running)
    return found


STATUS = Command(
    "status",
    "List the fitted models of the notebook: new, changed, or committed.",
    _status,
    notebook_only=True,
    examples="%model_status",
)
