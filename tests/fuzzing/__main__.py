"""The process that reads inputs: under atheris, in a plain replay, or for the shrinker.

``python -m tests.fuzzing fuzz NAME FOLDER SECONDS SEED``
``python -m tests.fuzzing replay NAMES FOLDER SEED``
``python -m tests.fuzzing shrink NAME FILE SECONDS``
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from tests.fuzzing.shrinking import smallest, verdict
from tests.fuzzing.table import TARGETS, prepare
from tests.fuzzing.target import outcome

MEMORY_MB = 2048
SECONDS = 10  # for one input
MAX_ACCEPTED = 100


def fuzz(name: str, folder: str, seconds: str, seed: str) -> None:
    """Let libFuzzer change inputs by their coverage. It ends the process."""
    import atheris

    target, place = TARGETS[name], Path(folder).absolute()
    os.chdir(tempfile.mkdtemp(dir=place))
    with atheris.instrument_imports(include=list(target.packages)):
        prepared = prepare(target)
        for seeded in prepared.seeds:  # late imports are instrumented too
            outcome(prepared, seeded)
    corpus = place / "corpus"
    corpus.mkdir()
    for number, seeded in enumerate(prepared.seeds):
        (corpus / f"seed-{number}").write_bytes(seeded)
    words = place / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in prepared.tokens))

    accepted = list(prepared.seeds)  # most inputs that libFuzzer keeps are refused

    def change(data: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.75:
            base = chance.choice(accepted) if chance.random() < 0.7 else data
            found = prepared.mutate(base, chance)
            if len(found) <= most:
                return found
        return atheris.Mutate(data, most)

    last = os.open(
        place / "last", os.O_RDWR | os.O_CREAT
    )  # for an end that libFuzzer does not record

    def one(data: bytes) -> None:
        os.pwrite(last, data, 0)
        os.ftruncate(last, len(data))
        if outcome(prepared, data) == "read" and data not in accepted:
            if len(accepted) >= MAX_ACCEPTED:
                del accepted[len(prepared.seeds)]
            accepted.append(data)

    options = {
        "max_total_time": seconds, "seed": int(seed) or 1, "timeout": SECONDS,
        "rss_limit_mb": MEMORY_MB, "max_len": target.max_bytes, "print_final_stats": 1,
        "artifact_prefix": f"{place}/", "use_value_profile": 1,
        **({"dict": words} if prepared.tokens else {}),
    }  # fmt: skip
    _silence()
    atheris.Setup(
        [name, str(corpus), *(f"-{key}={value}" for key, value in options.items())],
        one,
        custom_mutator=change,
    )
    atheris.Fuzz()


def replay(names: str, folder: str, seed: str) -> None:
    """Read the seeds and plain changes of them; the last input is in the folder if it was fatal."""
    place, counts = Path(folder).absolute(), {}
    lines = os.dup(1)
    _silence()
    for name in names.split(","):
        os.chdir(tempfile.mkdtemp(dir=place))
        target, chance, found = TARGETS[name], Random(f"{seed}:{name}"), Counter()
        prepared = prepare(target)
        (place / "name").write_text(name)
        inputs = list(prepared.seeds)
        inputs += [
            prepared.mutate(chance.choice(inputs), chance) for _ in range(target.short_count)
        ]
        for number, data in enumerate(inputs):
            (place / "input").write_bytes(data)
            signal.alarm(SECONDS)
            found[outcome(prepared, data)] += 1
            signal.alarm(0)
            if number < len(prepared.seeds):
                found["seeds read"] = found["read"]
        counts[name] = found
    os.write(lines, json.dumps(counts).encode())


def shrink(name: str, file: str, seconds: str) -> None:
    """Find the smallest input with the same outcome, and print both."""
    data, lines = Path(file).read_bytes(), os.dup(1)
    _silence()
    os.chdir(tempfile.mkdtemp())
    prepared = prepare(TARGETS[name])
    end = verdict(prepared, data)
    small = smallest(prepared, data, end, float(seconds)) if end else data
    os.write(lines, json.dumps({"end": end, "input": small.hex()}).encode())


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _silence() -> None:
    """Redirect standard output to standard error; the parent reads another descriptor."""
    os.dup2(2, 1)


if __name__ == "__main__":
    {"fuzz": fuzz, "replay": replay, "shrink": shrink}[sys.argv[1]](*sys.argv[2:])
