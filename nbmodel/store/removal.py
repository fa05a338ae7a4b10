"""The contents of a store, and the removal of unused segments. Links are never followed."""

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
    """The contents of a store.

    Attributes
    ----------
    objects : list
        ``(sha256, size, seconds since it was last used)`` of each.
    leftovers : list
        ``(name, size, age)`` of each temporary file, also of those that are being written.
    strange : list of str
        Messages about paths that are neither a file nor a folder:
        ``PATH is a symbolic link``.
    """

    objects: list[Entry] = field(default_factory=list)
    leftovers: list[Entry] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def contents(root: Path) -> StoreContents:
    """List everything below the folder of git-lfs.

    Raises
    ------
    ReadFailed
        If one of its folders cannot be read.
    """
    result = StoreContents()
    for first in _folders(root, (OBJECTS_FOLDER,), result):
        for second in _folders(root, (OBJECTS_FOLDER, first), result):
            names = (OBJECTS_FOLDER, first, second)
            for name, size, age in _files(root, names, f"{first}{second}", result):
                if len(name) == _DIGEST:
                    result.objects.append((name, size, age))
    result.leftovers.extend(_files(root, (TMP_FOLDER,), TEMPORARY_PREFIX, result))
    return result


def _folders(root: Path, names: tuple[str, ...], result: StoreContents) -> list[str]:
    """The two-character names in a folder."""
    entries = [name for folder in _inside(root, names, result) for name in _names(folder)]
    return [name for name in entries if len(name) == 2]


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def _files(
    root: Path, names: tuple[str, ...], prefix: str, result: StoreContents
) -> Iterator[Entry]:
    """The regular files of a folder whose names begin with `prefix`."""
    now = time.time()
    for folder in _inside(root, names, result):
        for name in _names(folder):
            if not name.startswith(prefix):
                continue
            with suppress(FileNotFoundError):  # its writer has just given it its final name
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield name, status.st_size, now - status.st_mtime
                else:
                    where = root.joinpath(*names, name)
                    result.strange.append(f"{where} is {safe_files.kind_of(status)}")


def _inside(root: Path, names: tuple[str, ...], result: StoreContents) -> Iterator[int]:
    """Yield a folder's descriptor, or nothing if it is missing. Note it if it is not a folder."""
    try:
        with safe_files.folder(root, *names) as folder:
            yield folder
    except FileNotFoundError:
        return
    except NotPlain as error:
        result.strange.append(f"{error.path} is {error.kind}")
    except OSError as error:
        raise ReadFailed(str(root.joinpath(*names)), error) from error


def remove(root: Path, sha256s: Iterable[str], older_than: float) -> list[str]:
    """Remove objects that were not used for `older_than` seconds; return the removed ones.

    A writer that finds an existing object touches it. So an object is first moved aside.
    Then its time is checked, and it is moved back if it was touched in between.

    Raises
    ------
    NotPlain
        If the folder of temporary files is not a folder.
    WriteFailed
        If the system refuses to remove files.
    """
    removed_objects = []
    with _removing(root), safe_files.folder(root, TMP_FOLDER, make=True) as tmp:
        for sha256 in sha256s:
            # Suppressed: it was removed, or replaced, after it was listed.
            with (
                suppress(FileNotFoundError, NotPlain),
                safe_files.folder(root, *object_folders(sha256)) as folder,
            ):
                if _remove_one(root, folder, tmp, sha256, older_than):
                    removed_objects.append(sha256)
    return removed_objects


def _remove_one(root: Path, folder: int, tmp: int, sha256: str, older_than: float) -> bool:
    path, aside = (
        root.joinpath(*object_folders(sha256), sha256),
        f"{TEMPORARY_PREFIX}{token_hex(8)}",
    )
    if _age(safe_files.regular(folder, sha256, path)) < older_than:
        return False  # it was touched after it was listed
    os.rename(sha256, aside, src_dir_fd=folder, dst_dir_fd=tmp)
    old = _age(os.stat(aside, dir_fd=tmp, follow_symlinks=False)) >= older_than
    if not old and not _is_there(sha256, folder):
        os.rename(aside, sha256, src_dir_fd=tmp, dst_dir_fd=folder)
        return False
    os.unlink(aside, dir_fd=tmp)
    return old


def remove_leftovers(root: Path, names: Iterable[str], older_than: float) -> None:
    """Remove temporary files that were not written to for `older_than` seconds.

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
    except FileNotFoundError:  # there is no store
        return
    except OSError as error:
        raise WriteFailed(
            f"Could not remove segments below {root}: {error.strerror}.",
            "Make the folder writable for your user, or check the disk. Then try again.",
        ) from error


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _age(status: os.stat_result) -> float:
    return time.time() - status.st_mtime
