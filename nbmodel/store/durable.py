"""Bytes that survive a power cut: file, link, folder, in that order."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from nbmodel.errors import WriteFailed

# A folder that changed just now may change again without another time: the kernel's clock for
# files ticks every few milliseconds, on some file systems every two seconds.
SETTLED_NS = 3_000_000_000


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn the system's refusal to write into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise WriteFailed(f"Could not write {what}: {error.strerror}.", _advice(error)) from error


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "Nothing was committed. Free some space and repeat. %model_gc shows which segments can "
            "go: those that nothing has used for 14 days, or for --grace DAYS; else remove other "
            "files of that disk."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            "Nothing was committed. Make the folder writable, or choose another: %model_init PATH."
        )
    return "Nothing was committed. Check the disk and repeat."


def make_folders(path: Path, root: Path, mode: int = 0o777) -> None:
    """Make `path` below the existing folder `root`; every new name is on disk on return."""
    missing = []
    while path != root and not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode, exist_ok=True)
        sync_folder(folder.parent)


def sync_names(paths: Iterable[Path], root: Path) -> None:
    """Put the names of files, and of the folders they lie in up to `root`, on disk.

    A folder that this process has synced, and whose times are still the same,
    holds the same names: it is not synced again.
    """
    folders = {folder for path in paths for folder in path.parents if folder.is_relative_to(root)}
    for folder in sorted(folders):
        # Both before it is synced: what comes later makes its state differ.
        now, state = time.time_ns(), _state(folder)
        if _synced.get(folder) == state:
            continue
        sync_folder(folder)
        if now - state.changed > SETTLED_NS:
            _synced[folder] = state


class _State(NamedTuple):
    """What tells one state of a folder from another; `changed` in ns since the epoch."""

    device: int
    inode: int
    entries: int
    changed: int


_synced: dict[Path, _State] = {}


def _state(folder: Path) -> _State:
    status = folder.stat()
    return _State(status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def sync_folder(path: Path) -> None:
    """Put a folder's entries on disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Put a file's content on disk, whoever wrote it."""
    _sync(path, os.O_RDONLY)


def _sync(path: Path, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def syncing(descriptor: int) -> Iterator[None]:
    """Put a file on disk while the body runs; it is there when the body has ended."""
    with while_running(partial(os.fsync, descriptor)):
        yield


@contextmanager
def while_running(work: Callable[[], object]) -> Iterator[None]:
    """Do `work`, which waits for the disk, beside the body; it is done when the body has ended."""
    with ThreadPoolExecutor(1) as disk:
        done = disk.submit(work)
        yield
    done.result()


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte: the system may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def append_line(path: Path, line: str) -> None:
    """Add one short line to a file shared by processes; it is on disk on return."""
    new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        write_all(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_folder(path.parent)
