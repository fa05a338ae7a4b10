"""The figures and files of a version: those of its commit, and those that notes attached later.

A file of a commit is in the manifest. A file of a note is a blob in the history of the notes; the
note names the blob and both digests of the content. A large file is a segment in both cases, with
a pointer in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from blake3 import blake3

from nbmodel import layout
from nbmodel.attachments import NewFile
from nbmodel.errors import GitFailed, NotFound
from nbmodel.layout import MAX_FILES
from nbmodel.manifest import read_hex, read_segment
from nbmodel.records import Attachment, Note, Segment
from nbmodel.refs import NOTES_REF
from nbmodel.repo import notes as git_notes
from nbmodel.repo.objects import address
from nbmodel.store import lfs_format
from nbmodel.store.grouping import LARGE_BUFFER_BYTES
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.context import Context
from nbmodel.versioning.snapshot import Snapshot

KIND = "files"  # of what a note attaches
MAX_NAME_CHARACTERS = 200  # of a name that another person wrote


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A file of a version. `blob` is its git object, and `note` attached it; else None and empty.

    `content` has its size and digests.
    """

    name: str
    content: Segment
    path: str = ""
    blob: str = ""
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Attachments after they were stored: their records, and the blobs that git must get."""

    attachments: tuple[Attachment, ...] = ()
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    stored: int = 0


def store(context: Context, files: Sequence[NewFile]) -> StoredFiles:
    """Store large attachments as segments; all are on disk on return.

    Raises
    ------
    WriteFailed
        If the disk does not take them.
    """
    large = [file for file in files if len(file.content) >= LARGE_BUFFER_BYTES]
    stored_segments = (
        context.store.put([[memoryview(file.content)] for file in large]) if large else []
    )
    segments = {
        file.path: stored.segment for file, stored in zip(large, stored_segments, strict=True)
    }
    attachments, blobs = [], {}
    for file in files:
        segment = segments.get(file.path)
        blobs[file.path] = file.content if segment is None else lfs_format.write_pointer(segment)
        attachments.append(Attachment(file.path, file.name, segment or _digests(file.content)))
    new = sum(stored.segment.size for stored in stored_segments if stored.new)
    return StoredFiles(tuple(attachments), blobs, new)


def _digests(content: bytes) -> Segment:
    return Segment(hashlib.sha256(content).hexdigest(), blake3(content).hexdigest(), len(content))


def note_document(files: StoredFiles) -> dict[str, Any]:
    """What a note says about the files that it attaches."""
    listed = [
        {
            "name": file.name,
            "blob": address("blob", files.blobs[file.path]),
            "sha256": file.content.sha256,
            "blake3": file.content.blake3,
            "size": file.content.size,
        }
        for file in files.attachments
    ]
    return {KIND: listed} if listed else {}


def of_notes(notes: Iterable[Note]) -> list[VersionFile]:
    """The files that notes attached, oldest first. What is not well-formed is left out."""
    version_files = []
    for note in notes:
        listed = note.attached.get(KIND, [])
        for item in listed[:MAX_FILES] if isinstance(listed, list) else []:
            with suppress(KeyError, TypeError, ValueError):
                version_files.append(_noted(item, note))
    return version_files[:MAX_FILES]


def _noted(item: Mapping[str, Any], note: Note) -> VersionFile:
    name, blob = item["name"], read_hex(item["blob"], 40)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise ValueError("not a name")
    return VersionFile(name, read_segment(item), blob=blob, note=note)


def of_version(snapshot: Snapshot, notes: Iterable[Note]) -> list[VersionFile]:
    """All files of a version: those of the commit, then those of its notes, oldest first."""
    own = [VersionFile(f.name, f.content, path=f.path) for f in snapshot.manifest.files]
    return own + of_notes(notes)


def files_of(context: Context, snapshot: Snapshot) -> list[VersionFile]:
    """The same, with the notes read from git.

    Raises
    ------
    GitFailed
        If the notes are damaged.
    """
    return of_version(snapshot, git_notes.read(context.git, snapshot.info.commit))


def read(context: Context, snapshot: Snapshot, file: VersionFile) -> bytes | memoryview:
    """The content of a file of a version, checked.

    Raises
    ------
    GitFailed, ManifestInvalid, SegmentMissing, SegmentDamaged
        If it is not here, or not what was attached.
    """
    where, segment = snapshot.info.ref, file.content
    if file.note is None:
        attachment = Attachment(file.path, file.name, segment)
        return snapshots.attachment(context, snapshot, attachment)
    blob = context.git.read(file.blob, layout.max_bytes(f"{layout.FILES}/0"))
    if blob is None or blob.kind != "blob":
        raise GitFailed(
            f"{file.name} of {where} is not in this clone.",
            f"Fetch the notes: git fetch origin {NOTES_REF}:{NOTES_REF}",
        )
    return snapshots.checked(context, blob.data, segment, where)


def find(files: Sequence[VersionFile], name: str, where: str) -> VersionFile:
    """The newest file with a name.

    Raises
    ------
    NotFound
        The message names those that are close.
    """
    for file in reversed(files):
        if file.name == name:
            return file
    raise NotFound("figure or file", name, where, [file.name for file in files])
