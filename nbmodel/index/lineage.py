"""Lineage: the versions around one, and what was made from what, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel.index import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo

MAX_STEPS = 3  # steps from a version to those it was made from, or that were made from it
_IDS_PER_QUERY = 400

# A version that was used, and one that used it.
_USED = """
SELECT v.id, u.version FROM uses u JOIN versions v ON v.oid = u.oid
  JOIN models m ON m.id = v.model AND m.name = u.model WHERE u.version
"""
_USERS = """
SELECT v.id, u.version FROM versions v JOIN models m ON m.id = v.model
  JOIN uses u ON u.oid = v.oid AND u.model = m.name WHERE v.id
"""


@dataclass(frozen=True, slots=True)
class Lineage:
    """A part of the graph of versions.

    Attributes
    ----------
    versions : tuple of VersionInfo
        Newest first; children come before their parents.
    uses : tuple of (VersionInfo, VersionInfo)
        A version, and one that was made from it.
    more : bool
        Whether further versions belong to it.
    """

    versions: tuple[VersionInfo, ...]
    uses: tuple[tuple[VersionInfo, VersionInfo], ...]
    more: bool


def lineage(db: Connection, version: VersionInfo, limit: int) -> Lineage:
    """The graph around a version.

    Parameters
    ----------
    db : sqlite3.Connection
    version : VersionInfo
    limit : int
        Versions of its own model, and as many of others.
    """
    center = _id(db, version)
    if center is None:
        return Lineage((), (), False)
    model, more = _around(db, center, limit)
    found = _Gathering(set(model), limit + len(model), more)
    found.spread(center, lambda ids: [used for used, _ in _used_by(db, ids)])
    found.spread(center, lambda ids: [user for _, user in _users_of(db, ids)])
    found.add(used for used, _ in _used_by(db, list(found.ids)))
    ids = sorted(found.ids, reverse=True)  # an id is above those of its parents
    infos = rows.read(db, ids)
    pairs = [(a, b) for a, b in _used_by(db, ids) if a in found.ids]
    return Lineage(tuple(infos.values()), tuple((infos[a], infos[b]) for a, b in pairs), found.more)


def users(db: Connection, version: VersionInfo, limit: int) -> list[VersionInfo]:
    """Versions that were made from a version, newest first."""
    place = _id(db, version)
    found = set() if place is None else {user for _, user in _users_of(db, [place])}
    return list(rows.read(db, sorted(found, reverse=True)[:limit]).values())


class _Gathering:
    """Versions that were found, up to a number."""

    def __init__(self, ids: set[int], most: int, more: bool) -> None:
        self.ids = ids
        self.most = most
        self.more = more

    def add(self, new: Iterable[int]) -> list[int]:
        added = []
        for version in dict.fromkeys(new):
            if version in self.ids:
                continue
            if len(self.ids) >= self.most:
                self.more = True
                break
            self.ids.add(version)
            added.append(version)
        return added

    def spread(self, center: int, neighbors: Callable[[Sequence[int]], Iterable[int]]) -> None:
        """Add what `neighbors` leads to from `center`, a few steps far."""
        frontier = [center]
        for _ in range(MAX_STEPS):
            frontier = self.add(neighbors(frontier))


def _around(db: Connection, center: int, limit: int) -> tuple[list[int], bool]:
    """Ids of up to `limit` versions of the same model, and whether there are others."""
    own = "SELECT id FROM versions WHERE model = (SELECT model FROM versions WHERE id = ?)"
    newer = _column(db, f"{own} AND id > ? ORDER BY id LIMIT ?", (center, center, limit + 1))
    older = _column(db, f"{own} AND id <= ? ORDER BY id DESC LIMIT ?", (center, center, limit + 1))
    # Half on each side, or what the other side leaves free.
    below = min(len(older), max(limit - len(newer), (limit + 1) // 2))
    above = min(len(newer), limit - below)
    ids = [*reversed(newer[:above]), *older[:below]]
    return ids, len(newer) > above or len(older) > below


def _used_by(db: Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    return _pairs(db, _USED, ids)


def _users_of(db: Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    return _pairs(db, _USERS, ids)


def _pairs(db: Connection, query: str, ids: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start in range(0, len(ids), _IDS_PER_QUERY):
        part = ids[start : start + _IDS_PER_QUERY]
        found += db.execute(f"{query} IN ({', '.join('?' * len(part))})", part)
    return found


def _column(db: Connection, query: str, values: tuple[int, ...]) -> list[int]:
    return [value for (value,) in db.execute(query, values)]


def _id(db: Connection, version: VersionInfo) -> int | None:
    row = db.execute(
        "SELECT v.id FROM versions v JOIN models m ON m.id = v.model "
        "WHERE v.oid = ? AND m.name = ?",
        (version.commit, version.model),
    ).fetchone()
    return row[0] if row else None
