"""The references that a pull sets. Versions of this clone that the remote has not keep a branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbmodel import refs
from nbmodel.errors import GitFailed, InvalidValue
from nbmodel.repo import ref_updates
from nbmodel.versioning.context import Context
from nbmodel.versioning.publish import check_free
from nbmodel.versioning.sharing.shared import SharedRefs, check_tags, relation, slug

MAX_SIDE_BRANCHES = 1000


@dataclass(frozen=True, slots=True)
class Steps:
    """References to set: new value and old one; and the new names of diverged branches.

    `drops` has the labels of this clone that give way to those of the remote.
    """

    branches: dict[str, tuple[str, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    drops: Mapping[str, str] = field(default_factory=dict)


def plan(context: Context, ours: SharedRefs, theirs: SharedRefs, drops: Mapping[str, str]) -> Steps:
    """What a pull sets.

    Parameters
    ----------
    context : Context
    ours, theirs : SharedRefs
    drops : mapping of str to str
        The labels of this clone that give way: object id by full name.

    Raises
    ------
    RemoteConflict
        If a label differs here and there, and does not give way.
    AlreadyExists
        If a branch to move is checked out.
    InvalidValue
        If a model has too many branches.
    """
    own_tags = {ref: oid for ref, oid in ours.tags.items() if ref not in drops}
    check_tags(context, own_tags, theirs.tags)
    tags = {ref: oid for ref, oid in theirs.tags.items() if ref not in own_tags}
    steps = Steps(tags=tags, drops=drops)
    for ref, oid in theirs.branches.items():
        mine = ours.branches.get(ref, "")
        related = relation(context.git, mine, oid)
        if related in ("behind", "diverged"):
            check_free(context, ref)
            steps.branches[ref] = (oid, mine)
        if related == "diverged":
            steps.sides[ref] = _side(context, ref, ours, theirs)
    return steps


def _side(context: Context, ref: str, ours: SharedRefs, theirs: SharedRefs) -> str:
    """The branch that keeps the versions of this clone: a new one, or one that has them already.

    A pull that was killed may have made the branch.
    """
    model, branch = refs.parse_branch_ref(ref) or ("", "")
    own = slug(context.identity.person.name)
    base = own if branch == refs.DEFAULT_BRANCH else f"{branch}-{own}"[:50].strip("-")
    names = {name.lower() for name in (*ours.branches, *theirs.branches)}
    for number in range(1, MAX_SIDE_BRANCHES):
        side = refs.branch_ref(model, base if number == 1 else f"{base}-{number}")
        if side.lower() not in names or ours.branches.get(side) == ours.branches[ref]:
            return side
    raise InvalidValue(f"{model} has too many branches {base}.", "Delete some of them.")


def apply(context: Context, steps: Steps) -> None:
    """Move the references. A branch gets its new name before it moves."""
    git = context.git
    for ref, side in steps.sides.items():
        oid, mine = steps.branches[ref]
        if git.resolve(side) != mine:
            ref_updates.move(git, side, mine, "")
        ref_updates.move(git, ref, oid, mine)
    plain = {ref: pair for ref, pair in steps.branches.items() if ref not in steps.sides}
    plain |= {ref: ("", oid) for ref, oid in steps.drops.items()}
    plain |= {ref: (oid, steps.drops.get(ref, "")) for ref, oid in steps.tags.items()}
    try:
        ref_updates.move_all(git, plain)
    except GitFailed:  # another process holds a lock, or moved one of them: one after the other
        for ref, pair in plain.items():
            ref_updates.move_all(git, {ref: pair})
    if steps.drops:
        context.index.refresh()  # what is gone now went on purpose
        absent = {ref: oid for ref, oid in steps.drops.items() if ref not in steps.tags}
        context.index.forget_refs(steps.drops, absent)
