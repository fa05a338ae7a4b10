"""What follows from refs and parents: which versions refs reach, their branches and marks.

It is computed for a whole model whenever one of its refs has changed. So a forced
push, a deleted branch and an ordinary commit are the same case.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from nbmodel.index import problems, rows
from nbmodel.refs import DEFAULT_BRANCH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

    from nbmodel.records import VersionInfo


class _Row(NamedTuple):
    id: int
    parents: tuple[str, ...]
    branch: str
    line: str | None


def update_model(db: Connection, model: int) -> None:
    """Compute everything about one model that follows from its rows and refs."""
    versions = {
        oid: _Row(number, tuple(parents.split()), branch, line)
        for number, oid, parents, branch, line in db.execute(
            "SELECT id, oid, parents, said, line FROM versions WHERE model = ?", (model,)
        )
    }
    tips = db.execute(
        "SELECT name, tip FROM branches WHERE model = ? ORDER BY name != ?, name",
        (model, DEFAULT_BRANCH),
    ).fetchall()
    roots = db.execute(
        "SELECT t.target FROM tags t JOIN models m ON m.name = t.model WHERE m.id = ? AND t.root",
        (model,),
    ).fetchall()
    reached = _reachable(versions, [tip for _, tip in tips] + [oid for (oid,) in roots])
    rows.delete(db, [row.id for oid, row in versions.items() if oid not in reached])
    lines = _lines(versions, tips)
    moved = [
        (lines.get(oid), versions[oid].id)
        for oid in reached
        if lines.get(oid) != versions[oid].line
    ]
    db.executemany("UPDATE versions SET line = ? WHERE id = ?", moved)
    set_latest(db, model)
    _set_marks(db, model)
    if not reached:
        db.execute("DELETE FROM models WHERE id = ?", (model,))


def clear(db: Connection) -> None:
    """Empty every table except the sightings. The next refresh reads all of git."""
    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    for table in (
        *("meta", "models", "people", "types", "keys", "branches", "versions", "details"),
        *("unreadable", "facts", "uses", "tags", "marks", "broken", "evaluated"),
    ):
        db.execute(f"DELETE FROM {table}")  # noqa: S608  constants


def set_latest(db: Connection, model: int) -> None:
    """Choose the version that lists show: the default branch's tip, or else the newest tip."""
    db.execute(
        """
        UPDATE models SET latest = coalesce(
          (SELECT v.id FROM branches b JOIN versions v ON v.oid = b.tip AND v.model = b.model
           WHERE b.model = models.id ORDER BY b.name = ? DESC, v.id DESC LIMIT 1),
          (SELECT max(id) FROM versions WHERE model = models.id)
        ) WHERE id = ?
        """,
        (DEFAULT_BRANCH, model),
    )


def _reachable(versions: dict[str, _Row], roots: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [oid for oid in roots if oid in versions]
    while waiting:
        oid = waiting.pop()
        if oid not in reached:
            reached.add(oid)
            waiting.extend(parent for parent in versions[oid].parents if parent in versions)
    return reached


def _lines(versions: dict[str, _Row], tips: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Assign a branch to each version on the first-parent chain of a branch.

    Branches share history. A version belongs to the branch that its manifest names, if that
    branch still contains it. Otherwise it belongs to the first branch in the order of `tips`.
    """
    lines: dict[str, str] = {}
    for name, tip in tips:
        oid = tip
        while oid in versions:
            row = versions[oid]
            if oid in lines and row.branch != name:
                break
            lines[oid] = name
            if not row.parents:
                break
            oid = row.parents[0]
    return lines


def _set_marks(db: Connection, model: int) -> None:
    """Record which versions releases and stages name now.

    The last move of a stage decides, by time, as in GTO. If that move cannot be read,
    the stage names no version.
    """
    db.execute(
        "DELETE FROM marks WHERE version IN (SELECT id FROM versions WHERE model = ?)", (model,)
    )
    db.execute(
        """
        INSERT OR REPLACE INTO marks
        SELECT version, kind, label, name FROM (
          SELECT v.id AS version, t.kind, t.label, t.name, t.removed, row_number() OVER (
            PARTITION BY t.kind, t.label ORDER BY t.time DESC, t.counter DESC, t.removed DESC
          ) AS place
          FROM models m JOIN tags t ON t.model = m.name
            JOIN versions v ON v.oid = t.target AND v.model = m.id
          WHERE m.id = ?
        ) WHERE place = 1 AND NOT removed
        """,
        (model,),
    )
    (name,) = db.execute("SELECT name FROM models WHERE id = ?", (model,)).fetchone()
    db.executemany(
        "DELETE FROM marks WHERE kind = 'stage' AND label = ? AND version IN "
        "(SELECT id FROM versions WHERE model = ?)",
        [(stage, model) for stage in problems.doubtful_stages(db, name)],
    )


def append(
    db: Connection,
    version: VersionInfo,
    line: tuple[str, str],
    segments: Iterable[str] | None,
) -> None:
    """Write one version at the tip of a branch.

    Nothing is written if the index lacks a parent of it, or the number of a parent.
    """
    model_name, branch = line
    names = rows.Names(db)
    row = db.execute("SELECT id FROM models WHERE name = ?", (model_name,)).fetchone()
    places = {oid: _place(db, row[0], oid) for oid in version.parents} if row else {}
    parents = {oid: place for oid, place in places.items() if place is not None and place[1] > 0}
    tip = (
        row
        and db.execute(
            "SELECT tip FROM branches WHERE model = ? AND name = ?", (row[0], branch)
        ).fetchone()
    )
    expected = (tip is None) or version.parents[:1] == tip
    if len(parents) < len(set(version.parents)) or not expected:
        return
    model = names.model(model_name)
    if _place(db, model, version.commit) is None:
        place = rows.Serials(db).next(version.time, [at for at, _ in parents.values()])
        first = parents[version.parents[0]][0] if parents else None
        highest = max([number for _, number in parents.values()], default=0)
        info = replace(version, branch=branch)
        rows.insert(
            db, names, [rows.VersionRow(place, first, model_name, highest + 1, info, segments)]
        )
    db.execute("INSERT OR REPLACE INTO branches VALUES (?, ?, ?)", (model, branch, version.commit))
    set_latest(db, model)
    # The recorded digest of the refs does not describe these rows any more.
    db.execute("DELETE FROM meta WHERE name = 'refs'")


def _place(db: Connection, model: int, oid: str) -> tuple[int, int] | None:
    row: tuple[int, int] | None = db.execute(
        "SELECT id, number FROM versions WHERE oid = ? AND model = ?", (oid, model)
    ).fetchone()
    return row
