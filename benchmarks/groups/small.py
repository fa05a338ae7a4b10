"""A small model: StandardScaler and LogisticRegression on the breast-cancer data."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import models, peers, registries
from benchmarks.baselines import PlainGit
from benchmarks.measurements import Line
from benchmarks.runner import Bench
from nbmodel.predict import methods, predictor
from nbmodel.repo.commits import read_tree

MODEL = "churn"
METRICS = {"auc": 0.987}
GIT_ALONE = "git fast-import of the same files, as durable"


class Small:
    """Commits and checks out pipelines in one process, warm."""

    def __init__(self, folder: str) -> None:
        self.registry = registries.fresh(Path(folder))
        self.x, _ = models.breast_cancer()
        self.plain = PlainGit(Path(folder) / "plain.git")

    def commit(self, times: int, with_data: bool) -> list[float]:
        """Commit newly fitted pipelines, with a metric and maybe the data's profile."""
        extra: dict[str, Any] = {"data": self.x} if with_data else {}
        return [self._commit(n, extra) for n in range(times)]

    def commit_but_model(self, times: int) -> list[float]:
        """The same with data, less the time in the model's own methods, which answer its rows."""
        samples = []
        for n in range(times):
            with _timed_methods() as spent:
                seconds = self._commit(n, {"data": self.x})
            samples.append(seconds - sum(spent))
        return samples

    def _commit(self, n: int, extra: Mapping[str, Any]) -> float:
        model = models.pipeline(1.0 + n)
        result = self.registry.commit(model, MODEL, f"C={1.0 + n}", metrics=METRICS, **extra)
        return result.seconds

    def bare(self, times: int) -> list[float]:
        """The files of the latest version, committed by git alone."""
        context = self.registry.context
        version = self.registry.log(MODEL).versions[0]
        tree = read_tree(context.git, version.commit, MODEL)
        files = {path: tree.read(context.git, path) or b"" for path in tree.blobs}
        return [
            self.plain.commit({**files, "model.json": files["model.json"] + b"\n" * n})
            for n in range(times)
        ]

    def checkout(self, times: int) -> list[float]:
        """Check out the latest version."""
        return [self.registry.load(MODEL).seconds for _ in range(times)]


@contextmanager
def _timed_methods() -> Iterator[list[float]]:
    """Inside it the time of every call of a model's method is kept."""
    spent: list[float] = []

    def timed(call: Callable[[Any], Any], value: Any) -> Any:
        begin = time.perf_counter()
        try:
            return call(value)
        finally:
            spent.append(time.perf_counter() - begin)

    def methods_of(*args: Any) -> dict[str, Callable[[Any], Any]]:
        return {name: partial(timed, call) for name, call in methods.methods_of(*args).items()}

    with patch.object(predictor, "methods_of", methods_of):
        yield spent


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("small")
    with (
        bench.worker("benchmarks.groups.small:Small", folder=f"{folder}/ours") as ours,
        bench.worker(
            "benchmarks.mlflow_side:MlflowSide", peers.mlflow(), folder=f"{folder}/mlflow"
        ) as theirs,
    ):
        commits = bench.in_turn(
            10,
            ours=lambda: ours.call("commit", times=10, with_data=False),
            bare=lambda: ours.call("bare", times=10),
            pinned=lambda: theirs.call("log_pipeline", times=3, pinned=True),
        )
        default = bench.in_turn(
            3,
            ours=lambda: ours.call("commit", times=10, with_data=False),
            theirs=lambda: theirs.call("log_pipeline", times=1, pinned=False),
        )
        loads = bench.in_turn(
            10,
            ours=lambda: ours.call("checkout", times=10),
            theirs=lambda: theirs.call("load", times=10),
        )
        with_data = bench.in_turn(
            5,
            ours=lambda: ours.call("commit", times=10, with_data=True),
            rest=lambda: ours.call("commit_but_model", times=10),
            bare=lambda: ours.call("bare", times=10),
        )
    shutil.rmtree(folder)
    return [
        Line("small-commit", "small pipeline: commit, durable, warm", "s", commits["ours"],
             target=0.012),
        Line("small-commit-data", "the same with a profile of the data (569 x 30)", "s",
             with_data["ours"]),
        Line("small-commit-data-rest", "the same, less the model's own time for its rows", "s",
             with_data["rest"], target=0.018),
        Line("small-commit-git", "small pipeline: commit, durable, warm", "s", commits["ours"],
             GIT_ALONE, commits["bare"]),
        Line("small-commit-data-git", "the same with a profile of the data (569 x 30)", "s",
             with_data["ours"], GIT_ALONE, with_data["bare"]),
        Line("small-checkout", "the same: checkout, warm", "s", loads["ours"], target=0.004),
        Line("small-default", "the same: commit", "s", default["ours"],
             "MLflow log_model as its docs show", default["theirs"]),
        Line("small-pinned", "the same: commit", "s", commits["ours"],
             "MLflow log_model, pip_requirements given", commits["pinned"]),
        Line("small-load", "the same: checkout", "s", loads["ours"],
             "MLflow load_model", loads["theirs"]),
    ]  # fmt: skip
