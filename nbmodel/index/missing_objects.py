"""Objects that could not be read, and whether they can be read by now.

Objects arrive and damage is repaired without any ref that moves. So while a
reachable object cannot be read, a refresh also looks at the files of the object
store. When they have changed, it tries all missing objects again. A read may also
fail although no file changes: git may run out of memory or time. Such objects
are tried again after a pause.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from nbmodel.repo import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from nbmodel.repo.bulk_reader import BulkReader
    from nbmodel.repo.git import Git
    from nbmodel.repo.summaries import Commit

MAX_CHECKED_OBJECTS = 64  # asked for again at one look: each may cost git a start
MIN_PAUSE_SECONDS = 1.0  # seconds at least between two rounds while no file changes
PAUSE_FACTOR = 20  # and so many times as long as a look took: a twentieth of the time at most


class _Round(NamedTuple):
    """How far the present round of questions has come.

    Attributes
    ----------
    signature : str
        Of the object store when it began.
    done : int
        Questions asked; a round that ended has none left.
    again : float
        When the next round begins if no file changes, in seconds since the epoch.
    """

    signature: str = ""
    done: int = 0
    again: float = 0.0


def signature(git_dir: Path) -> str:
    """A text that changes when a file of the object store comes, goes or is written again."""
    digest = hashlib.blake2b(digest_size=16)
    for line in sorted(_files(git_dir / "objects")):
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _files(objects: Path) -> Iterator[str]:
    """Packs and loose objects: two levels, links not followed."""
    for folder in _entries(objects):
        if folder.is_dir(follow_symlinks=False):
            for entry in _entries(folder.path):
                yield f"{folder.name}/{entry.name} {_state(entry)}\n"


def _state(entry: os.DirEntry[str]) -> str:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:  # it went meanwhile: packs are rolled up beside us
        return ""
    # The time of a change, unlike that of writing, is not put back by what restores a copy.
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def record(db: Connection, lost: Iterable[str]) -> None:
    """Keep what has to be looked at again.

    Parameters
    ----------
    db : sqlite3.Connection
    lost : iterable of str
        Commits between versions that could not be read, apart from a shallow clone's border.
    """
    known = {*_lost(db), *lost}
    db.execute("DELETE FROM meta WHERE name IN ('gaps', 'lost')")
    if known or _unread_tags(db) or _unread_versions(db):
        # No signature yet: objects may have arrived since they were asked for.
        db.execute("INSERT INTO meta VALUES ('lost', ?)", (" ".join(sorted(known)),))
        _keep(db, _Round())


def is_any_back(db: Connection, git: Git) -> bool:
    """Whether something can be read that could not be; quick where nothing was missing."""
    row = db.execute("SELECT value FROM meta WHERE name = 'gaps'").fetchone()
    if row is None:
        return False
    last, now = _Round(*json.loads(row[0])), signature(git.git_dir)
    if last.signature != now:
        last = _Round(now)
    elif time.time() < last.again:
        return False
    begin = time.monotonic()
    with history.reader(git) as bulk:
        asked, found = _look(db, bulk, last.done)
    if found:
        return True
    pause = max(MIN_PAUSE_SECONDS, PAUSE_FACTOR * (time.monotonic() - begin))
    ended = asked < MAX_CHECKED_OBJECTS
    _keep(db, _Round(now, 0 if ended else last.done + asked, time.time() + pause if ended else 0))
    return False


def _look(db: Connection, bulk: BulkReader, start: int) -> tuple[int, bool]:
    """Ask for the next of what was missing: how many were asked for, and whether one is there."""
    questions = [("version", oid) for oid in _unread_versions(db)]
    questions += [("tag", oid) for oid in _unread_tags(db)]
    questions += [("commit", oid) for oid in _lost(db)]
    part = questions[start : start + MAX_CHECKED_OBJECTS]
    wanted = {kind: [oid for k, oid in part if k == kind] for kind in ("version", "tag", "commit")}
    commits = list(history.read_commits(bulk, wanted["version"]))
    found = any(not snapshot.lost for snapshot in history.read_summaries(bulk, commits))
    found = found or any(not c.why for c in history.read_commits(bulk, wanted["commit"]))
    return len(part), found or any(not answer.why for answer in bulk.read(wanted["tag"]))


def _keep(db: Connection, state: _Round) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES ('gaps', ?)", (json.dumps(state),))


def _unread_versions(db: Connection) -> list[str]:
    """Commits whose manifest was not there, newest first, then those that only tags name."""
    found = db.execute(
        "SELECT v.oid FROM unreadable u JOIN versions v ON v.id = u.id WHERE u.lost "
        "ORDER BY u.id DESC"
    ).fetchall()
    found += db.execute("SELECT target FROM tags WHERE why != '' AND target NOT NULL ORDER BY name")
    return [oid for (oid,) in found]


def _unread_tags(db: Connection) -> list[str]:
    """Objects of tags that could not be read."""
    found = db.execute("SELECT oid FROM tags WHERE why != '' AND target IS NULL ORDER BY name")
    return [oid for (oid,) in found]


def unreadable_commit(db: Connection, model: str) -> str:
    """A commit in the history of a model that cannot be read, so that others are out of reach."""
    row = db.execute(
        "SELECT v.oid FROM versions v JOIN models m ON m.id = v.model "
        "WHERE m.name = ? AND v.number = 0 LIMIT 1",
        (model,),
    ).fetchone()
    if row is not None:
        return str(row[0])
    for oid in _lost(db):
        if db.execute(
            "SELECT 1 FROM versions v JOIN models m ON m.id = v.model "
            "WHERE m.name = ? AND v.parents LIKE '%' || ? || '%' LIMIT 1",
            (model, oid),
        ).fetchone():
            return oid
    return ""


def _lost(db: Connection) -> list[str]:
    row = db.execute("SELECT value FROM meta WHERE name = 'lost'").fetchone()
    return row[0].split() if row else []


# -- shallow clones ------------------------------------------------------------


def shallow_state(git: Git) -> str:
    """A text that changes with git's list of shallow commits: deepening a clone moves no ref."""
    try:
        status = (git.git_dir / "shallow").stat()
    except OSError:
        return ""
    return f"{status.st_mtime_ns} {status.st_size}"


def beyond_shallow(git: Git, commits: Mapping[str, Commit]) -> set[str]:
    """Parents of a shallow clone's last commits. They are left out on purpose, not missing."""
    try:
        shallow = (git.git_dir / "shallow").read_text("ascii", errors="replace").split()
    except OSError:
        return set()
    return {parent for oid in shallow if oid in commits for parent in commits[oid].parents}
