"""A cache from blake3 to sha256 digests. An unchanged buffer needs neither sha256 nor a write.

It is a text file in the user's cache folder, to which several processes append lines
(O_APPEND). It is disposable. An entry counts only if the object exists with its size.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from nbmodel.records import Segment

_LINE_RE = re.compile(rb"([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9]{1,15})", re.ASCII)
_log = logging.getLogger(__name__)


class HashCache:
    """The segments that this user has stored or verified, by blake3."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = 0
        self._by_blake3: dict[str, Segment] = {}
        self._sizes: set[int] = set()
        self._lock = Lock()

    def refresh(self) -> None:
        """Read what other processes have added. A file that cannot be read is ignored."""
        with self._lock:
            try:
                with self._path.open("rb") as file:
                    if os.fstat(file.fileno()).st_size < self._read_to:
                        self._read_to = 0  # the cache was emptied: this is a new file
                    file.seek(self._read_to)
                    text = file.read()
            except FileNotFoundError:
                return
            except OSError as error:
                _log.debug("The cache of digests %s was not read: %s", self._path, error)
                return
            whole = text[: text.rfind(b"\n") + 1]
            self._read_to += len(whole)
            for line in whole.split(b"\n"):
                if match := _LINE_RE.fullmatch(line):
                    blake3, sha256, size = (part.decode() for part in match.groups())
                    self._remember(Segment(sha256, blake3, int(size)))

    def may_hold(self, size: int) -> bool:
        """Whether any known segment has this size. If not, blake3 is not needed first."""
        return size in self._sizes

    def find(self, blake3: str, size: int) -> Segment | None:
        """The segment with this digest and size, or None."""
        segment = self._by_blake3.get(blake3)
        return segment if segment is not None and segment.size == size else None

    def add(self, segments: Iterable[Segment]) -> None:
        """Add segments, here and for other processes. A full disk is not an error here."""
        with self._lock:
            new = [s for s in segments if self._by_blake3.get(s.blake3) != s]
            for segment in new:
                self._remember(segment)
            if not new:
                return
            text = "".join(f"{s.blake3} {s.sha256} {s.size}\n" for s in new)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(descriptor, text.encode())
                finally:
                    os.close(descriptor)
            except OSError as error:
                _log.debug("The cache of digests %s was not extended: %s", self._path, error)

    def _remember(self, segment: Segment) -> None:
        self._by_blake3[segment.blake3] = segment
        self._sizes.add(segment.size)
