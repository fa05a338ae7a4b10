"""Baselines: the same bytes with nothing else done to them. No registry can be faster."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from blake3 import blake3


def hashing(buffers: Iterable[memoryview]) -> float:
    """Seconds that blake3 takes for buffers, one after the other, on all cores."""
    begin = time.perf_counter()
    for buffer in buffers:
        blake3(buffer, max_threads=blake3.AUTO).digest()
    return time.perf_counter() - begin


class PlainGit:
    """Commits files with one ``git fast-import``, synced like nbmodel's commits, and nothing else.

    Parameters
    ----------
    path : Path
        The bare repository to make.
    """

    def __init__(self, path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
        settings = ("core.fsync=all", "fastimport.unpackLimit=1")
        options = [option for setting in settings for option in ("-c", setting)]
        self._command = ["git", *options, "-C", str(path), "fast-import", "--quiet"]
        self._tip = b""

    def commit(self, files: Mapping[str, bytes]) -> float:
        """Seconds for the next commit of a branch."""
        data = b"".join([self._head(), *(_file(path, data) for path, data in files.items())])
        begin = time.perf_counter()
        process = subprocess.run(
            self._command, input=data + b"get-mark :1\n", stdout=subprocess.PIPE, check=True
        )
        seconds = time.perf_counter() - begin
        self._tip = process.stdout.strip()
        return seconds

    def _head(self) -> bytes:
        who = b"Ada <ada@example.org> %d +0000" % time.time()
        parent = b"from %s\n" % self._tip if self._tip else b""
        return b"commit refs/heads/main\nmark :1\ncommitter %s\ndata 0\n%sdeleteall\n" % (
            who,
            parent,
        )


def _file(path: str, data: bytes) -> bytes:
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
