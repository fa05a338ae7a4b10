"""What the tab key offers behind a ``%model_`` magic: models, versions, stages, variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from nbmodel import refs
from nbmodel.commands.base import Argument, Command, Kind
from nbmodel.commands.table import MAGICS
from nbmodel.errors import NbModelError
from nbmodel.magics.definitions import PREFIX
from nbmodel.magics.query_completion import query_words
from nbmodel.magics.workspace import NotebookWorkspace

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

Matcher = Callable[[CompletionContext], dict[str, Any]]
RECENT = 20  # versions of a model that are offered


def matcher(workspace: NotebookWorkspace) -> Matcher:
    """A matcher for IPython's completer; on our magics' lines it is the only one."""

    @context_matcher(identifier="nbmodel")  # type: ignore[untyped-decorator]
    def match(context: CompletionContext) -> dict[str, Any]:
        line = context.text_until_cursor.rpartition("\n")[2]
        line_match = _MAGIC_RE.match(line)
        if line_match is None:
            return _figures(workspace, line)
        typed = "" if line.endswith(" ") else line.split()[-1]
        words = _candidates(workspace, MAGICS[line_match[1]], line.split()[1:], typed)
        return {
            "completions": [SimpleCompletion(word) for word in words],
            "matched_fragment": typed,
            "suppress": True,
            "ordered": True,
        }

    return cast("Matcher", match)


_MAGIC_RE = re.compile(rf"\s*%?{PREFIX}({'|'.join(MAGICS)})\s")


# An open text behind `result.figure(`.
_FIGURE_RE = re.compile(r"""\b(\w+)\.figure\(\s*(["'])([^"']*)$""")


def _figures(workspace: NotebookWorkspace, line: str) -> dict[str, Any]:
    """Names of the charts of a result of ours, behind ``result.figure("``."""
    figure_match = _FIGURE_RE.search(line)
    try:
        result = workspace.variable(figure_match[1]) if figure_match else None
        is_ours = type(result).__module__.startswith("nbmodel.")
        names = tuple(getattr(result, "figures", ())) if is_ours else ()
    except NbModelError:
        names = ()
    if figure_match is None or not names:
        return {"completions": []}
    words = [name for name in names if name.startswith(figure_match[3])]
    return {
        "completions": [SimpleCompletion(word) for word in words],
        "matched_fragment": figure_match[3],
        "suppress": True,
    }


def _candidates(
    workspace: NotebookWorkspace, command: Command, words: list[str], typed: str
) -> list[str]:
    """What fits the word under the cursor; nothing rather than an error."""
    if typed.startswith("-"):
        return [flag for flag in _flags(command) if flag.startswith(typed)]
    try:
        place = _argument_at(command, words[:-1] if typed else words)
        if place is None:
            return []
        if choices := place.options.get("choices"):
            return [word for word in choices if word and word.startswith(typed)]
        if place.completes == "query":
            before = words[:-1] if typed else words
            return query_words(_fresh(workspace).context.index, before, typed)
        return _SOURCES[place.completes](workspace, typed)
    except NbModelError:
        return []


def _flags(command: Command) -> list[str]:
    return [flag for each in command.arguments for flag in each.flags if flag.startswith("-")]


def _argument_at(command: Command, before: Sequence[str]) -> Argument | None:
    """The argument that belongs behind the words typed so far."""
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
        return waiting
    return places[min(filled, len(places) - 1)] if places else None


# -- sources -----------------------------------------------------------------


def _nothing(workspace: NotebookWorkspace, typed: str) -> list[str]:
    return []


def _variables(workspace: NotebookWorkspace, typed: str) -> list[str]:
    return [name for name in workspace.variables() if name.startswith(typed)]


def _models_first(workspace: NotebookWorkspace, typed: str) -> list[str]:
    """Variables, fitted models first; those alone if nothing is typed and there are any."""
    is_fitted = import_module("nbmodel.versioning.verbs.status").is_fitted
    names = _variables(workspace, typed)
    fitted = [name for name in names if is_fitted(workspace.variable(name))]
    return fitted if fitted and not typed else [*fitted, *(n for n in names if n not in fitted)]


def _data_first(workspace: NotebookWorkspace, typed: str) -> list[str]:
    """Variables, those with rows first; those alone if nothing is typed and there are any."""
    has_rows = import_module("nbmodel.versioning.verbs.commit_subject").has_rows
    names = _variables(workspace, typed)
    rows = [name for name in names if has_rows(workspace.variable(name))]
    return rows if rows and not typed else [*rows, *(name for name in names if name not in rows)]


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
    stages = {stage for row in index.models() for stage in row.stages} | {"dev", "staging", "prod"}
    return sorted(stage for stage in stages if stage.startswith(typed))


def _stage_references(workspace: NotebookWorkspace, typed: str) -> list[str]:
    rows = _fresh(workspace).context.index.models()
    pairs = [(row.name, stage) for row in rows for stage in row.stages]
    return _spelled(pairs, typed)


def _spelled(stages: Sequence[tuple[str, str]], typed: str) -> list[str]:
    """The stages that go on with what was typed: behind ``#`` as ``churn#prod``."""
    usual = [refs.stage_reference(model, stage) for model, stage in stages]
    old = [f"{model}#{stage}" for model, stage in stages] if "#" in typed else []
    return [each for each in dict.fromkeys(usual + old) if each.startswith(typed)]


def _references(workspace: NotebookWorkspace, typed: str) -> list[str]:
    """Model names first; behind one, its stages, releases, branches and latest versions."""
    registry = _fresh(workspace)
    names = _names(registry)
    model = typed.replace("#", "@").replace(":", "@").partition("@")[0]
    if model == typed or model not in names:
        return [name for name in names if name.startswith(typed)]
    index = registry.context.index
    stages = _spelled([(model, stage) for stage in index.stages(model)], typed)
    references = [f"{model}@latest", *stages]
    references += [f"{model}@{release.version}" for release in index.releases(model)]
    references += [f"{model}:{branch}" for branch in index.branches(model)]
    for branch in index.branches(model):
        references += [version.ref for version in index.log(model, branch, limit=RECENT)]
    return sorted({reference for reference in references if reference.startswith(typed)})


_SOURCES: dict[Kind, Callable[[NotebookWorkspace, str], list[str]]] = {
    "": _nothing,
    "variable": _variables,
    "model_variable": _models_first,
    "data_variable": _data_first,
    "model": _models,
    "reference": _references,
    "stage": _stages,
    "stage_reference": _stage_references,
}
