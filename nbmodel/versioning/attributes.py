"""``.gitattributes`` of a version: what stock git and git-lfs need to yield its files."""

from __future__ import annotations

from collections.abc import Mapping

from nbmodel.store import lfs_format
from nbmodel.versioning.snapshot import SKELETON

_LFS = "filter=lfs diff=lfs merge=lfs -text"


def attributes(files: Mapping[str, bytes]) -> bytes:
    """The attributes of a version's files: git-lfs for pointers, no change of line ends in any.

    A file beside the pointers of its folder stays out of git-lfs, which complains of content
    where it expects a pointer.
    """
    large = lfs_format.is_pointer(files[SKELETON])
    lines = ["* -text", f"payload/{'' if large else '[0-9]'}* {_LFS}"]
    lines += [
        f"{path} {_LFS}"
        for path, content in files.items()
        if not path.startswith("payload/") and lfs_format.is_pointer(content)
    ]
    return "".join(f"{line}\n" for line in lines).encode()
