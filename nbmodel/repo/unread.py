"""Why an object may seem missing though it is there: what of the object folders cannot be used.

git takes a pack that it may not read, or whose index is missing, for one that is not there.
"""

from __future__ import annotations

import os
from pathlib import Path

from nbmodel.repo.failures import denied


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
