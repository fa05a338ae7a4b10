"""Finds a smaller input with the same outcome; each attempt is a fork of a prepared process."""

from __future__ import annotations

import os
import resource
import signal
import traceback
from pathlib import Path

from tests.fuzzing.target import Prepared, outcome
from tests.shrinking import shrunk

ROOT = Path(__file__).parents[2]
SECONDS = 10
MEMORY = 2 << 30


def verdict(prepared: Prepared, data: bytes) -> str:
    """Return how an input ends: empty if well, else the exception and its innermost frame.

    Other results are ``signal 11``, ``more than 10 s`` and ``more than 2 GiB``.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(SECONDS)
        try:
            outcome(prepared, data)
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            os.write(writer, _place(error).encode()[:4000])
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 > MEMORY:
            os.write(writer, b"more than 2 GiB")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGALRM:
        return "more than 10 s"
    return said or (f"signal {-code}" if code < 0 else "")


def _place(error: BaseException) -> str:
    """Return the type of an error, and its innermost line in nbmodel."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(f"{ROOT}/nbmodel/")]
    last = (own or frames)[-1]
    place = last.filename.removeprefix(f"{ROOT}/")
    return f"{type(error).__name__} at {place}:{last.lineno}: {str(error)[:80]}"


def smallest(prepared: Prepared, data: bytes, end: str, seconds: float) -> bytes:
    """Find the smallest input that ends in the same way, while there is time."""
    kind = _kind(end)
    return shrunk(data, lambda smaller: _kind(verdict(prepared, smaller)) == kind, seconds)


def _kind(end: str) -> tuple[str, str]:
    """Return type and line of an end, without its message."""
    return end.partition(" ")[0], end.rpartition(":")[0][:200].partition(" at ")[2]
