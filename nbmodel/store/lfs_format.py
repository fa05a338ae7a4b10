"""The format of git-lfs: pointers, and the folders of its objects.

The tree of a version holds a pointer in place of a segment. Its format is defined in
`docs/spec.md` of git-lfs: UTF-8, LF, ``version`` first, the other keys sorted, fewer
than 1,024 bytes.
"""

from __future__ import annotations

import re

from nbmodel.errors import ManifestInvalid
from nbmodel.records import Segment

MAX_POINTER_BYTES = 1024
OBJECTS_FOLDER, TMP_FOLDER = "objects", "tmp"
TEMPORARY_PREFIX = "nbmodel-"  # of the names of nbmodel's temporary files
_VERSION = "version https://git-lfs.github.com/spec/v1"
_OID_RE = re.compile(r"oid sha256:([0-9a-f]{64})", re.ASCII)
_SIZE_RE = re.compile(r"size (0|[1-9][0-9]{0,14})", re.ASCII)


def write_pointer(segment: Segment) -> bytes:
    """The pointer to a segment."""
    return f"{_VERSION}\noid sha256:{segment.sha256}\nsize {segment.size}\n".encode()


def is_pointer(data: bytes | bytearray) -> bool:
    """Whether a blob is a pointer rather than content."""
    return len(data) < MAX_POINTER_BYTES and data.startswith(_VERSION.encode() + b"\n")


def read_pointer(data: bytes, where: str) -> tuple[str, int]:
    """``(sha256, size)`` of a pointer.

    Raises
    ------
    ManifestInvalid
        If it is not a well-formed pointer. `where` names it in the message.
    """
    lines = (
        data.decode("utf-8", errors="replace").split("\n") if len(data) < MAX_POINTER_BYTES else []
    )
    if len(lines) < 4 or lines[0] != _VERSION or lines[-1] != "":
        raise ManifestInvalid(where, "not a git-lfs pointer")
    keys = [line.split(" ", 1)[0] for line in lines[1:-1]]
    oid = next((m for line in lines if (m := _OID_RE.fullmatch(line))), None)
    size = next((m for line in lines if (m := _SIZE_RE.fullmatch(line))), None)
    if oid is None or size is None or keys != sorted(set(keys)):
        raise ManifestInvalid(where, "a malformed git-lfs pointer")
    return oid[1], int(size[1])


# -- folders -------------------------------------------------------------------


def object_folders(sha256: str) -> tuple[str, str, str]:
    """The folders of an object, below the folder of git-lfs."""
    return OBJECTS_FOLDER, sha256[:2], sha256[2:4]
