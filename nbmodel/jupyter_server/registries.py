"""Finds the registry of a notebook, and keeps registries open."""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from jupyter_server.utils import ApiPath, to_os_path

from nbmodel.errors import InvalidValue
from nbmodel.monitor.prediction_log.settings import default_root
from nbmodel.repo import location
from nbmodel.repo.location import REGISTRY_FOLDER, Location
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OPEN_REGISTRIES = 8
MAX_CACHED_FOLDERS = 256  # whose registry is known without asking git

# If one of these appears in a folder, the folder may belong to another registry.
_MARKERS = (".git", f"{REGISTRY_FOLDER}/HEAD", "HEAD")


@dataclass(eq=False)
class _OpenRegistry:
    registry: Registry
    users: int = 0
    closing: bool = False


class Registries:
    """Opens each registry once, and closes the least recently used ones.

    Parameters
    ----------
    read_only : bool
        Refuse all changes.
    log : str
        Folder or URL of the prediction logs; see `NbModel.prediction_log`.
    """

    def __init__(self, *, read_only: bool, log: str = "") -> None:
        self._read_only = read_only
        self._log = log
        self._lock = Lock()
        self._entries: OrderedDict[Location, _OpenRegistry] = OrderedDict()
        self._cache: OrderedDict[Path, tuple[object, Location]] = OrderedDict()

    @staticmethod
    def folder(root: str, path: str, repo: str) -> Path:
        """The folder whose registry a page uses.

        Parameters
        ----------
        root : str
            The folder that the server shows; empty if its notebooks are not files.
        path : str
            Of a notebook or a folder in `root`, with slashes.
        repo : str
            The absolute path of a registry; if it is not empty, `path` is ignored.

        Raises
        ------
        InvalidValue
            If `repo` is not absolute, or `path` is outside of `root`.
        """
        if "\0" in repo + path:
            raise InvalidValue("A path has a null character.", "Pass the path of a notebook.")
        if repo:
            if not Path(repo).is_absolute():
                raise InvalidValue(f"{repo!r} is not an absolute path.", "Pass an absolute path.")
            return Path(repo)
        if not root:
            raise InvalidValue(
                "The notebooks of this server are not files in a folder.",
                "Run %load_ext nbmodel in a cell: the kernel finds the registry.",
            )
        top = Path(os.path.abspath(root))  # noqa: PTH100  keeps links, as Jupyter Server does
        target = Path(os.path.abspath(to_os_path(ApiPath(path), str(top))))  # noqa: PTH100
        if not target.is_relative_to(top) or os.path.splitdrive(path)[0]:
            raise InvalidValue(
                f"{path!r} is outside of the folder that the server shows.",
                "Pass the path of a notebook as the file browser shows it.",
            )
        return target if target == top or target.is_dir() else target.parent

    @contextmanager
    def borrow(self, folder: Path) -> Iterator[Registry]:
        """The registry of a folder; it stays open until the context ends.

        Raises
        ------
        RegistryNotFound, GitFailed
        """
        where = self._locate(folder)
        with self._lock:
            entry = self._entries.get(where)
            if entry is None:
                log = str(default_root(where, self._log)) if self._log else ""
                context = Context.open(where, read_only=self._read_only, log=log)
                entry = _OpenRegistry(Registry(context))
                self._entries[where] = entry
            entry.users += 1
            self._entries.move_to_end(where)
            while len(self._entries) > MAX_OPEN_REGISTRIES:
                self._close_when_unused(self._entries.popitem(last=False)[1])
        try:
            yield entry.registry
        finally:
            with self._lock:
                entry.users -= 1
                if entry.closing:
                    self._close_when_unused(entry)

    def close(self) -> None:
        """Close all registries."""
        with self._lock:
            while self._entries:
                self._close_when_unused(self._entries.popitem()[1])

    def _locate(self, folder: Path) -> Location:
        """Where the registry of a folder is; calls git again only if a marker has changed."""
        markers = tuple(
            (above / marker).exists() for above in (folder, *folder.parents) for marker in _MARKERS
        )
        with self._lock:
            cached = self._cache.get(folder)
        if cached is not None and cached[0] == markers and cached[1].git_dir.is_dir():
            return cached[1]
        result = location.at(folder)
        with self._lock:
            self._cache[folder] = (markers, result)
            while len(self._cache) > MAX_CACHED_FOLDERS:
                self._cache.popitem(last=False)
        return result

    @staticmethod
    def _close_when_unused(entry: _OpenRegistry) -> None:
        """Close a registry now, or when its last user has finished."""
        entry.closing = True
        if not entry.users:
            entry.registry.close()
