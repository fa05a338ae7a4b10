"""References that cannot be read or are gone, and the stages that are in doubt because of them.

A damaged tag hides a move of its stage. Then it is unknown which version the stage
names, unless a later move says so. Moves are in order, because counters only grow.
"""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nbmodel import refs
from nbmodel.display import advice
from nbmodel.index import sightings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from sqlite3 import Connection

MAX_GAP = 100  # absent moves in a row that are named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A reference of nbmodel that is damaged, misplaced or gone.

    Attributes
    ----------
    ref : str
        Its full name.
    why : str
    model : str
        Empty for a reference that belongs to no single model: notes, alert rules.
    stage : str
        The stage, if it is a move of a stage.
    counter : int
        The counter of that move.
    oid : str
        The object that it named, if known.
    last_time : int
        If it is gone, when it was last seen, in seconds since the epoch; else 0.
    """

    ref: str
    why: str
    model: str = ""
    stage: str = ""
    counter: int = 0
    oid: str = ""
    last_time: int = 0


def record(db: Connection, reasons: Mapping[str, str]) -> None:
    """Record which references git could not read at this refresh."""
    db.execute("DELETE FROM broken")
    own = [(ref, why) for ref, why in reasons.items() if _is_own(ref)]
    db.executemany("INSERT INTO broken VALUES (?, ?)", own)


def find_problems(db: Connection, model: str = "") -> list[Problem]:
    """The problems of one model, or of the registry, by name; at most one for each reference."""
    by_ref = {p.ref: p for p in (*_missing_refs(db), *_tips(db), *_tags(db), *_unreadable_refs(db))}
    return [by_ref[ref] for ref in sorted(by_ref) if model in ("", by_ref[ref].model)]


def doubtful_stages(db: Connection, model: str) -> dict[str, Problem]:
    """Stages of a model for which it is unknown which version they name, each with a reason."""
    last = last_counters(db, model)
    stages: dict[str, Problem] = {}
    # Branches are left out: they do not move stages, and this runs for each model of a new index.
    by_ref = {
        p.ref: p
        for p in (*_missing_refs(db), *_tags(db), *_unreadable_refs(db))
        if p.model == model
    }
    for _, problem in sorted(by_ref.items()):
        if problem.stage and problem.counter > last.get(problem.stage, 0):
            stages[problem.stage] = problem
    return stages


def last_counters(db: Connection, model: str) -> dict[str, int]:
    """Counter of the last readable move of each stage."""
    return dict(
        db.execute(
            "SELECT label, max(counter) FROM tags t WHERE model = ? AND kind = 'stage' "
            f"AND {TARGET_IS_VERSION} AND 'refs/tags/' || t.name NOT IN (SELECT ref FROM broken) "
            "GROUP BY label",
            (model,),
        )
    )


# SQL: whether the tag `t` names a version of its model.
TARGET_IS_VERSION = (
    "EXISTS (SELECT 1 FROM versions v JOIN models m ON m.id = v.model "
    "WHERE v.oid = t.target AND m.name = t.model)"
)


def missing_counters(db: Connection, model: str) -> list[str]:
    """Tags of stage moves that must have existed, because tags with later counters do."""
    rows = db.execute("SELECT name FROM tags WHERE name LIKE ? || '#%'", (model,))
    return absent_moves(model, (name for (name,) in rows))


def absent_moves(model: str, names: Iterable[str]) -> list[str]:
    """Short names of the tags of stage moves that are not among `names`, and must have existed.

    nbmodel counts each stage separately. GTO counts all stages of a model together. If
    no two stages share a counter, GTO's way is assumed: then a counter of another stage
    is not missing.

    Examples
    --------
    >>> absent_moves("churn", ["churn#prod#1", "churn#prod#3"])
    ['churn#prod#2']
    """
    counters: dict[str, set[int]] = {}
    for name in names:
        if parsed := refs.parse_stage_tag(name):
            counters.setdefault(parsed[1], set()).add(parsed[3])
    every = [number for numbers in counters.values() for number in numbers]
    is_shared = len(every) == len(set(every)) and len(counters) > 1
    missing_tags = []
    for stage, numbers in sorted(counters.items()):
        others = set(every) if is_shared else numbers
        for low, high in pairwise(sorted(n for n in {0, *others} if n <= max(numbers))):
            gap = [f"{model}#{stage}#{n}" for n in range(low + 1, min(high, low + MAX_GAP + 2))]
            if high - low - 1 > MAX_GAP:  # a counter of a stranger may be very high
                gap = [f"{gap[0]} to #{high - 1}"]
            missing_tags += gap
    return missing_tags


def renamed_branches(db: Connection) -> list[tuple[str, str, str]]:
    """``(model, branch, name)`` of branches whose last version names another, missing branch."""
    return db.execute(
        "SELECT m.name, b.name, v.said FROM branches b JOIN models m ON m.id = b.model "
        "JOIN versions v ON v.oid = b.tip AND v.model = b.model "
        "WHERE v.said NOT IN ('', b.name) AND NOT EXISTS "
        "(SELECT 1 FROM branches o WHERE o.model = b.model AND o.name = v.said) "
        "ORDER BY m.name, b.name"
    ).fetchall()


def _is_own(ref: str) -> bool:
    tag = ref.removeprefix(refs.TAG_PREFIX)
    return bool(
        refs.parse_branch_ref(ref)
        or refs.is_label(tag)
        or ref == refs.NOTES_REF
        or ref.startswith("refs/nbmodel/")
    )


def _problem(ref: str, why: str, oid: str = "", last_time: int = 0) -> Problem:
    tag = ref.removeprefix(refs.TAG_PREFIX)
    if move := refs.parse_stage_tag(tag):
        model, stage, _, counter = move
        return Problem(
            ref=ref,
            why=why,
            model=model,
            stage=stage,
            counter=counter,
            oid=oid,
            last_time=last_time,
        )
    release = refs.parse_release_tag(tag) or refs.parse_release_end(tag)
    model, _ = refs.parse_branch_ref(ref) or release or ("", "")
    return Problem(ref=ref, why=why, model=model, oid=oid, last_time=last_time)


def _unreadable_refs(db: Connection) -> Iterator[Problem]:
    for ref, why in db.execute("SELECT ref, why FROM broken").fetchall():
        yield _problem(ref, why)


def _tags(db: Connection) -> Iterator[Problem]:
    """Tags that cannot be read, and tags whose reference has another name than their object."""
    unread = db.execute(
        f"SELECT name, oid, why FROM tags t WHERE why != '' AND NOT {TARGET_IS_VERSION}"
    ).fetchall()
    for name, oid, why in unread:
        if _is_own(refs.TAG_PREFIX + name):
            yield _problem(refs.TAG_PREFIX + name, why, oid)
    misnamed = db.execute("SELECT name, own, oid FROM tags WHERE own != ''").fetchall()
    for name, own, oid in misnamed:
        if _is_own(refs.TAG_PREFIX + name):
            yield _problem(refs.TAG_PREFIX + name, f"its tag object has the name {own!r}", oid)
        exists = db.execute("SELECT 1 FROM tags WHERE name = ? AND oid = ?", (own, oid)).fetchone()
        if _is_own(refs.TAG_PREFIX + own) and not exists:
            yield _problem(
                refs.TAG_PREFIX + own, f"its tag object is under {refs.TAG_PREFIX}{name}", oid
            )


def _tips(db: Connection) -> Iterator[Problem]:
    """Branches whose last commit cannot be read, so that their history is unknown."""
    # SQLite keeps the order of cross joins. The first table is small: few versions are unreadable.
    unread = db.execute(
        "SELECT m.name, b.name, b.tip, u.why FROM unreadable u CROSS JOIN versions v "
        "ON v.id = u.id CROSS JOIN branches b ON b.model = v.model AND b.tip = v.oid "
        "CROSS JOIN models m ON m.id = b.model WHERE v.number = 0"
    ).fetchall()
    for model, branch, tip, why in unread:
        yield _problem(refs.branch_ref(model, branch), f"its commit {tip}: {why}", tip)
    # A renamed branch brings its versions along. If their own model exists too, that is a problem.
    twice = db.execute(
        "SELECT m.name, b.name, b.tip, v.named FROM versions v INDEXED BY versions_named "
        "CROSS JOIN branches b ON b.model = v.model AND b.tip = v.oid "
        "CROSS JOIN models m ON m.id = b.model "
        "WHERE v.named != '' AND v.named IN (SELECT name FROM models)"
    ).fetchall()
    for model, branch, tip, other_model in twice:
        why = f"its versions belong to {other_model}, which also exists"
        yield _problem(refs.branch_ref(model, branch), why, tip)


def _missing_refs(db: Connection) -> Iterator[Problem]:
    for ref, oid, last_time in sightings.list_sightings(db, sightings.MISSING):
        yield _problem(ref, f"it existed at {moment(last_time)} and is gone", oid, last_time)


def forget_command(ref: str) -> str:
    """The command that records that a reference was deleted on purpose."""
    return f"{advice('%model_gc')} --forget '{ref}'"


def moment(seconds: int) -> str:
    """A time as text, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
