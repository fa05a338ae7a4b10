"""Ordinary git and git-lfs read what nbmodel writes, and nbmodel reads what they write."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import NotFound, SegmentDamaged, SegmentMissing, Untrusted
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git, make_project

WEIGHTS = {"w": np.arange(1 << 17, dtype=float), "b": np.arange(3)}


@pytest.fixture
def origin(tmp_path):
    """A project with a released model."""
    folder = make_project(tmp_path / "origin", {})
    with nbmodel.open(folder) as registry:
        registry.commit(WEIGHTS, "net", "first", metrics={"auc": 0.9})
        registry.commit({**WEIGHTS, "b": np.arange(4)}, "net", "second")
        registry.release("net@1", version="v0.1.0")
    return folder


@pytest.fixture
def clone(origin, tmp_path):
    """What plain git and git-lfs make of the release tag."""
    git(tmp_path, "lfs", "install", "--skip-repo")
    git(tmp_path, "clone", "--quiet", "--branch", "net@v0.1.0", f"file://{origin}", "clone")
    return tmp_path / "clone"


def test_stock_git_and_git_lfs_find_nothing_wrong(origin):
    assert git(origin, "fsck", "--strict", "--no-dangling") == ""
    assert "Git LFS fsck OK" in git(origin, "lfs", "fsck", "models/net/main")
    listed = git(origin, "lfs", "ls-files", "--long", "net@v0.1.0")
    assert listed.split()[2] == "payload/0000"


def test_a_clone_of_a_release_tag_is_a_loadable_folder(clone):
    assert {path.name for path in clone.iterdir()} >= {"README.md", "model.json", "payload"}
    model = load_folder(clone)
    assert (model["w"] == WEIGHTS["w"]).all()
    assert (model["b"] == WEIGHTS["b"]).all()


def test_a_clone_is_a_registry(clone):
    git(clone, "fetch", "--quiet", "origin", "refs/heads/models/*:refs/heads/models/*")
    git(clone, "lfs", "fetch", "--all")
    with nbmodel.open(clone) as registry:
        assert [version.ref for version in registry.log("net")] == ["net@2", "net@1"]
        assert len(registry.checkout("net@2")["b"]) == 4
        assert registry.show("net@v0.1.0").manifest.metrics == {"auc": 0.9}


def test_git_lfs_pushes_the_segments(origin, tmp_path):
    hub = tmp_path / "hub.git"
    git(tmp_path, "init", "--quiet", "--bare", str(hub))
    git(origin, "lfs", "install", "--local")
    git(origin, "push", "--quiet", f"file://{hub}", "models/net/main", "net@v0.1.0")
    assert sum(p.is_file() for p in (hub / "lfs/objects").rglob("*")) == 1
    with nbmodel.open(hub) as registry:
        assert registry.checkout("net@v0.1.0")["w"][9] == 9.0


def test_a_folder_that_is_not_whole_says_so(clone, tmp_path):
    segment = clone / "payload/0000"
    good = segment.read_bytes()
    segment.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(SegmentDamaged):
        load_folder(clone)
    segment.write_text(git(clone, "cat-file", "blob", "HEAD:payload/0000"))
    with pytest.raises(SegmentMissing, match="git lfs fetch"):
        load_folder(clone)
    shutil.rmtree(clone / "payload")
    with pytest.raises(SegmentMissing):
        load_folder(clone)
    with pytest.raises(NotFound):
        load_folder(tmp_path)


def test_another_persons_folder_runs_no_code(tmp_path, monkeypatch):
    with nbmodel.open(tmp_path, create=True) as registry:
        registry.commit(lambda: 1, "code")
        registry.context.git.run("update-ref", "refs/tags/x", "refs/heads/models/code/main")
    git(tmp_path, "clone", "--quiet", str(tmp_path / ".nbmodel.git"), "-b", "models/code/main", "c")
    assert load_folder(tmp_path / "c")() == 1
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another person"))
    with pytest.raises(Untrusted):
        load_folder(tmp_path / "c")
    assert load_folder(tmp_path / "c", trust=True)() == 1
