"""Keep packs few: each commit brings one, and git looks through all of them for an object."""

from __future__ import annotations

import logging

from nbmodel.errors import GitFailed, WriteFailed
from nbmodel.repo.git import Git

LIMIT = 50  # packs, as git's own gc.autoPackLimit

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
    if sum(name.endswith(".pack") for name in names) <= LIMIT:
        return
    if (git.git_dir / "objects").is_symlink() or (git.git_dir / "objects/pack").is_symlink():
        return  # packs of another repository, whose refs are not known here
    try:
        git.run("repack", "--geometric=2", "-d", "-q")
    except (GitFailed, WriteFailed) as error:
        # Nothing was removed, the commit stands; the next one tries again. Often another writer
        # is at it; what is damaged %model_verify names.
        _log.debug("The packs of %s were not rolled up: %s", git.git_dir, error)
