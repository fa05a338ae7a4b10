"""A registry with two versions of a classifier, and real servers of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel
from nbmodel.serve.process import RunningServer, start
from nbmodel.versioning.registry import Registry
from tests.serve.client import Client

HERE = Path(__file__).resolve().parent
X, Y = load_breast_cancer(return_X_y=True, as_frame=True)


def fitted(strength: float):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(X, Y)


@contextmanager
def made(folder: Path) -> Iterator[Registry]:
    """A registry in which ``churn@1`` holds prod."""
    with nbmodel.open(folder, create=True) as found:
        found.commit(fitted(1.0), "churn", "baseline", data=X)
        found.verify_acceptance("churn@1")  # draws its rows, if the machine was too busy before
        found.promote("churn@1", "prod", "first")
        yield found


@pytest.fixture
def registry(tmp_path) -> Iterator[Registry]:
    with made(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def client(isolated_home, tmp_path_factory) -> Iterator[Client]:
    """A client of one server for a whole file, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("served")
    with made(folder) as found:
        words = ["churn#prod", "--port", "0", "--log", str(folder / "log")]
        server = start(found.path, words, detach=False, log=folder / "serve.log")
        yield Client(server)
        server.stop()


@pytest.fixture
def serve(registry, tmp_path) -> Iterator[Callable[..., Client]]:
    """A function that starts ``nbmodel serve`` with these arguments and returns a client."""
    running: list[RunningServer] = []

    def started(*words: str) -> Client:
        log = Path(tmp_path / f"serve-{len(running)}.log")
        server = start(registry.path, ["--port", "0", *words], detach=False, log=log)
        running.append(server)
        return Client(server)

    yield started
    for server in running:
        server.stop()


@contextmanager
def limited(registry: Registry, folder: Path, workers: int = 1, **limits: float):
    """A client of a server with small limits."""
    words = [str(registry.path), "churn#prod", str(folder / "log"), str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serve.strained", *words, json.dumps(limits)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1],
    )  # fmt: skip
    try:
        ready = json.loads(process.stdout.readline())
        address, versions = ready["address"], ready["versions"]
        yield Client(
            RunningServer(
                address=address,
                versions=versions,
                pid=process.pid,
                detached=False,
                process=process,
            )
        )
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()
