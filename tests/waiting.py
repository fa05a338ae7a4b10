"""Waiting for an event, in one place: `until`, and `until_ready` for servers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

MAX_SECONDS = 120.0  # background work has the least priority, and machines are busy
T = TypeVar("T")


def until(happens: Callable[[], T], seconds: float = MAX_SECONDS, *, every: float = 0.05) -> T:
    """What `happens` returns when it is true for the first time."""
    end = time.monotonic() + seconds
    while not (result := happens()):
        assert time.monotonic() < end, f"it did not happen within {seconds:g} s"
        time.sleep(every)
    return result


def until_ready(
    process: subprocess.Popen[bytes],
    ready: Callable[[], T],
    log: Path,
    seconds: float = MAX_SECONDS,
) -> T:
    """What `ready` returns when it is true; fail with the process's log if the process ends."""

    def answer() -> T:
        assert process.poll() is None, log.read_text(errors="replace")[-4000:]
        return ready()

    return until(answer, seconds)
