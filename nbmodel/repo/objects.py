"""Single objects of a repository, a question at a time, over one waiting ``git cat-file``.

An answer belongs to its question, or there is none: whatever ends an exchange
half-way (an interrupted cell, a killed git, a damaged object) ends that
process too, and the next question gets a new one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from threading import RLock, Thread
from typing import Any, NamedTuple

from nbmodel.errors import GitFailed, GitTimedOut
from nbmodel.repo import timeouts
from nbmodel.repo.failures import RESTORE

_HEADER_RE = re.compile(rb"([0-9a-f]{40}) ([a-z]+) ([0-9]{1,18})\n", re.ASCII)
_NONE = (b" missing\n", b" ambiguous\n")
_DIED = (BrokenPipeError, EOFError)
MAX_STDERR_BYTES = 4096  # bytes kept of what git says on the side
EXIT_SECONDS = 5.0  # seconds for git to end once nobody asks or listens


class GitObject(NamedTuple):
    """An object; `data` is empty where only its header was asked for."""

    oid: str
    kind: str
    data: bytes


class ObjectReader:
    """What one ``git cat-file --batch-command`` answers; safe to share between threads.

    Parameters
    ----------
    start : callable
        Starts that command: a context manager of the process, which ends it.
    remedy : callable
        The line that fetches what a partial clone left with its remote.
    where : str
        The repository, for messages.
    """

    def __init__(
        self,
        start: Callable[[], AbstractContextManager[Any]],
        remedy: Callable[[], str],
        where: str = "",
    ) -> None:
        self._start = start
        self._remedy = remedy
        self._where = where
        self._lock = RLock()
        self._stack = ExitStack()
        self._process: Any = None
        self._answers: Any = None
        self._pid = os.getpid()
        self._asking = False
        self._complaints = bytearray()
        self._listener: Thread | None = None

    def close(self) -> None:
        """End the process that waits for questions."""
        with self._lock:
            process, self._process, self._asking = self._process, None, False
            if process is not None:
                for pipe in (process.stdin, process.stdout):
                    with suppress(BrokenPipeError):
                        pipe.close()
            if self._listener is not None:
                self._listener.join(EXIT_SECONDS)
            self._stack.close()

    def find(self, name: str) -> GitObject | None:
        """The object that a full ref name or an id stands for, without its content."""
        asked = self._ask("info", name, 0)
        return None if asked is None else asked[0]

    def measure(self, name: str) -> tuple[str, int] | None:
        """``(kind, bytes)`` of an object, without its content; None if there is none."""
        asked = self._ask("info", name, 0)
        return None if asked is None else (asked[0].kind, asked[1])

    def read(self, name: str, limit: int) -> GitObject | None:
        """The object with its content, checked against its id, or None if there is none.

        Raises
        ------
        GitFailed
            If it is larger than `limit` bytes, or damaged.
        """
        asked = self._ask("contents", name, limit)
        found = None if asked is None else asked[0]
        if found is not None and address(found.kind, found.data) != found.oid:
            raise GitFailed(
                f"The object {found.oid} is damaged: its content does not fit its id.",
                "Fetch it again from another clone; git fsck tells what else is damaged.",
            )
        return found

    def _ask(self, question: str, name: str, limit: int) -> tuple[GitObject, int] | None:
        if not name or set(name) & {"\n", "\0"}:  # no object's name: git would read two of it
            return None
        line = f"{question} {name}\n".encode(errors="surrogatepass")
        with self._lock:
            with suppress(*_DIED):  # long ago perhaps: a new one may know
                return self._timed(line, limit)
            try:
                return self._timed(line, limit)
            except _DIED as error:
                self.close()
                why = self._complaints.decode(errors="replace").strip() or "it ended"
                if "promisor remote" in why:
                    left = "The object is not in this partial clone."
                    raise GitFailed(left, f"Fetch it: {self._remedy()}") from error
                raise GitFailed(f"git cat-file failed: {why}", RESTORE) from error

    def _timed(self, line: bytes, limit: int) -> tuple[GitObject, int] | None:
        """One exchange; a git that does not answer in time is ended at once."""
        try:
            return self._exchange(line, limit)
        except GitTimedOut:
            self._process.kill()
            self.close()
            raise

    def _exchange(self, line: bytes, limit: int) -> tuple[GitObject, int] | None:
        """One question and its whole answer; `_asking` stays set if that did not come."""
        process = self._waiting()
        self._asking = True
        process.stdin.write(line)
        process.stdin.flush()
        header = self._answers.readline()
        if not header.endswith(b"\n"):
            raise EOFError
        match = _HEADER_RE.fullmatch(header)
        if match is None:
            if not header.endswith(_NONE):
                raise GitFailed(f"git cat-file answered {header[:120]!r}.")
            self._asking = False
            return None
        oid, kind, size, data = match[1].decode(), match[2].decode(), int(match[3]), b""
        if line.startswith(b"contents "):
            if size > limit:
                raise GitFailed(f"{oid} is {size:,} bytes large; at most {limit:,} are read.")
            data = self._answers.read(size + 1)
            if len(data) <= size:
                raise EOFError
        self._asking = False
        return GitObject(oid, kind, data[:-1]), size

    def _waiting(self) -> Any:
        if self._pid != os.getpid():  # forked: that pipe is the parent's
            self._process, self._stack, self._pid = None, ExitStack(), os.getpid()
            self._listener = None
        if self._asking:
            self.close()
        if self._process is None:
            process = self._stack.enter_context(self._start())
            self._complaints = bytearray()
            # Unread, its complaints of damaged objects would fill the pipe and stop it.
            # A descriptor of its own: the pipe's may be closed, and its number be another file's.
            listening = (os.dup(process.stderr.fileno()), self._complaints)
            self._listener = Thread(target=_listen, args=listening, daemon=True)
            self._listener.start()
            self._answers = timeouts.reader(process.stdout, "cat-file", self._where)
            self._process = process
        return self._process


def address(kind: str, data: bytes) -> str:
    """Object id of a content."""
    digest = hashlib.sha1(f"{kind} {len(data)}\0".encode(), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def _listen(descriptor: int, complaints: bytearray) -> None:
    try:
        while said := os.read(descriptor, MAX_STDERR_BYTES):
            complaints += said
            del complaints[:-MAX_STDERR_BYTES]
    finally:
        os.close(descriptor)
