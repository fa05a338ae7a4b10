"""The record of what this user committed on this machine.

It lies in the user's data folder, never in a repository, and goes by the
sha256 of the manifest, which binds every byte of the payload: whoever copies
a version elsewhere copies bytes that this user made.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbmodel.store.durable import append_line, explained


class OwnRecord:
    """Digests of own manifests, in one short file for each first byte."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "own"

    def add(self, manifest: bytes) -> None:
        """Remember a manifest before its ref moves; on disk on return.

        Raises
        ------
        WriteFailed
            If the data folder cannot be written.
        """
        digest = hashlib.sha256(manifest).hexdigest()
        with explained(f"the record of your commits in {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            append_line(self._folder / digest[:2], digest)

    def has(self, manifest: bytes) -> bool:
        """Whether this user committed that manifest on this machine."""
        digest = hashlib.sha256(manifest).hexdigest()
        try:
            text = (self._folder / digest[:2]).read_text("ascii", errors="replace")
        except FileNotFoundError:
            return False
        return digest in text.splitlines()
