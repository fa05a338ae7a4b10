"""A registry with something of everything, made once; what it holds is told by `shop`."""

from __future__ import annotations

import subprocess

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import nbmodel

HOSTILE = '<img src=x onerror=alert(1)>\u202e"&\x07'


def make_shop(folder):
    """Commit, branch, note, release and promote; returns the opened registry."""
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    for key, value in (("user.name", f"Ann {HOSTILE}"), ("user.email", "ann@example.org")):
        subprocess.run(["git", "-C", str(folder), "config", key, value], check=True)
    registry = nbmodel.open(folder)
    data = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0] * 5, HOSTILE: ["a", "b"] * 10})
    labels = [0, 1] * 10
    scaler = StandardScaler().fit(data[["x"]])
    registry.commit(scaler, "scaler", "scale")
    for number in range(4):
        model = LogisticRegression(C=number + 1.0).fit(data[["x"]], labels)
        registry.commit(
            model,
            "churn",
            f"version {number + 1}\n\n{HOSTILE}",
            metrics={"auc": 0.5 + number / 10, "loss": float("nan"), HOSTILE: float("inf")},
            params={HOSTILE: HOSTILE},
            tags={"team": HOSTILE},
            data=data,
            uses=["scaler@1"],
        )
    registry.branch("churn", "exp", "churn@2")
    registry.commit(model, "churn", "an experiment", branch="exp")
    registry.commit({"parts": [1, 2]}, "ensemble", "of churn", uses=["churn@3"])
    registry.annotate("churn@3", HOSTILE, {"drift": float("nan")})
    registry.release("churn@2", message="first")
    registry.promote("churn@2", "prod", "passed")
    registry.promote("churn@3", "prod", HOSTILE)
    registry.rollback("churn#prod", "calibration off")
    return registry


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """For questions only."""
    with make_shop(tmp_path_factory.mktemp("shop") / "my shop") as registry:
        yield registry


@pytest.fixture
def own_shop(tmp_path):
    """For actions."""
    with make_shop(tmp_path / "my shop") as registry:
        yield registry
