"""The IPython extension: line magics, completion, and the recording of cells.

=======================  ============================================================
`definitions`            a line magic for each command; the cell mark ``%%model_work``
`completion`             what the tab key offers
`workspace`              the variables of the notebook, for the commands
=======================  ============================================================
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from nbmodel.commands.table import MAGICS
from nbmodel.config import NbModel
from nbmodel.magics.completion import Matcher, matcher
from nbmodel.magics.definitions import PREFIX, magic_of, without_mark
from nbmodel.magics.workspace import NotebookWorkspace
from nbmodel.provenance.cells import CellRecorder
from nbmodel.provenance.notebook import session
from nbmodel.provenance.notebook.session import Session


@dataclass(frozen=True, slots=True)
class _Loaded:
    settings: NbModel
    recorder: CellRecorder
    session: Session
    matcher: Matcher


_loaded: dict[int, _Loaded] = {}


def load(shell: InteractiveShell) -> None:
    """Register magics, completion, settings and the cell recorder; a second call does nothing."""
    if id(shell) in _loaded:
        return
    settings = NbModel.instance(parent=shell)
    if settings not in shell.configurables:
        shell.configurables.append(settings)
    recorder = CellRecorder()
    running = Session(
        recorder, shell.user_ns, shell.transform_cell, lambda: _notebook(shell.user_ns)
    )
    if settings.record_cells:
        recorder.attach(shell)
        shell.events.register("post_run_cell", running.warm)
    workspace = NotebookWorkspace(shell, recorder)
    for command in MAGICS.values():
        magic = magic_of(command, workspace)
        shell.register_magic_function(magic, "line", PREFIX + command.name)
    completing = matcher(workspace)
    shell.Completer.custom_matchers.append(completing)
    shell.input_transformers_cleanup.append(without_mark)
    session.start(running)
    _loaded[id(shell)] = _Loaded(settings, recorder, running, completing)


def unload(shell: InteractiveShell) -> None:
    """Undo `load`, as far as IPython can forget."""
    loaded = _loaded.pop(id(shell), None)
    if loaded is None:
        return
    loaded.recorder.detach()
    if loaded.session.warm in shell.events.callbacks["post_run_cell"]:
        shell.events.unregister("post_run_cell", loaded.session.warm)
    session.stop(loaded.session)
    shell.input_transformers_cleanup.remove(without_mark)
    shell.Completer.custom_matchers.remove(loaded.matcher)
    shell.configurables.remove(loaded.settings)
    for name in MAGICS:
        shell.magics_manager.magics["line"].pop(PREFIX + name, None)


def _notebook(namespace: dict[str, Any]) -> str:
    """Path of the notebook, as Jupyter Server or VS Code tell the kernel."""
    return os.environ.get("JPY_SESSION_NAME") or str(namespace.get("__vsc_ipynb_file__", ""))
