"""Versions as rows: written once, read back as records."""

# ruff: noqa: S608  queries are built from constants; values are bound

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nbmodel.index.folding import words
from nbmodel.index.schema import KINDS, MAX_TIME, PREFIXES, SERIAL_BITS
from nbmodel.index.values import Number, clean, fact_of, float_of
from nbmodel.records import Person, Use, VersionInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from sqlite3 import Connection

    from nbmodel.records import Scalar

# What lists keep of one version. The manifest has the rest.
MAX_FACTS = 1000  # parameters, metrics, tags and uses each
MAX_TEXT = 4096  # characters

_COLUMNS = """
SELECT v.id, v.oid, v.parents, m.name, coalesce(v.line, v.said), v.number, p.name, p.email, v.time,
  d.message, t.name, t.flavor, d.summary, d.data, v.size, e.metrics
FROM versions v JOIN models m ON m.id = v.model JOIN people p ON p.id = v.author
  JOIN types t ON t.id = v.type JOIN details d ON d.id = v.id
  LEFT JOIN evaluated e ON e.oid = v.oid
"""
_IDS_PER_QUERY = 500


class _Keys(dict[str, int]):
    """A dict that makes missing values. It is read ten times for each version, so a hit is fast."""

    def __init__(self, make: Callable[[str], int]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> int:
        self[name] = value = self._make(name)
        return value


class Names:
    """Ids of models, people, types and keys by name; missing ones are added."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._ids: dict[tuple[str, ...], int] = {}
        # Ids of metrics, parameters, tags and metrics of evaluations: by kind, then by name.
        self.keys = {
            kind: _Keys(partial(self._id, "keys", ("kind", "name"), kind)) for kind in PREFIXES
        }

    def model(self, name: str) -> int:
        """Id of a model."""
        return self._id("models", ("name",), name)

    def person(self, person: Person) -> int:
        """Id of an author."""
        return self._id("people", ("name", "email"), person.name, person.email)

    def type(self, name: str, flavor: str) -> int:
        """Id of a class and its flavor."""
        return self._id("types", ("name", "flavor"), name, flavor)

    def _id(self, table: str, columns: tuple[str, ...], *values: str) -> int:
        key = (table, *values)
        if key not in self._ids:
            values = tuple(clean(value) for value in values)
            where = " AND ".join(f"{column} = ?" for column in columns)
            find = f"SELECT id FROM {table} WHERE {where}"
            row = self._db.execute(find, values).fetchone()
            if row is None:
                marks = ", ".join("?" * len(columns))
                self._db.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                    values,
                )
                row = self._db.execute(find, values).fetchone()
            self._ids[key] = row[0]
        return self._ids[key]


class Serials:
    """Ids for new versions; see `nbmodel.index.schema`."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._last: dict[int, int] = {}

    def next(self, time: int, parents: Iterable[int]) -> int:
        """The lowest free id that is at `time` or later and above the ids of all `parents`."""
        lowest = min(max(time, 0), MAX_TIME) << SERIAL_BITS
        lowest = max([lowest, *(parent + 1 for parent in parents)])
        second = lowest >> SERIAL_BITS
        if second not in self._last:
            (last,) = self._db.execute(
                "SELECT max(id) FROM versions WHERE id >= ? AND id < ?",
                (second << SERIAL_BITS, (second + 1) << SERIAL_BITS),
            ).fetchone()
            self._last[second] = -1 if last is None else last
        self._last[second] = max(lowest, self._last[second] + 1)
        return self._last[second]


class VersionRow(NamedTuple):
    """A version to write.

    Attributes
    ----------
    id : int
    first : int or None
        Id of its first parent.
    model : str
    number : int
    info : VersionInfo
        All other fields. Its branch becomes its line.
    segments : iterable of str or None
        sha256 digests; None if unknown.
    why : str
        Why its manifest cannot be read, or an empty string.
    lost : bool
        Whether an object is missing or damaged. It may come back.
    """

    id: int
    first: int | None
    model: str
    number: int
    info: VersionInfo
    segments: Iterable[str] | None
    why: str = ""
    lost: bool = False


def insert(db: Connection, names: Names, new: Sequence[VersionRow]) -> None:
    """Write versions in ascending order of ids, as full-text search requires."""
    facts: list[tuple[int, int, Number | None, str | None]] = []
    uses: list[tuple[int, str, str]] = []
    versions, details, texts, unreadable = [], [], [], []
    for row in new:
        info, data = _trimmed(row.info)
        versions.append(
            (
                row.id,
                names.model(row.model),
                info.commit,
                " ".join(info.parents),
                row.first,
                row.number,
                info.branch,
                info.branch,
                info.time,
                names.person(info.author),
                names.type(info.type, info.flavor),
                info.size,
                "" if info.model == row.model else info.model,
            )
        )
        packed = None
        if row.segments is not None:
            packed = b"".join([bytes.fromhex(sha256[:16]) for sha256 in row.segments])
        details.append((row.id, clean(info.message), clean(info.summary), data, packed))
        facts += _facts(names, row.id, info)
        uses += [(row.id, use.commit, use.model) for use in info.uses]
        texts.append((row.id, searchable_text(row.model, info)))
        if row.why:
            unreadable.append((row.id, clean(row.why), row.lost))
    db.executemany(f"INSERT INTO versions VALUES (?{12 * ', ?'})", versions)
    db.executemany("INSERT INTO details VALUES (?, ?, ?, ?, ?)", details)
    db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", facts)
    db.executemany("INSERT OR REPLACE INTO uses VALUES (?, ?, ?)", uses)
    db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", texts)
    db.executemany("INSERT INTO unreadable VALUES (?, ?, ?)", unreadable)


def delete(db: Connection, ids: Sequence[int]) -> None:
    """Remove versions."""
    texts = [(number, searchable_text(info.model, info)) for number, info in read(db, ids).items()]
    db.executemany("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", texts)
    rows = [(number,) for number in ids]
    for table, column in (
        ("facts", "version"),
        ("uses", "version"),
        ("marks", "version"),
        ("unreadable", "id"),
        ("details", "id"),
        ("versions", "id"),
    ):
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)


def read(db: Connection, ids: Sequence[int]) -> dict[int, VersionInfo]:
    """Version records by id, in the order of `ids`. Ids without a version are left out."""
    infos: dict[int, VersionInfo] = {}
    for start in range(0, len(ids), _IDS_PER_QUERY):
        part = ids[start : start + _IDS_PER_QUERY]
        marks = ", ".join("?" * len(part))
        for row in db.execute(f"{_COLUMNS} WHERE v.id IN ({marks})", part):
            params, metrics, tags, uses = json.loads(row[13])
            infos[row[0]] = VersionInfo(
                commit=row[1],
                parents=tuple(row[2].split()),
                model=row[3],
                branch=row[4],
                number=row[5],
                author=Person(row[6], row[7]),
                time=row[8],
                message=row[9],
                type=row[10],
                flavor=row[11],
                summary=row[12],
                params=params,
                metrics=metrics,
                tags=tags,
                size=row[14],
                uses=tuple(Use(model, oid) for model, oid in uses),
                evaluation=json.loads(row[15]) if row[15] else {},
            )
    return {number: infos[number] for number in ids if number in infos}


def searchable_text(model: str, info: VersionInfo) -> str:
    """The text that full-text search covers. Numbers are searched by conditions."""
    params, tags = info.params, info.tags
    texts = [value for value in (*params.values(), *tags.values()) if isinstance(value, str)]
    author = info.author
    parts = (model, info.message, author.name, author.email, info.type, info.summary)
    whole = clean("\n".join([*parts, *params, *tags, *info.metrics, *texts])).replace("\0", " ")
    return whole if whole.isascii() else words(whole)


def _facts(
    names: Names, number: int, info: VersionInfo
) -> list[tuple[int, int, Number | None, str | None]]:
    metrics, params, tags = (names.keys[kind] for kind in KINDS)
    return [
        *[(number, metrics[name], float_of(value), None) for name, value in info.metrics.items()],
        *[(number, params[name], *fact_of(value)) for name, value in info.params.items()],
        *[(number, tags[name], *fact_of(value)) for name, value in info.tags.items()],
    ]


def _trimmed(info: VersionInfo) -> tuple[VersionInfo, str]:
    """``(info, JSON of its mappings)``, with texts and mappings cut to what lists keep."""
    uses = [(use.model, use.commit) for use in info.uses]
    data = json.dumps([dict(info.params), dict(info.metrics), dict(info.tags), uses])
    texts = (info.message, info.type, info.flavor, info.summary)
    if max(len(data), *map(len, texts)) <= MAX_TEXT:  # so no part of it is longer
        return info, data
    message, kind, flavor, summary = map(_cut, texts)
    info = replace(
        info,
        message=message,
        type=kind,
        flavor=flavor,
        summary=summary,
        params=_fewer(info.params),
        metrics={_cut(k): v for k, v in [*info.metrics.items()][:MAX_FACTS]},
        tags={_cut(k): _cut(v) for k, v in [*info.tags.items()][:MAX_FACTS]},
        uses=info.uses[:MAX_FACTS],
    )
    return info, json.dumps([info.params, info.metrics, info.tags, uses[:MAX_FACTS]])


def _fewer(params: Mapping[str, Scalar]) -> dict[str, Scalar]:
    pairs = [*params.items()][:MAX_FACTS]
    return {_cut(k): _cut(v) if isinstance(v, str) else v for k, v in pairs}


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
