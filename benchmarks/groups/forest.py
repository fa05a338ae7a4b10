"""A random forest of 200 trees, about 80 MB: thousands of small arrays."""

from __future__ import annotations

import pickle
import shutil
import time
from pathlib import Path

import nbmodel
from benchmarks import models, peers, registries
from benchmarks.measurements import Line
from benchmarks.runner import Bench

MODEL = "forest"


class Forest:
    """Holds the forest and commits it to registries that do not know it."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.forest = models.forest()
        self.registry = registries.fresh(self.folder / "kept")
        self.registry.commit(self.forest, MODEL)
        self.pickle = self.folder / "forest.pickle"
        with self.pickle.open("wb") as file:
            pickle.dump(self.forest, file, protocol=5)

    def size(self) -> int:
        """Bytes of the forest as one pickle."""
        return self.pickle.stat().st_size

    def commit(self) -> list[float]:
        """Commit to a registry that holds nothing."""
        folder = self.folder / f"first-{time.monotonic_ns()}"
        with registries.fresh(folder) as registry:
            seconds = registry.commit(self.forest, MODEL).seconds
        shutil.rmtree(folder)
        return [seconds]

    def checkout(self) -> list[float]:
        """Check out the forest."""
        return [self.registry.load(MODEL).seconds]

    def load(self) -> list[float]:
        """pickle.load of the same forest from a file."""
        begin = time.perf_counter()
        with self.pickle.open("rb") as file:
            pickle.load(file)
        return [time.perf_counter() - begin]

    def grow(self) -> list[int]:
        """Bytes stored for the forest with a tenth more trees, and its size."""
        models.grow(self.forest, models.TREES + models.TREES // 10)
        result = self.registry.commit(self.forest, MODEL)
        return [result.stored, result.version.size]


class Reader:
    """Checks out in a process that committed nothing."""

    def __init__(self, folder: str) -> None:
        self.registry = nbmodel.open(Path(folder) / "kept")

    def load(self) -> list[float]:
        """Check out the forest."""
        return [self.registry.load(MODEL).seconds]


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("forest")
    with (
        bench.worker("benchmarks.groups.forest:Forest", folder=f"{folder}/ours") as ours,
        bench.worker(
            "benchmarks.mlflow_side:MlflowSide", peers.mlflow(), folder=f"{folder}/mlflow"
        ) as theirs,
    ):
        size = ours.call("size")
        theirs.call("fit_forest")
        memory = 4 * size
        commits = bench.in_turn(
            9,
            memory,
            ours=lambda: ours.call("commit"),
            theirs=lambda: theirs.call("log_forest"),
        )
        loads = bench.in_turn(
            11,
            memory,
            pickle=lambda: ours.call("load"),
            ours=lambda: ours.call("checkout"),
        )
        first = _first_loads(bench, folder, memory, theirs.call("last"))
        stored, whole = ours.call("grow")
    shutil.rmtree(folder)
    name = f"forest of {models.TREES} trees, {size / 1e6:.0f} MB"
    return [
        Line("forest-commit", f"{name}: commit, durable", "s", commits["ours"],
             "MLflow log_model, cloudpickle", commits["theirs"], 0.6),
        Line("forest-checkout", "the same: checkout, warm", "s", loads["ours"],
             "pickle.load", loads["pickle"], 1.2),
        Line("forest-first", "the same: first checkout of a process", "s", first["ours"],
             "MLflow load_model", first["theirs"]),
        Line("forest-grown", f"grown to {models.TREES + models.TREES // 10} trees: bytes stored",
             "B", [stored], "the whole", [whole], 0.25),
    ]  # fmt: skip


def _first_loads(bench: Bench, folder: str, memory: int, uri: str) -> dict[str, list[float]]:
    def ours() -> list[float]:
        with bench.worker("benchmarks.groups.forest:Reader", folder=f"{folder}/ours") as reader:
            return list(reader.call("load"))

    def theirs() -> list[float]:
        target = "benchmarks.mlflow_side:MlflowReader"
        with bench.worker(target, peers.mlflow(), folder=f"{folder}/mlflow") as reader:
            return list(reader.call("load", uri=uri))

    return bench.in_turn(5, memory, ours=ours, theirs=theirs)
