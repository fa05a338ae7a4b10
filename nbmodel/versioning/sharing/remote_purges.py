"""Remove the segments of a purged version from the store of a remote.

The record reaches the remote first, so that every clone can learn of it. Then segments go that no
reference of the remote names, and that are old: a push in progress has uploaded young ones. A push
may also count on an old one. So the references are listed again afterwards, and what a new one
names is put back. See `nbmodel.versioning.sharing.uploads` for the other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbmodel import display, refs
from nbmodel.repo.network import Network, Update
from nbmodel.repo.remote_settings import Remote
from nbmodel.store.remote import Item, ParallelStore
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context
from nbmodel.versioning.reachable_segments import segments_of
from nbmodel.versioning.segment_removal import DAY_SECONDS, GRACE_DAYS
from nbmodel.versioning.sharing import blobs, fetching, notes, uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePurge:
    """What a purge removed from the store of a remote, and remarks for the user."""

    name: str
    segments: tuple[Item, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the removed segments."""
        return sum(item.size for item in self.segments)

    @property
    def lines(self) -> tuple[str, ...]:
        """What went, then the remarks."""
        what = f"{display.count(len(self.segments), 'segment')}, {display.size(self.size)}"
        return (f"At {self.name}: {what} removed.", *self.remarks)


def purge_remote(
    context: Context, place: Remote, commit: str, items: Sequence[Item]
) -> RemotePurge:
    """Send the records of purges to a remote, and remove the segments of a version there.

    Parameters
    ----------
    context : Context
    place : Remote
    commit : str
        The version, which has its record here.
    items : sequence of Item
        Its segments.

    Raises
    ------
    RemoteFailed
        If the remote or its store cannot be reached, or refuses.
    GitFailed
        If it is not known what a reference of the remote names.
    """
    address = place.push_url or place.url
    with Network(context.git, address, context.location.cache, writes=True) as network:
        store = blobs.store_of(place, network)
        blobs.require_bare(place, network)
        _send_records(context, place, network)
        if not isinstance(store, ParallelStore):
            hint = f"{store.name} is a server of git-lfs: its host must remove the arrays there."
            return RemotePurge(name=place.name, remarks=(hint,))
        in_use = _digests_in_use(context, network, commit)
        there = [item for item in items if item.sha256 not in in_use and store.has(item)]
        old = [item for item in there if _is_old(store, item)]
        for item in old:
            store.remove(item)
        segments, remarks = _put_back(context, network, store, commit, old)
    if len(old) < len(there):
        young = display.count(len(there) - len(old), "segment")
        remarks += (
            f"{store.name} keeps {young}, because a push may just have sent what is young. Repeat "
            f"the command when it is {GRACE_DAYS:.0f} days old.",
        )
    if count := sum(item.sha256 in in_use for item in items):
        remarks += (f"Other versions there still have {display.count(count, 'segment')} of it.",)
    return RemotePurge(name=place.name, segments=segments, remarks=remarks)


def _send_records(context: Context, place: Remote, network: Network) -> None:
    """Bring the notes of both sides together, and push them."""
    theirs = network.names(refs.NOTES_REF).get(refs.NOTES_REF, "")
    if theirs and context.git.resolve(theirs) is None:
        network.fetch([theirs])
    ours = context.git.resolve(refs.NOTES_REF) or ""
    merged = notes.merge_notes(context, network, ours, theirs)
    if merged != theirs:
        uploads.send(context, place, network, [merged], [theirs] if theirs else [])
        network.push([Update(refs.NOTES_REF, merged, theirs)])


def _digests_in_use(context: Context, network: Network, commit: str) -> frozenset[str]:
    """Digests that a reference of the remote names, apart from this and other purged versions."""
    there = network.names()
    network.fetch(oid for oid in there.values() if context.git.resolve(oid) is None)
    without = purges.purged_here(context) | {commit}
    return frozenset(segments_of(context.git, set(there.values()), without))


def _is_old(store: ParallelStore, item: Item) -> bool:
    age = store.age_s(item)
    return age is not None and age > GRACE_DAYS * DAY_SECONDS


def _put_back(
    context: Context, network: Network, store: ParallelStore, commit: str, items: Sequence[Item]
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Upload again what a push has named meanwhile; return what is gone, and remarks."""
    if not items:
        return (), ()
    in_use = _digests_in_use(context, network, commit)
    again = [item for item in items if item.sha256 in in_use]
    absent = set(fetching.absent(context, again))
    store.upload([item for item in again if item not in absent], context.store)
    remarks = tuple(
        f"A version that was just pushed names the segment {item.sha256[:12]}, which is gone from "
        f"{store.name}, and is not here. Push it from a clone that has it."
        for item in absent
    )
    return tuple(item for item in items if item not in again or item in absent), remarks
