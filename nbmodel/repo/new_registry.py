"""A registry that is filled under another name: others see all of it, or nothing."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbmodel.errors import AlreadyExists, WriteFailed
from nbmodel.repo import repositories
from nbmodel.repo.location import REGISTRY_FOLDER
from nbmodel.store.durable import sync_folder

# What a killed process leaves behind begins with this name. The next call removes it.
PART = f"{REGISTRY_FOLDER}.part"
_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


@contextmanager
def new_registry(folder: Path) -> Iterator[Path]:
    """Make ``.nbmodel.git`` in a folder that is empty or does not exist.

    The body gets its git directory under another name, and fills it. The registry appears at the
    end of the body. If the body fails, nothing of it stays in the folder.

    Parameters
    ----------
    folder : Path
        Absolute.

    Raises
    ------
    AlreadyExists
        If the folder is not empty, or another process works in it.
    WriteFailed, GitFailed
        If the registry cannot be made.
    """
    with _explained(folder):
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    part = folder / PART
    try:
        with _alone(folder):
            with _explained(folder):
                _require_empty(folder)
            repositories.create_bare(part)
            try:
                yield part
                with _explained(folder):
                    part.rename(folder / REGISTRY_FOLDER)
                    sync_folder(folder)
                    sync_folder(folder.parent)
            except BaseException:  # an interruption leaves no folder either
                shutil.rmtree(part, ignore_errors=True)
                raise
    except BaseException:  # nor does it leave the folder around it
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _require_empty(folder: Path) -> None:
    """Refuse a folder with files of the user, and remove what a killed process left there."""
    entries = [*folder.iterdir()]
    if any(not entry.name.startswith(PART) for entry in entries):
        raise AlreadyExists(
            f"The folder {folder} is not empty.", "Name another folder: %model_clone URL FOLDER"
        )
    for entry in entries:
        shutil.rmtree(entry)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder. It is a lock of the kernel, so a killed process leaves none."""
    with _explained(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # some network file systems have no such lock
            if error.errno in _BUSY:
                raise AlreadyExists(
                    f"Another process makes a registry in {folder}.", "Wait until it has ended."
                ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise AlreadyExists(
            f"{folder} is not a folder.", "Name another: %model_clone URL FOLDER"
        ) from None
    except OSError as error:
        raise WriteFailed(
            f"Could not write {folder}: {error.strerror}.",
            "Make it writable, or free some space. Then repeat the command.",
        ) from error
