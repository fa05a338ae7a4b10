"""Tags as rows: what each says, and why others cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmodel.index import rows
from nbmodel.records import Release

if TYPE_CHECKING:
    from sqlite3 import Connection

    from nbmodel.repo.history import ReadTag


def insert(db: Connection, name: str, oid: str, tag: ReadTag, *, root: bool) -> None:
    """Write a tag; `root` if its target's own manifest names its model."""
    record = tag.record
    if record is None:
        db.execute(
            "INSERT INTO tags (name, oid, why, own) VALUES (?, ?, ?, ?)",
            (name, oid, rows.clean(tag.why), rows.clean(tag.own)),
        )
        return
    if isinstance(record, Release):
        own = ("release", record.model, record.version, 0, False)
    else:
        own = ("stage", record.model, record.stage, record.counter, record.removed)
    who = (rows.clean(record.author.name), rows.clean(record.author.email))
    rolled_back = "" if isinstance(record, Release) else record.rolled_back
    db.execute(
        "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (name, oid, *own, record.commit, *who, record.time, record.message, rolled_back, root,
         rows.clean(tag.why), rows.clean(tag.own)),
    )  # fmt: skip
