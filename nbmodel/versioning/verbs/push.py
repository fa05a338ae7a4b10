"""Push: versions to a remote. Arrays come first, then all references at once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nbmodel import display, refs
from nbmodel.display import Result
from nbmodel.errors import RemoteAhead
from nbmodel.repo import history, remote_settings
from nbmodel.repo.network import Network, Update
from nbmodel.repo.remote_settings import Remote, choose
from nbmodel.versioning.context import Context
from nbmodel.versioning.publish import best_effort
from nbmodel.versioning.sharing import notes, removals, tracking, uploads
from nbmodel.versioning.sharing.shared import (
    RULES_REF,
    SharedRefs,
    both_sides,
    check_tags,
    line_of,
    listed,
    relation,
    select,
    tag_text,
)


@dataclass(frozen=True, kw_only=True, repr=False)
class PushResult(Result):
    """What a push sent: references, and bytes of arrays."""

    remote: Remote
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    array_bytes: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether the remote and its store had everything."""
        references = self.branches or self.tags or self.others or self.deleted
        return not (references or self.array_bytes)

    def text(self) -> str:
        """One line for the whole, then one for each group."""
        if self.unchanged:
            first = f"{self.remote.name} has everything already."
        else:
            arrays = f"{display.size(self.array_bytes)} of arrays, " if self.array_bytes else ""
            first = f"Pushed to {self.remote.name}: {arrays}{display.duration(self.seconds)}"
        groups = (
            ("versions", self.branches), ("labels", self.tags), ("also", self.others),
            ("deleted there", self.deleted), ("the remote is ahead", self.behind),
        )  # fmt: skip
        lines = [f"  {name}: {listed(items)}" for name, items in groups if items]
        return "\n".join([first, *lines, *(f"  {warning}" for warning in self.warnings)])


def push(
    context: Context,
    model: str = "",
    remote: str = "",
    *,
    prune: bool = False,
    repair: bool = False,
) -> PushResult:
    """Send versions, labels, notes and rules to a remote: all of them, or none.

    The arrays are sent first, and only those that the remote lacks. So others see a version only
    when all of its bytes are there.

    Parameters
    ----------
    context : Context
    model : str
        The model; empty for all.
    remote : str
        Name of the remote; empty for the only one, or ``origin``.
    prune : bool
        Also delete the branches there that are in the trash here.
    repair : bool
        Also send what the remote has lost since the last push or pull: arrays of its store, and
        branches.

    Raises
    ------
    NotFound
        If there is no such model or remote.
    RemoteAhead
        If others have pushed versions or stage moves that this clone has not, or have deleted
        branches that are here.
    RemoteConflict
        If the remote has another tag of the same name, or another change of the same rule.
    RemoteFailed
        If the remote or its store cannot be reached, or refuses.
    SegmentMissing
        If arrays to send are not in this clone.
    ReadOnlyRegistry
    """
    context.require_writable("push")
    begin = time.perf_counter()
    context.index.refresh()
    if model:
        context.require_model(model)
    place = choose(context.git, remote)
    address = place.push_url or place.url
    with Network(context.git, address, context.location.cache, writes=True) as network:
        ours, theirs = both_sides(context.git, network, model)
        merged_notes, merged_rules = notes.merge(context, network, place, ours, theirs)
        ours = replace(ours, notes=merged_notes, rules=merged_rules)
        if tracking.is_one_repository(context, place, network):
            if not repair:
                removals.require_no_departure(context, place, ours, theirs)
            plan = _plan(context, place, ours, theirs, tracking.rewritten(context, place, theirs))
        else:
            plan = _plan(context, place, ours, theirs, ())
        if prune:
            plan.updates.extend(removals.to_prune(context, place, theirs, model))
        ends = [u.new for u in plan.updates if u.new and u.ref != RULES_REF]
        there = [oid for oid in [*theirs.branches.values(), theirs.notes] if oid]
        here = [oid for ref, oid in ours.all.items() if ref != RULES_REF]
        warnings: tuple[str, ...] = ()
        if repair:
            array_bytes = uploads.send(context, place, network, [*ends, *here], (), repair=True)
        else:
            array_bytes = uploads.send(context, place, network, ends, there)
            if place.known_store != place.store_digest:
                earlier = [*there, *theirs.tags.values()]
                size, warnings = uploads.send_earlier(context, place, network, earlier)
                array_bytes += size
        if plan.updates:
            network.push(plan.updates)
            warnings += uploads.send_again(context, place, network, ends, there)
        is_recorded = tracking.is_one_repository(context, place, network)
    where = f"The push to {place.name}"
    if is_recorded:
        record = partial(_record, context, place, theirs, plan.updates)
        warnings += best_effort(where, "the record of what is there", record)
    else:
        warnings += (
            f"{place.name} is read at another address, which has not the same: "
            f"{place.display_url}. A pull brings what is there.",
        )
    if place.known_store != place.store_digest and not model:
        record_store = partial(remote_settings.note_store, context.git, place)
        warnings += best_effort(where, "the record of its store", record_store)
    seconds = time.perf_counter() - begin
    result = plan.result(place)
    return replace(result, array_bytes=array_bytes, seconds=seconds, warnings=warnings)


@dataclass(frozen=True, slots=True)
class _Plan:
    updates: list[Update]
    behind: list[str]

    def result(self, place: Remote) -> PushResult:
        names = [update.ref for update in self.updates if update.new]
        deleted = [line_of(update.ref) for update in self.updates if not update.new]
        return PushResult(
            remote=place,
            branches=tuple(filter(None, map(line_of, names))),
            tags=tuple(
                name.removeprefix(refs.TAG_PREFIX) for name in names if refs.TAG_PREFIX in name
            ),
            others=tuple(_OTHERS[name] for name in names if name in _OTHERS),
            deleted=tuple(deleted),
            behind=tuple(self.behind),
        )


_OTHERS = {refs.NOTES_REF: "notes", RULES_REF: "rules"}


def _plan(
    context: Context,
    place: Remote,
    ours: SharedRefs,
    theirs: SharedRefs,
    rewritten: Collection[str],
) -> _Plan:
    git, updates, behind = context.git, [], []
    for ref, oid in ours.branches.items():
        old = theirs.branches.get(ref, "")
        related = relation(git, oid, old)
        if related == "diverged":
            raise RemoteAhead(place.name, _news_of(context, ref, old))
        if related == "ahead" and ref in rewritten:
            what = f"{line_of(ref)} was rewritten there, and has lost versions since the last pull"
            raise RemoteAhead(place.name, what)
        if related == "behind":
            behind.append(line_of(ref))
        elif related != "same":
            updates.append(Update(ref, oid, old))
    check_tags(context, ours.tags, theirs.tags)
    new = {ref: oid for ref, oid in ours.tags.items() if ref not in theirs.tags}
    _check_stages(context, place, new, {r: o for r, o in theirs.tags.items() if r not in ours.tags})
    updates += [Update(ref, oid) for ref, oid in new.items()]
    for ref, oid, old in (
        (refs.NOTES_REF, ours.notes, theirs.notes),
        (RULES_REF, ours.rules, theirs.rules),
    ):
        if oid and oid != old:
            updates.append(Update(ref, oid, old))
    return _Plan(updates, behind)


def _check_stages(
    context: Context, place: Remote, new: Mapping[str, str], unknown: Mapping[str, str]
) -> None:
    """Refuse to move a stage that others have moved since the last pull."""
    moved = {_stage_of(ref) for ref in new} - {None}
    for ref, oid in sorted(unknown.items()):
        stage = _stage_of(ref)
        if stage is not None and stage in moved:
            subject = refs.stage_reference(*stage)
            name = ref.removeprefix(refs.TAG_PREFIX)
            what = f"{subject} was moved there to {tag_text(context, name, oid)}"
            raise RemoteAhead(place.name, what)


def _stage_of(ref: str) -> tuple[str, str] | None:
    parsed = refs.parse_stage_tag(ref.removeprefix(refs.TAG_PREFIX))
    return parsed[:2] if parsed else None


def _news_of(context: Context, ref: str, tip: str) -> str:
    with history.reader(context.git) as bulk:
        (commit,) = history.read_commits(bulk, [tip])
    line, who, when = line_of(ref), display.line(commit.author.name), display.moment(commit.time)
    return f"{line} has versions there that are not here, the last by {who}, {when}"


def _record(context: Context, place: Remote, theirs: SharedRefs, updates: Sequence[Update]) -> None:
    """Keep what the remote has after the push."""
    tracking.note(context, place, _after(theirs, updates))
    tracking.forget(context, place, [update.ref for update in updates if not update.new])


def _after(theirs: SharedRefs, updates: Sequence[Update]) -> SharedRefs:
    """The references of the remote after the push."""
    names = {**theirs.all, **{update.ref: update.new for update in updates}}
    return select({ref: oid for ref, oid in names.items() if oid})
