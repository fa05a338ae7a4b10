"""Lookups: models and versions, by each way in which a reference can name them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbmodel.index import rows
from nbmodel.refs import semver_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo

# Along a first-parent chain, one lookup by primary key for each version. Numbers fall along the
# chain. The query requires that, so it ends even in a damaged file.
_CHAIN = """
WITH RECURSIVE chain (id, first, number) AS (
  SELECT id, first, number FROM versions WHERE id = :start
  UNION ALL
  SELECT v.id, v.first, v.number FROM chain c JOIN versions v ON v.id = c.first
  WHERE c.number > :lowest AND v.number < c.number
)
SELECT id FROM chain
"""
_TIP = """
SELECT v.id, v.number FROM branches b JOIN models m ON m.id = b.model
  JOIN versions v ON v.oid = b.tip AND v.model = b.model
WHERE m.name = ? AND b.name = ?
"""


@dataclass(frozen=True, slots=True)
class Model:
    """A model as lists of the registry show it.

    Attributes
    ----------
    name : str
    latest : VersionInfo
        The tip of the default branch; if there is none, the newest tip.
    versions : int
        On all branches.
    branches : tuple of str
    releases : tuple of str
        Highest first.
    stages : mapping of str to tuple
        The commit that each stage names, and the number of that version.
    """

    name: str
    latest: VersionInfo
    versions: int
    branches: tuple[str, ...]
    releases: tuple[str, ...]
    stages: dict[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Marks:
    """The branches, releases and stages that name a version now."""

    branches: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A commit whose manifest cannot be read, and why."""

    info: VersionInfo
    why: str


@dataclass(slots=True)
class _Names:
    branches: list[str] = field(default_factory=list)
    release: list[str] = field(default_factory=list)
    stage: dict[str, tuple[str, int]] = field(default_factory=dict)


def names(db: Connection) -> list[str]:
    """All models, in alphabetical order."""
    records = db.execute("SELECT name FROM models WHERE latest NOT NULL ORDER BY name")
    return [name for (name,) in records]


def same_name(db: Connection, name: str) -> str | None:
    """The model whose name equals `name` if case is ignored; `name` itself comes first."""
    row = db.execute(
        "SELECT name FROM models WHERE name = ? COLLATE NOCASE ORDER BY name != ? LIMIT 1",
        (name, name),
    ).fetchone()
    return row[0] if row else None


def models(db: Connection) -> list[Model]:
    """All models, in alphabetical order."""
    records = db.execute(
        "SELECT id, name, latest FROM models WHERE latest NOT NULL ORDER BY name"
    ).fetchall()
    counts = dict(db.execute("SELECT model, count(*) FROM versions GROUP BY model"))
    names_of = {model: _Names() for model, _, _ in records}
    for model, name in db.execute("SELECT model, name FROM branches ORDER BY name"):
        names_of[model].branches.append(name)
    for model, kind, label, oid, number in db.execute(
        "SELECT v.model, k.kind, k.label, v.oid, v.number "
        "FROM marks k JOIN versions v ON v.id = k.version"
    ):
        if kind == "release":
            names_of[model].release.append(label)
        else:
            names_of[model].stage[label] = oid, number
    infos = rows.read(db, [latest for _, _, latest in records])
    return [
        Model(
            name,
            infos[latest],
            counts[model],
            tuple(names_of[model].branches),
            tuple(sorted(names_of[model].release, key=semver_key, reverse=True)),
            names_of[model].stage,
        )
        for model, name, latest in records
    ]


def version_counts(db: Connection) -> dict[str, int]:
    """The number of versions of each model."""
    return dict(
        db.execute(
            "SELECT m.name, count(*) FROM versions v JOIN models m ON m.id = v.model GROUP BY m.id"
        )
    )


def branches(db: Connection, model: str) -> dict[str, VersionInfo]:
    """The newest version of each branch of a model, by branch name."""
    records = db.execute(
        "SELECT b.name, v.id FROM branches b JOIN models m ON m.id = b.model "
        "JOIN versions v ON v.oid = b.tip AND v.model = b.model WHERE m.name = ? ORDER BY b.name",
        (model,),
    ).fetchall()
    infos = rows.read(db, [number for _, number in records])
    return {name: infos[number] for name, number in records}


def find(db: Connection, model: str, branch: str, number: int) -> VersionInfo | None:
    """The version with this number among the first parents of a branch's tip."""
    row = db.execute(
        "SELECT v.id FROM versions v JOIN models m ON m.id = v.model "
        "WHERE m.name = ? AND v.line = ? AND v.number = ?",
        (model, branch, number),
    ).fetchone()
    if row is None:  # it may be in history that the branch shares with another
        tip = db.execute(_TIP, (model, branch)).fetchone()
        if tip is None or tip[1] < number:
            return None
        row = db.execute(
            f"{_CHAIN} WHERE number = :lowest", {"start": tip[0], "lowest": number}
        ).fetchone()
    return next(iter(rows.read(db, row or ()).values()), None)


def latest(db: Connection, model: str, branch: str) -> VersionInfo | None:
    """The newest version of a branch."""
    tip = db.execute(_TIP, (model, branch)).fetchone()
    return rows.read(db, tip[:1])[tip[0]] if tip else None


def ancestor(db: Connection, model: str, commit: str, back: int) -> VersionInfo | None:
    """The version `back` first parents before a commit."""
    start = _id(db, model, commit)
    if start is None:
        return None
    row = db.execute(f"{_CHAIN} LIMIT 1 OFFSET :back", {"start": start, "lowest": 0, "back": back})
    return next(iter(rows.read(db, row.fetchone() or ()).values()), None)


def by_commit(db: Connection, prefix: str, model: str | None = None) -> list[VersionInfo]:
    """Versions whose commit id begins with `prefix`, lower-case hex; of one model or of all."""
    records = db.execute(
        "SELECT v.id FROM versions v JOIN models m ON m.id = v.model "
        "WHERE v.oid >= ? AND v.oid < ? AND m.name = coalesce(?, m.name) ORDER BY v.oid LIMIT 100",
        (prefix, prefix + "g", model),
    )
    return list(rows.read(db, [number for (number,) in records]).values())


def versions_of(
    db: Connection, model: str, commits: Iterable[str], limit: int
) -> list[VersionInfo]:
    """The versions of a model among these commits, newest first; a negative limit is none."""
    records = db.execute(
        "SELECT v.id FROM json_each(?) j CROSS JOIN versions v ON v.oid = j.value "
        "JOIN models m ON m.id = v.model WHERE m.name = ? ORDER BY v.id DESC LIMIT ?",
        (json.dumps(list(commits)), model, limit),
    )
    return list(rows.read(db, [number for (number,) in records]).values())


def log(
    db: Connection, model: str, branch: str | None, limit: int, before: str | None
) -> list[VersionInfo]:
    """One page of versions, newest first: a branch's first parents, or the whole model.

    Parameters
    ----------
    branch : str or None
        None for all versions of the model; children come before their parents.
    limit : int
        Versions on a page.
    before : str or None
        Commit id of the last version on the previous page.
    """
    last = None if before is None else _id(db, model, before)
    if before is not None and last is None:
        return []
    if branch is None:
        records = db.execute(
            "SELECT v.id FROM versions v JOIN models m ON m.id = v.model "
            "WHERE m.name = ? AND v.id < ? ORDER BY v.id DESC LIMIT ?",
            (model, (1 << 63) - 1 if last is None else last, limit),
        )
    else:
        if last is None:
            tip = db.execute(_TIP, (model, branch)).fetchone()
            last = tip[0] if tip else None
        records = db.execute(
            f"{_CHAIN} LIMIT :limit OFFSET :skip",
            {"start": last, "lowest": 0, "limit": limit, "skip": int(before is not None)},
        )
    return list(rows.read(db, [number for (number,) in records]).values())


def marks(db: Connection, infos: Iterable[VersionInfo]) -> dict[tuple[str, str], Marks]:
    """Branches, releases and stages that name each version, by ``(model, commit)``."""
    result: dict[tuple[str, str], Marks] = {}
    for info in infos:
        key = (info.model, info.commit)
        tips = db.execute(
            "SELECT b.name FROM branches b JOIN models m ON m.id = b.model "
            "WHERE m.name = ? AND b.tip = ? ORDER BY b.name",
            key,
        ).fetchall()
        labels = db.execute(
            "SELECT k.kind, k.label FROM marks k WHERE k.version = ? ORDER BY k.label",
            (_id(db, *key),),
        ).fetchall()
        result[key] = Marks(
            tuple(name for (name,) in tips),
            tuple(label for kind, label in labels if kind == "release"),
            tuple(label for kind, label in labels if kind == "stage"),
        )
    return result


def unreadable(db: Connection, model: str | None = None, limit: int = -1) -> list[Unreadable]:
    """Commits whose manifest cannot be read, newest first."""
    records = db.execute(
        "SELECT u.id, u.why FROM unreadable u JOIN versions v ON v.id = u.id "
        "JOIN models m ON m.id = v.model WHERE m.name = coalesce(?, m.name) ORDER BY u.id DESC "
        "LIMIT ?",
        (model, limit),
    ).fetchall()
    infos = rows.read(db, [number for number, _ in records])
    return [Unreadable(infos[number], why) for number, why in records]


def candidates_with(db: Connection, sha256: str) -> tuple[list[VersionInfo], list[VersionInfo]]:
    """Versions that may contain a segment, and versions whose segments are not recorded.

    Returns
    -------
    tuple of (list of VersionInfo, list of VersionInfo)
        The candidates, and the versions about which the index cannot tell.
    """
    start = bytes.fromhex(sha256[:16])
    records = db.execute(
        "SELECT id, segments FROM details WHERE segments IS NULL OR instr(segments, ?) ORDER BY id",
        (start,),
    ).fetchall()
    infos = rows.read(db, [number for number, _ in records])
    candidates = [
        infos[n] for n, packed in records if packed is not None and _at_a_start(packed, start)
    ]
    return candidates, [infos[number] for number, packed in records if packed is None]


def _at_a_start(packed: bytes, start: bytes) -> bool:
    return any(packed[at : at + 8] == start for at in range(0, len(packed), 8))


def _id(db: Connection, model: str, commit: str) -> int | None:
    row = db.execute(
        "SELECT v.id FROM versions v JOIN models m ON m.id = v.model "
        "WHERE v.oid = ? AND m.name = ?",
        (commit, model),
    ).fetchone()
    return row[0] if row else None
