"""Storage for the parts of a log: a folder, or any URL that fsspec supports.

A part is either complete or absent: it gets its name after its bytes are on disk.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nbmodel.errors import InvalidValue
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.prediction_log.parts import Days, is_within
from nbmodel.store.durable import make_folders, sync_folder, write_all

PART_SUFFIX = ".parquet"
TEMPORARY_SUFFIX = ".tmp"
FOLDER_PREFIXES = ("model=", "kind=", "date=")  # of the folders of a log
_STAMPS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "modified")
STALE_SECONDS = 86_400.0  # age at which a temporary file is abandoned


@dataclass(frozen=True, slots=True)
class LogPart:
    """A file of a log: path below the root, size in bytes, and a stamp that changes with it."""

    path: str
    size: int
    stamp: str = field(default="", compare=False)


def is_part(name: str) -> bool:
    """Return whether a file of this name may be a part; temporary files are hidden."""
    return name.endswith(PART_SUFFIX) and not name.startswith((".", "_"))


class LogStorage(Protocol):
    """The file operations of a log; each may raise OSError."""

    root: str

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Create a file; on return it is complete and on disk."""

    def parts(self, folder: str, days: Days | None = None) -> list[LogPart]:
        """Return the complete parts below a folder, ordered by path; of some days, or of all."""

    def remove(self, path: str) -> None:
        """Remove a file if it exists."""

    def sweep(self, folder: str) -> None:
        """Remove temporary files that are at least a day old: their writers were killed."""

    def read(self, path: str) -> Any:
        """Open a file for reading."""

    def url(self, path: str) -> str:
        """Return the name under which DuckDB opens the file."""


class LocalStorage:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._root = root

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Write a temporary file, sync it, rename it, and sync its folder."""
        final = self._root / path
        if not final.parent.is_dir():
            make_folders(final.parent, Path(final.anchor), mode=0o700)
        temporary = final.with_name(f".{final.name}{TEMPORARY_SUFFIX}")
        try:
            # O_NOFOLLOW: the folder of the log may be from another person, with symbolic links.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(temporary, flags, 0o600)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.rename(final)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(final.parent)

    def parts(self, folder: str, days: Days | None = None) -> list[LogPart]:
        """Return the complete parts below a folder, ordered by path; of some days, or of all."""
        return sorted(_parts_below(str(self._root), folder, days), key=lambda part: part.path)

    def remove(self, path: str) -> None:
        """Remove a file if it exists."""
        (self._root / path).unlink(missing_ok=True)

    def sweep(self, folder: str) -> None:
        """Remove temporary files that are at least a day old."""
        for path in (self._root / folder).rglob(f".part-*{TEMPORARY_SUFFIX}"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink()

    def read(self, path: str) -> Any:
        """Open a file for reading."""
        return (self._root / path).open("rb")

    def url(self, path: str) -> str:
        """Return the path of the file."""
        return str(self._root / path)


def _parts_below(root: str, folder: str, days: Days | None) -> Iterator[LogPart]:
    """Yield the parts below a folder; folders of other days are not opened.

    A log of years has thousands of folders, and it is listed often: paths stay texts here.

    Raises
    ------
    OSError
        If a folder cannot be listed, which is not an empty one, or a file is in its place.
    """
    try:
        entries = list(os.scandir(f"{root}/{folder}"))
    except FileNotFoundError:
        return
    for entry in entries:
        below = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if days is None or is_within(f"{below}/", days):
                yield from _parts_below(root, below, days)
        elif is_part(entry.name):
            with suppress(FileNotFoundError):  # another process merged or pruned it
                info = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(info.st_mode):
                    yield LogPart(below, info.st_size, str(info.st_mtime_ns))
        elif entry.name.startswith(FOLDER_PREFIXES) and entry.is_file(follow_symlinks=False):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), entry.path)


class FsspecStorage:
    """A URL of an object store or another file system, through fsspec.

    In an object store, an object appears when it is complete. Elsewhere a part is renamed after it
    has been written.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        try:
            core = import_optional("fsspec.core", "A log at a URL")
            self.files, self._root = core.url_to_fs(root)
        except (ValueError, ImportError) as error:
            raise InvalidValue(
                f"{root!r} cannot hold a log: {error}.", "Use a folder, or a URL of fsspec."
            ) from error

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Write under a temporary name, which readers ignore, then rename."""
        folder, _, name = f"{self._root}/{path}".rpartition("/")
        self.files.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{name}{TEMPORARY_SUFFIX}"
        self.files.pipe_file(temporary, bytes(data))
        self.files.mv(temporary, f"{folder}/{name}")

    def parts(self, folder: str, days: Days | None = None) -> list[LogPart]:
        """Return the complete parts below a folder, ordered by path; of some days, or of all."""
        top = f"{self._root}/{folder}"
        if not self.files.exists(top):
            return []
        self.files.invalidate_cache(top)
        parts = [
            LogPart(path[len(self._root) :].lstrip("/"), int(info["size"] or 0), _stamp(info))
            for path, info in self.files.find(top, detail=True).items()
            if is_part(path.rpartition("/")[2])
        ]
        matches = [part for part in parts if days is None or is_within(part.path, days)]
        return sorted(matches, key=lambda part: part.path)

    def remove(self, path: str) -> None:
        """Remove a file if it exists."""
        with suppress(FileNotFoundError):
            self.files.rm_file(f"{self._root}/{path}")

    def sweep(self, folder: str) -> None:
        """Remove temporary files that are at least a day old."""
        for path in self.files.find(f"{self._root}/{folder}"):
            if path.endswith(TEMPORARY_SUFFIX):
                # The file is gone, or the file system does not report times.
                with suppress(FileNotFoundError, NotImplementedError):
                    if time.time() - self.files.modified(path).timestamp() > STALE_SECONDS:
                        self.files.rm_file(path)

    def read(self, path: str) -> Any:
        """Open a file for reading."""
        return self.files.open(f"{self._root}/{path}", "rb")

    def url(self, path: str) -> str:
        """Return the path with its protocol, which DuckDB passes back to fsspec."""
        return str(self.files.unstrip_protocol(f"{self._root}/{path}"))


def _stamp(info: Mapping[str, Any]) -> str:
    """Return the time or the tag of a file, under the names that file systems of fsspec use."""
    return next((str(info[name]) for name in _STAMPS if info.get(name) is not None), "")


def open_storage(root: str | Path) -> LocalStorage | FsspecStorage:
    """Return the storage for a folder or a URL.

    Raises
    ------
    InvalidValue
        If the scheme of the URL is unknown.
    ExtraMissing
        If fsspec is not installed.
    """
    text = str(root)
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    if "://" in text:
        return FsspecStorage(text.rstrip("/"))
    return LocalStorage(Path(text).expanduser().absolute())
