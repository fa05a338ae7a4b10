"""Regular files in real folders only.

A repository may contain anything. A symbolic link could make nbmodel read, write or remove
files elsewhere. A named pipe, a socket or a device may block forever. So folders are opened one
by one, by descriptor, and no link below the first is followed. Each file is checked before it is
opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbmodel.errors import NotPlain

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Non-blocking: the file may have been replaced by a pipe after it was checked.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISREG, "a file"),
)


def kind_of(status: os.stat_result) -> str:
    """The kind of a file, in words."""
    return next((name for test, name in _KINDS if test(status.st_mode)), "of an unknown kind")


@contextmanager
def folder(root: Path, *names: str, make: bool = False) -> Iterator[int]:
    """Open the folder `names` below `root`. No link below `root` is followed.

    Parameters
    ----------
    root : Path
        Links in this path are the user's own, and are followed.
    *names : str
    make : bool
        Make missing folders. The caller syncs their names to disk.

    Yields
    ------
    int
        Its descriptor.

    Raises
    ------
    NotPlain
        If a part of the path is not a folder.
    OSError
        If it does not exist, or cannot be opened.
    """
    descriptor = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for number, name in enumerate(names, 1):
            if make:
                _make(descriptor, name)
            inner = _enter(descriptor, name, root.joinpath(*names[:number]))
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _make(outer: int, name: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=outer)


def _enter(outer: int, name: str, path: Path) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=outer)
    except OSError:
        status = os.stat(name, dir_fd=outer, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            raise NotPlain(str(path), kind_of(status)) from None
        raise


def regular(outer: int, name: str, path: Path) -> os.stat_result:
    """The status of a regular file in an open folder.

    Raises
    ------
    NotPlain
        If it is a link, or not a regular file.
    OSError
        If it does not exist, or its status cannot be read.
    """
    return _require_regular(os.stat(name, dir_fd=outer, follow_symlinks=False), path)


def open_file(outer: int, name: str, path: Path) -> int:
    """Open a regular file of an open folder for reading.

    Raises
    ------
    NotPlain, OSError
        As `regular` does.
    """
    regular(outer, name, path)
    descriptor = os.open(name, _FILE, dir_fd=outer)
    try:
        _require_regular(os.fstat(descriptor), path)
    except NotPlain:
        os.close(descriptor)
        raise
    return descriptor


def read_file(root: Path, *names: str, limit: int) -> bytearray:
    """The content of a regular file below a folder. No link below the folder is followed.

    Raises
    ------
    NotPlain
        If it is not a regular file, or a part of the path is not a folder.
    ValueError
        If it has more than `limit` bytes.
    OSError
        If it cannot be read.
    """
    *above, name = names
    path = root.joinpath(*names)
    with folder(root, *above) as outer:
        descriptor = open_file(outer, name, path)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise ValueError(f"{path} has {size:,} bytes; at most {limit:,} are read")
        content = bytearray(size)
        count = 0
        view = memoryview(content)
        while count < size and (read := file.readinto(view[count:])):
            count += read
        view.release()
        del content[count:]
        return content


def _require_regular(status: os.stat_result, path: Path) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise NotPlain(str(path), kind_of(status))
    return status
