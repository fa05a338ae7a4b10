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

MAX_CHECKED_OBJECTS = 64  # in one refresh: each may start a git process
MIN_PAUSE_SECONDS = 1.0  # between two rounds while no file changes
PAUSE_FACTOR = 20  # a pause lasts 20 times as long as the check: 5 % of the time at most


class _Round(NamedTuple):
    """How many missing objects the current round has tried.

    Attributes
    ----------
    signature : str
        Signature of the object store when the round began.
    position : int
        Objects tried so far.
    next_time : float
        When the next round begins if no file changes, in seconds since the epoch. 0 while
        the round goes on.
    """

    signature: str = ""
    position: int = 0
    next_time: float = 0.0


def signature(git_dir: Path) -> str:
    """A text that changes when a file of the object store is added, removed or rewritten."""
    digest = hashlib.blake2b(digest_size=16)
    for line in sorted(_files(git_dir / "objects")):
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _files(objects: Path) -> Iterator[str]:
    """Packs and loose objects: two levels of folders. Links are not followed."""
    for folder in _entries(objects):
        if folder.is_dir(follow_symlinks=False):
            for entry in _entries(folder.path):
                yield f"{folder.name}/{entry.name} {_state(entry)}\n"


def _state(entry: os.DirEntry[str]) -> str:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # it is gone: another process may be rolling up packs
        return ""
    # Tools that restore a copy set its modification time, but cannot set its change time.
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def record(db: Connection, commits: Iterable[str]) -> None:
    """Record what has to be tried again.

    Parameters
    ----------
    db : sqlite3.Connection
    commits : iterable of str
        Commits between versions that could not be read, without those that a shallow clone
        leaves out.
    """
    oids = {*_lost_commits(db), *commits}
    db.execute("DELETE FROM meta WHERE name IN ('gaps', 'lost')")
    if oids or _unread_tags(db) or _unread_versions(db):
        # No signature yet: objects may have arrived since they were tried.
        db.execute("INSERT INTO meta VALUES ('lost', ?)", (" ".join(sorted(oids)),))
        _keep(db, _Round())


def is_any_back(db: Connection, git: Git) -> bool:
    """Whether an object that could not be read can be read now; fast if none was missing."""
    row = db.execute("SELECT value FROM meta WHERE name = 'gaps'").fetchone()
    if row is None:
        return False
    last, now = _Round(*json.loads(row[0])), signature(git.git_dir)
    if last.signature != now:
        last = _Round(now)
    elif time.time() < last.next_time:
        return False
    begin = time.monotonic()
    with history.reader(git) as bulk:
        checked, is_back = _check(db, bulk, last.position)
    if is_back:
        return True
    pause = max(MIN_PAUSE_SECONDS, PAUSE_FACTOR * (time.monotonic() - begin))
    ended = checked < MAX_CHECKED_OBJECTS
    _keep(
        db,
        _Round(now, 0 if ended else last.position + checked, time.time() + pause if ended else 0),
    )
    return False


def _check(db: Connection, bulk: BulkReader, start: int) -> tuple[int, bool]:
    """Try the next missing objects.

    Returns
    -------
    tuple of (int, bool)
        How many were tried, and whether at least one can be read.
    """
    objects = [("version", oid) for oid in _unread_versions(db)]
    objects += [("tag", oid) for oid in _unread_tags(db)]
    objects += [("commit", oid) for oid in _lost_commits(db)]
    part = objects[start : start + MAX_CHECKED_OBJECTS]
    oids = {kind: [oid for k, oid in part if k == kind] for kind in ("version", "tag", "commit")}
    commits = list(history.read_commits(bulk, oids["version"]))
    is_back = any(not snapshot.lost for snapshot in history.read_summaries(bulk, commits))
    is_back = is_back or any(not c.why for c in history.read_commits(bulk, oids["commit"]))
    return len(part), is_back or any(not answer.why for answer in bulk.read(oids["tag"]))


def _keep(db: Connection, state: _Round) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES ('gaps', ?)", (json.dumps(state),))


def _unread_versions(db: Connection) -> list[str]:
    """Commits whose manifest was missing, newest first; then commits that only tags name."""
    rows = db.execute(
        "SELECT v.oid FROM unreadable u JOIN versions v ON v.id = u.id WHERE u.lost "
        "ORDER BY u.id DESC"
    ).fetchall()
    rows += db.execute("SELECT target FROM tags WHERE why != '' AND target NOT NULL ORDER BY name")
    return [oid for (oid,) in rows]


def _unread_tags(db: Connection) -> list[str]:
    """Tag objects that could not be read."""
    rows = db.execute("SELECT oid FROM tags WHERE why != '' AND target IS NULL ORDER BY name")
    return [oid for (oid,) in rows]


def unreadable_commit(db: Connection, model: str) -> str:
    """A commit of a model's history that cannot be read, so that its parents are not known."""
    row = db.execute(
        "SELECT v.oid FROM versions v JOIN models m ON m.id = v.model "
        "WHERE m.name = ? AND v.number = 0 LIMIT 1",
        (model,),
    ).fetchone()
    if row is not None:
        return str(row[0])
    for oid in _lost_commits(db):
        if db.execute(
            "SELECT 1 FROM versions v JOIN models m ON m.id = v.model "
            "WHERE m.name = ? AND v.parents LIKE '%' || ? || '%' LIMIT 1",
            (model, oid),
        ).fetchone():
            return oid
    return ""


def _lost_commits(db: Connection) -> list[str]:
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
