"""Move branches and models to the trash, bring them back, and empty it of what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from nbmodel import refs
from nbmodel.errors import GitFailed, InvalidValue, LostRace, WriteFailed
from nbmodel.repo import deletion_log, history, ref_updates, trash
from nbmodel.repo.deletion_log import Action
from nbmodel.repo.trash import TrashEntry
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.publish import best_effort, check_free

MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is deleted, and for how many days it can be restored.

    `remote` names the remote at which it was deleted before, if a pull follows that.
    """

    message: str = ""
    days: float = refs.TRASH_DAYS
    remote: str = ""


def move_to_trash(
    context: Context, tips: Mapping[str, str], reason: Reason, *, model: str = "", tip: str = ""
) -> list[TrashEntry]:
    """Move branches to the trash in one transaction of git, which checks their tips.

    Parameters
    ----------
    context : Context
    tips : mapping of str to str
        Commit id by full name of each branch.
    reason : Reason
    model : str
        A model to hide as a whole. Its tags stay.
    tip : str
        Commit id of one version of this model.

    Raises
    ------
    AlreadyExists
        If a branch is checked out.
    LostRace
        If another process has moved a branch meanwhile.
    InvalidValue
        If the number of days is not possible.
    """
    if not 0 <= reason.days <= MAX_DAYS:
        raise InvalidValue(f"{reason.days:g} days are not possible.", f"Use 0 to {MAX_DAYS}.")
    for ref in tips:
        check_free(context, ref)
    contents = trash.entries(context.git)
    who = (context.identity.person, _free_time(contents))
    lines = [(refs.parse_branch_ref(ref) or ("", ""), oid) for ref, oid in tips.items()]
    if model:
        lines = [((model, ""), tip), *lines]
    new = [
        trash.make_entry(context.git, line, oid, who, reason.message, reason.days, reason.remote)
        for line, oid in lines
    ]
    moves = {entry.ref: (entry.oid, "") for entry in new}
    moves |= {ref: ("", oid) for ref, oid in tips.items()}
    _move(context, moves)
    _log(context, "Deleted", new, reason.message)
    context.index.refresh()
    return new


def restore(context: Context, entries: Sequence[TrashEntry], branch: str = "") -> list[str]:
    """Bring branches back from the trash in one transaction; return their full names.

    A branch that is there already with the same last version only leaves the trash: an earlier
    attempt may have been killed. A branch that gets another name stays in the trash, which says
    that its old name is gone on purpose.

    Parameters
    ----------
    context : Context
    entries : sequence of TrashEntry
    branch : str
        Another name for the branch, if there is only one.

    Raises
    ------
    LostRace
        If another process has changed the trash or a branch meanwhile.
    """
    moves, back = {}, []
    for entry in entries:
        if branch in ("", entry.branch):
            moves[entry.ref] = ("", entry.oid)
        if entry.branch:
            ref = refs.branch_ref(entry.model, branch or entry.branch)
            if context.git.resolve(ref) != entry.tip:
                moves[ref] = (entry.tip, "")
            back.append(ref)
    _log(context, "Restored", entries, f"As {branch}" if branch else "")
    _move(context, moves)
    context.index.refresh()
    return back


def expired(context: Context, clock: int | None = None) -> list[TrashEntry]:
    """What is in the trash and can go: branches whose time is over, and models without a trace."""
    contents = trash.entries(context.git)
    clock = now() if clock is None else clock
    over = [entry for entry in contents if entry.branch and not entry.why and entry.end <= clock]
    listed = history.listing(context.git)
    parsed = (refs.parse_branch_ref(ref) for ref in history.branches(listed))
    alive = {name[0] for name in parsed if name}
    alive |= {refs.model_of(tag) for tag in history.tags(listed)}
    alive |= {entry.model for entry in contents if entry.branch and entry not in over}
    markers = [entry for entry in contents if not entry.branch and entry.end <= clock]
    return over + [entry for entry in markers if entry.model not in alive]


def empty(context: Context, entries: Sequence[TrashEntry]) -> None:
    """Remove entries from the trash for good. git drops their versions at its next clean-up.

    Raises
    ------
    LostRace
        If another process has changed the trash meanwhile.
    """
    context.index.refresh()  # what is still in the trash was deleted on purpose
    _log(context, "Emptied", entries, "Over its time in the trash")
    _move(context, {entry.ref: ("", entry.oid) for entry in entries})
    tips = {refs.branch_ref(e.model, e.branch): e.tip for e in entries if e.branch}
    there = dict(history.listing(context.git).items())
    # The commits stay until git drops them. `verify` is not to call them lost.
    unnamed = {ref: oid for ref, oid in tips.items() if ref not in there}
    context.index.forget_refs(unnamed, unnamed)


def _log(context: Context, action: Action, entries: Sequence[TrashEntry], why: str) -> None:
    """Add what was done to the log of deletions. Without the log, nothing is lost.

    What leaves the trash is logged before: a process that is killed between leaves a record too
    many, and never an entry of the trash that is gone without a record.
    """
    step = partial(
        deletion_log.append, context.git, action, entries, context.identity.person, now(), why
    )
    name = ", ".join(dict.fromkeys(entry.name for entry in entries))
    for warning in best_effort(name, "its record in the log of deletions", step):
        context.tell(warning)


def _free_time(contents: Sequence[TrashEntry]) -> int:
    """Now, but after everything in the trash: two entries never have the same name."""
    return max([now(), *(entry.time + 1 for entry in contents)])


def _move(context: Context, moves: Mapping[str, tuple[str, str]]) -> None:
    """Move all references, or none. If git ended half-way, take its moves back.

    Raises
    ------
    LostRace
        If another process has changed one of them.
    GitFailed, WriteFailed
    """
    try:
        ref_updates.move_all(context.git, moves)
    except (GitFailed, WriteFailed) as error:
        current = {ref: context.git.resolve(ref) or "" for ref in moves}
        if all(current[ref] == new for ref, (new, _) in moves.items()):
            return
        _take_back(
            context, {ref: moves[ref] for ref in moves if current[ref] == moves[ref][0]}, error
        )
        others = [ref for ref, (new, old) in moves.items() if current[ref] not in (new, old)]
        if not others:
            raise
        raise LostRace(
            f"{others[0]} was changed by another writer. Nothing was deleted or restored.",
            "Look at it (%model_log, %model_restore), then repeat the command.",
        ) from None


def _take_back(context: Context, moves: Mapping[str, tuple[str, str]], error: Exception) -> None:
    """Undo moves of references that git made before it failed."""
    try:
        ref_updates.move_all(context.git, {ref: (old, new) for ref, (new, old) in moves.items()})
    except (GitFailed, WriteFailed):
        raise GitFailed(
            f"{', '.join(moves)} moved before git failed: that is there, and nothing is lost.",
            "Repeat the command.",
        ) from error
