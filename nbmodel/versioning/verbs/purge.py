"""Purge: remove the arrays of one version for good. What is in git stays.

The record is written first: a note on the version. So a purge that was killed never looks like
damage, and a repetition finishes it. Then the segments go that nothing else names. This is decided
while no process writes, as in `gc`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nbmodel import display
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, NotPlain, VersionInUse, WriteFailed
from nbmodel.records import Note, VersionInfo
from nbmodel.repo.remote_settings import choose
from nbmodel.store import removal
from nbmodel.store.remote import Item
from nbmodel.versioning import lost_refs, purges, uncertain_refs
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.purges import Purge
from nbmodel.versioning.reachable_segments import segments_in_use
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.retention import reasons_to_keep
from nbmodel.versioning.segment_removal import (
    DAY_SECONDS,
    GRACE_DAYS,
    check_alone,
    removal_turn,
    require_certain,
)
from nbmodel.versioning.sharing.fetching import absent
from nbmodel.versioning.sharing.needs import needed
from nbmodel.versioning.sharing.remote_purges import RemotePurge, purge_remote

MAX_NAMES = 5  # versions that a line lists
_REPEAT = "Repeat the command later: it removes the rest."


@dataclass(frozen=True, kw_only=True, repr=False)
class PurgeResult(Result):
    """What a purge removed, or would remove.

    Attributes
    ----------
    version : VersionInfo
    segments : tuple of Item
        The segments that went, or would go.
    shared : mapping of str to tuple
        The versions that also name a segment that stays, by its digest.
    files : mapping of str to int
        What stays in git: bytes by path.
    done : bool
        False for a look ahead.
    unchanged : bool
        Whether the version was purged earlier, and nothing was left to remove.
    record : Purge or None
        The first record of the purge.
    remote : RemotePurge or None
        What was removed from the store of a remote.
    warnings : tuple of str
    """

    version: VersionInfo
    segments: tuple[Item, ...] = ()
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    done: bool = False
    unchanged: bool = False
    record: Purge | None = None
    remote: RemotePurge | None = None
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the segments that went, or would go."""
        return sum(item.size for item in self.segments)

    def text(self) -> str:
        """What went, what stays in git and in the store; then warnings."""
        names = ", ".join(sorted(self.files))
        total = display.size(sum(self.files.values()))
        lines = [self._headline(), f"In git stay {total}: {names}.", *self._shared()]
        lines += self.remote.lines if self.remote else ()
        return "\n  ".join([*lines, *self.warnings])

    def _headline(self) -> str:
        ref, count = self.version.ref, display.count(len(self.segments), "segment")
        if self.unchanged and self.record:
            return f"{ref} was purged {self.record.sentence}. Nothing was left to remove."
        what = f"{count}, {display.size(self.size)}"
        return f"{ref} is purged: {what} removed." if self.done else f"{ref}: {what} would go."

    def _shared(self) -> Iterator[str]:
        if self.shared:
            names = list(dict.fromkeys(name for group in self.shared.values() for name in group))
            more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
            listing = ", ".join(names[:MAX_NAMES]) + more or "something else in git"
            count = display.count(len(self.shared), "segment")
            yield f"In the store stays what {listing} has too: {count}."


def look_ahead(context: Context, reference: str, *, force: bool = False) -> PurgeResult:
    """What `purge` would remove. Nothing changes.

    Raises
    ------
    VersionInUse, InvalidValue, ReferencesInDoubt
        As `purge` does.
    """
    context.require_writable("purge")
    context.index.refresh()
    version = resolve(context, reference)
    items = needed(context.git, [version.commit], history=False)
    if not items:
        raise InvalidValue(
            f"{version.ref} has no arrays outside of git, so there is nothing to purge.",
            "What is in git stays there as long as a branch or a label leads to it.",
        )
    reasons = reasons_to_keep(context, version)
    if reasons and not force:
        raise VersionInUse(version.ref, reasons)
    check_alone(context)
    require_certain(context)
    in_use = _in_use(context, [version.commit])
    lacking = set(absent(context, items))
    here = [item for item in items if item not in lacking]
    return PurgeResult(
        version=version,
        segments=tuple(item for item in here if item.sha256 not in in_use),
        shared={
            item.sha256: _holders(context, item, version) for item in here if item.sha256 in in_use
        },
        files=_files_in_git(context, version, {item.sha256 for item in items}),
        record=purges.first_of(context, version.commit),
    )


def purge(
    context: Context,
    reference: str,
    message: str = "",
    *,
    force: bool = False,
    remote: str | None = None,
) -> PurgeResult:
    """Remove the segments of a version that nothing else names, and record who did it and why.

    Parameters
    ----------
    context : Context
    reference : str
        One version.
    message : str
        Why.
    force : bool
        Also if the version holds a stage or a release, or others were made from it.
    remote : str, optional
        A remote from whose store the segments are removed too; empty for the only one, or
        ``origin``.

    Raises
    ------
    VersionInUse
        If it holds a stage or a release, or others were made from it.
    InvalidValue
        If it has no segments, or the folder of segments may belong to other repositories too.
    ReferencesInDoubt
        If a reference cannot be read, or was lost: it may name a segment.
    NotFound
        If there is no such version or remote.
    RemoteFailed
        If the remote cannot be reached, or refuses. The record is there then, and a repetition
        removes the segments.
    """
    place = None if remote is None else choose(context.git, remote)
    plan = look_ahead(context, reference, force=force)
    commit = plan.version.commit
    warnings: tuple[str, ...] = ()
    if commit not in purges.confirmed(context):
        record = _record(context, plan, message, purges.last_ids(context))
        warnings = purges.write(context, record)
    elif not plan.segments and place is None:
        purges.mark_here(context, commit)
        return replace(plan, done=True, unchanged=True)
    there = None
    if place is not None:  # first, because what a push has just named is put back from here
        items = needed(context.git, [commit], history=False)
        there = purge_remote(context, place, commit, items)
    segments, remarks = _remove(context, plan.segments, [commit])
    if not remarks:
        purges.mark_here(context, commit)
    return replace(
        plan,
        segments=segments,
        done=True,
        record=purges.first_of(context, commit),
        remote=there,
        warnings=(*context.news(), *warnings, *remarks),
    )


def purge_all(
    context: Context, versions: Sequence[VersionInfo], message: str
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Purge several versions; return the segments that went, and warnings.

    Raises
    ------
    InvalidValue, ReferencesInDoubt
        As `purge` does.
    """
    check_alone(context)
    require_certain(context)
    commits: set[str] = set()
    warnings: list[str] = []
    confirmed, previous = purges.confirmed(context), purges.last_ids(context)
    for version in versions:
        context.index.refresh()
        tips = {tip.commit for tip in context.index.branches(version.model).values()}
        if reasons_to_keep(context, version) or version.commit in tips:
            warnings.append(f"{version.ref} stays: a label or a branch was given to it meanwhile.")
            continue
        commits.add(version.commit)
        items = needed(context.git, [version.commit], history=False)
        plan = PurgeResult(version=version, segments=tuple(items))
        if version.commit not in confirmed:
            record = _record(context, plan, message, previous)
            warnings += purges.write(context, record)
            previous = (record.id,)  # reading all notes again would say the same
    items = needed(context.git, commits, history=False)
    segments, remarks = _remove(context, items, commits)
    if not remarks:
        for commit in commits:
            purges.mark_here(context, commit)
    return segments, (*warnings, *remarks)


def unused_segments(context: Context, versions: Sequence[VersionInfo]) -> tuple[Item, ...]:
    """The segments that would go with some versions."""
    commits = {version.commit for version in versions}
    items = needed(context.git, commits, history=False)
    in_use = _in_use(context, commits) if items else frozenset()
    lacking = set(absent(context, items))
    return tuple(i for i in items if i not in lacking and i.sha256 not in in_use)


def _record(context: Context, plan: PurgeResult, message: str, previous: tuple[str, ...]) -> Purge:
    record = Purge(
        commit=plan.version.commit,
        note=Note(context.identity.person, now(), message.strip()),
        segments=len(plan.segments),
        size=plan.size,
        previous=previous,
    )
    return purges.sign_purge(context, record)


def _remove(
    context: Context, items: Iterable[Item], commits: Collection[str]
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Remove what nothing else names now; return it, and remarks."""
    with removal_turn(context, 0.0) as (oldest, busy):
        require_certain(context)
        in_use = _in_use(context, commits)
        lacking = set(absent(context, items))
        unused = [i for i in items if i not in lacking and i.sha256 not in in_use]
        try:
            digests = removal.remove(context.store.root, [i.sha256 for i in unused], oldest)
        except (WriteFailed, NotPlain) as error:
            what = f"The record of the purge is there, and some segments too: {error.what}"
            raise WriteFailed(what, f"{error.hint} A repetition removes the rest.") from error
    segments = tuple(item for item in unused if item.sha256 in digests)
    remarks = (*busy, _REPEAT) if len(segments) < len(unused) else ()
    return segments, remarks


def _in_use(context: Context, commits: Collection[str]) -> frozenset[str]:
    """Digests that something names which this user has not purged in this clone."""
    tips = uncertain_refs.recent_tips(context, GRACE_DAYS * DAY_SECONDS)
    lost_references = lost_refs.find_lost_refs(context)
    without = purges.purged_here(context) | frozenset(commits)
    return frozenset(segments_in_use(context.git, tips, lost_references, without))


def _holders(context: Context, item: Item, version: VersionInfo) -> tuple[str, ...]:
    holders = context.index.holders_of(item.sha256)
    return tuple(holder.ref for holder in holders if holder.commit != version.commit)


def _files_in_git(
    context: Context, version: VersionInfo, stored: Collection[str]
) -> dict[str, int]:
    """Bytes by path of the files of a version that are in git, and not in the store."""
    snapshot = snapshots.read(context, version)
    payload = snapshot.manifest.payload
    digests = {snapshots.segment_path(n): s.sha256 for n, s in enumerate(payload.segments)}
    digests |= {file.path: file.content.sha256 for file in snapshot.manifest.files}
    digests |= {snapshots.SKELETON: payload.skeleton.sha256}
    sizes = snapshot.sizes(context).items()
    return {path: size for path, size in sizes if digests.get(path) not in stored}
