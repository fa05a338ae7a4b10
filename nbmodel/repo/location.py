"""Which repository is the registry, and the user's own folders for it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from nbmodel.errors import GitFailed, RegistryNotFound
from nbmodel.repo import repositories
from nbmodel.repo.damage import require_whole_around

REGISTRY_FOLDER = ".nbmodel.git"


@dataclass(frozen=True, slots=True)
class Location:
    """The common git directory of a registry, and the work tree around the notebook, if any.

    `created` says that it was just made.
    """

    git_dir: Path
    work_tree: Path | None = None
    created: bool = False

    @property
    def key(self) -> str:
        """The registry's name in the user's folders: 16 hex digits, from its real path."""
        return hashlib.sha256(os.fsencode(self.git_dir.resolve())).hexdigest()[:16]

    @property
    def cache(self) -> Path:
        """The folder for disposable data about the registry: the index, the cache of digests."""
        return platformdirs.user_cache_path("nbmodel") / self.key

    @property
    def name(self) -> str:
        """The registry's name in messages."""
        folder = (
            self.git_dir.parent if self.git_dir.name in (".git", REGISTRY_FOLDER) else self.git_dir
        )
        return str(self.work_tree or folder)


def data_folder() -> Path:
    """The folder for data that the user must keep: the record of own commits."""
    return platformdirs.user_data_path("nbmodel")


def find(start: Path) -> Location:
    """The registry of a folder: a repository around it, or ``.nbmodel.git`` in or above it.

    Raises
    ------
    RegistryNotFound
        If there is neither.
    GitFailed
        If it belongs to another user, is damaged, or has a format that is not supported.
    ReadFailed
        If a part of it may not be read.
    """
    if not start.is_dir():
        raise RegistryNotFound(str(start))
    start = start.resolve()  # git answers with real paths: make them comparable
    require_whole_around(start)
    around = repositories.locate(start)
    separate = _separate_repository(start)
    if separate is not None:
        # A .nbmodel.git inside the enclosing repository is nearer, so it is the registry.
        git_dir, work_tree = around or (None, None)
        enclosing = work_tree or git_dir
        if enclosing is None or separate.is_relative_to(enclosing):
            around = repositories.locate(separate)
            if around is not None and around[0] != separate.resolve():
                raise GitFailed(
                    f"{separate} is no longer a git repository.",
                    "Restore it from a backup, or move it away to begin a new registry.",
                )
    if around is None:
        raise RegistryNotFound(str(start))
    place = Location(*around)
    if (object_format := repositories.object_format(place.git_dir)) != "sha1":
        raise GitFailed(
            f"{place.name} uses {object_format} object names. nbmodel reads only sha1.",
            "Choose another folder for the registry: %model_init PATH.",
        )
    return place


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
        place = folder.expanduser().resolve() / REGISTRY_FOLDER
        repositories.create_bare(place)
        return Location(place, created=True)


def _separate_repository(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        candidate = folder / REGISTRY_FOLDER
        if (candidate / "HEAD").is_file():
            return candidate
    return None
