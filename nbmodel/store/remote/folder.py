"""A folder of git-lfs objects on a disk of this machine: of another clone, or mounted."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from nbmodel.errors import NotPlain, RemoteFailed, SegmentLost
from nbmodel.store import safe_files
from nbmodel.store.durable import make_folders, sync_names, write_all
from nbmodel.store.lfs_format import TEMPORARY_PREFIX
from nbmodel.store.remote.base import Item, ParallelStore

if TYPE_CHECKING:
    from nbmodel.store.local import LocalStore

_ADVICE = "Make it readable and writable. Then repeat."
_FULL = "Free some space there. Then repeat: what arrived is not sent again."
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderStore(ParallelStore):
    """The objects below a folder, as ``aa/bb/SHA256``. No link below it is followed.

    Parameters
    ----------
    root : Path
        The folder ``lfs/objects`` of a repository, or any other. It is made at the first write.
    """

    threads = 4  # two cores hash while two wait for the disk

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = str(root)

    def has(self, item: Item) -> bool:
        """Whether the object is there with its size."""
        status = self._status(item)
        return status is not None and status.st_size == item.size

    def put(self, item: Item, source: LocalStore) -> None:
        """Copy an object there, under another name until it is complete and on disk."""
        try:
            make_folders(self.root, _existing(self.root))
            with safe_files.folder(self.root, *_folders(item), make=True) as folder:
                name = f"{TEMPORARY_PREFIX}{token_hex(8)}"
                descriptor = os.open(name, _FLAGS, 0o600, dir_fd=folder)
                try:
                    try:
                        for chunk in source.chunks(item.sha256, item.size):
                            write_all(descriptor, chunk)
                        os.fchmod(descriptor, 0o444)
                        os.fsync(descriptor)
                    finally:
                        os.close(descriptor)
                    os.replace(name, item.sha256, src_dir_fd=folder, dst_dir_fd=folder)
                finally:
                    with suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=folder)
            sync_names([self._path(item)], self.root)
        except (OSError, NotPlain) as error:
            raise self._failed(error) from error

    def get(self, item: Item, target: LocalStore) -> None:
        """Copy an object here, after checking its digest."""
        try:
            with safe_files.folder(self.root, *_folders(item)) as folder:
                descriptor = safe_files.open_file(folder, item.sha256, self._path(item))
        except FileNotFoundError:
            raise SegmentLost(item.sha256, self.name) from None
        except (OSError, NotPlain) as error:
            raise self._failed(error) from error
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            target.add(item.sha256, item.size, iter(lambda: file.read(1 << 20), b""), self.name)

    def age_s(self, item: Item) -> float | None:
        """Seconds since the object was written; None if it is not there."""
        status = self._status(item)
        return None if status is None else time.time() - status.st_mtime

    def remove(self, item: Item) -> None:
        """Remove an object, if it is there."""
        try:
            with safe_files.folder(self.root, *_folders(item)) as folder:
                os.unlink(item.sha256, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, NotPlain) as error:
            raise self._failed(error) from error

    def _status(self, item: Item) -> os.stat_result | None:
        """The status of an object; None if it is not there."""
        try:
            with safe_files.folder(self.root, *_folders(item)) as folder:
                return safe_files.regular(folder, item.sha256, self._path(item))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, NotPlain) as error:
            raise self._failed(error) from error

    def _path(self, item: Item) -> Path:
        return self.root.joinpath(*_folders(item), item.sha256)

    def _failed(self, error: OSError | NotPlain) -> RemoteFailed:
        if isinstance(error, NotPlain):
            return RemoteFailed(f"{self.name}: {error.what}", _ADVICE)
        hint = _FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else _ADVICE
        return RemoteFailed(f"{self.name}: {error.strerror}.", hint)


def _folders(item: Item) -> tuple[str, str]:
    return item.sha256[:2], item.sha256[2:4]


def _existing(path: Path) -> Path:
    return next(folder for folder in path.parents if folder.is_dir())
