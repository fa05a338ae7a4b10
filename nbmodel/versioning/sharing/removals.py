"""Branches that were deleted on one side: here, or at the remote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nbmodel import display, refs
from nbmodel.errors import RemoteAhead
from nbmodel.repo import trash
from nbmodel.repo.network import Network, Update
from nbmodel.repo.remote_settings import Remote
from nbmodel.repo.trash import TrashEntry
from nbmodel.versioning.context import Context
from nbmodel.versioning.deletion import Reason, move_to_trash, restore
from nbmodel.versioning.publish import check_free
from nbmodel.versioning.sharing import tracking
from nbmodel.versioning.sharing.shared import (
    SharedRefs,
    is_ancestor,
    line_of,
    listed,
    models_of,
    select,
    without,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Branches that a remote had at the last push or pull, and has no more.

    Attributes
    ----------
    tips : dict of str to str
        Branches of this clone to move to the trash: commit id by full name.
    own_lines : tuple of str
        Branches with versions that the remote never had.
    names : tuple of str
        All of them, also those that this clone has not.
    emptied : tuple of str
        Branches of this clone, if the remote has no branch of any model: none of them goes.
    """

    tips: dict[str, str]
    own_lines: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()


def to_prune(context: Context, remote: Remote, theirs: SharedRefs, model: str) -> list[Update]:
    """The updates that delete at the remote what is in the trash here.

    What a pull from this remote moved to the trash was deleted there before. If it is there now,
    another person has restored it.

    Raises
    ------
    RemoteAhead
        If the remote has versions of such a branch that this clone never had.
    """
    updates = {}
    newest: dict[str, TrashEntry] = {}
    for entry in trash.entries(context.git):  # the newest first
        if entry.branch and not entry.why and model in ("", entry.model):
            newest.setdefault(refs.branch_ref(entry.model, entry.branch), entry)
    for ref, entry in newest.items():
        oid = theirs.branches.get(ref, "")
        if not oid or entry.remote == remote.name or context.git.resolve(ref) is not None:
            continue
        if not is_ancestor(context.git, oid, entry.tip):
            what = f"{entry.name} has versions there that are not in the trash here"
            raise RemoteAhead(remote.name, what)
        updates[ref] = Update(ref, "", oid)
    return list(updates.values())


def without_deleted(
    context: Context, remote: Remote, theirs: SharedRefs
) -> tuple[SharedRefs, tuple[str, ...]]:
    """What a pull takes over: not what was deleted here, unless it has new versions there.

    What an earlier pull from this remote moved to the trash was not deleted here.

    Returns
    -------
    tuple of (SharedRefs, tuple of str)
        The references, and remarks for the user.
    """
    contents = trash.entries(context.git)
    hidden = trash.hidden_models(entry.ref for entry in contents)
    rest = without(theirs, hidden)
    skipped = []
    for ref, oid in rest.branches.items():
        model, branch = refs.parse_branch_ref(ref) or ("", "")
        entry = trash.newest(contents, model, branch)
        if entry is None or context.git.resolve(ref) is not None:
            continue
        if entry.remote == remote.name:
            continue
        if entry.tip and is_ancestor(context.git, oid, entry.tip):
            skipped.append(ref)
    branches = {ref: oid for ref, oid in rest.branches.items() if ref not in skipped}
    names = sorted(hidden.intersection(models_of(theirs)))
    names += [line_of(ref) for ref in skipped]
    remarks = tuple(
        f"{name} is in the trash here, so it was not pulled: "
        + display.advice(f"%model_restore {name}, or delete it there: %model_push --prune")
        for name in names
    )
    return replace(rest, branches=branches), remarks


def leave_trash(context: Context, remote: Remote, branches: Iterable[str]) -> tuple[str, ...]:
    """Take out of the trash what a pull has brought back; return remarks for the user.

    Parameters
    ----------
    context : Context
    remote : Remote
    branches : iterable of str
        Full names of the branches that the pull has set.
    """
    tips = {ref: context.git.resolve(ref) for ref in branches}
    back = [
        entry
        for entry in trash.entries(context.git)
        if entry.remote == remote.name
        and entry.tip
        and tips.get(refs.branch_ref(entry.model, entry.branch)) == entry.tip
    ]
    if back:
        restore(context, back)
    names = dict.fromkeys(line_of(refs.branch_ref(e.model, e.branch)) for e in back)
    return tuple(f"{name} was restored at {remote.name}, and is back here, too." for name in names)


def departed(
    context: Context, network: Network, remote: Remote, theirs: SharedRefs, model: str
) -> Departure:
    """Find branches that the remote had at the last push or pull, and has no more.

    A remote that has no branch at all may have been replaced, so it deletes nothing here. Whether
    its last model was deleted on purpose is for the user to say.
    """
    missing_refs = _departures(context, remote, theirs, model)
    if missing_refs and not network.names(f"{refs.BRANCH_PREFIX}*"):
        here = [ref for ref in missing_refs if context.git.resolve(ref) is not None]
        return Departure(tips={}, emptied=tuple(map(line_of, here)))
    tips, own_lines = {}, []
    for ref, oid in missing_refs.items():
        mine = context.git.resolve(ref)
        if mine is None:
            continue
        if is_ancestor(context.git, mine, oid):
            check_free(context, ref)
            tips[ref] = mine
        else:
            own_lines.append(line_of(ref))
    return Departure(tips=tips, own_lines=tuple(own_lines), names=tuple(missing_refs))


def require_no_departure(
    context: Context, remote: Remote, ours: SharedRefs, theirs: SharedRefs
) -> None:
    """Refuse to send a branch that the remote had at the last push or pull, and has no more.

    Raises
    ------
    RemoteAhead
    """
    missing_refs = _departures(context, remote, theirs)
    names = [line_of(ref) for ref in ours.branches if ref in missing_refs]
    if names:
        what = f"{listed(names)} was there at the last push or pull, and is not there any more"
        raise RemoteAhead(
            remote.name, what, "To send again what is still here then: %model_push --repair"
        )


def follow(context: Context, remote: Remote, departure: Departure) -> tuple[str, ...]:
    """Move the branches of a departure to the trash; return remarks for the user."""
    if departure.tips:
        reason = Reason(message=f"Deleted at {remote.name}", remote=remote.name)
        move_to_trash(context, departure.tips, reason)
    tracking.forget(context, remote, departure.names)
    if departure.emptied:
        return (
            f"{remote.name} has no models any more. What it had stays here: "
            f"{listed(departure.emptied)}. "
            + display.advice(
                "Delete it here too (%model_delete NAME), or send it again: %model_push --repair"
            ),
        )
    moved = tuple(
        f"{line_of(ref)} was deleted at {remote.name}, and is in the trash here. "
        + display.advice(f"Undo: %model_restore {_full(ref)}")
        for ref in departure.tips
    )
    return moved + tuple(
        f"{name} was deleted at {remote.name}. It stays here, because it has versions that were "
        "never there."
        for name in departure.own_lines
    )


def _departures(
    context: Context, remote: Remote, theirs: SharedRefs, model: str = ""
) -> dict[str, str]:
    """What the remote had at the last push or pull, and has no more: commit id by full name.

    Also what `git fetch --prune` has removed from `refs/remotes` since then.
    """
    common = tracking.common_branches(context.git, remote)
    records = select({**common, **tracking.branches(context, remote)}, model)
    return {ref: oid for ref, oid in records.branches.items() if ref not in theirs.branches}


def _full(ref: str) -> str:
    model, branch = refs.parse_branch_ref(ref) or ("", "")
    return f"{model}:{branch}"
