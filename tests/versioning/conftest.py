"""A registry in a real git repository, and small fitted models."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbmodel


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *args], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="session")
def data():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture(scope="session")
def pipeline(data):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(*data)


@pytest.fixture
def project(tmp_path):
    """The user's own repository, with a commit and an uncommitted change."""
    folder = tmp_path / "my project ü"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")
    (folder / "train.py").write_text("print(1)\n")
    git(folder, "add", "train.py")
    git(folder, "commit", "--quiet", "-m", "code")
    (folder / "train.py").write_text("print(2)\n")
    return folder


@pytest.fixture
def registry(project):
    with nbmodel.open(project) as opened:
        yield opened
