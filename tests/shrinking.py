"""What campaigns share after a failure: a smaller input that fails too, and a command for it.

A step is a JSON value: a request, a message, or the number of a draw. A campaign checks a list of
steps. `shrunk` leaves out the steps that a failure does not need, and `command` returns a shell
command that makes the test repeat the others.
"""

from __future__ import annotations

import json
import math
import os
import shlex
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

VARIABLE = "NBMODEL_STEPS"

Whole = TypeVar("Whole", bytes, list[Any])


def shrunk(whole: Whole, fails: Callable[[Whole], bool], seconds: float = math.inf) -> Whole:
    """Remove ever smaller pieces for as long as the rest fails, and there is time.

    Parameters
    ----------
    whole : bytes or list
        Fails.
    fails : callable
        Whether bytes or a list fail in the same way.
    seconds : float
        No attempt begins later.
    """
    until = time.monotonic() + seconds
    size = max(1, len(whole) // 2)
    while size and time.monotonic() < until:
        place, removed = 0, False
        while place < len(whole) and time.monotonic() < until:
            smaller = whole[:place] + whole[place + size :]
            if fails(smaller):
                whole, removed = smaller, True
            else:
                place += size
        if not removed or size > 1:
            size //= 2
    return whole


def command(test: str, steps: Sequence[Any], **environment: object) -> str:
    """A line for a shell that makes a test do these steps instead of drawn ones.

    Parameters
    ----------
    test : str
        As pytest names it: ``tests/folder/test_file.py::test_name``.
    steps : sequence
        Lists, numbers and text.
    **environment
        Other variables.
    """
    values = {VARIABLE: json.dumps(list(steps)), **environment}
    words = [f"{name}={shlex.quote(str(value))}" for name, value in values.items()]
    return " ".join([*words, "python -m pytest -s", shlex.quote(test)])


def steps_again() -> list[Any] | None:
    """The steps of a `command`, where there is one."""
    text = os.environ.get(VARIABLE)
    return json.loads(text) if text else None
