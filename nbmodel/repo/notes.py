"""Facts learned after a commit, as git notes. Each is a JSON line, and lines are only added.

Lines, unlike one document, can be merged by git's ``cat_sort_uniq`` when two clones have
notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nbmodel import documents
from nbmodel.errors import GitFailed, LostRace
from nbmodel.layout import MAX_NOTES_BYTES
from nbmodel.records import Note, Person
from nbmodel.refs import NOTES_REF
from nbmodel.repo import locks
from nbmodel.repo.commits import NewCommit, annotate
from nbmodel.repo.git import Git

MAX_RETRIES = 20
_ID_RE = re.compile(r"[0-9a-f]{40}", re.ASCII)


def add(
    git: Git, commit: str, note: Note, files: Mapping[str, bytes] | None = None
) -> tuple[str, ...]:
    """Append a note to a commit; return warnings. Notes of concurrent writers are all kept.

    Parameters
    ----------
    git : Git
    commit : str
    note : Note
    files : mapping of str to bytes, optional
        Files that the history of the notes holds from now on, by path in a version.

    Raises
    ------
    LostRace, Locked
        If other writers moved the notes before each retry, or may hold the lock.
    InvalidValue
        If `commit` is not a commit id.
    TooLarge
        If the version already has as many notes as nbmodel reads.
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
    change = NewCommit(NOTES_REF, (), files or {}, note.author, note.time, f"Note on {commit[:10]}")
    for _ in range(MAX_RETRIES):
        tip = git.resolve(NOTES_REF)
        text = _read(git, commit) + line.encode() + b"\n"
        try:
            return annotate(git, replace(change, parents=(tip,) if tip else ()), commit, text)
        except LostRace:
            continue
    if lock := locks.of_ref(git, NOTES_REF):
        raise lock.error()
    raise LostRace(f"{NOTES_REF} is being moved by other writers.", "Run the command again.")


def read(git: Git, commit: str, ref: str = NOTES_REF) -> list[Note]:
    """The notes of a commit, oldest first. Lines of other tools are ignored.

    `ref` is the reference of the notes, such as that of what a remote had.

    Raises
    ------
    GitFailed
        If they are damaged, or larger than nbmodel writes them.
    """
    notes = []
    for line in _read(git, commit, ref).splitlines():
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


def commits(git: Git, ref: str = NOTES_REF) -> frozenset[str]:
    """Ids of the commits that have notes under a reference."""
    if git.resolve(ref) is None:
        return frozenset()
    listed = git.run("ls-tree", "-r", "--name-only", ref, "--").decode("ascii", "replace")
    return frozenset(path.replace("/", "") for path in listed.splitlines())


def differences(git: Git, before: str, after: str) -> list[str]:
    """Ids of the commits whose notes differ between two commits of notes; an empty id is none.

    Raises
    ------
    GitFailed
        If the notes cannot be listed.
    """
    old, new = (_blobs(git, oid) for oid in (before, after))
    return sorted(commit for commit in new if new[commit] != old.get(commit))


def containing(git: Git, text: str) -> list[str]:
    """Ids of the commits whose notes contain a text.

    Raises
    ------
    GitFailed
        If the notes are damaged.
    """
    if git.resolve(NOTES_REF) is None:
        return []
    words = ("-l", "-a", "-F", "--no-textconv", "--no-color", "--full-name", "-e", text)
    try:
        listed = git.run("grep", *words, NOTES_REF, "--").decode("ascii", "replace")
    except GitFailed as error:
        if "no reason given" in error.what:  # exit status 1: none
            return []
        raise
    paths = (line.removeprefix(f"{NOTES_REF}:").replace("/", "") for line in listed.splitlines())
    return sorted({path for path in paths if _ID_RE.fullmatch(path)})


def _blobs(git: Git, oid: str) -> dict[str, frozenset[str]]:
    """The blobs of the notes of each commit: git may keep them at more than one path."""
    listed = git.run("ls-tree", "-r", oid, "--").decode("ascii", "replace") if oid else ""
    blobs: dict[str, frozenset[str]] = {}
    for line in listed.splitlines():
        entry, _, path = line.partition("\t")
        commit = path.replace("/", "")
        if _ID_RE.fullmatch(commit):
            blobs[commit] = blobs.get(commit, frozenset()) | {entry.split()[2]}
    return blobs


def _read(git: Git, commit: str, ref: str = NOTES_REF) -> bytes:
    """All lines of a note, from each path where git may keep them.

    When there are many notes, git moves them into folders named by the first digits of the
    commit. ``git notes`` and ``git fast-import`` do so at different numbers of notes, so some
    lines may remain at the earlier path.
    """
    lines: dict[bytes, None] = {}
    for path in (commit, f"{commit[:2]}/{commit[2:]}", f"{commit[:2]}/{commit[2:4]}/{commit[4:]}"):
        blob = git.read(f"{ref}:{path}", MAX_NOTES_BYTES)
        if blob is not None and blob.kind == "blob":
            lines.update(dict.fromkeys(blob.data.splitlines()))
    return b"".join(line + b"\n" for line in lines)
