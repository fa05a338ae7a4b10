"""Text for whatever a shell's output leads to: any encoding, a pipe that ended, a full disk."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

from nbmodel.display import visible


def prepare() -> None:
    """Let characters that the output cannot encode be replaced, in all that is printed after."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")  # an error tells what it was


def show(text: object, stream: TextIO | None) -> OSError | None:
    """Print a text, all of it; return why it could not be.

    A reader that has enough (``| head``) is not a failure: the rest is dropped, also what Python
    would write when it ends.
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
    """Print what waits in the buffers; a reader that has gone is none of our business."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            _drop(stream)


def _drop(stream: TextIO | None) -> None:
    """Lead what is still in a stream's buffer to nowhere."""
    if stream is None:
        return
    with suppress(OSError, ValueError):  # a stream without a descriptor holds nothing back
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
