"""The least of a stream that ends alike, and a script that loads it.

``python -m tests.trust.campaign.shrinking SCRATCH HEX FEW SECONDS`` prepares one process and makes
each attempt in a fork of it: a stream that ends the process ends the fork.
"""

from __future__ import annotations

import os
import pickletools
import sys
import tempfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from tests.shrinking import shrunk
from tests.trust.campaign.attack import Attacker
from tests.trust.campaign.streams import attempt, prepare

SECONDS = 20.0


def verdict(attacker: Attacker, skeleton: bytes) -> str:
    """The outcome of a stream in a fork, or how the fork ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        attacker.guard.confine()
        attacker.guard.allow_cpu()
        os.write(writer, attempt(attacker, skeleton)[0].encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return said if code == 0 else f"exit {code}"


def opcodes(skeleton: bytes) -> list[bytes]:
    """A stream in pieces: its opcodes, as far as it has a form, and the rest byte by byte."""
    places: list[int] = []
    with suppress(Exception):  # whatever a wrong stream raises: its bytes are removed then
        places.extend(at for _, _, at in pickletools.genops(skeleton))
    places += range(places[-1] + 1 if places else 0, len(skeleton) + 1)
    return [skeleton[begin:end] for begin, end in pairwise(places)]


def smallest(attacker: Attacker, skeleton: bytes, seconds: float) -> tuple[str, bytes]:
    """How a stream ends, and the least of it that ends so."""
    end = verdict(attacker, skeleton)

    def alike(smaller: bytes) -> bool:
        return verdict(attacker, smaller) == end

    fewer = shrunk(opcodes(skeleton), lambda some: alike(b"".join(some)), seconds / 2)
    return end, shrunk(b"".join(fewer), alike, seconds / 2)


def script(skeleton: bytes, few: bool) -> str:
    """Python that loads a stream again."""
    return (
        "from tests.trust.campaign.shrinking import reproduce\n\n"
        f"reproduce(bytes.fromhex({skeleton.hex()!r}), few={few})\n"
    )


def reproduce(skeleton: bytes, few: bool) -> None:
    """Load one stream in this process, and say what comes of it."""
    with tempfile.TemporaryDirectory() as scratch:
        attacker = prepare(scratch, few)
        attacker.guard.confine()
        os.write(2, f"{attempt(attacker, skeleton)}\n".encode())


def main(arguments: list[str]) -> None:
    """Print how a stream ends, and the script of the least one."""
    scratch, text, few, seconds = arguments
    lines = os.dup(1)
    os.dup2(2, 1)  # what an attempt says of itself
    Path(scratch).mkdir(exist_ok=True)
    attacker = prepare(scratch, few == "few")
    end, small = smallest(attacker, bytes.fromhex(text), float(seconds))
    listing = f"It ends with {end}: {small!r}\n{script(small, few == 'few')}"
    os.write(lines, listing.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
