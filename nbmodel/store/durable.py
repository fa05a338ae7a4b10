"""Writes that survive a power cut: first the file, then its name in the folder."""

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

# A folder that has just changed may change again without a new time stamp: the kernel's clock
# for files ticks every few milliseconds, and on some file systems every two seconds.
SETTLED_NS = 3_000_000_000


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an error of the system while writing into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise WriteFailed(f"Could not write {what}: {error.strerror}.", _advice(error)) from error


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "Nothing was committed. Free some space on that disk, then try again. %model_gc lists "
            "the segments that can be removed: those that nothing has used for 14 days, or for "
            "--grace DAYS."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            "Nothing was committed. Make the folder writable, or choose another: %model_init PATH."
        )
    return "Nothing was committed. Check the disk, then try again."


def make_folders(path: Path, root: Path, mode: int = 0o777) -> None:
    """Make `path` below the existing folder `root`. Every new name is on disk on return."""
    missing_folders = []
    while path != root and not path.is_dir():
        missing_folders.append(path)
        path = path.parent
    for folder in reversed(missing_folders):
        folder.mkdir(mode, exist_ok=True)
        sync_folder(folder.parent)


def sync_names(paths: Iterable[Path], root: Path) -> None:
    """Sync the names of files, and of their folders up to `root`, to disk.

    A folder that this process has synced and whose times have not changed is not synced
    again: it has the same names.
    """
    folders = {folder for path in paths for folder in path.parents if folder.is_relative_to(root)}
    for folder in sorted(folders):
        # Take both before the sync: a later change gives the folder another state.
        now, state = time.time_ns(), _state(folder)
        if _synced.get(folder) == state:
            continue
        sync_folder(folder)
        if now - state.changed_ns > SETTLED_NS:
            _synced[folder] = state


class _State(NamedTuple):
    """The state of a folder, to notice a change; `changed_ns` is in ns since the epoch."""

    device: int
    inode: int
    entries: int
    changed_ns: int


_synced: dict[Path, _State] = {}


def _state(folder: Path) -> _State:
    status = folder.stat()
    return _State(status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def sync_folder(path: Path) -> None:
    """Sync a folder's entries to disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Sync a file's content to disk, also if another process wrote it."""
    _sync(path, os.O_RDONLY)


def _sync(path: Path, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def syncing(descriptor: int) -> Iterator[None]:
    """Sync a file to disk while the body runs. It is on disk when the body has ended."""
    with while_running(partial(os.fsync, descriptor)):
        yield


@contextmanager
def while_running(work: Callable[[], object]) -> Iterator[None]:
    """Do `work`, which waits for the disk, while the body runs; at the end, wait for both."""
    with ThreadPoolExecutor(1) as disk:
        sync = disk.submit(work)
        yield
    sync.result()


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all bytes: one call of the system may write fewer."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def append_line(path: Path, line: str) -> None:
    """Add one short line to a file that processes share. It is on disk on return."""
    new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        write_all(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_folder(path.parent)
