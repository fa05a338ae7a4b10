"""The evaluations of a version: notes with metrics, intervals, slices and curves, never a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nbmodel.evaluation.record import Evaluation
from nbmodel.layout import EVALUATION_NOTE
from nbmodel.records import Note, Person
from nbmodel.repo import notes as git_notes
from nbmodel.versioning.context import Context


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """An evaluation of a version, and the note that has it."""

    note: Note
    evaluation: Evaluation


def note_of(author: Person, time: int, evaluation: Evaluation) -> Note:
    """The note that keeps an evaluation. Its metrics are the values without their intervals."""
    values = {name: estimate.value for name, estimate in evaluation.metrics.items()}
    return Note(author, time, "", values, {EVALUATION_NOTE: evaluation.to_json()})


def is_evaluation(note: Note) -> bool:
    """Whether a note has an evaluation, valid or not."""
    return EVALUATION_NOTE in note.attached


def of_notes(notes: Iterable[Note]) -> list[StoredEvaluation]:
    """The evaluations among the notes of a version, oldest first.

    Everyone who may push can write a note: a document that is not valid is left out.
    """
    stored = []
    for note in notes:
        if is_evaluation(note):
            with suppress(ValueError):
                stored.append(
                    StoredEvaluation(note, Evaluation.from_json(note.attached[EVALUATION_NOTE]))
                )
    return stored


def of_commit(context: Context, commit: str) -> list[StoredEvaluation]:
    """The evaluations of a version, oldest first.

    Raises
    ------
    GitFailed
        If the notes are damaged.
    """
    return of_notes(git_notes.read(context.git, commit))


def same(
    stored: Sequence[StoredEvaluation], fingerprint: str, settings: str
) -> StoredEvaluation | None:
    """The newest evaluation on the same data with the same settings."""
    for item in reversed(stored):
        if (item.evaluation.fingerprint, item.evaluation.settings) == (fingerprint, settings):
            return item
    return None
