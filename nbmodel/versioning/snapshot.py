"""Read the files of one version. Nothing here unpickles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from nbmodel import documents, layout
from nbmodel import manifest as manifests
from nbmodel.errors import ManifestInvalid, SegmentDamaged, SegmentMissing
from nbmodel.manifest import Manifest
from nbmodel.records import Attachment, Module, Segment, VersionInfo
from nbmodel.repo.commits import VersionTree, check_layout, read_tree
from nbmodel.store import lfs_format
from nbmodel.store.local import Progress
from nbmodel.versioning import purges
from nbmodel.versioning.context import Context

SKELETON = "payload/skeleton"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version with its validated tree and manifest."""

    info: VersionInfo
    tree: VersionTree
    raw_manifest: bytes
    manifest: Manifest

    def text(self, context: Context, path: str) -> str:
        """A text file of the version; empty if there is no such file."""
        return (self.tree.read(context.git, path) or b"").decode(errors="replace")

    def sizes(self, context: Context) -> dict[str, int]:
        """Bytes of each file, by path; for a pointer of git-lfs, the bytes of its content."""
        payload = self.manifest.payload
        sizes = {path: self.tree.size(context.git, path) for path in self.tree.blobs}
        sizes |= {segment_path(n): segment.size for n, segment in enumerate(payload.segments)}
        sizes |= {file.path: file.content.size for file in self.manifest.files}
        return sizes | {SKELETON: payload.skeleton.size}

    def profile(self, context: Context) -> dict[str, Any]:
        """The data profile; empty if none was taken."""
        try:
            text = self.text(context, "profile.json") or "{}"
            document = documents.loads(text, layout.max_bytes("profile.json"))
        except ValueError as error:
            raise ManifestInvalid(self.info.ref, f"profile.json: {error}") from None
        return document if isinstance(document, dict) else {}


def read(context: Context, info: VersionInfo) -> Snapshot:
    """Read and check tree and manifest of a version.

    Raises
    ------
    ManifestInvalid, ManifestTooNew
        If they are not valid.
    """
    tree = read_tree(context.git, info.commit, info.ref)
    raw = tree.read(context.git, "model.json")
    if raw is None:
        raise ManifestInvalid(info.ref, "there is no model.json")
    manifest = manifests.loads(raw, info.ref)
    check_layout(tree, manifest.format, info.ref)
    return Snapshot(info, tree, raw, manifest)


def skeleton(context: Context, snapshot: Snapshot) -> bytes:
    """The pickle stream, checked against the manifest.

    Raises
    ------
    SegmentMissing, SegmentDamaged
        If it is not here, or not what was committed.
    """
    segment = snapshot.manifest.payload.skeleton
    data = snapshot.tree.read(context.git, SKELETON)
    if data is None:
        raise ManifestInvalid(snapshot.info.ref, f"there is no {SKELETON}")
    if lfs_format.is_pointer(data):
        _check_pointer(data, segment, snapshot.info.ref)
        # The check needs a copy. Another process could change a mapped page of a shared store
        # after the check, and these bytes are code.
        data = bytes(segments(context, snapshot, [segment])[0])
    if len(data) != segment.size or blake3(data).hexdigest() != segment.blake3:
        raise SegmentDamaged(segment.sha256, snapshot.info.ref)
    return data


def buffers(
    context: Context, snapshot: Snapshot, progress: Progress | None = None
) -> list[memoryview]:
    """The out-of-band buffers, in pickle order, every segment checked."""
    payload = snapshot.manifest.payload
    for number, segment in enumerate(payload.segments):
        pointer = snapshot.tree.read(context.git, segment_path(number))
        if pointer is None:
            raise ManifestInvalid(snapshot.info.ref, f"there is no {segment_path(number)}")
        _check_pointer(pointer, segment, snapshot.info.ref)
    views = segments(context, snapshot, payload.segments, progress)
    return [views[p.segment][p.offset : p.offset + p.size] for p in payload.buffers]


def segments(
    context: Context,
    snapshot: Snapshot,
    records: Sequence[Segment],
    progress: Progress | None = None,
) -> list[memoryview]:
    """Segments of a version, mapped and checked.

    Raises
    ------
    VersionPurged
        If one is not here, because the version was purged.
    SegmentMissing, SegmentDamaged
        If one is not here, or not what was committed.
    """
    try:
        return context.store.open(records, snapshot.info.ref, progress)
    except SegmentMissing as error:
        where = snapshot.info.ref
        raise purges.explained(context, snapshot.info.commit, where, error) from None


def modules(context: Context, snapshot: Snapshot) -> dict[str, bytes]:
    """Source of each module that the version carries, by module name, checked.

    Raises
    ------
    ManifestInvalid
        If one is missing, or not what was committed.
    """
    return {
        module.name: check_module(
            module, snapshot.tree.read(context.git, module.path), snapshot.info.ref
        )
        for module in snapshot.manifest.modules
    }


def module_texts(context: Context, snapshot: Snapshot) -> dict[str, str]:
    """The same as text to read, by module name."""
    return {
        name: source.decode(errors="replace")
        for name, source in sorted(modules(context, snapshot).items())
    }


def check_module(module: Module, source: bytes | None, where: str) -> bytes:
    """The source itself if it is what the manifest binds; else raise `ManifestInvalid`."""
    if source is None:
        raise ManifestInvalid(where, f"there is no {module.path}")
    if hashlib.sha256(source).hexdigest() != module.sha256:
        raise ManifestInvalid(where, f"{module.path} is not what was committed")
    return source


def attachment(context: Context, snapshot: Snapshot, file: Attachment) -> bytes | memoryview:
    """Content of a file that the version carries, checked.

    Raises
    ------
    ManifestInvalid, SegmentMissing, SegmentDamaged
        If it is not here, or not what was committed.
    """
    where, segment = snapshot.info.ref, file.content
    data = snapshot.tree.read(context.git, file.path)
    if data is None:
        raise ManifestInvalid(where, f"there is no {file.path}")
    try:
        return checked(context, data, segment, where)
    except SegmentMissing as error:
        raise purges.explained(context, snapshot.info.commit, where, error) from None


def checked(context: Context, data: bytes, segment: Segment, where: str) -> bytes | memoryview:
    """The content of an attached file, whose blob may be the pointer to a segment.

    Raises
    ------
    ManifestInvalid, SegmentMissing, SegmentDamaged
        If it is a pointer to another segment, or the content is not here, or another one.
    """
    # Content may look like a pointer. Then its digest is that of the manifest.
    is_content = blake3(data).hexdigest() == segment.blake3
    if lfs_format.is_pointer(data) and not is_content:
        _check_pointer(data, segment, where)
        return context.store.open([segment], where)[0]
    if len(data) != segment.size or not is_content:
        raise SegmentDamaged(segment.sha256, where)
    return data


def segment_path(number: int) -> str:
    """Path of a segment's pointer in the tree."""
    return f"payload/{number:04d}"


def _check_pointer(data: bytes, segment: Segment, where: str) -> None:
    if lfs_format.read_pointer(data, where) != (segment.sha256, segment.size):
        raise ManifestInvalid(where, "a pointer names another segment than the manifest")
