"""A large registry: 100,000 versions in 1,000 models, with branches, releases and stages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbmodel
from benchmarks import synthetic_registry
from benchmarks.measurements import Line
from benchmarks.runner import Bench

MODELS, VERSIONS = 1000, 100
WORDS = "fixed leak"
CONDITIONS = "metrics.auc > 0.99 and params.solver = saga"


class History:
    """Asks the registry what its user asks, displays included."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder) / "many.git"
        if not self.path.exists():
            synthetic_registry.make(self.path, MODELS, VERSIONS)
        self.registry = nbmodel.open(self.path)

    def rebuild(self) -> list[float]:
        """Versions a second that a rebuild of the index reads from git."""
        begin = time.perf_counter()
        self.registry.context.index.rebuild()
        return [MODELS * VERSIONS / (time.perf_counter() - begin)]

    def page(self, times: int) -> list[float]:
        """The first page of all models."""
        return _timed(times, lambda: self.registry.list())

    def words(self, times: int) -> list[float]:
        """A full-text search."""
        return _timed(times, lambda: self.registry.list(WORDS))

    def conditions(self, times: int) -> list[float]:
        """A search over metrics and parameters."""
        return _timed(times, lambda: self.registry.list(CONDITIONS))

    def log(self, times: int) -> list[float]:
        """A page of one model's history."""
        return _timed(times, lambda: self.registry.log(synthetic_registry.model_name(500)))


def _timed(times: int, ask: Callable[[], Any]) -> list[float]:
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        ask().html()
        seconds.append(time.perf_counter() - begin)
    return seconds


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("history")
    with bench.worker("benchmarks.groups.history:History", folder=folder) as side:
        rebuilds = bench.in_turn(3, ours=lambda: side.call("rebuild"))["ours"]
        times = bench.in_turn(
            5,
            page=lambda: side.call("page", times=5),
            words=lambda: side.call("words", times=5),
            conditions=lambda: side.call("conditions", times=5),
            log=lambda: side.call("log", times=5),
        )
    shutil.rmtree(folder)
    size = f"{MODELS * VERSIONS:,} versions in {MODELS:,} models"
    return [
        Line("history-page", f"{size}: first page of the list, drawn", "s", times["page"],
             target=0.02),
        Line("history-words", "the same: a full-text search", "s", times["words"], target=0.02),
        Line("history-conditions", "the same: a search by metric and parameter", "s",
             times["conditions"], target=0.02),
        Line("history-log", "the same: a page of one model's log", "s", times["log"], target=0.02),
        Line("history-rebuild", "the same: index rebuilt from git", "versions/s", rebuilds,
             target=5000.0, at_least=True),
    ]  # fmt: skip
