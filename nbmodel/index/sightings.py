"""References that an earlier refresh saw and this one does not.

The index cannot tell a deleted reference from a lost one, nor a forced push from a
restored file. So it only reports what it saw and when, and changes nothing. `forget`
records that a reference was deleted on purpose.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from nbmodel import refs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from sqlite3 import Connection

MISSING, ABANDONED, FORGOTTEN = "gone", "left", "forgotten"
REPORT_SECONDS = 30 * 86_400  # for so long, reports name what a branch that moved back has left
_THERE = "there"


class Sighting(NamedTuple):
    """A reference, the object that it named, and when, in seconds since the epoch."""

    ref: str
    oid: str
    time: int


def record(
    db: Connection,
    now: Mapping[str, str],
    broken_refs: Collection[str],
    deleted_refs: Collection[str] = (),
) -> dict[str, str]:
    """Compare with the refresh before; return what each moved reference named before.

    Parameters
    ----------
    db : sqlite3.Connection
    now : mapping of str to str
        Object id by full name.
    broken_refs : collection of str
        Names of references that exist and cannot be read.
    deleted_refs : collection of str
        Names of references that were deleted on purpose.

    Returns
    -------
    dict of str to str
        Previous object id by full name, for references that moved, are gone or are back.
    """
    before = dict(db.execute("SELECT ref, oid FROM seen WHERE state = ?", (_THERE,)))
    (last_time,) = db.execute("SELECT max(time) FROM seen WHERE state = ?", (_THERE,)).fetchone()
    clock = int(time.time())
    missing_refs = [ref for ref in before if ref and ref not in now and ref not in broken_refs]
    sights = [Sighting(ref, before[ref], last_time or clock) for ref in missing_refs]
    _put(db, MISSING, [sight for sight in sights if sight.ref not in deleted_refs])
    _put(db, FORGOTTEN, [sight for sight in sights if sight.ref in deleted_refs])
    _drop(db, _THERE, missing_refs)
    # A branch that was created again does not contain its earlier versions.
    back = {s.ref: s.oid for s in list_sightings(db, MISSING) if now.get(s.ref, s.oid) != s.oid}
    for state in (MISSING, FORGOTTEN):
        _drop(db, state, [sight.ref for sight in list_sightings(db, state) if sight.ref in now])
    moved = {ref: oid for ref, oid in before.items() if now.get(ref, oid) != oid}
    _put(db, _THERE, [Sighting(r, oid, clock) for r, oid in now.items() if before.get(r) != oid])
    _put(db, _THERE, [Sighting("", "", clock)])  # the time of the last refresh
    return back | moved


def add(db: Connection, ref: str, oid: str) -> None:
    """Record where this process has just moved a reference."""
    _put(db, _THERE, [Sighting(ref, oid, int(time.time()))])


def forget(db: Connection, names: Collection[str], unseen: Mapping[str, str]) -> None:
    """Record that references were deleted, or moved back, on purpose.

    Parameters
    ----------
    db : sqlite3.Connection
    names : collection of str
    unseen : mapping of str to str
        Objects of references that no refresh has seen, by full name.
    """
    old = [
        sight
        for sight in (*list_sightings(db, ABANDONED), *list_sightings(db, MISSING))
        if sight.ref in names
    ]
    clock = int(time.time())
    _put(db, FORGOTTEN, [Sighting(ref, oid, clock) for ref, oid in unseen.items()])
    _put(db, FORGOTTEN, old)
    for state in (MISSING, ABANDONED):
        _drop(db, state, [sight.ref for sight in old])


def record_abandoned(db: Connection, moved: Mapping[str, str]) -> None:
    """Record commits that branches named and no longer contain."""
    clock = int(time.time())
    tips = [Sighting(ref, oid, clock) for ref, oid in moved.items() if refs.parse_branch_ref(ref)]
    _put(db, ABANDONED, [sight for sight in tips if not _holds(db, sight.oid)])
    old = [
        s.ref
        for s in list_sightings(db, ABANDONED)
        if s.time < clock - REPORT_SECONDS or _holds(db, s.oid)
    ]
    _drop(db, ABANDONED, old)


def list_sightings(db: Connection, state: str) -> list[Sighting]:
    """The sightings in one state: `MISSING`, `ABANDONED` or `FORGOTTEN`, by full name."""
    rows = db.execute("SELECT ref, oid, time FROM seen WHERE state = ? ORDER BY ref", (state,))
    return [Sighting(*row) for row in rows.fetchall()]


def _holds(db: Connection, oid: str) -> bool:
    return db.execute("SELECT 1 FROM versions WHERE oid = ?", (oid,)).fetchone() is not None


def _put(db: Connection, state: str, new: list[Sighting]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO seen (ref, state, oid, time) VALUES (?, ?, ?, ?)",
        [(sight.ref, state, sight.oid, sight.time) for sight in new],
    )


def _drop(db: Connection, state: str, names: list[str]) -> None:
    db.executemany("DELETE FROM seen WHERE ref = ? AND state = ?", [(n, state) for n in names])
