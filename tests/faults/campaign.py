"""The seed, the size, the folder and the counts of all campaigns."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path


def seed() -> int:
    """Return ``NBMODEL_SEED``, or a random seed, and print it so that a run can be repeated."""
    value = int(os.environ.get("NBMODEL_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"NBMODEL_SEED={value}")
    return value


def size(default: int) -> int:
    """Return ``NBMODEL_CAMPAIGN``, else `default`."""
    return int(os.environ.get("NBMODEL_CAMPAIGN") or default)


@contextmanager
def place():
    """Make a folder, in memory if possible, since campaigns write many temporary files."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def spread(name: str, work, parts: list[tuple]) -> tuple[Counter, list[str]]:
    """Do `work` on each part in two processes, and add up their counts and failures.

    `work` takes a separate folder and the items of a part, and returns counts and failures. The
    results are printed after each part, since a long campaign may be stopped early.
    """
    counts: Counter = Counter()
    failures: list[str] = []
    with place() as folder, ProcessPoolExecutor(2) as pool:
        runs = [pool.submit(work, folder / str(n), *part) for n, part in enumerate(parts)]
        for done in as_completed(runs):
            found, wrong = done.result()
            counts += found
            failures += wrong
            report(name, counts)
            print("".join(f"FAILURE {text}\n" for text in wrong), end="", flush=True)
    return counts, failures


def shares(count: int) -> list[int]:
    """Divide a count into parts of about 100, at least two."""
    parts = max(2, -(-count // 100))
    return [count // parts + (number < count % parts) for number in range(parts)]


def report(name: str, counts: Counter) -> None:
    """Print one line of counts, which `pytest -s` or a failure shows."""
    print(f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())),
          flush=True)  # fmt: skip
