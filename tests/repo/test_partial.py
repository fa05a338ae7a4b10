"""Clones without some objects of their remote: the printed command fetches them."""

from __future__ import annotations

import re
import shlex
import subprocess

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import NbModelError
from tests.fixtures.projects import git, make_project

LINE = re.compile(r'git fetch --refetch [^\n.]*"')
CODE = "x" * 1000


@pytest.fixture
def origin(tmp_path):
    """A project with code, three versions, a release and a stage, that serves partial clones."""
    folder = make_project(tmp_path / "origin", {"code.py": CODE})
    git(folder, "config", "uploadpack.allowFilter", "true")
    with nbmodel.open(folder) as registry:
        for number in range(3):
            weights = {"w": np.arange(1 << 17) + number, "note": "ü"}
            registry.commit(weights, "net", f"v{number}", metrics={"auc": number / 4})
        registry.release("net@1", version="v0.1.0")
        registry.promote("net@2", "prod")
    return folder


def clone(origin, *options, remote="origin"):
    folder = origin.parent / "clone"
    git(origin.parent, "clone", "--quiet", "--no-checkout", "--origin", remote, *options,
        f"file://{origin}", "clone")  # fmt: skip
    git(folder, "branch", "--quiet", "models/net/main", f"{remote}/models/net/main")
    return folder


def missing(folder):
    listed = git(folder, "rev-list", "--objects", "--all", "--missing=print")
    return sum(line.startswith("?") for line in listed.splitlines())


def run(folder, line):
    subprocess.run(shlex.split(line), cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("remote", ["origin", "hub-2"])
@pytest.mark.parametrize("filtered", ["blob:none", "blob:limit=1", "tree:0"])
def test_the_printed_command_completes_a_partial_clone(origin, filtered, remote):
    folder = clone(origin, f"--filter={filtered}", remote=remote)
    with nbmodel.open(folder) as registry:
        listed = registry.list()
        assert listed.unreadable == 3
        result = registry.verify()
        assert [item.where for item in result.findings] == ["net@3", "net@2", "net@1"]
        (line,) = {LINE.search(item.problem)[0] for item in result.findings}
        with pytest.raises(NbModelError) as caught:
            registry.checkout("net@prod")
        assert LINE.search(str(caught.value))[0] == line
        run(folder, line)
        assert registry.list().unreadable == 0
        assert registry.list("metrics.auc > 0.4").versions[0].ref == "net@3"
        assert registry.show("net@v0.1.0").manifest.metrics == {"auc": 0.0}
        assert all("segment" in item.problem for item in registry.verify().findings)
        # Of a partial clone's code git-lfs would miss the files: the branch alone has them all.
        git(folder, "lfs", "fetch", "--all", remote, "models/net/main")
        assert registry.verify()
        assert registry.checkout("net@prod")["w"][3] == 4
    assert missing(folder) > 0  # the code was left where it is


def test_git_alone_would_not_fetch_it_again(origin):
    """Why the line has both words: what was printed before, and a plain fetch, bring nothing."""
    folder = clone(origin, "--filter=blob:none")
    before = missing(folder)
    for line in ("git fetch origin", "git fetch --refetch origin"):
        run(folder, line)
        assert missing(folder) == before


def test_the_command_changes_nothing_in_a_complete_clone(origin):
    folder = clone(origin)
    with nbmodel.open(folder) as registry:
        assert registry.list().unreadable == 0
    run(folder, 'git fetch --refetch --no-filter origin '
        '"+refs/heads/models/*:refs/remotes/origin/models/*"')  # fmt: skip
    assert git(folder, "fsck", "--no-dangling") == ""


def test_a_version_that_git_fetches_is_indexed(origin):
    folder = clone(origin, "--filter=blob:none")
    with nbmodel.open(folder) as registry:
        assert registry.list().unreadable == 3
        git(folder, "show", "models/net/main:model.json")  # git itself fetches what it shows
        assert registry.list().unreadable == 2
        assert registry.log("net").versions[0].metrics == {"auc": 0.5}
