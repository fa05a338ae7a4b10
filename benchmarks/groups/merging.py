"""The average of two torch models of 1 GiB each."""

from __future__ import annotations

import gc
import shutil
import time
from pathlib import Path

import torch

from benchmarks import memory, registries
from benchmarks.measurements import Line
from benchmarks.runner import Bench

LAYERS, WIDTH = 64, 2048  # 16 MiB each
SIZE = LAYERS * WIDTH * WIDTH * 4
NEEDED = 4 * SIZE
MODEL = "net"


def _net(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        *(torch.nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(LAYERS))
    ).eval()


class Averager:
    """A registry with two branches, and a file of torch for each."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.registry = registries.fresh(self.folder / "ours")
        base = _net(0)
        self.registry.commit(base, MODEL)
        for branch in ("left", "right"):
            self.registry.branch(MODEL, branch)
        for seed, branch in enumerate(("left", "right"), start=1):
            net = _net(seed)
            self.registry.commit(net, MODEL, branch=branch)
            torch.save(net, self._file(branch))

    def read(self) -> list[float]:
        """``torch.load`` of both."""
        begin = time.perf_counter()
        nets = [torch.load(self._file(name), weights_only=False) for name in ("left", "right")]
        seconds = time.perf_counter() - begin
        del nets
        return [seconds]

    def average(self) -> list[float]:
        """Average both and commit the result, durably."""
        begin = time.perf_counter()
        self._merge()
        return [time.perf_counter() - begin]

    def memory(self) -> list[int]:
        """Highest resident memory of that, above what was there before and both inputs."""
        gc.collect()
        memory.forget_peak()
        before = memory.resident()
        self._merge()
        return [memory.peak() - before - 2 * SIZE]

    def _merge(self) -> None:
        self._turn += 1
        branch = f"merged{self._turn}"
        self.registry.branch(MODEL, branch, f"{MODEL}@1")
        merged = self.registry.merge(
            f"{MODEL}:left", f"{MODEL}:right", into=f"{MODEL}:{branch}", how="average"
        )
        if len(merged.members) != 2:
            raise AssertionError(f"{len(merged.members)} members")

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.pt"

    _turn = 0


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("merging")
    with bench.worker("benchmarks.groups.merging:Averager", folder=folder) as side:
        used = side.call("memory")
        seconds = bench.in_turn(
            3, NEEDED, read=lambda: side.call("read"), ours=lambda: side.call("average")
        )
    shutil.rmtree(folder)
    work = "average of two torch models of 1 GiB, committed"
    return [
        Line("average", work, "s", seconds["ours"], "torch.load of both", seconds["read"], 2.0),
        Line("average-memory", "the same: memory above both models", "B", used,
             "one model", [SIZE], 1.0),
    ]  # fmt: skip
