"""Retention: merges small parts, and removes old ones.

Parts are merged in three steps, and a crash may occur between them: write a list of the parts
to replace, write the merged part, remove the old parts and the list. If the list and the merged
part both exist, readers ignore the parts on the list. A list without its part has no meaning.
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

MERGED_PARTS = 60  # parts merged into one: 60 parts of a second, then 60 parts of a minute
MAX_MERGED_ROWS = 1_000_000  # rows in a merged part
MAX_LEVEL = 3
REPLACES_SUFFIX = ".replaces"


class Merger:
    """Merges the parts of one writer, which nobody else merges.

    Only parts in a folder are merged: object stores cannot rename a file.
    """

    def __init__(self, storage: LogStorage, names: PartNames) -> None:
        self._storage = storage
        self._names = names
        self._own: dict[tuple[str, int], list[tuple[LogPart, int]]] = defaultdict(list)

    def note(self, part: LogPart, rows: int) -> None:
        """Take note of a part that was written."""
        if isinstance(self._storage, LocalStorage):
            folder = part.path.rpartition("/")[0]
            self._own[folder, parts.level_of(part.path)].append((part, rows))

    def merge(self) -> None:
        """Merge the parts of a folder where there are enough of them.

        Raises
        ------
        OSError
            If a part cannot be written or removed; the log remains readable.
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
        final = self._names.path(model, kind, date, level)
        listed = json.dumps([path.rpartition("/")[2] for path in paths]).encode()
        data = parts.encode(table)
        self._storage.write(final + REPLACES_SUFFIX, listed)
        self._storage.write(final, data)
        for path in paths:
            self._storage.remove(path)
        self._storage.remove(final + REPLACES_SUFFIX)
        self.note(LogPart(final, len(data)), table.num_rows)


def without_replaced(storage: LogStorage, listed: list[LogPart]) -> list[LogPart]:
    """Return the parts to read, without those whose rows are also in a merged part."""
    replaced: set[str] = set()
    for part in listed:
        if parts.level_of(part.path):
            folder = part.path.rpartition("/")[0]
            replaced |= {f"{folder}/{name}" for name in _replaced(storage, part.path)}
    return [part for part in listed if part.path not in replaced]


def _replaced(storage: LogStorage, path: str) -> list[str]:
    try:
        with storage.read(path + REPLACES_SUFFIX) as file:
            names = json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _read_parts(storage: LogStorage, paths: list[str]) -> Any:
    pyarrow = import_optional("pyarrow", "The prediction log")
    parquet = import_optional("pyarrow.parquet", "The prediction log")
    tables = []
    for path in paths:
        with storage.read(path) as file:
            tables.append(parquet.ParquetFile(file).read())
    return pyarrow.concat_tables(tables, promote_options="permissive")


# -- age and size ------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class PruneResult(Result):
    """The parts that were removed, and the bytes that are left."""

    model: str
    removed_parts: tuple[str, ...]
    freed_bytes: int
    remaining_bytes: int

    def text(self) -> str:
        """Return one line."""
        return (
            f"{self.model}: {len(self.removed_parts)} parts removed, "
            f"{size(self.freed_bytes)} freed, {size(self.remaining_bytes)} left"
        )


def prune(
    storage: LogStorage,
    model: str,
    *,
    days: float | None = None,
    size: int | None = None,
    now: datetime | None = None,
) -> PruneResult:
    """Remove a model's oldest parts.

    Parameters
    ----------
    storage : LogStorage
    model : str
    days : float, optional
        Parts of a day are removed this many days after the end of that day.
    size : int, optional
        Bytes that may remain, for predictions and labels together.
    now : datetime, optional
        An aware datetime; the present by default. If the clock is set back, fewer parts are
        removed, never more.

    Returns
    -------
    PruneResult

    Raises
    ------
    OSError
        If a part cannot be removed.
    """
    storage.sweep(parts.folder_of(model))
    listed = sorted(
        storage.parts(parts.folder_of(model)), key=lambda p: (parts.date_of(p.path), p.path)
    )
    total = remaining_bytes = sum(part.size for part in listed)
    removed_parts = []
    for part in listed:
        too_old = days is not None and _ended(part.path, now or datetime.now(UTC)) > days
        if not too_old and (size is None or remaining_bytes <= size):
            continue
        storage.remove(part.path)
        removed_parts.append(part.path)
        remaining_bytes -= part.size
    return PruneResult(model, tuple(removed_parts), total - remaining_bytes, remaining_bytes)


def _ended(path: str, now: datetime) -> float:
    """Return the days since the end of the day that a part belongs to."""
    with contextlib.suppress(ValueError):
        day = datetime.fromisoformat(parts.date_of(path)).replace(tzinfo=UTC)
        return (now - day - timedelta(days=1)) / timedelta(days=1)
    return 0.0  # the folder has no date, so the age is unknown
