"""Clone: a new registry with what a remote has. Arrays follow when a checkout needs them."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from pathlib import Path

from nbmodel import display
from nbmodel.config import NbModel
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, ReadOnlyRegistry, RemoteFailed
from nbmodel.repo import location, references, remote_settings, remote_urls
from nbmodel.repo.git import Git
from nbmodel.repo.network import Network
from nbmodel.repo.new_registry import new_registry
from nbmodel.repo.remote_settings import DEFAULT, Remote
from nbmodel.store.durable import sync_file
from nbmodel.versioning.context import Context
from nbmodel.versioning.sharing import tracking
from nbmodel.versioning.sharing.shared import (
    PATTERNS,
    require_distinct,
    require_kinds,
    require_readable,
    select,
)
from nbmodel.versioning.verbs.list_models import ListResult, list_versions


@dataclass(frozen=True, kw_only=True, repr=False)
class CloneResult(Result):
    """A new registry: its folder, its remote and its models."""

    path: Path
    remote: Remote
    models: ListResult
    seconds: float = 0.0

    def text(self) -> str:
        """One line for the whole, the models, and what to type next."""
        return f"{self._first()}\n{self.models.text()}\n{self._next()}"

    def html(self) -> str:
        """The same."""
        first, then = (
            f"<div>{display.escaped(line)}</div>" for line in (self._first(), self._next())
        )
        return first + self.models.html() + then

    def _first(self) -> str:
        spent = display.duration(self.seconds)
        return f"Cloned {self.remote.display_url} into {display.line(self.path)}: {spent}"

    def _next(self) -> str:
        folder = shlex.quote(display.line(self.path))
        use = f"cd {folder}" if display.in_shell() else f"%model_init {folder}"
        if not self.models.versions:
            return f"The remote has no models yet. Next: {use}"
        ref = self.models.versions[0].ref
        load = display.advice(f"%model_checkout {ref}") + (
            " --to FOLDER" if display.in_shell() else ""
        )
        return f"Arrays come when a checkout needs them. Next: {use}, then {load}"


def clone(url: str | Path, folder: str | Path = "", blobs: str = "") -> CloneResult:
    """Make a registry in a new folder, with all versions, labels, notes and rules of a remote.

    The arrays stay there until a checkout needs them. The remote is ``origin`` of the new registry.

    Parameters
    ----------
    url : str or path
        ``git@host:team/models.git``, ``https://...`` or a path.
    folder : path, optional
        A folder that is empty or does not exist. By default, it has the name of the repository and
        is made in the working folder.
    blobs : str
        Where the arrays of the remote are: ``s3://bucket/models``, another address of fsspec, or a
        folder. If empty, they are in its git-lfs.

    Returns
    -------
    CloneResult
        `path` is the folder, and `models` lists the latest version of each model.

    Raises
    ------
    InvalidValue
        If the address is not allowed, or gives no name for the folder.
    AlreadyExists
        If the folder is not empty.
    RemoteFailed
        If the remote cannot be reached, or refuses.
    RemoteConflict
        If the names of two models differ only in case.
    WriteFailed
        If the folder cannot be written.
    ReadOnlyRegistry
        If the settings refuse changes.

    Examples
    --------
    >>> result = nbmodel.clone(registry.path, "copy")
    >>> [version.ref for version in result.models]
    ['iris@2']
    >>> nbmodel.open(result.path).show("iris@prod").version.number
    2
    """
    if NbModel.instance().refuses_changes():
        raise ReadOnlyRegistry("clone")
    begin = time.perf_counter()
    address = remote_urls.absolute(str(url))
    path = (Path(folder) if folder else _default_folder(address)).expanduser().absolute()
    with new_registry(path) as git_dir:
        git = Git(git_dir)
        try:
            remote, _ = remote_settings.add(git, DEFAULT, address, blobs)
            _fill(git, remote, location.Location(path / location.REGISTRY_FOLDER).cache)
        finally:
            git.close()
    with Context.open(location.at(path)) as context:
        models = list_versions(context)
    seconds = time.perf_counter() - begin
    return CloneResult(path=path, remote=remote, models=models, seconds=seconds)


def _fill(git: Git, remote: Remote, scratch: Path) -> None:
    """Bring objects and references of the remote into a repository that has none."""
    with Network(git, remote.url, scratch) as network:
        theirs = select(network.names(*PATTERNS))
        require_readable(theirs)
        require_distinct(theirs)
        network.fetch(theirs.all.values())
    if any(git.resolve(oid) is None for oid in theirs.all.values()):
        raise RemoteFailed(f"{remote.display_url} changed during the clone.", "Repeat the command.")
    require_kinds(git, theirs)
    names = {**theirs.all, **tracking.places(git, remote, theirs, theirs.all)}
    sync_file(references.write_packed(git.git_dir, names))


def _default_folder(address: str) -> Path:
    name = remote_urls.repository_name(address)
    if not name:
        raise InvalidValue(
            f"{display.redacted(address)} gives no name for the folder.",
            "Name it: %model_clone URL FOLDER",
        )
    return Path(name)
