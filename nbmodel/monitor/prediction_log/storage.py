"""Where the parts of a log lie: a folder, or any URL that fsspec knows.

A part is whole or absent: it gets its name when its bytes are on disk.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common.optional import import_optional
from nbmodel.store.durable import make_folders, sync_folder, write_all

PART_SUFFIX = ".parquet"
TEMPORARY_SUFFIX = ".tmp"
_STAMPS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "modified")
STALE_SECONDS = 86_400.0  # seconds after which nobody is still writing a file


@dataclass(frozen=True, slots=True)
class LogPart:
    """A file of a log: its path below the root, its bytes, and what changes if it is replaced."""

    path: str
    size: int
    stamp: str = field(default="", compare=False)


class LogStorage(Protocol):
    """What a log asks of the place it is in; each may raise OSError."""

    root: str

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Make a file; it is whole and on disk on return, or not there."""

    def parts(self, folder: str) -> list[LogPart]:
        """The finished parts below a folder, in the order of their paths."""

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""

    def sweep(self, folder: str) -> None:
        """Remove what writers that were killed left half-way, a day ago or longer."""

    def read(self, path: str) -> Any:
        """The file, open for reading."""

    def url(self, path: str) -> str:
        """What DuckDB calls the file."""


class LocalStorage:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._root = root

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Temporary name, content, fsync, rename, folder."""
        final = self._root / path
        if not final.parent.is_dir():
            make_folders(final.parent, Path(final.anchor), mode=0o700)
        fresh = final.with_name(f".{final.name}{TEMPORARY_SUFFIX}")
        try:
            # Not through a link: a log may lie in a folder that somebody sent.
            how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(fresh, how, 0o600)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            fresh.rename(final)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise
        sync_folder(final.parent)

    def parts(self, folder: str) -> list[LogPart]:
        """Every finished part below `folder`."""
        found = []
        for parent, _, names in os.walk(self._root / folder):
            for name in names:
                if name.endswith(PART_SUFFIX) and not name.startswith((".", "_")):
                    path = Path(parent, name)
                    with suppress(FileNotFoundError):  # merged or pruned by another meanwhile
                        facts, below = path.lstat(), str(path.relative_to(self._root))
                        if stat.S_ISREG(facts.st_mode):
                            found.append(LogPart(below, facts.st_size, str(facts.st_mtime_ns)))
        return sorted(found, key=lambda part: part.path)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        (self._root / path).unlink(missing_ok=True)

    def sweep(self, folder: str) -> None:
        """Remove what writers that were killed left half-way, a day ago or longer."""
        for path in (self._root / folder).rglob(f".part-*{TEMPORARY_SUFFIX}"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink()

    def read(self, path: str) -> Any:
        """The file, open for reading."""
        return (self._root / path).open("rb")

    def url(self, path: str) -> str:
        """Its path."""
        return str(self._root / path)


class FsspecStorage:
    """A URL of an object store or another file system, through fsspec.

    Object stores show an object when all of it is there; elsewhere a part is moved to its
    name when it was written.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        try:
            self.files, self._root = import_optional("fsspec.core", "A log at a URL").url_to_fs(
                root
            )
        except (ValueError, ImportError) as error:
            raise InvalidValue(
                f"{root!r} is no place for a log: {error}.", "Give a folder or a URL of fsspec."
            ) from error

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Put under a name that readers pass over, then move."""
        folder, _, name = f"{self._root}/{path}".rpartition("/")
        self.files.makedirs(folder, exist_ok=True)
        fresh = f"{folder}/.{name}{TEMPORARY_SUFFIX}"
        self.files.pipe_file(fresh, bytes(data))
        self.files.mv(fresh, f"{folder}/{name}")

    def parts(self, folder: str) -> list[LogPart]:
        """Every finished part below `folder`."""
        top = f"{self._root}/{folder}"
        if not self.files.exists(top):
            return []
        self.files.invalidate_cache(top)
        found = [
            LogPart(path[len(self._root) :].lstrip("/"), int(facts["size"] or 0), _stamp(facts))
            for path, facts in self.files.find(top, detail=True).items()
            if path.endswith(PART_SUFFIX) and not path.rpartition("/")[2].startswith((".", "_"))
        ]
        return sorted(found, key=lambda part: part.path)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.files.rm_file(f"{self._root}/{path}")

    def sweep(self, folder: str) -> None:
        """Remove what writers that were killed left half-way, a day ago or longer."""
        for path in self.files.find(f"{self._root}/{folder}"):
            if path.endswith(TEMPORARY_SUFFIX):
                # Gone meanwhile, or of a file system that tells no times: left to its own rules.
                with suppress(FileNotFoundError, NotImplementedError):
                    if time.time() - self.files.modified(path).timestamp() > STALE_SECONDS:
                        self.files.rm_file(path)

    def read(self, path: str) -> Any:
        """The file, open for reading."""
        return self.files.open(f"{self._root}/{path}", "rb")

    def url(self, path: str) -> str:
        """Protocol and path, as DuckDB hands them back to fsspec."""
        return str(self.files.unstrip_protocol(f"{self._root}/{path}"))


def _stamp(facts: Mapping[str, Any]) -> str:
    """When a file was written, or its tag, as file systems of fsspec tell it."""
    return next((str(facts[name]) for name in _STAMPS if facts.get(name) is not None), "")


def open_storage(root: str | Path) -> LocalStorage | FsspecStorage:
    """The place that a folder or a URL names.

    Raises
    ------
    InvalidValue, ExtraMissing
        If the URL's scheme is unknown, or fsspec is not installed.
    """
    text = str(root)
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    if "://" in text:
        return FsspecStorage(text.rstrip("/"))
    return LocalStorage(Path(text).expanduser().absolute())
