"""Metrics of evaluations, from the notes of versions: the search fields ``eval.NAME``.

The newest evaluation of a version counts as a whole: metrics of different data are not mixed.
"""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from nbmodel import layout
from nbmodel.errors import GitFailed
from nbmodel.index.schema import EVALUATION
from nbmodel.index.values import clean
from nbmodel.refs import NOTES_REF
from nbmodel.repo import notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from sqlite3 import Connection

    from nbmodel.index.rows import Names
    from nbmodel.records import Note
    from nbmodel.repo.git import Git
    from nbmodel.repo.references import Listing

MAX_METRICS = 200  # of one evaluation
MAX_NAME_CHARACTERS = 100
_IDS_PER_QUERY = 500
_QUERY = "SELECT v.id, e.metrics FROM versions v {join} JOIN evaluated e ON e.oid = v.oid"
_TIP = "notes"  # key in `meta`: the commit of the notes that were read


def refresh(db: Connection, git: Git, names: Names, listing: Listing, new: Iterable[str]) -> None:
    """Bring the metrics of evaluations up to date.

    Parameters
    ----------
    db : Connection
    git : Git
    names : Names
    listing : Listing
        The references now.
    new : iterable of str
        Commits of the versions that were written just now.
    """
    try:
        changes = _changes(db, git, listing)
    except GitFailed:  # `show` and `verify` name damaged notes; lists go on without them
        changes = []
    for commit in changes:
        store(db, commit, _metrics_of(git, commit))
    write_facts(db, names, set(changes), set(new) - set(changes))


def _metrics_of(git: Git, commit: str) -> dict[str, float]:
    try:
        return newest_metrics(notes.read(git, commit))
    except GitFailed:  # as above
        return {}


def newest_metrics(version_notes: Iterable[Note]) -> dict[str, float]:
    """Return the metrics of the newest evaluation among the notes of a version, oldest first.

    Everyone who may push can write a note: what is not a finite number is left out.
    """
    for note in reversed(list(version_notes)):
        if layout.EVALUATION_NOTE in note.attached:
            finite = {
                name: value
                for name, value in note.metrics.items()
                if math.isfinite(value) and 0 < len(name) <= MAX_NAME_CHARACTERS
            }
            names = [name for name in _order(note) if name in finite]
            return {name: finite[name] for name in (*names, *finite)[:MAX_METRICS]}
    return {}


def _order(note: Note) -> list[str]:
    """The names of the metrics as the evaluation lists them, the main one first."""
    document = note.attached[layout.EVALUATION_NOTE]
    listed = document.get("metrics") if isinstance(document, dict) else None
    pairs = listed[:MAX_METRICS] if isinstance(listed, list) else []
    names = (pair[0] for pair in pairs if isinstance(pair, list) and pair)
    return [name for name in names if isinstance(name, str)]


def _changes(db: Connection, git: Git, listing: Listing) -> list[str]:
    """Commits whose notes may differ from what was read before."""
    if NOTES_REF in listing.problems:
        return []
    tip = dict(listing.items()).get(NOTES_REF, "")
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_TIP,)).fetchone()
    before = str(row[0]) if row else ""
    if tip == before:
        return []
    if before and tip and git.resolve(before):
        changes = notes.differences(git, before, tip)
    else:
        changes = sorted({*notes.commits(git), *_stored(db)})
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_TIP, tip))
    return changes


def _stored(db: Connection) -> list[str]:
    return [oid for (oid,) in db.execute("SELECT oid FROM evaluated")]


def store(db: Connection, commit: str, metrics: Mapping[str, float]) -> None:
    """Keep the metrics of a commit; its versions get them by `write_facts`."""
    if metrics:
        row = (commit, json.dumps({clean(name): value for name, value in metrics.items()}))
        db.execute("INSERT OR REPLACE INTO evaluated VALUES (?, ?)", row)
    else:
        db.execute("DELETE FROM evaluated WHERE oid = ?", (commit,))


def write_facts(db: Connection, names: Names, changes: set[str], new: set[str]) -> None:
    """Write the facts of versions whose notes differ, and of new versions that have some."""
    keys = names.keys[EVALUATION]
    for version, metrics in [*_versions(db, changes, "LEFT"), *_versions(db, new, "INNER")]:
        where = "version = ? AND key IN (SELECT id FROM keys WHERE kind = ?)"
        db.execute(f"DELETE FROM facts WHERE {where}", (version, EVALUATION))
        facts = [(version, keys[name], value, None) for name, value in metrics.items()]
        db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", facts)


def _versions(
    db: Connection, commits: set[str], join: str
) -> Iterator[tuple[int, dict[str, float]]]:
    """Id and stored metrics of each version of some commits."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM evaluated)").fetchone()[0] and join == "INNER":
        return
    listed = sorted(commits)
    for start in range(0, len(listed), _IDS_PER_QUERY):
        part = listed[start : start + _IDS_PER_QUERY]
        marks = ", ".join("?" * len(part))
        query = f"{_QUERY.format(join=join)} WHERE v.oid IN ({marks})"
        for version, metrics in db.execute(query, part).fetchall():
            yield version, json.loads(metrics) if metrics else {}
