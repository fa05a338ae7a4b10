"""What lies in a store, and what of it may go; no link is followed, nor removed."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from nbmodel.errors import NotPlain, ReadFailed, WriteFailed
from nbmodel.store import safe_files
from nbmodel.store.lfs_format import OBJECTS_FOLDER, TEMPORARY_PREFIX, TMP_FOLDER, object_folders

Entry = tuple[str, int, float]
_DIGEST = 64  # characters of an object's name


@dataclass(slots=True)
class StoreContents:
    """What lies in a store.

    Attributes
    ----------
    objects : list
        ``(sha256, size, seconds since it was last wanted)`` of each.
    leftovers : list
        ``(name, size, age)`` of each temporary file, also of such that are being written.
    strange : list of str
        ``PATH is a symbolic link``: what is no file or folder where one belongs.
    """

    objects: list[Entry] = field(default_factory=list)
    leftovers: list[Entry] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def contents(root: Path) -> StoreContents:
    """Everything that lies below the folder of git-lfs.

    Raises
    ------
    ReadFailed
        If a folder of it cannot be read.
    """
    found = StoreContents()
    for first in _folders(root, (OBJECTS_FOLDER,), found):
        for second in _folders(root, (OBJECTS_FOLDER, first), found):
            names = (OBJECTS_FOLDER, first, second)
            for name, size, age in _files(root, names, f"{first}{second}", found):
                if len(name) == _DIGEST:
                    found.objects.append((name, size, age))
    found.leftovers.extend(_files(root, (TMP_FOLDER,), TEMPORARY_PREFIX, found))
    return found


def _folders(root: Path, names: tuple[str, ...], found: StoreContents) -> list[str]:
    """The two-letter names in a folder."""
    named = [name for folder in _inside(root, names, found) for name in _names(folder)]
    return [name for name in named if len(name) == 2]


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def _files(
    root: Path, names: tuple[str, ...], prefix: str, found: StoreContents
) -> Iterator[Entry]:
    """The regular files of a folder whose names begin with `prefix`."""
    now = time.time()
    for folder in _inside(root, names, found):
        for name in _names(folder):
            if not name.startswith(prefix):
                continue
            with suppress(FileNotFoundError):  # its writer has named it meanwhile
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield name, status.st_size, now - status.st_mtime
                else:
                    where = root.joinpath(*names, name)
                    found.strange.append(f"{where} is {safe_files.kind_of(status)}")


def _inside(root: Path, names: tuple[str, ...], found: StoreContents) -> Iterator[int]:
    """A folder's descriptor; nothing if it is not there, or not plain, which is noted."""
    try:
        with safe_files.folder(root, *names) as folder:
            yield folder
    except FileNotFoundError:
        return
    except NotPlain as error:
        found.strange.append(f"{error.path} is {error.kind}")
    except OSError as error:
        raise ReadFailed(str(root.joinpath(*names)), error) from error


def remove(root: Path, sha256s: Iterable[str], older_than: float) -> list[str]:
    """Remove objects not wanted for `older_than` seconds; return those removed.

    A writer that finds an object there touches it first. So: move it aside,
    look at its time, put it back if somebody touched it meanwhile.

    Raises
    ------
    NotPlain
        If the folder of temporary files is a link, or anything else.
    WriteFailed
        If the system lets nothing be removed.
    """
    removed = []
    with _removing(root), safe_files.folder(root, TMP_FOLDER, make=True) as tmp:
        for sha256 in sha256s:
            # Gone, or exchanged for something else, since it was listed.
            with (
                suppress(FileNotFoundError, NotPlain),
                safe_files.folder(root, *object_folders(sha256)) as folder,
            ):
                if _remove_one(root, folder, tmp, sha256, older_than):
                    removed.append(sha256)
    return removed


def _remove_one(root: Path, folder: int, tmp: int, sha256: str, older_than: float) -> bool:
    path, aside = (
        root.joinpath(*object_folders(sha256), sha256),
        f"{TEMPORARY_PREFIX}{token_hex(8)}",
    )
    if _age(safe_files.regular(folder, sha256, path)) < older_than:
        return False  # touched since it was listed: it need not even blink
    os.rename(sha256, aside, src_dir_fd=folder, dst_dir_fd=tmp)
    old = _age(os.stat(aside, dir_fd=tmp, follow_symlinks=False)) >= older_than
    if not old and not _is_there(sha256, folder):
        os.rename(aside, sha256, src_dir_fd=tmp, dst_dir_fd=folder)
        return False
    os.unlink(aside, dir_fd=tmp)
    return old


def remove_leftovers(root: Path, names: Iterable[str], older_than: float) -> None:
    """Remove temporary files that nobody has written to for `older_than` seconds.

    Raises
    ------
    NotPlain, WriteFailed
        As `remove` does.
    """
    with _removing(root), safe_files.folder(root, TMP_FOLDER) as tmp:
        for name in names:
            with suppress(FileNotFoundError, NotPlain):
                if _age(safe_files.regular(tmp, name, root / TMP_FOLDER / name)) >= older_than:
                    os.unlink(name, dir_fd=tmp)


@contextmanager
def _removing(root: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:  # there is no store, or none any more
        return
    except OSError as error:
        raise WriteFailed(
            f"Could not remove segments below {root}: {error.strerror}.",
            "Make the folder writable for you, or check the disk, and repeat.",
        ) from error


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _age(status: os.stat_result) -> float:
    return time.time() - status.st_mtime
