"""The record of the commits that this user made on this machine.

It is stored in the user's data folder, never in a repository. It holds the sha256 of each
manifest. The manifest holds the digest of every byte of the payload. So a copy of the version in
another repository is still what this user made. If the folder is not writable, the record lasts
as long as the process. A version that is not in the record loads through the trust check.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbmodel.errors import ReadFailed
from nbmodel.store.durable import append_line, explained, make_folders


class TrustedCommits:
    """Digests of manifests, in one file for each first byte of the digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "own"
        self._unwritten: set[str] = set()

    def add(self, manifest: bytes) -> None:
        """Add a manifest before its reference moves; it is on disk when this returns.

        Raises
        ------
        WriteFailed
            If the data folder is not writable. The manifest counts as added until the process ends.
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
            If the record exists and cannot be read.
        """
        digest = hashlib.sha256(manifest).hexdigest()
        path = self._folder / digest[:2]
        if digest in self._unwritten:
            return True
        try:
            # Not line by line: after a power failure, an incomplete line may run into the next.
            return digest.encode() in path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            if isinstance(error, PermissionError) and not _reachable(path):
                return False  # HOME is the folder of another user
            raise ReadFailed(str(path), error) from error


def _reachable(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return False
    return True
