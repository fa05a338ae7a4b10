"""What all campaigns share: seed, size, place, counts."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path


def seed() -> int:
    """``NBMODEL_SEED``, else another for each run; printed, so that a run can be repeated."""
    chosen = int(os.environ.get("NBMODEL_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"NBMODEL_SEED={chosen}")
    return chosen


def size(default: int) -> int:
    """``NBMODEL_CAMPAIGN``, else `default`."""
    return int(os.environ.get("NBMODEL_CAMPAIGN") or default)


@contextmanager
def place():
    """A folder in memory, where there is one: the campaigns write and forget a lot."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def spread(name: str, work, parts: list[tuple]) -> tuple[Counter, list[str]]:
    """Do `work` on each part in two processes; counts and failures of all.

    `work` takes a folder of its own and what a part holds, and returns both. What has been
    found so far is printed as the parts end: a long campaign may be ended early.
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
    """A count in parts of 100 or so, two at least."""
    parts = max(2, -(-count // 100))
    return [count // parts + (number < count % parts) for number in range(parts)]


def report(name: str, counts: Counter) -> None:
    """One line of counts; `pytest -s` shows it, and a failure does."""
    print(f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())),
          flush=True)  # fmt: skip
