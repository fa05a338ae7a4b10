"""Single objects of a repository, over one ``git cat-file`` that waits for requests.

An answer always belongs to its request. An exchange may end early: an interrupted cell, a killed
git, a damaged object. Then the process is ended too, and the next request starts a new one.
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
MAX_STDERR_BYTES = 4096  # the rest of git's messages is cut off
EXIT_SECONDS = 5.0  # for git to end once its pipes are closed


class GitObject(NamedTuple):
    """An object. `data` is empty if only its header was read."""

    oid: str
    kind: str
    data: bytes


class ObjectReader:
    """Reads objects through one ``git cat-file --batch-command``. Threads may share it.

    Parameters
    ----------
    start : callable
        Starts that command. It returns a context manager of the process, which ends it.
    remedy : callable
        Returns the command that fetches the objects that a partial clone lacks.
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
        self._messages = bytearray()
        self._listener: Thread | None = None

    def close(self) -> None:
        """End the process that waits for requests."""
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
        """The object for a full ref name or an id, without its content; None if there is none."""
        answer = self._ask("info", name, 0)
        return None if answer is None else answer[0]

    def measure(self, name: str) -> tuple[str, int] | None:
        """``(kind, size in bytes)`` of an object; None if there is none."""
        answer = self._ask("info", name, 0)
        return None if answer is None else (answer[0].kind, answer[1])

    def read(self, name: str, limit: int) -> GitObject | None:
        """The object with its content, which is checked; None if there is none.

        Raises
        ------
        GitFailed
            If it is larger than `limit` bytes, or damaged.
        """
        answer = self._ask("contents", name, limit)
        item = None if answer is None else answer[0]
        if item is not None and address(item.kind, item.data) != item.oid:
            raise GitFailed(
                f"The object {item.oid} is damaged: its content does not match its id.",
                "Fetch it again from another clone. git fsck lists what else is damaged.",
            )
        return item

    def _ask(self, question: str, name: str, limit: int) -> tuple[GitObject, int] | None:
        if not name or set(name) & {
            "\n",
            "\0",
        }:  # not a name of an object: git would read two requests
            return None
        line = f"{question} {name}\n".encode(errors="surrogatepass")
        with self._lock:
            with suppress(*_DIED):  # git may have ended long ago: start a new one
                return self._timed(line, limit)
            try:
                return self._timed(line, limit)
            except _DIED as error:
                self.close()
                why = self._messages.decode(errors="replace").strip() or "it ended"
                if "promisor remote" in why:
                    what = "The object is not in this partial clone."
                    raise GitFailed(what, f"Fetch it: {self._remedy()}") from error
                raise GitFailed(f"git cat-file failed: {why}", RESTORE) from error

    def _timed(self, line: bytes, limit: int) -> tuple[GitObject, int] | None:
        """One exchange. A git that does not answer in time is ended at once."""
        try:
            return self._exchange(line, limit)
        except GitTimedOut:
            self._process.kill()
            self.close()
            raise

    def _exchange(self, line: bytes, limit: int) -> tuple[GitObject, int] | None:
        """One request and its answer. `_asking` stays set if the answer is not complete."""
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
                raise GitFailed(f"git cat-file answered {header[:120]!r}.", RESTORE)
            self._asking = False
            return None
        oid, kind, size, data = match[1].decode(), match[2].decode(), int(match[3]), b""
        if line.startswith(b"contents "):
            if size > limit:
                raise GitFailed(f"The object {oid} has {size:,} bytes; at most {limit:,} are read.")
            data = self._answers.read(size + 1)
            if len(data) <= size:
                raise EOFError
        self._asking = False
        return GitObject(oid, kind, data[:-1]), size

    def _waiting(self) -> Any:
        if self._pid != os.getpid():  # after a fork, the pipe belongs to the parent
            self._process, self._stack, self._pid = None, ExitStack(), os.getpid()
            self._listener = None
        if self._asking:
            self.close()
        if self._process is None:
            process = self._stack.enter_context(self._start())
            self._messages = bytearray()
            # Unread, git's messages about damaged objects would fill the pipe and block it. The
            # descriptor is a copy, because the pipe may be closed and its number reused.
            listening = (os.dup(process.stderr.fileno()), self._messages)
            self._listener = Thread(target=_listen, args=listening, daemon=True)
            self._listener.start()
            self._answers = timeouts.reader(process.stdout, "cat-file", self._where)
            self._process = process
        return self._process


def address(kind: str, data: bytes) -> str:
    """The object id of a content."""
    digest = hashlib.sha1(f"{kind} {len(data)}\0".encode(), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def _listen(descriptor: int, messages: bytearray) -> None:
    try:
        while data := os.read(descriptor, MAX_STDERR_BYTES):
            messages += data
            del messages[:-MAX_STDERR_BYTES]
    finally:
        os.close(descriptor)
