"""Remote, push and pull as people type them: in a notebook, twice, and in a shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.projects import git, make_project

CELLS = """
import numpy as np
from sklearn.neighbors import KNeighborsRegressor
X = np.random.default_rng(0).random((50_000, 4))
near = KNeighborsRegressor().fit(X, X.sum(axis=1))
"""


@pytest.fixture(scope="module")
def remote(kernel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("team") / "models ü.git"
    git(folder.parent, "init", "--quiet", "--bare", str(folder))
    kernel.run(CELLS)
    kernel.result("%model_commit near --name price --metric r2=0.9")
    kernel.result("%model_promote price prod")
    return folder


def test_a_team_shares_a_registry(kernel, remote, tmp_path):
    assert "Add one: %model_remote add origin URL" in kernel.usage_error("%model_push")
    assert kernel.result("%model_remote") == "This registry has no remote."
    for said in ("Remote added: origin.", "Nothing to change: origin."):
        assert said in kernel.result(f'%model_remote add origin "{remote}"')
    first = kernel.result("%model_push price")
    assert "versions: price" in first
    assert "labels: price#prod#1" in first
    assert kernel.result("%model_push") == "origin has everything already."
    other = make_project(tmp_path / "other", {}, author="Nina")
    run = [sys.executable, "-m", "nbmodel.cli"]
    for words, says in (
        (["remote", "add", "origin", str(remote)], "Remote added"),
        (["pull", "--fetch", "stages"], "versions: price"),
        (["pull"], "Nothing new at origin."),
        (["log", "price"], "@prod"),
        (["push"], "origin has everything already."),
        (["pull", "price"], "Nothing new at origin."),
    ):
        done = subprocess.run([*run, *words], cwd=other, capture_output=True, text=True, check=True)
        assert says in done.stdout
    for verb in ("push", "pull", "restore"):
        words = [*run, verb, "pricee"]
        done = subprocess.run(words, cwd=other, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert f"nbmodel {verb}: There is no model 'pricee' in " in done.stderr
    words = [*run, "remote", "remove", "origin"]
    done = subprocess.run(words, cwd=other, capture_output=True, text=True, check=True)
    assert "This registry has no remote." in done.stdout
    assert kernel.result("%model_pull") == "Nothing new at origin."
    made = tmp_path / "a clone"
    assert "%model_checkout price@1" in kernel.result(f'%model_clone "{remote}" "{made}"')
    assert "is not empty" in kernel.usage_error(f'%model_clone "{remote}" "{made}"')
    words = ["clone", str(remote), "by shell"]
    done = subprocess.run([*run, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    following = done.stdout.splitlines()[-1].partition("Next: ")[2]
    assert following == f"cd '{tmp_path}/by shell', then nbmodel checkout price@1 --to FOLDER"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%model_remote add", "The name of the remote to add is missing"),
        ("%model_remote add origin2", "The address of origin2 is missing"),
        ("%model_remote drop origin", "drop"),
        ("%model_remote add far http://example.org/m.git", "not encrypted"),
        ("%model_push chorn", "chorn"),
        ("%model_push --remote upstream", "upstream"),
        ("%model_pull --fetch everything", "everything"),
        ("%model_pull pricee", "Did you mean price?"),
        ("%model_push pricee", "Did you mean price?"),
        ("%model_pull --remote originn", "Did you mean origin?"),
    ],
)
def test_a_slip_is_an_error_in_a_sentence(kernel, remote, line, says):
    kernel.run(f'%model_remote add origin "{remote}"')
    assert says in kernel.usage_error(line)


def test_the_tab_key_offers_models(kernel, remote):
    assert kernel.complete("%model_push pr") == ["price"]
    assert "--fetch" in kernel.complete("%model_pull --fe")
