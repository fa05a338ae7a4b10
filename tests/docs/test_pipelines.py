"""The files of docs/ci: their scripts review and audit a model in a clone, as a host runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import nbmodel
from tests.fixtures.projects import git, make_project

ROOT = Path(__file__).parent.parent.parent
CI = ROOT / "docs" / "ci"
PAIR = ("models/churn/exp", "models/churn/main")  # from a branch into another
CONTEXT = {
    "github.head_ref": PAIR[0],
    "github.base_ref": PAIR[1],
    "github.event.pull_request.number": "7",
}


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """A host with a request from ``churn:exp`` into ``churn``, whose commit it keeps in a ref."""
    folder = tmp_path_factory.mktemp("host")
    path = folder / "team.git"
    git(folder, "init", "--quiet", "--bare", "-b", "main", str(path))
    with nbmodel.open(make_project(folder / "project", author="Ann")) as registry:
        registry.commit({"w": 0}, "churn", metrics={"auc": 0.9})
        registry.branch("churn", "exp")
        registry.commit({"w": 1}, "churn", "try", branch="exp", metrics={"auc": 0.95})
        registry.promote("churn@1", "prod", "go")
        registry.promote("churn:exp", "prod", "better")
        registry.annotate("churn@1", "a note")
        registry.add_remote("origin", str(path))
        registry.push()
    for name in ("pull", "merge-requests"):
        git(path, "update-ref", f"refs/{name}/7/head", f"refs/heads/{PAIR[0]}")
    return path


@pytest.fixture
def clone(remote, tmp_path):
    return make_clone(remote, tmp_path)


def make_clone(remote, tmp_path):
    """What a runner has: one branch of the host, and no other."""
    path = tmp_path / "build"
    git(
        tmp_path, "clone", "--quiet", "--branch", PAIR[0], "--single-branch", str(remote), str(path)
    )
    git(path, "config", "user.name", "Runner")
    return path


@pytest.fixture
def shell(tmp_path):
    """Run scripts by bash as a runner does; pip only says what it would install."""
    programs = tmp_path / "programs"
    programs.mkdir()
    scripts = {
        "pip": '#!/bin/sh\necho "$@" >> "$INSTALLED"\n',
        "nbmodel": f'#!/bin/sh\nexec {sys.executable} -m nbmodel.cli "$@"\n',
    }
    for name, text in scripts.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(script, folder, variables):
        environment = {
            **os.environ, **variables, "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT), "INSTALLED": str(tmp_path / "installed"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }  # fmt: skip
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    return run


def github():
    """The scripts of the file for GitHub, and their variables."""
    job = yaml.safe_load((CI / "github.yml").read_text())["jobs"]["review"]
    variables = {
        name: re.sub(r"\$\{\{ (.*?) \}\}", lambda match: CONTEXT[match[1]], text)
        for name, text in job["env"].items()
    }
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert not any("${{" in script for script in scripts)
    return scripts, variables


def gitlab():
    """The script of the file for GitLab, which is one shell, and its variables."""
    job = yaml.safe_load((CI / "gitlab.yml").read_text())["model-review"]
    variables = {
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": PAIR[0],
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": PAIR[1],
        "CI_MERGE_REQUEST_IID": "7",
    }
    return ["\n".join(job["script"])], variables


@pytest.mark.parametrize("host", [github, gitlab])
def test_the_file_reviews_and_audits_a_request(host, clone, shell, tmp_path):
    scripts, variables = host()
    for script in scripts:
        done = shell(script, clone, variables)
        assert done.returncode == 0, done.stderr
    review = (clone / "review.md").read_text("utf-8")
    assert review.startswith("# Review of `churn:exp@2`")
    assert "| `auc` | `0.9` | `0.95` | `+0.05` | better |" in review
    assert "all is well" in done.stdout
    installed = (tmp_path / "installed").read_text().split()
    assert installed == ["install", "nbmodel[monitor]"]
    if host is github:
        assert (tmp_path / "summary.md").read_text("utf-8") == review


def test_a_request_whose_tags_were_changed_by_hand_fails(remote, shell, tmp_path):
    (script,), variables = gitlab()
    before = git(remote, "rev-parse", "refs/tags/churn#prod#1").strip()
    git(remote, "update-ref", "-d", "refs/tags/churn#prod#1")
    try:
        done = shell(script, make_clone(remote, tmp_path), variables)
    finally:
        git(remote, "update-ref", "refs/tags/churn#prod#1", before)
    assert done.returncode == 1
    assert "churn#prod#1  counter" in done.stdout


def test_names_of_branches_are_not_run(clone, remote, shell):
    name = "models/churn/$(touch${IFS}owned)"
    for host, prefix in ((github, "HEAD"), (gitlab, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")):
        scripts, variables = host()
        for script in scripts:
            done = shell(script, clone, {**variables, prefix: name})
            if done.returncode:
                break
        assert done.returncode
        assert not (clone / "owned").exists()
