"""Store an object as segments; an error names the part that cannot be pickled."""

from __future__ import annotations

import hashlib
from typing import Any

from blake3 import blake3

from nbmodel.errors import NotPicklable
from nbmodel.flavors.pickling import Pickled, dump
from nbmodel.flavors.unpicklable import find_unpicklable
from nbmodel.flavors.user_code import mark_unusable
from nbmodel.progress import bar
from nbmodel.records import Payload, Segment
from nbmodel.store import grouping
from nbmodel.store.grouping import LARGE_BUFFER_BYTES
from nbmodel.store.local import StoredSegment
from nbmodel.versioning.context import Context
from nbmodel.versioning.loadable import advice, failure_of_sources, require_loadable

MAX_HASHED_BYTES = 256 << 20  # hashing more would be noticed


def serialize(obj: Any, name: str) -> Pickled:
    """Pickle an object that the user calls `name`.

    Raises
    ------
    NotPicklable
        If it cannot be; the error names the part: ``clf.steps[1][1].func``.
    NotLoadable
        If it could not be put together again.
    """
    pickled = _dumped(obj, name)
    if failure := failure_of_sources(pickled):
        mark_unusable(pickled.sources, failure)  # what they read or do when imported is not there
        pickled = _dumped(obj, name)
    require_loadable(obj, pickled, name)
    return pickled


def _dumped(obj: Any, name: str) -> Pickled:
    try:
        return dump(obj)
    except Exception as error:  # an object's own code may raise anything
        path, kind, why = find_unpicklable(obj, name)
        cure = " ".join(getattr(error, "__notes__", ())) or advice(obj)
        raise NotPicklable(path, kind, why, cure) from error


def store_payload(context: Context, pickled: Pickled) -> tuple[Payload, list[StoredSegment]]:
    """Store the buffers, and the skeleton too if it is large; all are on disk on return.

    Raises
    ------
    WriteFailed
        If the disk does not take them.
    """
    plan = grouping.plan(pickled.buffers)
    groups = [[pickled.buffers[number] for number in group] for group in plan.segments]
    whole = memoryview(pickled.skeleton)
    if len(whole) >= LARGE_BUFFER_BYTES:
        groups.append([whole])
    with bar("storing", sum(b.nbytes for b in pickled.buffers)) as progress:
        stored = context.store.put(groups, progress) if groups else []
    segments = [s.segment for s in stored]
    if len(whole) >= LARGE_BUFFER_BYTES:
        skeleton = segments.pop()
    else:
        digest = hashlib.sha256(whole).hexdigest()
        skeleton = Segment(digest, blake3(whole).hexdigest(), len(whole))
    return Payload(skeleton, tuple(segments), plan.placements), stored


def content_hash(pickled: Pickled) -> str:
    """The digest by which `status` tells whether an object changed; empty for a large object.

    It is blake3 over the skeleton, its buffers in order and its modules. An object of more than
    `MAX_HASHED_BYTES` has none.
    """
    if len(pickled.skeleton) + sum(b.nbytes for b in pickled.buffers) > MAX_HASHED_BYTES:
        return ""
    digest = blake3(pickled.skeleton)
    for buffer in pickled.buffers:
        digest.update(b"%d:" % buffer.nbytes)
        digest.update(buffer)
    for source in pickled.sources:
        digest.update(f"{source.name} {len(source.text)}:".encode())
        digest.update(source.text)
    return digest.hexdigest()
