"""Lineage: the versions around one, and what was made from what, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel.index import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo

MAX_STEPS = 3  # uses followed from a version, in each direction
_IDS_PER_QUERY = 400

# Pairs: a version that was used, and the version that used it.
_USES_QUERY = """
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
        A version, and a version that was made from it.
    more : bool
        Whether there are more versions than fit the limit.
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
        The most versions of its model, and the most of other models.
    """
    center = _id(db, version)
    if center is None:
        return Lineage((), (), False)
    model, more = _around(db, center, limit)
    group = _LimitedSet(set(model), limit + len(model), more)
    group.spread(center, lambda ids: [source for source, _ in _used_by(db, ids)])
    group.spread(center, lambda ids: [user for _, user in _users_of(db, ids)])
    group.add(source for source, _ in _used_by(db, list(group.ids)))
    ids = sorted(group.ids, reverse=True)  # an id is above those of its parents
    infos = rows.read(db, ids)
    pairs = [(a, b) for a, b in _used_by(db, ids) if a in group.ids]
    return Lineage(tuple(infos.values()), tuple((infos[a], infos[b]) for a, b in pairs), group.more)


def users(db: Connection, version: VersionInfo, limit: int) -> list[VersionInfo]:
    """Versions that were made from a version, newest first."""
    center = _id(db, version)
    ids = set() if center is None else {user for _, user in _users_of(db, [center])}
    return list(rows.read(db, sorted(ids, reverse=True)[:limit]).values())


def merges(db: Connection, version: VersionInfo, limit: int) -> list[VersionInfo]:
    """Versions that merged a version, newest first."""
    records = db.execute(
        "SELECT id FROM versions WHERE instr(parents, ' ') AND instr(parents, ?) "
        "ORDER BY id DESC LIMIT ?",
        (version.commit, limit),
    )
    return list(rows.read(db, [number for (number,) in records]).values())


class _LimitedSet:
    """Ids of versions, up to a limit."""

    def __init__(self, ids: set[int], limit: int, more: bool) -> None:
        self.ids = ids
        self.limit = limit
        self.more = more

    def add(self, new: Iterable[int]) -> list[int]:
        new_ids = []
        for version in dict.fromkeys(new):
            if version in self.ids:
                continue
            if len(self.ids) >= self.limit:
                self.more = True
                break
            self.ids.add(version)
            new_ids.append(version)
        return new_ids

    def spread(self, center: int, neighbors: Callable[[Sequence[int]], Iterable[int]]) -> None:
        """Add what `neighbors` reaches from `center` in a few steps."""
        frontier = [center]
        for _ in range(MAX_STEPS):
            frontier = self.add(neighbors(frontier))


def _around(db: Connection, center: int, limit: int) -> tuple[list[int], bool]:
    """Ids of up to `limit` versions of the same model, and whether there are others."""
    own = "SELECT id FROM versions WHERE model = (SELECT model FROM versions WHERE id = ?)"
    newer = _column(db, f"{own} AND id > ? ORDER BY id LIMIT ?", (center, center, limit + 1))
    older = _column(db, f"{own} AND id <= ? ORDER BY id DESC LIMIT ?", (center, center, limit + 1))
    # Half of the limit on each side, or more if the other side has fewer.
    below = min(len(older), max(limit - len(newer), (limit + 1) // 2))
    above = min(len(newer), limit - below)
    ids = [*reversed(newer[:above]), *older[:below]]
    return ids, len(newer) > above or len(older) > below


def _used_by(db: Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    return _pairs(db, _USES_QUERY, ids)


def _users_of(db: Connection, ids: Sequence[int]) -> list[tuple[int, int]]:
    return _pairs(db, _USERS, ids)


def _pairs(db: Connection, query: str, ids: Sequence[int]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(ids), _IDS_PER_QUERY):
        part = ids[start : start + _IDS_PER_QUERY]
        pairs += db.execute(f"{query} IN ({', '.join('?' * len(part))})", part)
    return pairs


def _column(db: Connection, query: str, values: tuple[int, ...]) -> list[int]:
    return [value for (value,) in db.execute(query, values)]


def _id(db: Connection, version: VersionInfo) -> int | None:
    row = db.execute(
        "SELECT v.id FROM versions v JOIN models m ON m.id = v.model "
        "WHERE v.oid = ? AND m.name = ?",
        (version.commit, version.model),
    ).fetchone()
    return row[0] if row else None
