"""A large object: 1 GiB in 64 arrays of float64, as a network's weights might be."""

from __future__ import annotations

import gc
import os
import shutil
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from benchmarks import baselines, memory, registries
from benchmarks.machine import MIB
from benchmarks.measurements import Line
from benchmarks.models import SEED
from benchmarks.runner import Bench, Worker

ARRAYS, VALUES = 64, 2 * MIB  # 16 MiB each
SIZE = ARRAYS * VALUES * 8
NEEDED = SIZE + SIZE // 8  # bytes of memory that any of this takes
MODEL = "weights"
HASHED = "blake3 alone, all cores"


class Arrays:
    """Holds the object; both sides work on it in one process, in turn."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.random = np.random.default_rng(SEED)
        self.weights = {f"layer{n}": self.random.random(VALUES) for n in range(ARRAYS)}
        self.registry = registries.fresh(self.folder / "kept")
        self.registry.commit(self.weights, MODEL)
        self.pickle = self.folder / "object.joblib"
        joblib.dump(self.weights, self.pickle)

    def plain(self) -> list[float]:
        """Write the bytes to one file and fsync it."""
        path = self.folder / "plain"
        begin = time.perf_counter()
        with path.open("wb", buffering=0) as file:
            for array in self.weights.values():
                file.write(array.data)
            os.fsync(file.fileno())
        seconds = time.perf_counter() - begin
        path.unlink()
        return [seconds]

    def hashed(self) -> list[float]:
        """The bytes through blake3, which is the least that telling what changed can cost."""
        return [baselines.hashing(memoryview(array).cast("B") for array in self.weights.values())]

    def first_commit(self) -> list[float]:
        """Commit to a registry that holds nothing."""
        folder = self.folder / f"first-{time.monotonic_ns()}"
        with registries.fresh(folder) as registry:
            seconds = registry.commit(self.weights, MODEL).seconds
        shutil.rmtree(folder)
        return [seconds]

    def dump(self) -> list[float]:
        """joblib.dump, which does not fsync."""
        begin = time.perf_counter()
        joblib.dump(self.weights, self.pickle)
        return [time.perf_counter() - begin]

    def load(self, cold: bool) -> list[float]:
        """joblib.load of the file."""
        if cold:
            _forget(self.pickle)
        begin = time.perf_counter()
        joblib.load(self.pickle)
        return [time.perf_counter() - begin]

    def commit_changed(self) -> list[float]:
        """Commit again after one array got new values."""
        self._change()
        return [self.registry.commit(self.weights, MODEL).seconds]

    def stored_changed(self) -> list[int]:
        """Bytes that the registry grows by for one new array, git's objects aside."""
        self._change()
        before = registries.stored_bytes(self.registry)
        self.registry.commit(self.weights, MODEL)
        return [registries.stored_bytes(self.registry) - before]

    def _change(self) -> None:
        array = self.weights[f"layer{self.random.integers(ARRAYS)}"]
        self.random.random(out=array)

    def checkout(self, cold: bool) -> list[float]:
        """Check out the latest version, every byte verified."""
        if cold:
            for path in (self.registry.path / "lfs" / "objects").glob("*/*/*"):
                _forget(path)
        return [self.registry.load(MODEL).seconds]


class Memory:
    """The same object in a fresh process, to look at its memory."""

    def __init__(self, folder: str) -> None:
        random = np.random.default_rng(SEED)
        self.registry = registries.fresh(Path(folder) / "memory")
        self.registry.commit([1], "warm")  # imports and caches are not part of the measurement
        self.weights: Any = {f"layer{n}": random.random(VALUES) for n in range(ARRAYS)}

    def committing(self) -> list[int]:
        """Highest resident memory during a first commit, above what was there before."""
        gc.collect()
        memory.forget_peak()
        before = memory.resident()
        self.registry.commit(self.weights, MODEL)
        return [memory.peak() - before]

    def loading(self) -> list[int]:
        """Anonymous memory that a checkout adds, before anything is written to the object."""
        self.weights = None
        gc.collect()
        before = memory.anonymous()
        self.weights = self.registry.checkout(MODEL)
        return [memory.anonymous() - before]

    def writing(self) -> list[int]:
        """Anonymous memory that one array adds when every value of it is changed."""
        before = memory.anonymous()
        self.weights["layer7"] += 1.0
        return [memory.anonymous() - before]


def _forget(path: Path) -> None:
    """Drop a file from the page cache, so that the disk is read."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("arrays")
    with bench.worker("benchmarks.groups.arrays:Arrays", folder=folder) as side:
        lines = [_first(bench, side), *_again(bench, side), *_checkout(bench, side)]
    with bench.worker("benchmarks.groups.arrays:Memory", folder=folder) as side:
        lines += _memory(side)
    shutil.rmtree(folder)
    return lines


def _first(bench: Bench, side: Worker) -> Line:
    seconds = bench.in_turn(
        11,
        NEEDED,
        plain=lambda: side.call("plain"),
        ours=lambda: side.call("first_commit"),
    )
    return Line(
        "arrays-first", "1 GiB in 64 arrays: first commit, durable", "s", seconds["ours"],
        "write + fsync", seconds["plain"], 1.5,
    )  # fmt: skip


def _again(bench: Bench, side: Worker) -> list[Line]:
    seconds = bench.in_turn(
        7,
        NEEDED,
        dump=lambda: side.call("dump"),
        hashed=lambda: side.call("hashed"),
        ours=lambda: side.call("commit_changed"),
    )
    stored = side.call("stored_changed")
    return [
        Line("arrays-again", "the same, one array changed: commit", "s", seconds["ours"],
             "joblib.dump", seconds["dump"], 0.10),
        Line("arrays-again-hashed", "the same, one array changed: commit", "s", seconds["ours"],
             HASHED, seconds["hashed"], 1.3),
        Line("arrays-stored", "the same: bytes stored", "B", stored,
             "changed", [SIZE / ARRAYS], 1.05),
    ]  # fmt: skip


def _checkout(bench: Bench, side: Worker) -> list[Line]:
    def seconds(cold: bool) -> dict[str, list[float]]:
        return bench.in_turn(
            7,
            NEEDED,
            load=lambda: side.call("load", cold=cold),
            hashed=lambda: side.call("hashed"),
            ours=lambda: side.call("checkout", cold=cold),
        )

    warm, cold = seconds(cold=False), seconds(cold=True)
    return [
        Line("arrays-checkout", "the same: checkout, warm, every byte verified", "s",
             warm["ours"], "joblib.load", warm["load"], 0.10),
        Line("arrays-checkout-hashed", "the same: checkout, warm, every byte verified", "s",
             warm["ours"], HASHED, warm["hashed"], 1.3),
        Line("arrays-checkout-cold", "the same from the disk", "s", cold["ours"],
             "joblib.load", cold["load"]),
    ]  # fmt: skip


def _memory(side: Worker) -> list[Line]:
    committing, loading, writing = map(side.call, ("committing", "loading", "writing"))
    return [
        Line("arrays-memory", "the same: memory of a commit above the object", "B", committing,
             target=64.0 * MIB),
        Line("arrays-lazy", "the same: memory of a checkout before a write", "B", loading,
             target=16.0 * MIB),
        Line("arrays-written", "the same: memory after one array of it was written", "B", writing,
             "written", [SIZE / ARRAYS], 1.05),
    ]  # fmt: skip
