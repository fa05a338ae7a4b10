"""What an earlier look at the registry saw, and this one does not.

The index is only a witness here: it cannot tell a reference that was deleted
from one that was lost, nor a forced push from a file that went back. So it says
what it saw and when, and changes nothing. `forget` records that a reference was deleted on purpose.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from nbmodel import refs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from sqlite3 import Connection

GONE, LEFT, FORGOTTEN = "gone", "left", "forgotten"
LONGEST = 30 * 86_400  # seconds that a branch which went back is spoken of
_THERE = "there"


class Sight(NamedTuple):
    """A reference, what it named, and when it was seen so, in seconds since the epoch."""

    ref: str
    oid: str
    time: int


def record(db: Connection, now: Mapping[str, str], broken: Collection[str]) -> dict[str, str]:
    """Compare with the look before; return what each reference that moved had named.

    Parameters
    ----------
    db : sqlite3.Connection
    now : mapping of str to str
        Object id by full name.
    broken : collection of str
        Names that are there and cannot be read.
    """
    before = dict(db.execute("SELECT ref, oid FROM seen WHERE state = ?", (_THERE,)))
    (seen,) = db.execute("SELECT max(time) FROM seen WHERE state = ?", (_THERE,)).fetchone()
    clock = int(time.time())
    lost = [ref for ref in before if ref and ref not in now and ref not in broken]
    _put(db, GONE, [Sight(ref, before[ref], seen or clock) for ref in lost])
    _drop(db, _THERE, lost)
    # A branch that was created again does not hold its earlier versions.
    back = {s.ref: s.oid for s in sights(db, GONE) if now.get(s.ref, s.oid) != s.oid}
    for state in (GONE, FORGOTTEN):
        _drop(db, state, [sight.ref for sight in sights(db, state) if sight.ref in now])
    moved = {ref: oid for ref, oid in before.items() if now.get(ref, oid) != oid}
    _put(db, _THERE, [Sight(r, oid, clock) for r, oid in now.items() if before.get(r) != oid])
    _put(db, _THERE, [Sight("", "", clock)])  # when somebody looked last
    return back | moved


def note(db: Connection, ref: str, oid: str) -> None:
    """Record a reference that this process has just moved."""
    _put(db, _THERE, [Sight(ref, oid, int(time.time()))])


def forget(db: Connection, names: Collection[str], unseen: Mapping[str, str]) -> None:
    """Speak no more of references that were deleted, or moved back, on purpose.

    `unseen` names objects of some that no look has seen.
    """
    old = [sight for sight in (*sights(db, LEFT), *sights(db, GONE)) if sight.ref in names]
    clock = int(time.time())
    _put(db, FORGOTTEN, [Sight(ref, oid, clock) for ref, oid in unseen.items()])
    _put(db, FORGOTTEN, old)
    for state in (GONE, LEFT):
        _drop(db, state, [sight.ref for sight in old])


def note_left(db: Connection, moved: Mapping[str, str]) -> None:
    """Keep what branches left behind: commits that they do not hold any more."""
    clock = int(time.time())
    tips = [Sight(ref, oid, clock) for ref, oid in moved.items() if refs.parse_branch_ref(ref)]
    _put(db, LEFT, [sight for sight in tips if not _holds(db, sight.oid)])
    old = [s.ref for s in sights(db, LEFT) if s.time < clock - LONGEST or _holds(db, s.oid)]
    _drop(db, LEFT, old)


def sights(db: Connection, state: str) -> list[Sight]:
    """What is `GONE`, was `LEFT`, or is `FORGOTTEN`."""
    found = db.execute("SELECT ref, oid, time FROM seen WHERE state = ? ORDER BY ref", (state,))
    return [Sight(*row) for row in found.fetchall()]


def _holds(db: Connection, oid: str) -> bool:
    return db.execute("SELECT 1 FROM versions WHERE oid = ?", (oid,)).fetchone() is not None


def _put(db: Connection, state: str, new: list[Sight]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO seen (ref, state, oid, time) VALUES (?, ?, ?, ?)",
        [(sight.ref, state, sight.oid, sight.time) for sight in new],
    )


def _drop(db: Connection, state: str, names: list[str]) -> None:
    db.executemany("DELETE FROM seen WHERE ref = ? AND state = ?", [(n, state) for n in names])
