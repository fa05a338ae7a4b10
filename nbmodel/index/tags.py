"""Releases and stage moves: tags in GTO's grammar, to rows and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nbmodel.index import problems
from nbmodel.index.values import clean
from nbmodel.records import Person, Release, StageMove
from nbmodel.refs import semver_key

if TYPE_CHECKING:
    from sqlite3 import Connection

    from nbmodel.repo.history import TagContent

_TAG = "SELECT model, label, counter, removed, target, person, email, time, message, rolled_back"


def insert(db: Connection, name: str, oid: str, tag: TagContent, *, root: bool) -> None:
    """Write a tag.

    Parameters
    ----------
    db : sqlite3.Connection
    name, oid : str
        Short name, and the id of its object.
    tag : TagContent
    root : bool
        Whether the manifest of its target names the model of the tag.
    """
    record = tag.record
    if record is None:
        db.execute(
            "INSERT INTO tags (name, oid, why, own) VALUES (?, ?, ?, ?)",
            (name, oid, clean(tag.why), clean(tag.own)),
        )
        return
    if isinstance(record, Release):
        own = ("release", record.model, record.version, 0, record.removed)
    else:
        own = ("stage", record.model, record.stage, record.counter, record.removed)
    who = (clean(record.author.name), clean(record.author.email))
    rolled_back = "" if isinstance(record, Release) else record.rolled_back
    db.execute(
        "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (name, oid, *own, record.commit, *who, record.time, record.message, rolled_back, root,
         clean(tag.why), clean(tag.own)),
    )  # fmt: skip


def releases(db: Connection, model: str) -> list[Release]:
    """Releases of a model that have not ended, highest first."""
    events = last_release_events(db, model).values()
    result = [event for event in events if not event.removed]
    return sorted(result, key=lambda release: semver_key(release.version), reverse=True)


def last_release_events(db: Connection, model: str) -> dict[str, Release]:
    """The last tag of each release number of a model, which may have ended the release."""
    return {event.version: event for event in release_events(db, model)}


def release_events(db: Connection, model: str) -> list[Release]:
    """Every release of a model and every end of one, oldest first."""
    events = [_release(row) for row in _rows(db, model, "release")]
    return sorted(events, key=lambda release: (release.time, release.removed))


def moves(db: Connection, model: str) -> list[StageMove]:
    """Every move of every stage of a model, newest first."""
    result = [_move(row) for row in _rows(db, model, "stage")]
    return sorted(result, key=lambda move: (move.time, move.counter, move.removed), reverse=True)


def stage_names(db: Connection) -> list[str]:
    """Every stage that a version of any model holds or held."""
    labels = db.execute("SELECT DISTINCT label FROM tags WHERE kind = 'stage' ORDER BY label")
    return [name for (name,) in labels]


def stages(db: Connection, model: str) -> dict[str, StageMove]:
    """The move that decides each stage now, by stage. Empty and doubtful stages are left out."""
    current: dict[str, StageMove] = {}
    for move in reversed(moves(db, model)):
        current[move.stage] = move
    doubts = problems.doubtful_stages(db, model)
    return {
        stage: move
        for stage, move in sorted(current.items())
        if not move.removed and stage not in doubts
    }


def _rows(db: Connection, model: str, kind: str) -> list[tuple[str, ...]]:
    """Rows of tags whose target is a version of the model."""
    return db.execute(
        f"{_TAG} FROM tags t WHERE t.model = ? AND t.kind = ? AND {problems.TARGET_IS_VERSION}",
        (model, kind),
    ).fetchall()


def _release(row: tuple[str, ...]) -> Release:
    model, version, _, is_removal, commit, person, email, time, message, _ = row
    return Release(
        model=model,
        version=version,
        commit=commit,
        author=Person(person, email),
        time=int(time),
        message=message,
        removed=bool(is_removal),
    )


def _move(row: tuple[str, ...]) -> StageMove:
    model, stage, counter, is_removal, commit, person, email, time, message, rolled_back = row
    move = StageMove(
        model=model,
        stage=stage,
        counter=int(counter),
        commit=commit,
        removed=bool(is_removal),
        author=Person(person, email),
        time=int(time),
        message=message,
        rolled_back=rolled_back,
    )
    return replace(move, message="") if message.strip() == move.default_message else move
