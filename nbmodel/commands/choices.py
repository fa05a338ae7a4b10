"""What a command does without its model: it takes the only one, or lists those to choose from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbmodel.commands.base import Workspace
from nbmodel.display import advice, in_shell
from nbmodel.records import VersionInfo
from nbmodel.refs import stage_reference

Run = Callable[[Workspace, Namespace], Any]
Example = Callable[[Any, Sequence[VersionInfo]], str]


def on_only_model(name: str, run: Run, *, attribute: str = "reference") -> Run:
    """A command that reads: without a reference, it looks at the only model of the registry."""

    def run_or_choose(workspace: Workspace, args: Namespace) -> Any:
        if getattr(args, attribute):
            return run(workspace, args)
        registry = workspace.registry()
        registry.context.index.refresh()
        names = registry.context.index.names()
        if len(names) != 1:
            return _choice(name, registry, args)
        several = isinstance(getattr(args, attribute), list)
        setattr(args, attribute, [names[0]] if several else names[0])
        return run(workspace, args)

    return run_or_choose


def on_named_model(name: str, run: Run, *, attribute: str = "reference") -> Run:
    """A command that changes the registry: without a reference, it lists the models."""

    def run_or_choose(workspace: Workspace, args: Namespace) -> Any:
        if getattr(args, attribute):
            return run(workspace, args)
        return _choice(name, workspace.registry(), args)

    return run_or_choose


def _choice(name: str, registry: Any, args: Namespace) -> Any:
    """The list of models, and a line that names one and runs unchanged."""
    models = registry.list()
    if not models.versions:
        return models
    words = _EXAMPLES.get(name, _newest)(registry, models.versions)
    if not words:
        return replace(models, hint="No stage has an earlier version to return to.")
    options = [word for word in _options(args) if word not in words.split()]
    line = " ".join([f"%model_{name}", words, *options])
    return replace(models, hint=f"Choose one: {advice(line)}")


def _options(args: Namespace) -> list[str]:
    """The switches that were typed: the line to choose keeps them."""
    return [f"--{name.replace('_', '-')}" for name, value in vars(args).items() if value is True]


def _newest(registry: Any, versions: Sequence[VersionInfo]) -> str:
    return versions[0].ref


def _two(registry: Any, versions: Sequence[VersionInfo]) -> str:
    return " ".join(version.ref for version in versions[:2])


def _earlier(registry: Any, versions: Sequence[VersionInfo]) -> str:
    """A version that has one before it; else two versions."""
    later = next((version for version in versions if version.parents), None)
    return later.ref if later else _two(registry, versions)


def _model(registry: Any, versions: Sequence[VersionInfo]) -> str:
    return versions[0].model


def _new_variable(registry: Any, versions: Sequence[VersionInfo]) -> str:
    name = f"{versions[0].model.replace('-', '_')}_old"
    return f"{versions[0].ref} {'--to' if in_shell() else '--as'} {name}"


def _with_stage(registry: Any, versions: Sequence[VersionInfo]) -> str:
    return f"{versions[0].ref} staging"


def _with_note(registry: Any, versions: Sequence[VersionInfo]) -> str:
    return f'{versions[0].ref} -m "approved"'


def _stage_with_history(registry: Any, versions: Sequence[VersionInfo]) -> str:
    """A stage that had another version before; empty if there is none."""
    from nbmodel.versioning.live_spans import holders_in_turn

    index = registry.context.index
    for model, stage in sorted(index.stage_holders()):
        if len(holders_in_turn(index.moves(model), stage)) > 1:
            return f'{stage_reference(model, stage)} -m "reason"'
    return ""


_EXAMPLES: Mapping[str, Example] = {
    "annotate": _with_note,
    "branch": _model,
    "checkout": _new_variable,
    "compare": _two,
    "diff": _earlier,
    "promote": _with_stage,
    "rollback": _stage_with_history,
}
