"""Segments that are not in this clone, from a remote that has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nbmodel import display
from nbmodel.errors import (
    NbModelError,
    NotFound,
    RemoteFailed,
    SegmentMissing,
    VersionPurged,
)
from nbmodel.progress import bar
from nbmodel.records import Segment, VersionInfo
from nbmodel.repo.network import Network
from nbmodel.repo.remote_settings import DEFAULT, Remote, remotes
from nbmodel.store.grouping import LARGE_BUFFER_BYTES
from nbmodel.store.local import Progress
from nbmodel.store.remote import Item
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing.blobs import store_of
from nbmodel.versioning.sharing.needs import needed
from nbmodel.versioning.snapshot import Snapshot


def absent(context: Context, items: Iterable[Item]) -> list[Item]:
    """The objects that are not in this clone."""
    return [i for i in items if not context.store.has(Segment(i.sha256, "", i.size))]


def fetch(context: Context, items: Sequence[Item], remote: str = "") -> int:
    """Get objects from a remote, or from the first remote that has them; return their bytes.

    Parameters
    ----------
    context : Context
    items : sequence of Item
    remote : str
        Its name; empty for each in turn, ``origin`` first.

    Raises
    ------
    SegmentMissing
        If no remote has one of them.
    RemoteFailed, RemoteLies
        If a remote cannot be reached, or has other bytes.
    """
    remaining = absent(context, items)
    if not remaining:
        return 0
    places = remotes(context.git)
    if remote and remote not in places:
        raise NotFound("remote", remote, "this registry", [*places])
    if not places:
        raise SegmentMissing(remaining[0].sha256, "this version")
    candidates = (
        [places[remote]] if remote else sorted(places.values(), key=lambda r: r.name != DEFAULT)
    )
    size = sum(item.size for item in remaining)
    with bar("fetching", size) as progress:
        failures: list[NbModelError] = []
        for place in candidates:
            try:
                _from(context, place, remaining, progress)
            except (RemoteFailed, SegmentMissing) as error:
                failures.append(error)
                remaining = absent(context, remaining)
            else:
                return size
    raise failures[0]


def complete(context: Context, snapshot: Snapshot) -> None:
    """Get the segments of a version that are not here, if the registry has a remote.

    Raises
    ------
    VersionPurged
        If this user purged it, or an allowed key signed that; or if others say so, and no remote
        has its segments.
    SegmentMissing, RemoteFailed, RemoteLies
        As `fetch` does.
    """
    payload = snapshot.manifest.payload
    stored = [*payload.segments]
    if payload.skeleton.size >= LARGE_BUFFER_BYTES:  # a smaller one is in git
        stored.append(payload.skeleton)
    absent_segments = [s for s in stored if not context.store.has(s)]
    if not absent_segments:
        return
    items = [Item(s.sha256, s.size) for s in absent_segments]
    refusal = _refusal(context, snapshot.info, items)
    if not remotes(context.git):
        return
    try:
        fetch(context, items)
    except SegmentMissing as error:
        if refusal is None:
            raise
        raise refusal from error


def check_purge(context: Context, version: VersionInfo) -> tuple[str, ...]:
    """Refuse a version that was purged, for labels that promise that it can be loaded.

    Returns
    -------
    tuple of str
        A warning if a record says that it was purged, but a remote may still have its arrays.

    Raises
    ------
    VersionPurged
        If this user purged it, or an allowed key signed that; or if there is a record, arrays are
        not here, and there is no remote.
    """
    if purges.first_of(context, version.commit) is None:
        return ()
    lacking = absent(context, needed(context.git, [version.commit], history=False))
    refusal = _refusal(context, version, lacking) if lacking else None
    if refusal is None:
        return ()
    check = display.advice(f"To see whether a remote has them: %model_checkout {version.ref}.")
    return (f"{refusal.what} {check}",)


def _refusal(
    context: Context, version: VersionInfo, lacking: Sequence[Item]
) -> VersionPurged | None:
    """The error if no remote has what lacks; None without a record.

    Raises
    ------
    VersionPurged
        If that is certain already.
    """
    purge = purges.first_of(context, version.commit)
    if purge is None:
        return None
    refusal = VersionPurged(lacking[0].sha256, version.ref, purge.sentence)
    # Anyone can write a record without a signature, so it does not hide what a remote has.
    if not remotes(context.git) or version.commit in purges.confirmed(context):
        raise refusal
    return refusal


def _from(
    context: Context, remote: Remote, items: Sequence[Item], progress: Progress | None
) -> None:
    with Network(context.git, remote.url, context.location.cache) as network:
        store_of(remote, network).download(items, context.store, progress)
