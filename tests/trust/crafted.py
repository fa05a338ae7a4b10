"""Pickles written by hand, opcode by opcode, and objects that pickle as any call."""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import cloudpickle

from nbmodel.flavors.pickling import dump
from nbmodel.trust.loader import load_untrusted

ROOT = Path(__file__).parents[2]


def text(value: str) -> bytes:
    """BINUNICODE."""
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL through two string pushes."""
    return text(module) + text(attribute) + b"\x93"


def stream(*parts: bytes) -> bytes:
    """A protocol 5 pickle of these opcodes."""
    return b"\x80\x05" + b"".join(parts) + b"."


class Call:
    """Pickles as ``callable(*args)``, then BUILD with `state` if there is one."""

    def __init__(self, function: Any, *args: Any, state: Any = None) -> None:
        self.reduction = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> Any:
        return self.reduction


def pickled(value: Any) -> bytes:
    """cloudpickle at protocol 5, every buffer in band."""
    file = io.BytesIO()
    cloudpickle.Pickler(file, protocol=5, buffer_callback=lambda buffer: True).dump(value)
    return file.getvalue()


def reload(value: Any) -> Any:
    """`value` through the writer and the loader for strangers."""
    taken = dump(value)
    buffers = [memoryview(bytearray(buffer)) for buffer in taken.buffers]
    return load_untrusted(taken.skeleton, buffers, "model@1")


def flat(value: Any) -> bytes:
    """A pickle without memo: equal for equal objects, whatever parts they share."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, 5)
    pickler.fast = True
    pickler.dump(value)
    return file.getvalue()


def in_subprocess(code: str, *args: str) -> str:
    """Run code in another interpreter, which a wrong answer might kill; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *args],
        cwd=ROOT,
        # A pool of threads that spin costs more than these small models.
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr[-2000:]}"
    return done.stdout
