"""Time limits for git processes. A process that exceeds its limit is ended with an error.

git may block forever, for example on a network disk that is gone, or on a named pipe in place of a
file. Without a limit, nbmodel would block too.
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

EXIT_SECONDS = 5.0  # for git to end once its pipes are closed
SLOW_FACTOR = 60  # times the limit, for commands that read the whole repository or write much
_SLOW_COMMANDS = frozenset(
    {"diff-index", "fast-import", "pack-refs", "repack", "rev-list", "fetch", "push", "lfs"}
)


def limit_s(command: str) -> float:
    """Seconds that a git command may take to answer, or to continue its answer."""
    limit = NbModel.instance().chosen_git_timeout_s()
    return limit * SLOW_FACTOR if command in _SLOW_COMMANDS else limit


def communicate(process: Any, command: str, data: bytes, where: str) -> tuple[bytes, bytes]:
    """Send a process its input; return its output and its error output.

    Parameters
    ----------
    process : subprocess.Popen
        Or GitPython's wrapper of it.
    command : str
        The git command, for its limit and for the message.
    data : bytes
    where : str
        The repository, for the message.

    Raises
    ------
    GitTimedOut
        If it does not end in time. It is killed.
    """
    # With input, a command takes as long as its input.
    limit = limit_s("rev-list" if data else command)
    try:
        out, err = process.communicate(data, timeout=limit)
    except TimeoutExpired:
        process.kill()
        raise GitTimedOut(command, limit, where) from None
    return bytes(out), bytes(err)


def end(process: Popen[bytes]) -> None:
    """Wait for a process whose pipes are closed. Kill it if it does not end."""
    try:
        process.wait(EXIT_SECONDS)
    except TimeoutExpired:
        process.kill()
        with suppress(TimeoutExpired):  # it waits for a disk inside the kernel: nothing can end it
            process.wait(EXIT_SECONDS)


def reader(pipe: BinaryIO, command: str, where: str) -> io.BufferedReader:
    """A reader for the output pipe of a git process, with a time limit. Nothing was read yet.

    Raises
    ------
    GitTimedOut
        While reading, if no data arrives in time.
    """
    return io.BufferedReader(_Answers(pipe.fileno(), command, where), 1 << 16)


class _Answers(io.RawIOBase):
    def __init__(self, descriptor: int, command: str, where: str) -> None:
        self._descriptor = descriptor
        self._message = (command, limit_s(command), where)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._poll.poll(1000 * self._message[1]):
            raise GitTimedOut(*self._message)
        return os.readv(self._descriptor, [buffer])


def write(descriptor: int, data: bytes | memoryview, command: str, where: str) -> None:
    """Write all of `data` to the input pipe of a git process.

    Raises
    ------
    GitTimedOut
        If it stops reading.
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
