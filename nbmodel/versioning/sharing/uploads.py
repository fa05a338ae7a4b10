"""Send the arrays that references need to the store of a remote, before the references move.

Also after a purge: it may remove arrays from the store while a push counts on them. So a push looks
again once its references are there, and sends what is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from nbmodel import display, refs
from nbmodel.errors import SegmentLost
from nbmodel.progress import bar
from nbmodel.repo.network import Network
from nbmodel.repo.remote_settings import Remote
from nbmodel.store.remote import Item, ParallelStore, RemoteStore
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing import blobs, fetching, notes
from nbmodel.versioning.sharing.needs import needed, needed_beside_purges


def send(
    context: Context,
    place: Remote,
    network: Network,
    ends: Sequence[str],
    there: Iterable[str],
    *,
    repair: bool = False,
) -> int:
    """Upload the arrays that commits and tags need and the store lacks; return their bytes.

    Parameters
    ----------
    context : Context
    place : Remote
    network : Network
    ends, there : sequence of str
        Ids of what the remote is to have, and of what it has.
    repair : bool
        Whether purged versions are left out.

    Raises
    ------
    SegmentLost
        If an array is neither here nor there, although its version was not purged.
    RemoteFailed
    """
    purged = purges.confirmed(context) if repair else purges.by_commit(context)
    items, unpurged = needed_beside_purges(context.git, ends, purged, there)
    items = unpurged if repair else items
    if not items:
        return 0
    store = blobs.store_of(place, network)
    lacking = store.lacks(items)
    if absent := set(fetching.absent(context, lacking)):
        _require_purged(store, absent, unpurged)
        lacking = [item for item in lacking if item not in absent]
    return _upload(context, store, lacking)


def send_earlier(
    context: Context, place: Remote, network: Network, tips: Sequence[str]
) -> tuple[int, tuple[str, ...]]:
    """Upload what a store lacks of versions that its remote has already; return bytes, warnings.

    A store is new if its address is: then the remote has versions whose arrays are elsewhere.
    """
    _, items = needed_beside_purges(context.git, tips, purges.by_commit(context))
    if not items:
        return 0, ()
    store = blobs.store_of(place, network)
    lacking = store.lacks(items)
    absent = set(fetching.absent(context, lacking))
    size = _upload(context, store, [item for item in lacking if item not in absent])
    if not absent:
        return size, ()
    count = display.count(len(absent), "segment")
    return size, (
        f"{store.name} lacks {count} of earlier versions, and this clone has none of them. "
        + display.advice("Push from a clone that has them: %model_push --repair"),
    )


def send_again(
    context: Context,
    place: Remote,
    network: Network,
    ends: Sequence[str],
    there: Iterable[str],
) -> tuple[str, ...]:
    """Upload what a purge removed during a push; return warnings.

    A purge writes its record to the remote before it removes anything there, and looks at the
    references again afterwards. So it sees what this push has named, or this sees its record.
    """
    theirs = network.names(refs.NOTES_REF).get(refs.NOTES_REF, "")
    ours = context.git.resolve(refs.NOTES_REF) or ""
    if theirs not in ("", ours):
        network.fetch([theirs] if context.git.resolve(theirs) is None else [])
        notes.merge_notes(context, network, ours, theirs)
    purged = [oid for oid in purges.by_commit(context) if context.git.resolve(oid)]
    store = blobs.store_of(place, network) if purged else None
    if not isinstance(store, ParallelStore):  # a purge removes nothing from a server of git-lfs
        return ()
    _, unpurged = needed_beside_purges(context.git, ends, purged, there)
    at_risk = set(needed(context.git, purged, history=False))
    lacking = store.lacks(item for item in unpurged if item in at_risk)
    absent = set(fetching.absent(context, lacking))
    _upload(context, store, [item for item in lacking if item not in absent])
    return tuple(
        f"The segment {item.sha256[:12]} was purged from {store.name} during this push, and is not "
        "here. Push from a clone that has it."
        for item in absent
    )


def _upload(context: Context, store: RemoteStore, items: Sequence[Item]) -> int:
    size = sum(item.size for item in items)
    with bar("pushing", size) as progress:
        store.upload(items, context.store, progress)
    return size


def _require_purged(store: RemoteStore, absent: Collection[Item], unpurged: Iterable[Item]) -> None:
    """Refuse before the upload if arrays are nowhere, although nobody has purged them."""
    for item in unpurged:
        if item in absent:
            raise SegmentLost(item.sha256, store.name)
