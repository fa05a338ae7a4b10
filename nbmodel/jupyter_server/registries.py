"""Which registry a notebook means, and the registries that are open."""

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
from nbmodel.repo.location import BESIDE, Location
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_OPEN = 8
MOST_FOLDERS = 256  # whose registry is remembered

# Any of these in a folder may make it, or what lies in it, another registry's.
_SIGNS = (".git", f"{BESIDE}/HEAD", "HEAD")


@dataclass(eq=False)
class _Opened:
    registry: Registry
    users: int = 0
    retired: bool = False


class Registries:
    """Registries, each opened once; the least recently used are closed.

    Parameters
    ----------
    read_only : bool
        Refuse every change of every one of them.
    log : str
        Folder or URL that holds the logs of predictions; see `NbModel.prediction_log`.
    """

    def __init__(self, *, read_only: bool, log: str = "") -> None:
        self._read_only = read_only
        self._log = log
        self._lock = Lock()
        self._opened: OrderedDict[Location, _Opened] = OrderedDict()
        self._found: OrderedDict[Path, tuple[object, Location]] = OrderedDict()

    @staticmethod
    def folder(root: str, path: str, repo: str) -> Path:
        """The folder whose registry is meant.

        Parameters
        ----------
        root : str
            What the server shows; empty if that is no folder.
        path : str
            Of a notebook or a folder in it, with slashes.
        repo : str
            A registry's own folder, absolute; it wins.

        Raises
        ------
        InvalidValue
            If `repo` is not absolute, or `path` leads out of `root`.
        """
        if "\0" in repo + path:
            raise InvalidValue("A path holds a null character.", "Pass the path of a notebook.")
        if repo:
            if not Path(repo).is_absolute():
                raise InvalidValue(f"{repo!r} is not an absolute path.", "Pass an absolute one.")
            return Path(repo)
        if not root:
            raise InvalidValue(
                "This server's notebooks do not lie in a folder.",
                "Run a cell with %load_ext nbmodel: the kernel knows its registry.",
            )
        top = Path(os.path.abspath(root))  # noqa: PTH100  links stay, as in Jupyter Server
        target = Path(os.path.abspath(to_os_path(ApiPath(path), str(top))))  # noqa: PTH100
        if not target.is_relative_to(top) or os.path.splitdrive(path)[0]:
            raise InvalidValue(
                f"{path!r} is outside of the folder that the server shows.",
                "Pass the path of a notebook as the file browser shows it.",
            )
        return target if target == top or target.is_dir() else target.parent

    @contextmanager
    def lent(self, folder: Path) -> Iterator[Registry]:
        """The registry of a folder; it stays open until it is given back.

        Raises
        ------
        RegistryNotFound, GitFailed
        """
        place = self._place(folder)
        with self._lock:
            opened = self._opened.get(place)
            if opened is None:
                log = str(default_root(place, self._log)) if self._log else ""
                context = Context.open(place, read_only=self._read_only, log=log)
                opened = _Opened(Registry(context))
                self._opened[place] = opened
            opened.users += 1
            self._opened.move_to_end(place)
            while len(self._opened) > MOST_OPEN:
                self._retire(self._opened.popitem(last=False)[1])
        try:
            yield opened.registry
        finally:
            with self._lock:
                opened.users -= 1
                if opened.retired:
                    self._retire(opened)

    def close(self) -> None:
        """Close all of them."""
        with self._lock:
            while self._opened:
                self._retire(self._opened.popitem()[1])

    def _place(self, folder: Path) -> Location:
        """Where the registry of a folder is; git is asked again when a sign of one changed."""
        signs = tuple(
            (above / sign).exists() for above in (folder, *folder.parents) for sign in _SIGNS
        )
        with self._lock:
            known = self._found.get(folder)
        if known is not None and known[0] == signs and known[1].git_dir.is_dir():
            return known[1]
        place = location.at(folder)
        with self._lock:
            self._found[folder] = (signs, place)
            while len(self._found) > MOST_FOLDERS:
                self._found.popitem(last=False)
        return place

    @staticmethod
    def _retire(opened: _Opened) -> None:
        """Close it as soon as nobody uses it."""
        opened.retired = True
        if not opened.users:
            opened.registry.close()
