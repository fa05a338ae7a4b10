"""What the tab key offers behind a ``%model_`` magic: models, versions, stages, variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nbmodel.commands.base import Argument, Command, Kind
from nbmodel.commands.table import COMMANDS
from nbmodel.errors import NbModelError
from nbmodel.magics.make import PREFIX
from nbmodel.magics.workspace import NotebookWorkspace
from nbmodel.versioning.registry import Registry

RECENT = 20  # versions of a model that are offered


class Completer:
    """IPython's ``complete_command`` hook for all our magics."""

    def __init__(self, workspace: NotebookWorkspace) -> None:
        self._workspace = workspace

    def __call__(self, shell: Any, event: Any) -> list[str]:
        """Candidates for the word under the cursor; none rather than an error."""
        words = event.line.lstrip().split()
        command = COMMANDS.get(words[0].lstrip("%").removeprefix(PREFIX))
        if command is None:
            return []
        typed = "" if event.line.endswith(" ") else words[-1]
        before = words[1:] if not typed else words[1:-1]
        if typed.startswith("-"):
            return _flags(command)
        kind = _kind_at(command, before)
        try:
            return _SOURCES[kind](self._workspace, typed)
        except NbModelError:
            return []


def _flags(command: Command) -> list[str]:
    return [flag for each in command.arguments for flag in each.flags if flag.startswith("-")]


def _kind_at(command: Command, before: Sequence[str]) -> Kind:
    """What belongs behind the words typed so far."""
    options = {flag: each for each in command.arguments for flag in each.flags}
    places: list[Argument] = [a for a in command.arguments if not a.flags[0].startswith("-")]
    filled, waiting = 0, None
    for word in before:
        if waiting is not None:
            waiting = None
        elif word.startswith("-"):
            option = options.get(word)
            takes = option is not None and option.options.get("action") != "store_true"
            waiting = option if takes else None
        else:
            filled += 1
    if waiting is not None:
        return waiting.completes
    return places[min(filled, len(places) - 1)].completes if places else ""


# -- sources -----------------------------------------------------------------


def _nothing(workspace: NotebookWorkspace, typed: str) -> list[str]:
    return []


def _variables(workspace: NotebookWorkspace, typed: str) -> list[str]:
    return [name for name in workspace.variables() if name.startswith(typed)]


def _fresh(workspace: NotebookWorkspace) -> Registry:
    registry = workspace.registry()
    registry.context.index.refresh()
    return registry


def _names(registry: Registry) -> list[str]:
    return registry.context.index.names()


def _models(workspace: NotebookWorkspace, typed: str) -> list[str]:
    return [name for name in _names(_fresh(workspace)) if name.startswith(typed)]


def _stages(workspace: NotebookWorkspace, typed: str) -> list[str]:
    index = _fresh(workspace).context.index
    known = {stage for row in index.models() for stage in row.stages} | {"dev", "staging", "prod"}
    return sorted(stage for stage in known if stage.startswith(typed))


def _stage_references(workspace: NotebookWorkspace, typed: str) -> list[str]:
    rows = _fresh(workspace).context.index.models()
    found = [f"{row.name}#{stage}" for row in rows for stage in row.stages]
    return [reference for reference in found if reference.startswith(typed)]


def _references(workspace: NotebookWorkspace, typed: str) -> list[str]:
    """Model names first; behind one, its stages, releases, branches and latest versions."""
    registry = _fresh(workspace)
    names = _names(registry)
    model = typed.replace("#", "@").replace(":", "@").partition("@")[0]
    if model == typed or model not in names:
        return [name for name in names if name.startswith(typed)]
    index = registry.context.index
    found = [f"{model}@latest", *(f"{model}#{stage}" for stage in index.stages(model))]
    found += [f"{model}@{release.version}" for release in index.releases(model)]
    found += [f"{model}:{branch}" for branch in index.branches(model)]
    for branch in index.branches(model):
        found += [version.ref for version in index.log(model, branch, limit=RECENT)]
    return sorted({reference for reference in found if reference.startswith(typed)})


_SOURCES: dict[Kind, Callable[[NotebookWorkspace, str], list[str]]] = {
    "": _nothing,
    "variable": _variables,
    "model": _models,
    "reference": _references,
    "stage": _stages,
    "stage_reference": _stage_references,
}
