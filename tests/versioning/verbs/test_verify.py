"""Verify: every byte of every version, and every reference."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from nbmodel.errors import GitFailed
from nbmodel.versioning.registry import open_registry
from tests.builder import Builder
from tests.fixtures.projects import git


@pytest.mark.parametrize("ref", ["refs/heads/models", "refs/heads/models/churn"])
def test_verify_names_the_branch_that_is_in_the_way(tmp_path, ref):
    builder = Builder(tmp_path / "r.git")
    builder.set_ref(ref, builder.commit(builder.tree()))
    with open_registry(builder.path) as registry:
        with pytest.raises(GitFailed, match="cannot lock ref"):
            registry.commit([1], "churn")
        assert f"{ref} " in registry.verify().text()


def test_a_line_of_versions_and_branches_of_the_code_are_not(tmp_path):
    builder = Builder(tmp_path / "r.git")
    builder.set_ref("refs/heads/modelsx", builder.commit(builder.tree()))
    with open_registry(builder.path) as registry:
        registry.commit([1], "churn")
        assert "not a line of versions" not in registry.verify().text()


def segments(registry):
    return [path for path in (registry.path / "lfs/objects").rglob("?" * 64) if path.is_file()]


@pytest.fixture
def shared(registry):
    """Two versions that share one segment, and a third with its own."""
    weights = {"w": np.ones(1 << 17), "n": 0}
    registry.commit(weights, "net")
    registry.commit({**weights, "n": 1}, "net")
    registry.commit({"w": np.zeros(1 << 17)}, "net")
    return registry


def test_all_is_well(shared):
    result = shared.verify()
    assert bool(result)
    assert (result.versions, result.segments, result.size) == (3, 2, 2 << 20)
    assert (list(result.findings), list(result.hints)) == ([], [])
    assert result.text() == "3 versions, 2 segments read: all is well"


def test_one_version_alone(shared):
    result = shared.verify("net@2")
    assert (result.versions, result.segments, result.size) == (1, 1, 1 << 20)
    assert result.text() == "1 version, 1 segment read: all is well"


def test_a_damaged_segment_is_named_with_each_version_that_has_it(shared):
    sha256 = shared.show("net@1").manifest.payload.segments[0].sha256
    (path,) = [path for path in segments(shared) if path.name == sha256]
    content = bytearray(path.read_bytes())
    content[12345] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    result = shared.verify()
    assert not result
    (finding,) = result.findings
    assert finding.where == "net@2, net@1"
    assert sha256[:12] in finding.problem
    assert result.text().splitlines()[0] == "3 versions, 2 segments read: 1 problem"
    assert list(shared.verify("net@3").findings) == []


def test_a_missing_segment(shared):
    shutil.rmtree(shared.path / "lfs/objects")
    assert [finding.where for finding in shared.verify().findings] == ["net@3", "net@2, net@1"]


def test_a_damaged_skeleton_in_git(registry):
    registry.commit({"n": 1}, "net")
    oid = git(registry.path, "rev-parse", "models/net/main:payload/skeleton").strip()
    git(registry.path, "repack", "-a", "-d", "-q")
    for pack in (registry.path / "objects/pack").glob("*.pack"):
        content = pack.read_bytes()
        for path in pack.parent.glob(f"{pack.stem}.*"):
            path.unlink()
        command = ["git", "-C", registry.path, "unpack-objects", "-q"]
        subprocess.run(command, input=content, check=True)
    (registry.path / "objects" / oid[:2] / oid[2:]).unlink()
    with open_registry(registry.path) as again:
        findings = again.verify().findings
    assert "net@1" in {finding.where for finding in findings}


def test_a_reference_that_cannot_be_read(shared):
    (shared.path / "refs/heads/models/net/main").write_text("rubbish\n")
    assert "refs/heads/models/net/main" in {f.where for f in shared.verify().findings}


def test_a_tag_that_no_reference_names_is_a_hint(shared):
    shared.release("net@1")
    shared.context.close()
    with open_registry(shared.path) as fresh:
        git(shared.path, "tag", "-d", "net@v0.1.0")
        result = fresh.verify()
    named = {finding.where for finding in (*result.findings, *result.hints)}
    assert any("net@v0.1.0" in where for where in named)


def test_a_registry_without_versions(registry):
    registry.context.git.run("rev-parse", "--git-dir")
    assert registry.verify().text() == "0 versions, 0 segments read: all is well"


@pytest.mark.parametrize("ahead", [False, True])
def test_a_branch_of_a_lost_branch_keeps_its_name(registry, project, ahead):
    """The advice is the command that restores the lost branch, and none that moves the other."""
    registry.commit([1], "tickets")
    registry.branch("tickets", "tickets", "tickets@1")
    if ahead:
        registry.commit([2], "tickets")
    assert registry.verify()
    git(project, "update-ref", "-d", "refs/heads/models/tickets/main")
    text = str(registry.verify())
    assert "git update-ref" in text
    assert "git branch" not in text


def test_a_missing_branch_that_was_never_seen_is_made_again(tmp_path):
    repo = Builder(tmp_path / "r.git")
    repo.version("churn", "main", 1)
    git(repo.git.git_dir, "branch", "-m", "models/churn/main", "models/churn/other")
    with open_registry(repo.git.git_dir) as registry:
        (hint,) = registry.verify().hints
        assert hint.where == "refs/heads/models/churn/other"
        command = "branch models/churn/main models/churn/other"
        assert f"git {command}" in hint.problem
        git(repo.git.git_dir, *command.split())
        assert not registry.verify().hints
        assert {v.ref for v in registry.log("churn")} == {"churn@1"}
