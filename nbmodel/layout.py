"""Where the files of a version lie: which paths its tree may hold, by format.

A name must mean one file in one folder, whatever the file system: plain ASCII,
no ``..``, no ``.git``, no two names that differ only in case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FORMAT = 2
MAX_NAME = 128  # characters of one name
MAX_FILES = 4096  # in each folder but `payload`, with the folders below it

PAYLOAD, FILES, MODULES, RUN = "payload", "files", "modules", "run"

# Folders of each format, and how many levels of names lie below each.
FOLDERS: Mapping[int, Mapping[str, int]] = {
    1: {PAYLOAD: 1},
    2: {PAYLOAD: 1, FILES: 1, MODULES: 16, RUN: 3},
}

_NAME_RE = re.compile(rb"[A-Za-z0-9._][A-Za-z0-9._-]*", re.ASCII)


def is_plain(name: bytes) -> bool:
    """Whether a name means one file in one folder, whatever the file system."""
    plain = len(name) <= MAX_NAME and _NAME_RE.fullmatch(name) and name not in (b".", b"..")
    return bool(plain) and name.lower() != b".git"


def is_path(path: str, form: int = FORMAT) -> bool:
    """Whether a version of format `form` may hold a file at `path`."""
    folders = FOLDERS[form]
    top, *below = path.split("/")
    if not all(is_plain(name.encode(errors="replace")) for name in (top, *below)):
        return False
    if top.lower() in folders:
        return top in folders and 0 < len(below) <= folders[top]
    return not below
