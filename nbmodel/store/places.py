"""Where what lies, below the folder of git-lfs."""

from __future__ import annotations

OBJECTS, TMP = "objects", "tmp"
TEMPORARY = "nbmodel-"  # begins the names of our temporary files


def address(sha256: str) -> tuple[str, str, str]:
    """The folders of an object, below the folder of git-lfs."""
    return OBJECTS, sha256[:2], sha256[2:4]
