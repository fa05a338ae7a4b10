"""A registry with a classifier, and real servers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel
from nbmodel.versioning.registry import Registry
from tests.fixtures.servers import Client, serving

X, Y = load_breast_cancer(return_X_y=True, as_frame=True)


def fitted(strength: float):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(X, Y)


@contextmanager
def churn_registry(folder: Path) -> Iterator[Registry]:
    """A registry in which ``churn@1`` has the stage prod."""
    with nbmodel.open(folder, create=True) as opened:
        opened.commit(fitted(1.0), "churn", "baseline", data=X)
        opened.verify_acceptance("churn@1")  # draws its rows, if the machine was too busy before
        opened.promote("churn@1", "prod", "first")
        yield opened


@pytest.fixture
def registry(tmp_path) -> Iterator[Registry]:
    with churn_registry(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(isolated_home, tmp_path_factory) -> Iterator[Client]:
    """A client of one server for a whole file, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("served")
    arguments = ("churn@prod", "--log", str(folder / "log"))
    with (
        churn_registry(folder) as opened,
        serving(opened.path, *arguments, log=folder / "serve.log") as asking,
    ):
        yield asking


@pytest.fixture
def serve(registry, tmp_path) -> Iterator[Callable[..., Client]]:
    """A function that starts ``nbmodel serve`` with these arguments and returns a client."""
    logs = (tmp_path / f"serve-{number}.log" for number in count())
    with ExitStack() as running:
        yield lambda *arguments: running.enter_context(
            serving(registry.path, *arguments, log=next(logs))
        )
