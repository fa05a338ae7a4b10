"""What a deletion of a branch or a model concerns; a user interface announces the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbmodel import refs
from nbmodel.refs import Reference
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionScope:
    """What goes to the trash, and what stays.

    Attributes
    ----------
    tips : mapping of str to str
        Commit id by full name of each branch to delete.
    ends : tuple of str
        The tips and, for a model, the commit that each of its tags names.
    versions : int
        How many versions these commits have in their history.
    labels : tuple of str
        Stages and releases that only these versions have. Those of a branch stay. Those of a
        model are hidden with it.
    others : tuple of str
        Branches of the model that stay.
    """

    tips: Mapping[str, str]
    ends: tuple[str, ...]
    versions: int
    labels: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def branch_scope(context: Context, ref: Reference) -> DeletionScope:
    """What the deletion of a branch concerns.

    Raises
    ------
    NotFound, InTrash
        If there is no such branch.
    """
    tip = resolve(context, Reference(ref.model, ref.branch)).commit
    others = [branch for branch in context.index.branches(ref.model) if branch != ref.branch]
    excluded = [f"^{refs.branch_ref(ref.model, branch)}" for branch in others]
    only = set(context.git.run("rev-list", tip, *excluded, "--").decode().split())
    return DeletionScope(
        tips={refs.branch_ref(ref.model, ref.branch): tip},
        ends=(tip,),
        versions=_count(context, [tip]),
        labels=tuple(name for name, commit in _labels(context, ref.model) if commit in only),
        others=tuple(others),
    )


def model_scope(context: Context, model: str) -> DeletionScope:
    """What the deletion of a whole model concerns.

    Raises
    ------
    NotFound, InTrash
        If there is no such model.
    """
    context.require_model(model)
    tips = {
        refs.branch_ref(model, name): resolve(context, Reference(model, name)).commit
        for name in context.index.branches(model)
    }
    ends = [*tips.values(), *(event.commit for event in context.index.release_events(model))]
    ends += [move.commit for move in context.index.moves(model)]
    return DeletionScope(
        tips=tips,
        ends=tuple(ends),
        versions=_count(context, ends),
        labels=tuple(name for name, _ in _labels(context, model)),
    )


def _count(context: Context, ends: Sequence[str]) -> int:
    return int(context.git.run("rev-list", "--count", *ends, "--")) if ends else 0


def _labels(context: Context, model: str) -> list[tuple[str, str]]:
    """The stages and releases of a model that hold now, with their commits."""
    stages = context.index.stages(model).items()
    labels = [(refs.stage_reference(model, stage), move.commit) for stage, move in stages]
    return labels + [(each.tag, each.commit) for each in context.index.releases(model)]
