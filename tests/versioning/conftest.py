"""A small fitted model, and a registry with a history."""

from __future__ import annotations

import re

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="session")
def data():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture(scope="session")
def pipeline(data):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(*data)


@pytest.fixture
def clock(monkeypatch):
    """Commits are a minute apart; the first one is of 2023-11-14 22:14 UTC."""
    minutes = iter(range(1_700_000_040, 1_800_000_000, 60))
    monkeypatch.setattr("nbmodel.versioning.publish.now", lambda: next(minutes))


@pytest.fixture
def history(registry, clock):
    """Three versions, one on a branch that begins at the second, and a fourth on main."""
    for number in range(3):
        registry.commit(
            {"n": number}, "net", f"number {number}\n\nbody", metrics={"auc": 0.9 + number / 100}
        )
    registry.branch("net", "exp", "net@2")
    registry.commit({"n": 9}, "net", "on exp", branch="exp")
    registry.commit({"n": 9}, "net", "on main")
    return registry


def table(text: str) -> list[list[str]]:
    """The cells of a shown table: two spaces or more are between them."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]
