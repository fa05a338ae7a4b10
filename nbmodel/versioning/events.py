"""Events in the life of a model: what happened, when, by whom and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from nbmodel import display
from nbmodel.errors import GitFailed
from nbmodel.records import Note, Release, StageMove, VersionInfo
from nbmodel.repo import notes as git_notes
from nbmodel.versioning import purges
from nbmodel.versioning.approvals import is_approval
from nbmodel.versioning.context import Context
from nbmodel.versioning.evaluations import is_evaluation

Kind = Literal[
    "commit",
    "release",
    "stage",
    "rollback",
    "removal",
    "note",
    "approval",
    "evaluation",
    "rule",
    "deletion",
    "restoration",
    "emptying",
    "purge",
    "alert",
    "alert ended",
]
MOVES = ("stage", "rollback", "removal")
NO_REASON = "no reason given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event in the life of a model.

    Attributes
    ----------
    kind : str
        ``alert`` and ``alert ended`` are those of `nbmodel.monitor.report.alert_events`.
    time : int
        Seconds since the epoch, UTC.
    ref, commit : str
        The version; the reference is empty if the version cannot be named.
    label : str
        The stage, the release or the branch; empty for other events.
    author : str
    text : str
        The message: why it happened.
    """

    kind: Kind
    time: int
    ref: str
    commit: str
    label: str
    author: str
    text: str

    @property
    def what(self) -> str:
        """The kind and the label: ``stage prod``."""
        return f"{self.kind} {self.label}".rstrip()

    @property
    def reason(self) -> str:
        """The first line of the message; for a move of a stage, also that there is none."""
        return display.first_line(self.text) or (NO_REASON if self.kind in MOVES else "")


def of_commit(version: VersionInfo, ref: str = "") -> Event:
    """The event that a version was committed; `ref` names it if its own reference does not."""
    return Event(
        kind="commit", time=version.time, ref=ref or version.ref, commit=version.commit, label="",
        author=version.author.name, text=version.message,
    )  # fmt: skip


def of_release(release: Release, names: Mapping[str, str]) -> Event:
    """The event of a release or of its end; `names` has references of versions by commit."""
    return Event(
        kind="removal" if release.removed else "release", time=release.time,
        ref=names.get(release.commit, ""), commit=release.commit, label=release.version,
        author=release.author.name, text=release.message,
    )  # fmt: skip


def of_move(move: StageMove, names: Mapping[str, str]) -> Event:
    """The event of a stage move; `names` has references of versions by commit."""
    return Event(
        kind=_kind(move), time=move.time, ref=names.get(move.commit, ""), commit=move.commit,
        label=move.stage, author=move.author.name, text=move.message,
    )  # fmt: skip


def of_note(note: Note, version: VersionInfo, ref: str = "") -> Event:
    """The event of a note, an approval, an evaluation or a purge of a version."""
    text = " ".join(filter(None, [note.text, display.metrics(note.metrics.items())]))
    kind: Kind = "note"
    if is_approval(note):
        kind = "approval"
    elif is_evaluation(note):
        kind = "evaluation"
    elif purges.is_record(note):
        kind = "purge"
    return Event(
        kind=kind, time=note.time, ref=ref or version.ref,
        commit=version.commit, label="", author=note.author.name, text=text,
    )  # fmt: skip


def of_notes(context: Context, version: VersionInfo) -> Iterator[Event]:
    """The events of all notes of a version."""
    try:
        notes = git_notes.read(context.git, version.commit)
    except GitFailed:  # `show` and `verify` name damaged notes; the other events are still true
        return
    yield from (of_note(note, version) for note in notes)


def newest_first(event: Event) -> tuple[int, int]:
    """The key to sort by. Within one second, a version is committed before anything else."""
    return (-event.time, event.kind == "commit")


def _kind(move: StageMove) -> Kind:
    if move.removed:
        return "removal"
    return "rollback" if move.rolled_back else "stage"
