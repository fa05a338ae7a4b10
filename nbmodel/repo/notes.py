"""Facts learned after a commit, as git notes: one JSON line each, only ever added.

Lines rather than one document, so that git's own ``cat_sort_uniq`` merges the
notes of two clones.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from nbmodel import documents
from nbmodel.errors import LostRace
from nbmodel.layout import MAX_NOTES_BYTES
from nbmodel.records import Note, Person
from nbmodel.refs import NOTES_REF
from nbmodel.repo import locks
from nbmodel.repo.commits import NewCommit, annotate
from nbmodel.repo.git import Git

MAX_RETRIES = 20


def add(git: Git, commit: str, note: Note) -> tuple[str, ...]:
    """Append a note to a commit; concurrent writers both land. Return what failed after that.

    Raises
    ------
    LostRace, Locked
        If others kept moving the notes for every retry, or a lock may be somebody's.
    InvalidValue
        If `commit` is no commit's id.
    TooLarge
        If the version has as many notes already as are read.
    """
    fact: dict[str, Any] = {
        "who": note.author.name,
        "email": note.author.email,
        "time": note.time,
        "text": note.text,
        "metrics": dict(note.metrics),
    }
    if note.attached:
        fact["attached"] = dict(note.attached)
    line = json.dumps(fact, sort_keys=True)
    change = NewCommit(NOTES_REF, (), {}, note.author, note.time, f"Note on {commit[:10]}")
    for _ in range(MAX_RETRIES):
        tip = git.resolve(NOTES_REF)
        text = _read(git, commit) + line.encode() + b"\n"
        try:
            return annotate(git, replace(change, parents=(tip,) if tip else ()), commit, text)
        except LostRace:
            continue
    if lock := locks.of_ref(git, NOTES_REF):
        raise lock.error()
    raise LostRace(f"{NOTES_REF} is being moved by other writers.", "Repeat the command.")


def read(git: Git, commit: str) -> list[Note]:
    """The notes of a commit, oldest first; lines of other tools are passed over.

    Raises
    ------
    GitFailed
        If they are damaged, or larger than any that nbmodel writes.
    """
    notes = []
    for line in _read(git, commit).splitlines():
        try:
            fact = documents.loads(line, MAX_NOTES_BYTES)
            who = Person(str(fact["who"]), str(fact["email"]))
            metrics = {str(k): float(v) for k, v in fact["metrics"].items()}
            attached = fact.get("attached", {})
            extra = attached if isinstance(attached, dict) else {}
            notes.append(Note(who, int(fact["time"]), str(fact["text"]), metrics, extra))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            continue
    return sorted(notes, key=lambda note: note.time)


def _read(git: Git, commit: str) -> bytes:
    """All lines of a note, wherever git keeps them.

    git spreads notes over folders as they grow: the first digits become a
    path. ``git notes`` and ``git fast-import`` begin to at different numbers,
    so a part may be left in the place of before.
    """
    lines: dict[bytes, None] = {}
    for path in (commit, f"{commit[:2]}/{commit[2:]}", f"{commit[:2]}/{commit[2:4]}/{commit[4:]}"):
        found = git.read(f"{NOTES_REF}:{path}", MAX_NOTES_BYTES)
        if found is not None and found.kind == "blob":
            lines.update(dict.fromkeys(found.data.splitlines()))
    return b"".join(line + b"\n" for line in lines)
