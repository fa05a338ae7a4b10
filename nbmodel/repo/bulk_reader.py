"""Read many objects of a repository at once, over one ``git cat-file``.

A stranger's repository may contain objects that are missing, damaged or extremely
large. Only the answer about such an object is lost: the others still arrive.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cached_property
from itertools import islice
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from nbmodel.errors import GitFailed, GitTimedOut
from nbmodel.repo import timeouts
from nbmodel.repo.objects import address
from nbmodel.repo.packs import why_absent
from nbmodel.repo.remotes import fetch_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from nbmodel.repo.git import Git

REQUESTS_PER_FLUSH = 512  # requests sent before their answers are read
DRAIN_BYTES = 1 << 20
NO_OBJECT = "0" * 40  # an id that no object has, for a file that a tree does not list


class Answer(NamedTuple):
    """What git answered about one object. Without `data`, `why` says why."""

    spec: str
    kind: str
    data: bytes
    why: str = ""


class BulkReader:
    """A reader of many objects; a context manager that ends its git process.

    ``cat-file --batch-command --buffer`` reads requests until ``flush`` and answers
    only then, so neither side can block the other on a full pipe.

    Parameters
    ----------
    git : Git
    limit : int
        Objects with more bytes are not read. After the first such object, the reader asks git
        for the size of each object first, because skipping many large contents would be slow.
    """

    def __init__(self, git: Git, limit: int) -> None:
        self._git = git
        self._limit = limit
        self._stack = ExitStack()
        self._process: Any = None
        self._answers: Any = None
        self._pending = 0
        self._checks_sizes = False

    def __enter__(self) -> BulkReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(self, specs: Iterable[str]) -> Iterator[Answer]:
        """Yield an answer for each object id of `specs`, in order."""
        specs = iter(specs)
        while chunk := list(islice(specs, REQUESTS_PER_FLUSH)):
            while chunk:
                yield from self._one_by_one(chunk) if self._checks_sizes else self._chunk(chunk)

    def _chunk(self, chunk: list[str]) -> Iterator[Answer]:
        """Answer `chunk` from its front and shorten it, until an object ends git."""
        if self._pending:  # an earlier caller stopped early: its answers are still in the pipe
            self._stop()
        specs, self._pending = list(chunk), len(chunk)
        self._ask([f"contents {spec}" for spec in specs])
        for spec in specs:
            answer = self._answer(spec)
            chunk.pop(0)
            if answer is None:
                self._stop()
                yield Answer(spec, "", b"", self._unreadable)
                return
            if self._process is None:  # the object was too large
                yield answer
                return
            self._pending -= 1
            yield answer

    def _one_by_one(self, chunk: list[str]) -> Iterator[Answer]:
        """Answer `chunk` and shorten it, without reading objects that are too large."""
        while chunk:
            spec = chunk.pop(0)
            if self._pending:
                self._stop()
            answer = self._one(spec, "info")
            yield answer if answer.why else self._one(spec, "contents")

    def _one(self, spec: str, question: str) -> Answer:
        self._ask([f"{question} {spec}"])
        self._pending = 1
        answer = self._answer(spec, content=question == "contents")
        self._pending = 0
        if answer is None:
            self._stop()
            return Answer(spec, "", b"", self._unreadable)
        return answer

    def _ask(self, questions: list[str]) -> None:
        try:
            return self._send(questions)
        except BrokenPipeError:  # it ended since the last chunk
            self._stop()
        try:
            return self._send(questions)
        except BrokenPipeError as error:
            raise GitFailed("git cat-file ended before it read a request.", "Try again.") from error

    def _send(self, questions: list[str]) -> None:
        if self._process is None:
            self._process = self._stack.enter_context(
                self._git.start("cat-file", "--batch-command", "--buffer")
            )
            # git prints a message about each bad object. Unread, the messages would fill the pipe.
            # The descriptor is a copy, because the pipe may be closed while it is being read.
            messages = os.dup(self._process.stderr.fileno())
            Thread(target=_drain, args=(messages,), daemon=True).start()
            self._answers = timeouts.reader(
                self._process.stdout, "cat-file", str(self._git.git_dir)
            )
        lines = "".join(f"{question}\n" for question in questions)
        self._process.stdin.write(f"{lines}flush\n".encode())
        self._process.stdin.flush()

    def _answer(self, spec: str, *, content: bool = True) -> Answer | None:
        """Read one answer, or only its header; None if git ended instead."""
        try:
            return self._read_answer(spec, content)
        except GitTimedOut:
            self._process.kill()
            self._stop()
            raise

    def _read_answer(self, spec: str, content: bool) -> Answer | None:
        header = self._answers.readline()
        if not header.endswith(b"\n"):
            return None
        words = header.split()
        if len(words) != 3 or not words[2].isdigit():
            why = spec != NO_OBJECT and why_absent(self._git.git_dir, spec)
            return Answer(spec, "", b"", why or "there is no such object")
        size = int(words[2])
        if size > self._limit:
            if content:
                self._checks_sizes = True
                self._stop()
            why = f"it has {size:,} bytes; at most {self._limit:,} are read"
            return Answer(spec, "", b"", why)
        if not content:
            return Answer(spec, words[1].decode(), b"")
        data = self._answers.read(size + 1)
        if len(data) <= size:
            return None
        kind, body = words[1].decode(), data[:-1]
        if address(kind, body) != words[0].decode():
            return Answer(spec, "", b"", "it is damaged: its content does not match its id")
        return Answer(spec, kind, body)

    @cached_property
    def _unreadable(self) -> str:
        return f"it is damaged, or not in this clone. Fetch it: {fetch_line(self._git)}"

    def _stop(self) -> None:
        self._process, self._pending = None, 0
        self._stack.close()


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, DRAIN_BYTES):
            pass
    finally:
        os.close(descriptor)
