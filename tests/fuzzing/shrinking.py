"""A smaller input that ends in the same way; each attempt in a fork of a prepared process."""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from pathlib import Path

from tests.fuzzing.target import Prepared, outcome

ROOT = Path(__file__).parents[2]
SECONDS = 10
MEMORY = 2 << 30


def verdict(prepared: Prepared, data: bytes) -> str:
    """How an input ends: empty if well, else the exception and its innermost frame of nbmodel.

    ``signal 11``, ``more than 10 s`` and ``more than 2 GiB`` are others.
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
    """Its type, and the innermost line of nbmodel's that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(f"{ROOT}/nbmodel/")]
    last = (own or frames)[-1]
    place = last.filename.removeprefix(f"{ROOT}/")
    return f"{type(error).__name__} at {place}:{last.lineno}: {str(error)[:80]}"


def shrunk(prepared: Prepared, data: bytes, end: str, until: float) -> bytes:
    """Remove ever smaller pieces for as long as it ends alike, and there is time."""
    kind = end.partition(" ")[0], end.rpartition(":")[0][:200].partition(" at ")[2]

    def alike(smaller: bytes) -> bool:
        other = verdict(prepared, smaller)
        return (
            other.partition(" ")[0],
            other.rpartition(":")[0][:200].partition(" at ")[2],
        ) == kind

    size = max(1, len(data) // 2)
    while size and time.monotonic() < until:
        place, removed = 0, False
        while place < len(data) and time.monotonic() < until:
            smaller = data[:place] + data[place + size :]
            if alike(smaller):
                data, removed = smaller, True
            else:
                place += size
        if not removed or size > 1:
            size //= 2
    return data
