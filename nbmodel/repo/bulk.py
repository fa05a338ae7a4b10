"""Many objects of a repository in one go, over one ``git cat-file``.

A stranger's repository may hold objects that are missing, damaged or absurdly
large. Each of them costs its own answer only: the others still arrive.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cached_property
from itertools import islice
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from nbmodel.errors import GitFailed
from nbmodel.repo.objects import address
from nbmodel.repo.partial import fetch_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from nbmodel.repo.git import Git

CHUNK = 512  # questions asked before their answers are read
PIECE = 1 << 20


class Answer(NamedTuple):
    """What git said of one object; `why` tells why there is no `data`."""

    spec: str
    kind: str
    data: bytes
    why: str = ""


class Bulk:
    """A reader of many objects; a context manager that ends its git process.

    ``cat-file --batch-command --buffer`` takes questions until ``flush`` and
    only then answers, so neither side can block the other on a full pipe.

    Parameters
    ----------
    git : Git
    limit : int
        Larger objects are passed over, in bounded memory.
    """

    def __init__(self, git: Git, limit: int) -> None:
        self._git = git
        self._limit = limit
        self._stack = ExitStack()
        self._process: Any = None
        self._pending = 0

    def __enter__(self) -> Bulk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(self, specs: Iterable[str]) -> Iterator[Answer]:
        """Answers in the order of `specs`: object ids; what fits none of them says why."""
        specs = iter(specs)
        while chunk := list(islice(specs, CHUNK)):
            while chunk:
                yield from self._chunk(chunk)

    def _chunk(self, chunk: list[str]) -> Iterator[Answer]:
        """Answer `chunk` from its front and shorten it, up to the first that kills git."""
        if self._pending:  # an earlier reader stopped half-way: its answers are still in the pipe
            self._stop()
        asked, self._pending = list(chunk), len(chunk)
        stdout = self._ask(asked)
        for spec in asked:
            answer = self._answer(spec, stdout)
            chunk.pop(0)
            if answer is None:
                self._stop()
                yield Answer(spec, "", b"", self._unreadable)
                return
            self._pending -= 1
            yield answer

    def _ask(self, chunk: list[str]) -> BinaryIO:
        try:
            return self._send(chunk)
        except BrokenPipeError:  # it ended since the last chunk
            self._stop()
        try:
            return self._send(chunk)
        except BrokenPipeError as error:
            raise GitFailed("git cat-file ended before it was asked anything.") from error

    def _send(self, chunk: list[str]) -> BinaryIO:
        if self._process is None:
            self._process = self._stack.enter_context(
                self._git.start("cat-file", "--batch-command", "--buffer")
            )
            # git complains of each bad object: unread, its complaints would fill the pipe.
            # A descriptor of its own, because the pipe may be closed while it is being read.
            complaints = os.dup(self._process.stderr.fileno())
            Thread(target=_drain, args=(complaints,), daemon=True).start()
        questions = "".join(f"contents {spec}\n" for spec in chunk)
        self._process.stdin.write(f"{questions}flush\n".encode())
        self._process.stdin.flush()
        stdout: BinaryIO = self._process.stdout
        return stdout

    def _answer(self, spec: str, stdout: BinaryIO) -> Answer | None:
        """Read one answer; None if git ended instead."""
        header = stdout.readline()
        if not header.endswith(b"\n"):
            return None
        words = header.split()
        if len(words) != 3 or not words[2].isdigit():
            return Answer(spec, "", b"", "there is no such object")
        size = int(words[2])
        if size > self._limit:
            whole = _skip(stdout, size + 1)
            why = f"it is {size:,} bytes large; at most {self._limit:,} are read"
            return Answer(spec, "", b"", why) if whole else None
        data = stdout.read(size + 1)
        if len(data) <= size:
            return None
        kind, content = words[1].decode(), data[:-1]
        if address(kind, content) != words[0].decode():
            return Answer(spec, "", b"", "it is damaged: its content does not fit its id")
        return Answer(spec, kind, content)

    @cached_property
    def _unreadable(self) -> str:
        return f"it is damaged, or not in this clone. Fetch it: {fetch_line(self._git)}"

    def _stop(self) -> None:
        self._process, self._pending = None, 0
        self._stack.close()


def _skip(stdout: BinaryIO, size: int) -> bool:
    while size > 0:
        piece = stdout.read(min(size, PIECE))
        if not piece:
            return False
        size -= len(piece)
    return True


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, PIECE):
            pass
    finally:
        os.close(descriptor)
