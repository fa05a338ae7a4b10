"""Output of a shell command, for any encoding, a closed pipe or a full disk."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

from nbmodel.display import visible


def prepare() -> None:
    """From now on, replace characters that the output cannot encode."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(
            errors="backslashreplace"
        )  # an error should show which character it was


def show(text: object, stream: TextIO | None) -> OSError | None:
    """Print all of a text; return the error if that fails.

    A closed pipe (``| head``) is not an error. The rest of the output is dropped, including what
    Python would write when it ends.
    """
    try:
        print(visible(text), file=stream, flush=True)
    except BrokenPipeError:
        _drop(stream)
    except OSError as error:
        _drop(stream)
        return error
    return None


def flush() -> None:
    """Print the content of the buffers. A closed pipe is not an error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            _drop(stream)


def _drop(stream: TextIO | None) -> None:
    """Discard the content of a stream's buffer."""
    if stream is None:
        return
    with suppress(OSError, ValueError):  # a stream without a descriptor has no buffer
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
