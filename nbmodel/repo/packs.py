"""Packs: rolled up when there are many, and named when one hides an object.

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

MAX_PACKS = 50  # packs, as git's own gc.autoPackLimit

_log = logging.getLogger(__name__)


def tidy(git: Git) -> None:
    """Roll small packs up once there are many; what they hold stays, whether a ref names it or not.

    Geometric: each pack holds at least twice the objects of the next smaller
    one, so an object is copied a few times in its life, not at every turn.
    """
    try:
        names = [path.name for path in (git.git_dir / "objects/pack").iterdir()]
    except OSError:
        return
    if sum(name.endswith(".pack") for name in names) <= MAX_PACKS:
        return
    if (git.git_dir / "objects").is_symlink() or (git.git_dir / "objects/pack").is_symlink():
        return  # packs of another repository, whose refs are not known here
    try:
        git.run("repack", "--geometric=2", "-d", "-q")
    except (GitFailed, WriteFailed) as error:
        # Nothing was removed, the commit stands; the next one tries again. Often another writer
        # is at it; what is damaged %model_verify names.
        _log.debug("The packs of %s were not rolled up: %s", git.git_dir, error)


def why_absent(git_dir: Path, oid: str) -> str:
    """What may hide an object, and what to do; empty if nothing does.

    Parameters
    ----------
    git_dir : Path
    oid : str
        The object's id: only its own folder of loose objects is looked at, and every pack.
    """
    objects = git_dir / "objects"
    for path in (objects, objects / oid[:2], objects / oid[:2] / oid[2:], objects / "pack"):
        if os.access(path, os.F_OK) and not os.access(path, os.R_OK):
            return _forbidden(path)
    try:
        names = sorted(os.listdir(objects / "pack"))  # noqa: PTH208  names alone, many times
    except OSError:
        return ""
    for name in names:
        path = objects / "pack" / name
        if name.endswith((".pack", ".idx")) and not os.access(path, os.R_OK):
            return _forbidden(path)
        if name.endswith(".pack") and f"{name[:-5]}.idx" not in names:
            return f"{path} has no index. Make it: git index-pack '{path}'"
    return ""


def _forbidden(path: Path) -> str:
    error = denied(path)
    return f"{error.what} {error.hint}"
