"""Pull: what others pushed. Nothing of this clone is rewritten or lost."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import (
    GitFailed,
    InTrash,
    InvalidValue,
    NotFound,
    OnlyAtRemote,
    SegmentMissing,
)
from nbmodel.repo import notes as git_notes
from nbmodel.repo.network import Network
from nbmodel.repo.remote_settings import Remote, choose
from nbmodel.store.remote import Item
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context
from nbmodel.versioning.publish import best_effort
from nbmodel.versioning.sharing import (
    fetching,
    label_conflicts,
    notes,
    pull_steps,
    removals,
    tracking,
)
from nbmodel.versioning.sharing.needs import needed, needed_beside_purges
from nbmodel.versioning.sharing.shared import (
    PATTERNS,
    SharedRefs,
    both_sides,
    line_of,
    listed,
    models_of,
    select,
)

FETCHES = ("", "stages", "all")


@dataclass(frozen=True, slots=True)
class SideBranch:
    """A branch whose own versions went to another branch, because the remote had others."""

    line: str
    side: str


@dataclass(frozen=True, kw_only=True, repr=False)
class PullResult(Result):
    """What a pull brought, and the branches of this clone that have another name now.

    Attributes
    ----------
    remote : Remote
    branches, tags : tuple of str
        What is new here.
    noted : tuple of str
        Versions with new notes: annotations, approvals, records of purges.
    others : tuple of str
        ``rules``, if they have changed.
    sides : tuple of SideBranch
    deleted, rewritten : tuple of str
        Branches that were deleted there, or have lost versions there.
    array_bytes : int
    seconds : float
    warnings : tuple of str
    """

    remote: Remote
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    sides: tuple[SideBranch, ...] = ()
    deleted: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    array_bytes: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = field(default=())

    @property
    def unchanged(self) -> bool:
        """Whether the remote had nothing new."""
        references = self.branches or self.tags or self.sides or self.noted or self.others
        return not (references or self.deleted or self.rewritten or self.array_bytes)

    def text(self) -> str:
        """One line for the whole, then the branches of this clone that have another name now."""
        if self.unchanged:
            first = f"Nothing new at {self.remote.name}."
        else:
            arrays = f"{display.size(self.array_bytes)} of arrays, " if self.array_bytes else ""
            first = f"Pulled from {self.remote.name}: {arrays}{display.duration(self.seconds)}"
        groups = (
            ("versions", self.branches), ("labels", self.tags), ("notes", self.noted),
            ("also", self.others),
        )  # fmt: skip
        lines = [f"  {name}: {listed(items)}" for name, items in groups if items]
        lines += [
            f"  Both have new versions of {each.line}: those of the remote are {each.line} now, "
            f"and yours are {each.side}. To combine them: "
            + display.advice(f"%model_merge {each.side} --into {each.line} --how average")
            for each in self.sides
        ]
        return "\n".join([first, *lines, *(f"  {w}" for w in self.warnings)])


def pull(
    context: Context,
    model: str = "",
    remote: str = "",
    fetch: str = "",
    *,
    theirs: bool = False,
) -> PullResult:
    """Take over versions, labels, notes and rules of a remote. Arrays follow when they are needed.

    If both have new versions of a branch, the branch is that of the remote from now on. The
    versions of this clone become another branch, which is named after the user.

    Parameters
    ----------
    context : Context
    model : str
        The model; empty for all.
    remote : str
        Name of the remote; empty for the only one, or ``origin``.
    fetch : {"", "stages", "all"}
        Arrays to fetch now: of versions that hold a stage, or of all versions.
    theirs : bool
        Where a label differs here and at the remote, take the one of the remote. The label of
        this clone gives way, with the later moves of its stage, if it was never shared.

    Raises
    ------
    NotFound
        If there is no such remote; or if neither the remote nor this clone has the model.
    RemoteConflict
        If the remote has another tag of the same name and `theirs` is false, or it was shared
        before; or if the remote has another change of the same rule.
    RemoteFailed
        If the remote cannot be reached, or refuses.
    AlreadyExists
        If a branch to move is checked out.
    ReadOnlyRegistry
    """
    context.require_writable("pull")
    if fetch not in FETCHES:
        raise InvalidValue(f"{fetch!r} is not stages or all.", "Use --fetch stages or --fetch all.")
    begin = time.perf_counter()
    place = choose(context.git, remote)
    with Network(context.git, place.url, context.location.cache) as network:
        ours, there = both_sides(context.git, network, model)
        departure = removals.departed(context, network, place, there, model)
        if model and not (there.branches or there.tags or departure.names):
            _require_model(context, network, place, model)
        incoming, remarks = removals.without_deleted(context, place, there)
        drops = label_conflicts.labels_to_drop(context, place, ours, incoming) if theirs else {}
        remarks += tuple(label_conflicts.remarks(context, drops))
        steps = pull_steps.plan(context, ours, incoming, drops)
        lines = tuple(map(line_of, tracking.rewritten(context, place, there)))
        merged_notes, merged_rules = notes.merge(context, network, place, ours, there)
    pull_steps.apply(context, steps)
    remarks += removals.leave_trash(context, place, steps.branches)
    remarks += removals.follow(context, place, departure)
    note = partial(tracking.note, context, place, there)
    warnings = best_effort("What was pulled", "the record of the remote", note)
    warnings += best_effort("What was pulled", "a look at the registry", context.index.refresh)
    if lines:
        warnings += (
            f"{listed(lines)} was rewritten at {place.name}. The versions that it lost are here.",
        )
    array_bytes = _fetch(context, place, there, fetch)
    result = PullResult(
        remote=place,
        branches=tuple(line_of(ref) for ref in steps.branches),
        tags=tuple(ref.removeprefix(refs.TAG_PREFIX) for ref in steps.tags),
        noted=_noted(context, ours.notes, merged_notes),
        others=("rules",) if merged_rules != ours.rules else (),
        sides=tuple(SideBranch(line_of(ref), line_of(side)) for ref, side in steps.sides.items()),
        deleted=(*map(line_of, departure.tips), *departure.own_lines),
        rewritten=lines,
        warnings=(*remarks, *warnings),
    )
    return replace(result, array_bytes=array_bytes, seconds=time.perf_counter() - begin)


def _require_model(context: Context, network: Network, place: Remote, model: str) -> None:
    """Refuse a model that the remote has not, unless this clone has it.

    Raises
    ------
    NotFound
    """
    try:
        context.require_model(model)
    except (InTrash, OnlyAtRemote):
        raise
    except NotFound:
        names = models_of(select(network.names(*PATTERNS)))
        where = f"{context.location.name}, nor at {place.name}"
        raise NotFound("model", model, where, {*context.index.names(), *names}) from None


def _noted(context: Context, before: str, after: str) -> tuple[str, ...]:
    """The versions whose notes a pull has changed; those that are not here, by their ids."""
    if before == after:
        return ()
    try:
        commits = git_notes.differences(context.git, before, after)
    except GitFailed:  # damaged notes: `verify` and `audit` say why
        return ("unknown versions",)
    return tuple(sorted(context.name_of(commit) for commit in commits))


def _fetch(context: Context, place: Remote, theirs: SharedRefs, fetch: str) -> int:
    if not fetch:
        return 0
    purged, confirmed = purges.by_commit(context).keys(), purges.confirmed(context)
    items = _objects(context, theirs, fetch, purged)
    size = fetching.fetch(context, items, place.name)
    if purged > confirmed:  # a record that is not confirmed hides nothing
        for item in set(_objects(context, theirs, fetch, confirmed)) - set(items):
            with suppress(SegmentMissing):
                size += fetching.fetch(context, [item], place.name)
    return size


def _objects(
    context: Context, theirs: SharedRefs, fetch: str, purged: Collection[str]
) -> list[Item]:
    """The objects of all versions, or of those with a stage, except purged ones."""
    if fetch == "all":
        return needed_beside_purges(context.git, theirs.branches.values(), purged)[1]
    holders = context.index.held_versions({model for model, _ in context.index.stage_holders()})
    ends = {version.commit for each in holders.values() for version in each.values()}
    return needed(context.git, ends.difference(purged), history=False)
