"""Folders with a notebook and a registry made by real commits."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import time
from typing import Any
from unittest.mock import patch

import nbformat
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel
from nbmodel import Registry
from nbmodel.monitor.alerts import store
from nbmodel.monitor.prediction_log import batch

NOTEBOOK = "work.ipynb"
LONG_NAME = "customer-churn-of-the-north-east-region"


def git(folder: Path, *words: str) -> str:
    """The output of git."""
    return subprocess.run(
        ["git", "-C", str(folder), *words], check=True, capture_output=True, text=True
    ).stdout


def refs(folder: Path) -> str:
    """All refs with their objects; equal texts mean equal registries."""
    return git(folder, "for-each-ref", "--format=%(refname) %(objectname)")


def tags(folder: Path) -> list[str]:
    """Names of all tags."""
    return git(folder, "tag", "--list").split()


def notebook(path: Path, *cells: str, kernel: str = "python3") -> Path:
    """A notebook with these cells."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": kernel, "display_name": kernel}},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


def project(folder: Path, *cells: str) -> Path:
    """A user's own repository with a notebook in it."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")
    notebook(folder / NOTEBOOK, *(cells or ("%load_ext nbmodel",)))
    git(folder, "add", NOTEBOOK)
    git(folder, "commit", "--quiet", "-m", "A notebook")
    return folder


@cache
def data() -> tuple[Any, Any]:
    """569 people, 30 columns."""
    return load_breast_cancer(return_X_y=True, as_frame=True)


def fitted(strength: float) -> tuple[Any, dict[str, float]]:
    """A pipeline and its metrics."""
    inputs, truth = data()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(inputs, truth)
    scores = model.predict_proba(inputs)[:, 1]
    metrics = {"accuracy": model.score(inputs, truth), "auc": roc_auc_score(truth, scores)}
    return model, metrics


def commit(registry: Registry, name: str, strength: float, message: str, **options: Any) -> None:
    """Commit another version."""
    model, metrics = fitted(strength)
    registry.commit(model, name, message, metrics=metrics, data=data()[0], **options)


def shop(folder: Path) -> Path:
    """A project with three models: ``churn`` with two branches, a release and stages."""
    project(folder)
    some_seconds_ago = int(time()) - 10
    with (
        nbmodel.open(folder) as registry,
        patch("nbmodel.versioning.publish.now", return_value=some_seconds_ago) as past,
    ):
        commit(registry, "churn", 0.001, "baseline")
        commit(registry, "churn", 0.01, "wider grid")
        commit(registry, "churn", 0.1, "on new region")
        commit(registry, "churn", 1.0, "fixed leak")
        past.return_value += (
            1  # git stores seconds, so the next commit must be at least one second newer
        )
        registry.branch("churn", "exp", "churn@2")
        commit(registry, "churn", 0.5, "an experiment", branch="exp")
        commit(registry, "price", 0.2, "first prices", uses=["churn@3"])
        past.return_value += 1
        commit(registry, "demand", 0.3, "first demand")
        registry.release("churn@2", version="v0.1.0", message="First release")
        registry.promote("churn@2", "prod", "Passed review")
        registry.promote("churn@3", "prod", "Better on the holdout")
    return folder


def namesake(folder: Path) -> Path:
    """A project whose model has the same name as one of `shop`, and nothing else of it."""
    project(folder)
    with nbmodel.open(folder) as registry:
        commit(registry, "churn", 0.25, "of the other registry")
    return folder


def crowded(folder: Path) -> Path:
    """A project whose models have long names and many stages."""
    project(folder)
    with nbmodel.open(folder) as registry:
        commit(registry, LONG_NAME, 0.25, "a message that is longer than the panel is wide")
        commit(registry, LONG_NAME, 0.5, "the latest")
        for stage in ("prod", "canary-europe", "shadow", "staging", "dev"):
            registry.promote(f"{LONG_NAME}@1", stage, new_stage=True)
        registry.commit({"no": "metrics"}, "house-price-brandenburg", "one")
    return folder


def drifted(folder: Path) -> None:
    """Log inputs of yesterday for ``churn@prod`` that differ from its training data."""
    inputs, truth = data()
    with nbmodel.open(folder) as registry:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        batch.log("churn@prod", inputs * 1.5, truth, when=yesterday, context=registry.context)
        store.add(registry.context, "churn", "psi(mean radius) > 0.2")


def many(folder: Path, models: int = 130) -> Path:
    """More models than a page of any table holds."""
    project(folder)
    with nbmodel.open(folder) as registry:
        for number in range(models):
            registry.commit(
                {"n": number}, f"many-{number:03}", "one", metrics={"auc": number / models}
            )
    return folder
