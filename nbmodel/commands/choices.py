"""What a command does without its model: it takes the only one, or lists those to choose from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbmodel.commands.base import Workspace
from nbmodel.display import advice

Run = Callable[[Workspace, Namespace], Any]


def on_only_model(name: str, run: Run, *, attribute: str = "reference") -> Run:
    """A command that reads: without a reference, it looks at the only model of the registry."""

    def chosen(workspace: Workspace, args: Namespace) -> Any:
        if getattr(args, attribute):
            return run(workspace, args)
        registry = workspace.registry()
        registry.context.index.refresh()
        names = registry.context.index.names()
        if len(names) != 1:
            return _choice(name, registry.list())
        setattr(args, attribute, names[0])
        return run(workspace, args)

    return chosen


def on_named_model(name: str, run: Run, *, attribute: str = "reference") -> Run:
    """A command that changes the registry: without a reference, it lists the models."""

    def chosen(workspace: Workspace, args: Namespace) -> Any:
        if getattr(args, attribute):
            return run(workspace, args)
        return _choice(name, workspace.registry().list())

    return chosen


def _choice(name: str, models: Any) -> Any:
    """The list of models, and how to name one."""
    if not models.versions:
        return models
    example = advice(f"%model_{name} {models.versions[0].ref}")
    return replace(models, hint=f"Choose one: {example}")
