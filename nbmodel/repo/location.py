"""Which repository is the registry, and where this user keeps what belongs to it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from nbmodel.errors import RegistryNotFound
from nbmodel.repo import git

BESIDE = ".nbmodel.git"


@dataclass(frozen=True, slots=True)
class Location:
    """A registry's place: the common git dir, and the work tree around the notebook, if any.

    `created` if it was made just now.
    """

    git_dir: Path
    work_tree: Path | None = None
    created: bool = False

    @property
    def key(self) -> str:
        """Names the registry in the user's own folders: 16 hex digits of its real path."""
        return hashlib.sha256(os.fsencode(self.git_dir.resolve())).hexdigest()[:16]

    @property
    def cache(self) -> Path:
        """Disposable facts about the registry: index, blake3 table."""
        return platformdirs.user_cache_path("nbmodel") / self.key

    @property
    def name(self) -> str:
        """What to call the registry in messages."""
        folder = self.git_dir.parent if self.git_dir.name in (".git", BESIDE) else self.git_dir
        return str(self.work_tree or folder)


def data_folder() -> Path:
    """What this user must not lose: the record of own commits."""
    return platformdirs.user_data_path("nbmodel")


def find(start: Path) -> Location:
    """The registry of a folder: a repository around it, or ``.nbmodel.git`` in or above it.

    Raises
    ------
    RegistryNotFound
        If there is neither.
    """
    if not start.is_dir():
        raise RegistryNotFound(str(start))
    beside = _beside(start)
    # A .nbmodel.git inside the enclosing repository is nearer, so it wins.
    around = git.locate(start)
    if around is None:
        if beside is None:
            raise RegistryNotFound(str(start))
        return Location(beside)
    git_dir, work_tree = around
    if beside is not None and (work_tree is None or beside.is_relative_to(work_tree)):
        return Location(beside)
    return Location(git_dir, work_tree)


def at(path: Path) -> Location:
    """The registry that the user named: a repository's folder or git dir.

    Raises
    ------
    RegistryNotFound
        If `path` is not inside a repository.
    """
    return find(path.expanduser().absolute())


def find_or_create(folder: Path) -> Location:
    """The registry of a folder; if there is none, a new ``.nbmodel.git`` in it.

    Raises
    ------
    WriteFailed, GitFailed
        If the folder cannot be written.
    """
    try:
        return at(folder)
    except RegistryNotFound:
        place = folder.expanduser().absolute() / BESIDE
        git.create_bare(place)
        return Location(place, created=True)


def _beside(start: Path) -> Path | None:
    for folder in (start.absolute(), *start.absolute().parents):
        candidate = folder / BESIDE
        if (candidate / "HEAD").is_file():
            return candidate
    return None
