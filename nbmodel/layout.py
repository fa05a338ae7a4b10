"""The layout of a version: the paths that its tree may have, by format, and the sizes of its files.

A name must mean the same file on every file system. So it is plain ASCII, not ``..`` and not
``.git``, and no two names differ only in case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FORMAT = 2
MAX_NAME = 128  # characters
MAX_FILES = 4096  # in each folder except `payload`, including the folders below it

PAYLOAD, FILES, MODULES, RUN = "payload", "files", "modules", "run"

# Folders of each format, and how many levels of names each may have.
FOLDERS: Mapping[int, Mapping[str, int]] = {
    1: {PAYLOAD: 1},
    2: {PAYLOAD: 1, FILES: 1, MODULES: 16, RUN: 3},
}

MIB = 1 << 20
# The same limits hold for the writer and the reader of a file. A longer file does not come from
# nbmodel, or does not describe a model, and reading it could take minutes and gigabytes.
MAX_FILE_BYTES: Mapping[str, int] = {
    "model.json": 8 * MIB,
    "profile.json": 8 * MIB,
    "acceptance.json": MIB,
    "curves.json": 4 * MIB,
    "cells.py": 4 * MIB,
    "requirements.txt": MIB,
    "README.md": 4 * MIB,
    ".gitattributes": MIB,
}
MAX_FOLDER_FILE_BYTES: Mapping[str, int] = {
    PAYLOAD: 2 * MIB,  # larger content is in the store
    FILES: 8 * MIB,
    MODULES: 8 * MIB,
    RUN: 4 * MIB,
}
MAX_OTHER_BYTES = MIB
EVALUATION_NOTE = "evaluation"  # what a note attaches that has the metrics of an evaluation
MAX_NOTES_BYTES = 4 * MIB  # of all notes of one version

_ADVICE: Mapping[str, str] = {
    "model.json": "Give it fewer or shorter parameters, metrics and tags, or its data fewer "
    "columns.",
    "profile.json": "Commit it without --data, or with fewer columns.",
    "cells.py": "Move data from its cells into a file, or set c.NbModel.record_cells = False.",
    "README.md": "Shorten its model card: %model_card REF --edit.",
}
_OTHER_ADVICE = "Leave it out, or make it smaller."

_NAME_RE = re.compile(rb"[A-Za-z0-9._][A-Za-z0-9._-]*", re.ASCII)


def is_plain(name: bytes) -> bool:
    """Whether a name means the same file on every file system."""
    plain = len(name) <= MAX_NAME and _NAME_RE.fullmatch(name) and name not in (b".", b"..")
    return bool(plain) and name.lower() != b".git"


def is_path(path: str, form: int = FORMAT) -> bool:
    """Whether a version of format `form` may have a file at `path`."""
    folders = FOLDERS[form]
    top, *below = path.split("/")
    if not all(is_plain(name.encode(errors="replace")) for name in (top, *below)):
        return False
    if top.lower() in folders:
        return top in folders and 0 < len(below) <= folders[top]
    return not below


def max_bytes(path: str) -> int:
    """The most bytes that the file at `path` of a version may have."""
    top, _, below = path.partition("/")
    return (
        MAX_FOLDER_FILE_BYTES.get(top, MAX_OTHER_BYTES)
        if below
        else MAX_FILE_BYTES.get(top, MAX_OTHER_BYTES)
    )


def advice_for(path: str) -> str:
    """What to do if a file is too large."""
    return _ADVICE.get(path, _OTHER_ADVICE)
