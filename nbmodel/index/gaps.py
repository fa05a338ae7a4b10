"""What could not be read, and whether it can be by now.

Objects arrive, and damage is mended, without any ref that moves. So while
something in reach cannot be read, the files of the object store are looked at
too: once they changed, what was missing is asked for again.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from nbmodel.repo import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from sqlite3 import Connection

    from nbmodel.repo.git import Git

MOST = 64  # asked for again: each costs git a start, and those of one fetch arrive together


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
                status = entry.stat(follow_symlinks=False)
                yield f"{folder.name}/{entry.name} {status.st_size} {status.st_mtime_ns}\n"


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def remember(db: Connection, lost: Iterable[str]) -> None:
    """Keep what has to be looked at again.

    Parameters
    ----------
    db : sqlite3.Connection
    lost : iterable of str
        Commits between versions that could not be read, apart from a shallow clone's border.
    """
    known = {*_lost(db), *lost}
    broken = known or db.execute("SELECT 1 FROM unreadable LIMIT 1").fetchone()
    # No signature yet: objects may have arrived since they were asked for.
    values = [("gaps", ""), ("lost", " ".join(sorted(known)[:MOST]))] if broken else []
    db.execute("DELETE FROM meta WHERE name IN ('gaps', 'lost')")
    db.executemany("INSERT INTO meta VALUES (?, ?)", values)


def mended(db: Connection, git: Git) -> bool:
    """Whether something can be read that could not be; quick where nothing was missing."""
    row = db.execute("SELECT value FROM meta WHERE name = 'gaps'").fetchone()
    if row is None or row[0] == (now := signature(git.git_dir)):
        return False
    unreadable = db.execute(
        "SELECT v.oid FROM unreadable u JOIN versions v ON v.id = u.id ORDER BY u.id DESC LIMIT ?",
        (MOST,),
    )
    with history.reader(git) as bulk:
        commits = list(history.read_commits(bulk, [oid for (oid,) in unreadable]))
        found = any(not snapshot.why for snapshot in history.read_snapshots(bulk, commits))
        found = found or any(not commit.why for commit in history.read_commits(bulk, _lost(db)))
    if not found:
        db.execute("UPDATE meta SET value = ? WHERE name = 'gaps'", (now,))
    return found


def _lost(db: Connection) -> list[str]:
    row = db.execute("SELECT value FROM meta WHERE name = 'lost'").fetchone()
    return row[0].split() if row else []
