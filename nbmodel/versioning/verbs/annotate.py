"""Annotate: a fact learned after the commit, as a git note; the version itself never changes."""

from __future__ import annotations

from collections.abc import Mapping

from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.records import Note
from nbmodel.repo import notes
from nbmodel.versioning.context import Context, now
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.user_metadata import UserMetadata, validated


class NoteResult(Result):
    """A note just added."""

    def __init__(self, ref: str, note: Note, warnings: tuple[str, ...] = ()) -> None:
        self.ref = ref
        self.note = note
        self.warnings = warnings

    def text(self) -> str:
        """Version and note on one line, then warnings."""
        scores = "  ".join(f"{k} {v:g}" for k, v in self.note.metrics.items())
        line = "  ".join(filter(None, [self.ref, scores, self.note.text]))
        return "\n  ".join([line, *self.warnings])


def annotate(
    context: Context, reference: str, text: str = "", metrics: Mapping[str, float] | None = None
) -> NoteResult:
    """Add a note to a version: an evaluation, a benchmark, an approval.

    Raises
    ------
    InvalidValue
        If the note is empty, or a metric is not a number.
    """
    context.require_writable("annotate")
    metadata = validated(UserMetadata(metrics=metrics or {}))
    if not text.strip() and not metadata.metrics:
        raise InvalidValue("The note is empty.", "Give a text or a metric.")
    version = resolve(context, reference)
    note = Note(context.identity.person, now(), text.strip(), metadata.metrics)
    return NoteResult(version.ref, note, notes.add(context.git, version.commit, note))
