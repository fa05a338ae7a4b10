"""The record of what this user committed on this machine.

It lies in the user's data folder, never in a repository, and goes by the
sha256 of the manifest, which binds every byte of the payload: whoever copies
a version elsewhere copies bytes that this user made. Where the folder cannot
be written, the record lasts as long as the process: what is not in it loads
through the trust check, which is always safe.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbmodel.errors import ReadFailed
from nbmodel.store.durable import append_line, explained, make_folders


class TrustedCommits:
    """Digests of own manifests, in one short file for each first byte."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "own"
        self._unwritten: set[str] = set()

    def add(self, manifest: bytes) -> None:
        """Remember a manifest before its ref moves; on disk on return.

        Raises
        ------
        WriteFailed
            If the data folder cannot be written; until this process ends it is remembered.
        """
        digest = hashlib.sha256(manifest).hexdigest()
        self._unwritten.add(digest)
        with explained(f"the record of your commits in {self._folder}"):
            make_folders(self._folder, Path(self._folder.anchor), mode=0o700)
            append_line(self._folder / digest[:2], digest)
        self._unwritten.discard(digest)

    def has(self, manifest: bytes) -> bool:
        """Whether this user committed that manifest on this machine.

        Raises
        ------
        ReadFailed
            If the record is there and cannot be read.
        """
        digest = hashlib.sha256(manifest).hexdigest()
        path = self._folder / digest[:2]
        if digest in self._unwritten:
            return True
        try:
            # Not by lines: what a power cut left of one runs into the next.
            return digest.encode() in path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            if isinstance(error, PermissionError) and not _reachable(path):
                return False  # another user's folders: whose HOME is it?
            raise ReadFailed(str(path), error) from error


def _reachable(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return False
    return True
