"""What all campaigns share: seed, size, place, counts."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
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


def report(name: str, counts: Counter) -> None:
    """One line of counts; `pytest -s` shows it, and a failure does."""
    print(f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())))
