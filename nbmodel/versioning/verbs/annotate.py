"""Annotate: a fact learned after the commit, as a git note; the version itself never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbmodel import display
from nbmodel.attachments import Files, collect
from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.records import Note, VersionInfo
from nbmodel.repo import notes
from nbmodel.versioning import attached_files
from nbmodel.versioning import snapshot as snapshots
from nbmodel.versioning.attached_files import VersionFile, of_notes
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.user_metadata import UserMetadata, validated


class NoteResult(Result):
    """A note just added."""

    def __init__(
        self, ref: str, note: Note, warnings: tuple[str, ...] = (), *, unchanged: bool = False
    ) -> None:
        self.ref = ref
        self.note = note
        self.warnings = warnings
        self.unchanged = unchanged

    def text(self) -> str:
        """Version and note on one line, then warnings."""
        scores = "  ".join(f"{k} {v:g}" for k, v in self.note.metrics.items())
        files = ", ".join(file.name for file in of_notes([self.note]))
        since = f"noted already, {display.moment(self.note.time)}" if self.unchanged else ""
        line = "  ".join(filter(None, [self.ref, scores, self.note.text, files, since]))
        return "\n  ".join([line, *self.warnings])


def annotate(
    context: Context,
    reference: str,
    text: str = "",
    metrics: Mapping[str, float] | None = None,
    *,
    figures: Mapping[str, Any] | None = None,
    files: Files = (),
) -> NoteResult:
    """Add a note to a version: an evaluation, a benchmark, an approval, a figure.

    Raises
    ------
    InvalidValue
        If the note is empty, a metric is not a number, a figure cannot be drawn, or the version has
        a file of the same name.
    NotFound, ReadFailed, TooLarge
        If a file to attach does not exist, cannot be read or is too large.
    """
    context.require_writable("annotate")
    metadata = validated(UserMetadata(metrics=metrics or {}))
    if not (text.strip() or metadata.metrics or figures or files):
        raise InvalidValue("The note is empty.", "Give a text, a metric, a figure or a file.")
    version = resolve(context, reference)
    if not (figures or files):
        newest = next(reversed(notes.read(context.git, version.commit)), None)
        if newest and _says_the_same(newest, context, text, metadata):
            return NoteResult(version.ref, newest, unchanged=True)
    present = [file.name for file in _present(context, version)] if figures or files else []
    attached = collect(figures or {}, files, present)
    note = Note(context.identity.person, now(), text.strip(), metadata.metrics)
    with context.store.writing():  # until a note names them, gc must not remove the segments
        stored_files = attached_files.store(context, attached)
        note = replace(note, attached=attached_files.note_document(stored_files))
        warnings = notes.add(context.git, version.commit, note, stored_files.blobs)
    return NoteResult(version.ref, note, warnings)


def _says_the_same(note: Note, context: Context, text: str, metadata: UserMetadata) -> bool:
    """Whether a note repeats another: the same words of another person are not a repetition."""
    same_author = note.author == context.identity.person
    same_facts = note.text == text.strip() and dict(note.metrics) == dict(metadata.metrics)
    return same_author and same_facts and not note.attached


def _present(context: Context, version: VersionInfo) -> Sequence[VersionFile]:
    return attached_files.files_of(context, snapshots.read(context, version))
