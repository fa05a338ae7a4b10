"""How long a git may take to answer; one that does not is ended, and the error says which.

What a git waits for is seldom git's own: a disk of the network that is gone, a named pipe in the
place of a file that it reads. Without a limit every question would hang with it.
"""

from __future__ import annotations

import io
import os
import select
import time
from contextlib import suppress
from subprocess import Popen, TimeoutExpired
from typing import Any, BinaryIO

from nbmodel.config import NbModel
from nbmodel.errors import GitTimedOut

EXIT_SECONDS = 5.0  # seconds for a git to end once its pipes are closed
SLOW_FACTOR = 60  # times the limit, for what goes through the whole repository or writes much
_SLOW_COMMANDS = frozenset({"diff-index", "fast-import", "pack-refs", "repack", "rev-list"})


def limit_s(command: str) -> float:
    """Seconds for a command of git to answer, or to go on answering."""
    limit = NbModel.instance().chosen_git_timeout_s()
    return limit * SLOW_FACTOR if command in _SLOW_COMMANDS else limit


def communicate(process: Any, command: str, data: bytes, where: str) -> tuple[bytes, bytes]:
    """Give a process its input; return what it printed, and its complaints.

    Parameters
    ----------
    process : subprocess.Popen
        Or what GitPython wraps around it.
    command : str
        Of git: for its limit, and for the message.
    data : bytes
    where : str
        The repository, for the message.

    Raises
    ------
    GitTimedOut
        If it does not end in time; then it was killed.
    """
    # Batches are as long as what they are asked.
    limit = limit_s("rev-list" if data else command)
    try:
        out, err = process.communicate(data, timeout=limit)
    except TimeoutExpired:
        process.kill()
        raise GitTimedOut(command, limit, where) from None
    return bytes(out), bytes(err)


def end(process: Popen[bytes]) -> None:
    """Wait for a process whose pipes are closed; kill it if it does not end by itself."""
    try:
        process.wait(EXIT_SECONDS)
    except TimeoutExpired:
        process.kill()
        with suppress(TimeoutExpired):  # the system itself waits for a disk: nobody can end it
            process.wait(EXIT_SECONDS)


def reader(pipe: BinaryIO, command: str, where: str) -> io.BufferedReader:
    """A pipe that a git answers on, of which nothing has been read; reading has a limit.

    Raises
    ------
    GitTimedOut
        While reading, if nothing more comes in time.
    """
    return io.BufferedReader(_Answers(pipe.fileno(), command, where), 1 << 16)


class _Answers(io.RawIOBase):
    def __init__(self, descriptor: int, command: str, where: str) -> None:
        self._descriptor = descriptor
        self._of = (command, limit_s(command), where)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._poll.poll(1000 * self._of[1]):
            raise GitTimedOut(*self._of)
        return os.readv(self._descriptor, [buffer])


def write(descriptor: int, data: bytes | memoryview, command: str, where: str) -> None:
    """Write to the pipe of a git all that it is to read.

    Raises
    ------
    GitTimedOut
        If it does not go on reading.
    BrokenPipeError
        If it ended.
    """
    limit = limit_s(command)
    view, poll = memoryview(data), select.poll()
    poll.register(descriptor, select.POLLOUT)
    blocking = os.get_blocking(descriptor)
    os.set_blocking(descriptor, False)
    try:
        deadline = time.monotonic() + limit
        while view:
            if not poll.poll(1000 * max(0.0, deadline - time.monotonic())):
                raise GitTimedOut(command, limit, where)
            with suppress(BlockingIOError):
                view = view[os.write(descriptor, view) :]
                deadline = time.monotonic() + limit
    finally:
        os.set_blocking(descriptor, blocking)
