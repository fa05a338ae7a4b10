"""Gc: remove segments that no commit, tag, stash, log or index entry of the repository names.

The ``lfs`` folder is shared with git-lfs, so references of the user's code count too. Young
segments stay, because a commit in progress has stored its segments and not yet moved its
reference: see `nbmodel.versioning.segment_removal`.

What a lost reference named is not garbage. Nothing is removed while it is uncertain whether a
reference was lost. What a branch held before it was moved back by force stays for the grace
period.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbmodel import display
from nbmodel.display import Result, Table
from nbmodel.errors import GitFailed, InvalidValue, Locked, LostRace, WriteFailed
from nbmodel.index.problems import forget_command
from nbmodel.repo import locks, ref_updates
from nbmodel.repo.git import Git
from nbmodel.repo.trash import TrashEntry
from nbmodel.store import removal
from nbmodel.versioning import deletion, lost_refs, uncertain_refs
from nbmodel.versioning.context import Context
from nbmodel.versioning.lost_refs import LostRef
from nbmodel.versioning.reachable_segments import segments_in_use
from nbmodel.versioning.segment_removal import (
    DAY_SECONDS,
    GRACE_DAYS,
    MIN_AGE_SECONDS,
    check_alone,
    removal_turn,
    require_certain,
)
from nbmodel.versioning.uncertain_refs import UncertainRef

MAX_LOCK_CHECKS, LOCK_POLL_SECONDS = 50, 0.1  # for a lock of another git process


@dataclass(frozen=True, repr=False)
class GcResult(Result):
    """Unused segments, removed or not: ``(name, bytes, age in seconds)`` of each.

    `remarks` say what was skipped, and why. `doubts` are the uncertain references because of
    which nothing may be removed.
    """

    garbage: Sequence[tuple[str, int, float]]
    remaining_segments: int
    removed: bool
    remarks: tuple[str, ...] = ()
    doubts: tuple[UncertainRef, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(size for _, size, _ in self.garbage)

    def text(self) -> str:
        """A line, then the objects and the remarks."""
        table = [self._table().text()] if self.garbage else []
        return "\n".join([self._headline(), *table, *self.remarks])

    def html(self) -> str:
        """The same."""
        table = self._table().html() if self.garbage else ""
        notes = (f'<div class="warn">{display.escaped(r)}</div>' for r in self.remarks)
        return f"<div>{display.escaped(self._headline())}</div>{table}{''.join(notes)}"

    def _headline(self) -> str:
        what = f"{display.count(len(self.garbage), 'segment')}, {display.size(self.size)}"
        if self.doubts:
            return f"nothing can go now: {uncertain_refs.refusal(self.doubts)}"
        if not self.garbage:
            return (
                "nothing to collect; in use or young: "
                f"{display.count(self.remaining_segments, 'segment')}"
            )
        return f"removed {what}" if self.removed else f"{what} can go: repeat with --force"

    def _table(self) -> Table:
        rows = [
            (name[:16], display.size(size), f"{age / DAY_SECONDS:.1f} days")
            for name, size, age in self.garbage
        ]
        return Table(("segment", "size", "unused for"), rows, frozenset({"size", "unused for"}))


def gc(
    context: Context, *, force: bool = False, grace: float = GRACE_DAYS, forget: Sequence[str] = ()
) -> GcResult:
    """List unused segments; remove them with `force`.

    Parameters
    ----------
    context : Context
    force : bool
        Remove them. Otherwise they are only listed.
    grace : float
        Days since a segment was last written or reused before it may go; also since a branch was
        moved back by force.
    forget : sequence of str
        References that were deleted or moved back on purpose: full names, or patterns of names.

    Raises
    ------
    ReferencesInDoubt
        If a reference cannot be read, or was deleted or lost, and `forget` does not name it.
    Locked
        If another git process packs references. Nothing was removed.
    InvalidValue
        If `grace` is negative, or other repositories may use the same folder of segments.
    NotPlain
        If the folder of temporary files is not a plain folder.
    """
    if not grace >= 0 or math.isinf(grace):
        raise InvalidValue(f"A grace of {grace} days is not possible.", "Use 0 or more.")
    if forget:
        uncertain_refs.forget(context, forget)
    if not force:
        listed = _remove(context, grace * DAY_SECONDS, grace * DAY_SECONDS, force=False)
        if listed.doubts:
            return listed
        return replace(listed, remarks=(*_over(deletion.expired(context)), *listed.remarks))
    context.require_writable("collect garbage")
    check_alone(context)
    require_certain(context)
    _await_packable(context.git)  # first: nothing is removed if it cannot be ended
    emptied = _empty_trash(context)
    with removal_turn(context, grace * DAY_SECONDS) as (oldest, remarks):
        result = _remove(context, oldest, grace * DAY_SECONDS, force=True)
    return replace(result, remarks=(*emptied, *result.remarks, *remarks, *_packed(context.git)))


def _empty_trash(context: Context) -> tuple[str, ...]:
    """Remove what is over from the trash. Its segments go once git has dropped its versions."""
    over = deletion.expired(context)
    if not over:
        return ()
    deletion.empty(context, over)
    return (f"Removed from the trash: {_names(over)}.",)


def _over(entries: Sequence[TrashEntry]) -> tuple[str, ...]:
    if not entries:
        return ()
    return (f"Over their time in the trash, and removed with --force: {_names(entries)}.",)


def _names(entries: Sequence[TrashEntry]) -> str:
    return ", ".join(dict.fromkeys(entry.name for entry in entries))


def _await_packable(git: Git) -> None:
    """Wait for another git process that packs references; that takes moments."""
    for _ in range(MAX_LOCK_CHECKS):
        try:
            return locks.require_packable(git)
        except Locked:
            time.sleep(LOCK_POLL_SECONDS)
    return locks.require_packable(git)


def _remove(context: Context, oldest: float, grace_s: float, *, force: bool) -> GcResult:
    """List what can go, or remove it; `grace_s` for what branches left."""
    root = context.store.root
    contents = removal.contents(root)
    if not force and (uncertain := uncertain_refs.find_uncertain_refs(context)):
        advice = tuple(dict.fromkeys(uncertain_refs.advice(doubt) for doubt in uncertain))
        return GcResult([], len(contents.objects), False, advice, tuple(uncertain))
    tips = uncertain_refs.recent_tips(context, grace_s)
    lost_references = lost_refs.find_lost_refs(context) if contents.objects else []
    live_segments = (
        set(segments_in_use(context.git, tips, lost_references)) if contents.objects else set()
    )
    if force:  # again, after git answered: a reference lost meanwhile may have named some of them
        require_certain(context)
    garbage = [row for row in contents.objects if row[0] not in live_segments and row[2] > oldest]
    leftovers = [row for row in contents.leftovers if row[2] > max(oldest, MIN_AGE_SECONDS)]
    if force and garbage:
        removal.remove(root, [oid for oid, _, _ in garbage], oldest)
    if force and leftovers:
        removal.remove_leftovers(root, [name for name, _, _ in leftovers], oldest)
    remarks = tuple(f"{text}: gc follows no link, and leaves it." for text in contents.strange)
    remarks += _lost_in_words(lost_references)
    return GcResult([*garbage, *leftovers], len(contents.objects) - len(garbage), force, remarks)


def _lost_in_words(lost_references: Sequence[LostRef]) -> tuple[str, ...]:
    """What stays, because `forget` does not name its reference."""
    if not lost_references:
        return ()
    names = ", ".join(item.ref for item in lost_references[: uncertain_refs.MAX_NAMES])
    more = (
        f" and {len(lost_references) - uncertain_refs.MAX_NAMES} more"
        if len(lost_references) > uncertain_refs.MAX_NAMES
        else ""
    )
    return (
        f"What {names}{more} named stays: no such reference is there, and its objects are "
        f"({display.advice('%model_verify')}). If it was deleted on purpose: "
        f"{forget_command(lost_references[0].ref)}",
    )


def _packed(git: Git) -> tuple[str, ...]:
    """Pack refs, as git's own gc does: a thousand loose ones make every look slow."""
    try:
        ref_updates.pack(git)
    except (GitFailed, WriteFailed, LostRace) as error:
        return (f"Refs were not packed, which changes nothing else: {error.what}",)
    return ()
