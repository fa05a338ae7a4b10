"""Packs: combined when there are many, and reported when one hides an object.

Each commit adds a pack, and git looks through all of them for an object. git
treats a pack that it may not read, or that has no index, as if it were not there.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbmodel.errors import GitFailed, WriteFailed
from nbmodel.repo.failures import denied

if TYPE_CHECKING:
    from nbmodel.repo.git import Git

MAX_PACKS = 50  # the default of git's gc.autoPackLimit

_log = logging.getLogger(__name__)


def tidy(git: Git) -> None:
    """Combine small packs when there are many. All objects are kept, also those that no ref names.

    With ``--geometric=2``, each pack has at least twice as many objects as the next smaller one.
    So an object is copied only a few times, not each time.
    """
    if sum(name.endswith(".pack") for name in _names(git.git_dir)) <= MAX_PACKS:
        return
    if (git.git_dir / "objects").is_symlink() or (git.git_dir / "objects/pack").is_symlink():
        return  # they belong to another repository, whose refs are unknown
    try:
        git.run("repack", "--geometric=2", "-d", "-q")
    except (GitFailed, WriteFailed) as error:
        # Nothing was removed, and the next commit tries again. Often another process is combining
        # packs. %model_verify reports damage.
        _log.debug("The packs of %s were not combined: %s", git.git_dir, error)


def restore_indexes(git: Git) -> None:
    """Write the index of each pack that lacks it: its writer was killed, or the index was lost.

    git then sees the objects of the pack. A damaged pack is left alone.
    """
    folder = git.git_dir / "objects" / "pack"
    if folder.parent.is_symlink() or folder.is_symlink():  # they belong to another repository
        return
    for name in sorted(_without_index(_names(git.git_dir))):
        try:
            git.run("index-pack", str(folder / name))
        except (GitFailed, WriteFailed) as error:
            _log.debug("The pack %s has no index: %s", folder / name, error)


def why_absent(git_dir: Path, oid: str) -> str:
    """Why git may not see an object that exists, and what to do; empty if there is no reason.

    Parameters
    ----------
    git_dir : Path
    oid : str
        The object's id. Its folder of loose objects and all packs are checked.
    """
    objects = git_dir / "objects"
    for path in (objects, objects / oid[:2], objects / oid[:2] / oid[2:], objects / "pack"):
        if os.access(path, os.F_OK) and not os.access(path, os.R_OK):
            return _forbidden(path)
    names = _names(git_dir)
    incomplete = _without_index(names)
    for name in sorted(names):
        path = objects / "pack" / name
        if name.endswith((".pack", ".idx")) and not os.access(path, os.R_OK):
            return _forbidden(path)
        if name in incomplete:
            return f"{path} has no index. Create it: git index-pack '{path}'"
    return ""


def _names(git_dir: Path) -> frozenset[str]:
    """The files in the folder of packs; none if it cannot be listed."""
    try:
        return frozenset(os.listdir(git_dir / "objects/pack"))  # noqa: PTH208  names alone
    except OSError:
        return frozenset()


def _without_index(names: frozenset[str]) -> frozenset[str]:
    packs = (name for name in names if name.endswith(".pack"))
    return frozenset(pack for pack in packs if f"{pack.removesuffix('.pack')}.idx" not in names)


def _forbidden(path: Path) -> str:
    error = denied(path)
    return f"{error.what} {error.hint}"
