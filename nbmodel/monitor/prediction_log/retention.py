"""Fewer parts and not too many bytes: small parts become one, old ones go.

A part of many is made in three steps that a crash may part: a list of what it replaces, the
part itself, the removal of the others and of the list. A list beside its part tells readers
to pass over those that are still there; a list without its part means nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nbmodel.display import Result, size
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.parts import PartNames
from nbmodel.monitor.prediction_log.storage import LocalStorage, LogPart, LogStorage

MERGED_PARTS = 60  # parts that become one: a minute's of a second each, an hour's of a minute each
MAX_MERGED_ROWS = 1_000_000  # of a merged part
MAX_LEVEL = 3
REPLACES_SUFFIX = ".replaces"


class Merger:
    """Merges the parts of one writer, which knows that nobody else does.

    Only in a folder: an object store has no rename to make the last step short.
    """

    def __init__(self, place: LogStorage, naming: PartNames) -> None:
        self._storage = place
        self._naming = naming
        self._own: dict[tuple[str, int], list[tuple[LogPart, int]]] = defaultdict(list)

    def note(self, part: LogPart, rows: int) -> None:
        """A part was written."""
        if isinstance(self._storage, LocalStorage):
            folder = part.path.rpartition("/")[0]
            self._own[folder, parts.level_of(part.path)].append((part, rows))

    def merge(self) -> None:
        """Merge where enough parts lie together.

        Raises
        ------
        OSError
            If the disk refused; the parts are as they were.
        """
        for (folder, level), own in sorted(self._own.items()):
            if len(own) < MERGED_PARTS:
                continue
            del self._own[folder, level]
            rows = sum(count for _, count in own)
            if level < MAX_LEVEL and rows <= MAX_MERGED_ROWS:
                self._merge(folder, level + 1, [part.path for part, _ in own])

    def _merge(self, folder: str, level: int, paths: list[str]) -> None:
        table = _read_parts(self._storage, paths)
        model, kind, date = (piece.partition("=")[2] for piece in folder.split("/"))
        final = self._naming.path(model, kind, date, level)
        listed = json.dumps([path.rpartition("/")[2] for path in paths]).encode()
        data = parts.encode(table)
        self._storage.write(final + REPLACES_SUFFIX, listed)
        self._storage.write(final, data)
        for path in paths:
            self._storage.remove(path)
        self._storage.remove(final + REPLACES_SUFFIX)
        self.note(LogPart(final, len(data)), table.num_rows)


def without_replaced(place: LogStorage, found: list[LogPart]) -> list[LogPart]:
    """The parts to read: not those whose rows lie in a merged part as well."""
    gone: set[str] = set()
    for part in found:
        if parts.level_of(part.path):
            folder = part.path.rpartition("/")[0]
            gone |= {f"{folder}/{name}" for name in _replaced(place, part.path)}
    return [part for part in found if part.path not in gone]


def _replaced(place: LogStorage, path: str) -> list[str]:
    try:
        with place.read(path + REPLACES_SUFFIX) as file:
            listed = json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return []
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _read_parts(place: LogStorage, paths: list[str]) -> Any:
    pyarrow = import_optional("pyarrow", "The prediction log")
    parquet = import_optional("pyarrow.parquet", "The prediction log")
    tables = []
    for path in paths:
        with place.read(path) as file:
            tables.append(parquet.ParquetFile(file).read())
    return pyarrow.concat_tables(tables, promote_options="permissive")


# -- age and size ------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class PruneResult(Result):
    """Parts that were removed, and what is left."""

    model: str
    removed: tuple[str, ...]
    freed: int
    left: int

    def text(self) -> str:
        """One line."""
        return (
            f"{self.model}: {len(self.removed)} parts removed, {size(self.freed)} freed, "
            f"{size(self.left)} left"
        )


def prune(
    place: LogStorage,
    model: str,
    *,
    days: float | None = None,
    size: int | None = None,
    now: datetime | None = None,
) -> PruneResult:
    """Remove a model's oldest parts.

    Parameters
    ----------
    place : Place
    model : str
    days : float, optional
        Parts of days that ended longer ago are removed.
    size : int, optional
        Bytes that may be left, predictions and labels together.
    now : datetime, optional
        Aware; the present by default. A clock that is set back removes less, never more.

    Raises
    ------
    OSError
        If a part cannot be removed.
    """
    place.sweep(parts.folder_of(model))
    found = sorted(
        place.parts(parts.folder_of(model)), key=lambda p: (parts.date_of(p.path), p.path)
    )
    total = left = sum(part.size for part in found)
    removed = []
    for part in found:
        too_old = days is not None and _ended(part.path, now or datetime.now(UTC)) > days
        if not too_old and (size is None or left <= size):
            continue
        place.remove(part.path)
        removed.append(part.path)
        left -= part.size
    return PruneResult(model, tuple(removed), total - left, left)


def _ended(path: str, now: datetime) -> float:
    """Days since the end of the day that a part belongs to."""
    with contextlib.suppress(ValueError):
        day = datetime.fromisoformat(parts.date_of(path)).replace(tzinfo=UTC)
        return (now - day - timedelta(days=1)) / timedelta(days=1)
    return 0.0  # a folder of no day: not ours to remove by age
