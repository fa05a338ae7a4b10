"""References that cannot be read, or were there and are gone: what is in doubt because of them.

A damaged tag hides a move of its stage. Which version holds the stage is then
not known, unless a later move says so: counters only grow.
"""

# ruff: noqa: S608  what varies in a query is our own text; values are bound

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmodel import refs
from nbmodel.display import advice
from nbmodel.index import sightings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from sqlite3 import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A reference of ours that does not say what it should.

    Attributes
    ----------
    ref : str
        Its full name.
    why : str
    model : str
        Empty for what belongs to no single model: notes, rules.
    stage : str
        For a move of a stage, its stage.
    counter : int
        And its counter.
    oid : str
        What it named, where that is known.
    seen : int
        For one that is gone, when it was there last, in seconds since the epoch; else 0.
    """

    ref: str
    why: str
    model: str = ""
    stage: str = ""
    counter: int = 0
    oid: str = ""
    seen: int = 0


def record(db: Connection, broken: Mapping[str, str]) -> None:
    """Keep which references git could not read at this look."""
    db.execute("DELETE FROM broken")
    ours = [(ref, why) for ref, why in broken.items() if _is_ours(ref)]
    db.executemany("INSERT INTO broken VALUES (?, ?)", ours)


def find_problems(db: Connection, model: str = "") -> list[Problem]:
    """All of one model, or of the registry, by name; one that is damaged is not also gone."""
    found = {p.ref: p for p in (*_gone(db), *_tips(db), *_tags(db), *_broken(db))}
    return [found[ref] for ref in sorted(found) if model in ("", found[ref].model)]


def doubtful_stages(db: Connection, model: str) -> dict[str, Problem]:
    """Stages of a model whose holder is not known, and one reference because of which."""
    last = last_counters(db, model)
    found: dict[str, Problem] = {}
    # Branches are left out: they move no stage, and this runs for every model of a new index.
    known = {p.ref: p for p in (*_gone(db), *_tags(db), *_broken(db)) if p.model == model}
    for _, problem in sorted(known.items()):
        if problem.stage and problem.counter > last.get(problem.stage, 0):
            found[problem.stage] = problem
    return found


def last_counters(db: Connection, model: str) -> dict[str, int]:
    """Counter of the last move of each stage that can be read."""
    return dict(
        db.execute(
            "SELECT label, max(counter) FROM tags t WHERE model = ? AND kind = 'stage' "
            f"AND {TARGET_IS_VERSION} AND 'refs/tags/' || t.name NOT IN (SELECT ref FROM broken) "
            "GROUP BY label",
            (model,),
        )
    )


# Whether the tag `t` names a version of its model.
TARGET_IS_VERSION = (
    "EXISTS (SELECT 1 FROM versions v JOIN models m ON m.id = v.model "
    "WHERE v.oid = t.target AND m.name = t.model)"
)


def missing_counters(db: Connection, model: str) -> list[str]:
    """Tags of stage moves that must have been there, as later counters are.

    nbmodel counts each stage by itself, GTO all stages of a model together: a
    number that another stage has is missed only where two stages share some number.
    """
    there: dict[str, set[int]] = {}
    for (name,) in db.execute("SELECT name FROM tags WHERE name LIKE ? || '#%'", (model,)):
        if parsed := refs.parse_stage_tag(name):
            there.setdefault(parsed[1], set()).add(parsed[3])
    every = [number for numbers in there.values() for number in numbers]
    together = len(every) == len(set(every)) and len(there) > 1
    gaps = []
    for stage, numbers in sorted(there.items()):
        others = set(every) if together else numbers
        gaps += [f"{model}#{stage}#{n}" for n in range(1, max(numbers)) if n not in others]
    return gaps


def renamed_branches(db: Connection) -> list[tuple[str, str, str]]:
    """``(model, branch, name)`` of branches whose last version names another that is not here."""
    return db.execute(
        "SELECT m.name, b.name, v.said FROM branches b JOIN models m ON m.id = b.model "
        "JOIN versions v ON v.oid = b.tip AND v.model = b.model "
        "WHERE v.said NOT IN ('', b.name) AND NOT EXISTS "
        "(SELECT 1 FROM branches o WHERE o.model = b.model AND o.name = v.said) "
        "ORDER BY m.name, b.name"
    ).fetchall()


def _is_ours(ref: str) -> bool:
    tag = ref.removeprefix(refs.TAG_PREFIX)
    return bool(
        refs.parse_branch_ref(ref)
        or refs.parse_release_tag(tag)
        or refs.parse_stage_tag(tag)
        or ref == refs.NOTES_REF
        or ref.startswith("refs/nbmodel/")
    )


def _problem(ref: str, why: str, oid: str = "", seen: int = 0) -> Problem:
    tag = ref.removeprefix(refs.TAG_PREFIX)
    if move := refs.parse_stage_tag(tag):
        model, stage, _, counter = move
        return Problem(
            ref=ref, why=why, model=model, stage=stage, counter=counter, oid=oid, seen=seen
        )
    named = refs.parse_branch_ref(ref) or refs.parse_release_tag(tag) or ("", "")
    return Problem(ref=ref, why=why, model=named[0], oid=oid, seen=seen)


def _broken(db: Connection) -> Iterator[Problem]:
    for ref, why in db.execute("SELECT ref, why FROM broken").fetchall():
        yield _problem(ref, why)


def _tags(db: Connection) -> Iterator[Problem]:
    """Tags that cannot be read, and those that lie under another name than their own."""
    unread = db.execute(
        f"SELECT name, oid, why FROM tags t WHERE why != '' AND NOT {TARGET_IS_VERSION}"
    ).fetchall()
    for name, oid, why in unread:
        if _is_ours(refs.TAG_PREFIX + name):
            yield _problem(refs.TAG_PREFIX + name, why, oid)
    misnamed = db.execute("SELECT name, own, oid FROM tags WHERE own != ''").fetchall()
    for name, own, oid in misnamed:
        if _is_ours(refs.TAG_PREFIX + name):
            yield _problem(refs.TAG_PREFIX + name, f"its tag object calls itself {own!r}", oid)
        there = db.execute("SELECT 1 FROM tags WHERE name = ? AND oid = ?", (own, oid)).fetchone()
        if _is_ours(refs.TAG_PREFIX + own) and not there:
            yield _problem(
                refs.TAG_PREFIX + own, f"its tag object lies under {refs.TAG_PREFIX}{name}", oid
            )


def _tips(db: Connection) -> Iterator[Problem]:
    """Branches whose last commit cannot be read, so that nothing before it is known either."""
    # A cross join keeps its order: few versions cannot be read, or name another model.
    found = db.execute(
        "SELECT m.name, b.name, b.tip, u.why FROM unreadable u CROSS JOIN versions v "
        "ON v.id = u.id CROSS JOIN branches b ON b.model = v.model AND b.tip = v.oid "
        "CROSS JOIN models m ON m.id = b.model WHERE v.number = 0"
    ).fetchall()
    for model, branch, tip, why in found:
        yield _problem(refs.branch_ref(model, branch), f"its commit {tip}: {why}", tip)
    # A renamed branch brings its versions along. If their own model exists too, that is a problem.
    twice = db.execute(
        "SELECT m.name, b.name, b.tip, v.named FROM versions v INDEXED BY versions_named "
        "CROSS JOIN branches b ON b.model = v.model AND b.tip = v.oid "
        "CROSS JOIN models m ON m.id = b.model "
        "WHERE v.named != '' AND v.named IN (SELECT name FROM models)"
    ).fetchall()
    for model, branch, tip, named in twice:
        why = f"its versions are those of {named}, which is here too"
        yield _problem(refs.branch_ref(model, branch), why, tip)


def _gone(db: Connection) -> Iterator[Problem]:
    for ref, oid, seen in sightings.list_sightings(db, sightings.MISSING):
        yield _problem(ref, f"it existed at {moment(seen)} and is gone", oid, seen)


def forget_command(ref: str) -> str:
    """The command by which a user says that a reference was deleted on purpose."""
    return f"{advice('%model_gc')} --forget '{ref}'"


def moment(seconds: int) -> str:
    """A point in time as text, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
