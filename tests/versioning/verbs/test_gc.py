"""Gc: what is removed, and everything in a repository that keeps a segment.

The folder of segments is that of git-lfs, so references, stashes, the index and the logs of the
user's code keep segments too.
"""

from __future__ import annotations

import os
import subprocess
import time

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import GitFailed, InvalidValue, ReadOnlyRegistry
from nbmodel.store import lfs_format
from tests.fixtures.projects import git

DAY = 86_400
MAIN = "refs/heads/models/net/main"


def large(number: int) -> dict:
    return {"w": np.arange(1 << 17) + number}


def segments(project):
    return {path.name: path for path in (project / ".git/lfs/objects").rglob("?" * 64)}


def age(project, days=40):
    then = time.time() - days * DAY
    for path in segments(project).values():
        os.utime(path, (then, then))


def delete(registry, project):
    """Delete the branch of the model, and say that it was on purpose."""
    git(project, "update-ref", "-d", MAIN)
    registry.context.index.refresh()
    registry.context.index.forget_refs([MAIN])


@pytest.fixture
def garbage(registry, project):
    """The name of a segment that nothing uses, last written 40 days ago."""
    registry.commit(large(0), "net")
    (name,) = segments(project)
    age(project)
    delete(registry, project)
    return name


@pytest.fixture
def pointer(registry, project):
    """A segment that only a file of git-lfs may name, and the text of that file."""
    registry.commit({"n": 1}, "net")
    (stored,) = registry.context.store.put([[memoryview(bytes(1 << 20))]])
    age(project)
    return stored.segment.sha256, lfs_format.write_pointer(stored.segment)


def test_without_force_it_lists_and_removes_nothing(registry, project, garbage):
    report = registry.gc()
    ((name, size, age_s),) = report.garbage
    assert (name, size) == (garbage, 1 << 20)
    assert age_s == pytest.approx(40 * DAY, abs=60)
    assert (report.removed, report.remaining_segments, report.size) == (False, 0, 1 << 20)
    headline, headings, row = report.text().splitlines()
    assert headline == "1 segment, 1.05 MB can go: repeat with --force"
    assert headings.split() == ["segment", "size", "unused", "for"]
    assert row.split() == [garbage[:16], "1.05", "MB", "40.0", "days"]
    assert list(segments(project)) == [garbage]


def test_with_force_it_removes(registry, project, garbage):
    report = registry.gc(force=True)
    assert [name for name, _, _ in report.garbage] == [garbage]
    assert report.text().splitlines()[0] == "removed 1 segment, 1.05 MB"
    assert segments(project) == {}
    assert registry.gc().text() == "nothing to collect; in use or young: 0 segments"


def test_a_version_keeps_its_segments(registry, project):
    registry.commit(large(0), "net")
    registry.commit(large(1), "net")
    age(project)
    report = registry.gc(force=True, grace=0)
    assert (report.garbage, report.remaining_segments) == ([], 2)
    assert (registry.checkout("net@1")["w"] == large(0)["w"]).all()


def test_a_young_segment_stays_for_the_grace_period(registry, project, garbage):
    age(project, days=13.9)
    assert registry.gc(force=True).garbage == []
    assert list(segments(project)) == [garbage]
    age(project, days=14.1)
    assert [name for name, _, _ in registry.gc(force=True).garbage] == [garbage]


@pytest.mark.parametrize("annotated", [False, True])
def test_a_tag_keeps_what_it_names(registry, project, annotated):
    commit = registry.commit(large(0), "net").version.commit
    options = ["-a", "-m", "keep it"] if annotated else []
    git(project, "tag", *options, "keep", commit)
    age(project)
    delete(registry, project)
    assert registry.gc(force=True).garbage == []
    git(project, "tag", "-d", "keep")
    assert len(registry.gc(force=True).garbage) == 1


def test_a_release_keeps_its_version(registry, project):
    registry.commit(large(0), "net")
    registry.release("net@1")
    age(project)
    delete(registry, project)
    assert registry.gc(force=True).garbage == []
    assert len(segments(project)) == 1


def test_a_stash_keeps_what_it_names(registry, project, pointer):
    name, text = pointer
    (project / "train.py").write_bytes(text)
    git(project, "stash", "push", "--quiet")
    assert registry.gc(force=True).garbage == []
    git(project, "stash", "drop", "--quiet")
    assert [garbage for garbage, _, _ in registry.gc(force=True).garbage] == [name]


def test_the_index_keeps_what_was_added(registry, project, pointer):
    name, text = pointer
    (project / "weights.bin").write_bytes(text)
    git(project, "add", "weights.bin")
    assert registry.gc(force=True).garbage == []
    git(project, "rm", "--cached", "--quiet", "weights.bin")
    assert [garbage for garbage, _, _ in registry.gc(force=True).garbage] == [name]


def test_the_index_of_another_work_tree_keeps_what_was_added(registry, project, pointer, tmp_path):
    _, text = pointer
    other = tmp_path / "other"
    git(project, "worktree", "add", "--quiet", "-b", "other", str(other))
    (other / "weights.bin").write_bytes(text)
    git(other, "add", "weights.bin")
    assert registry.gc(force=True).garbage == []


def test_a_commit_of_the_users_code_keeps_files_of_git_lfs(registry, project, pointer):
    _, text = pointer
    (project / "weights.bin").write_bytes(text)
    git(project, "add", "weights.bin")
    git(project, "commit", "--quiet", "-m", "weights")
    git(project, "rm", "--quiet", "weights.bin")
    git(project, "commit", "--quiet", "-m", "no weights")
    assert registry.gc(force=True).garbage == []


def test_the_log_of_a_branch_keeps_its_earlier_versions(registry, project, pointer):
    name, text = pointer
    (project / "weights.bin").write_bytes(text)
    git(project, "add", "weights.bin")
    git(project, "commit", "--quiet", "-m", "weights")
    git(project, "reset", "--quiet", "--hard", "HEAD~1")
    assert registry.gc(force=True).garbage == []
    git(project, "reflog", "expire", "--expire=now", "--all")
    assert [garbage for garbage, _, _ in registry.gc(force=True).garbage] == [name]


def test_an_unreferenced_file_of_git_lfs_is_removed_too(registry, project, pointer):
    name, _ = pointer
    assert [(garbage, size) for garbage, size, _ in registry.gc().garbage] == [(name, 1 << 20)]


def test_a_read_only_registry_only_lists(project, garbage):
    with nbmodel.open(project, read_only=True) as registry:
        assert len(registry.gc().garbage) == 1
        with pytest.raises(ReadOnlyRegistry, match="collect garbage"):
            registry.gc(force=True)
    assert list(segments(project)) == [garbage]


@pytest.mark.parametrize("grace", [-1, float("nan"), float("inf")])
def test_an_impossible_grace_period_is_refused(registry, grace):
    with pytest.raises(InvalidValue, match=f"A grace of {grace} days is not possible"):
        registry.gc(grace=grace)


def test_an_unreadable_version_keeps_every_segment(registry, project):
    """A blob that is gone may have named a segment."""
    registry.commit(large(0), "net")
    git(project, "repack", "-a", "-d", "-q")
    blob = git(project, "rev-parse", "models/net/main:payload/0000").strip()
    for pack in (project / ".git/objects/pack").glob("*.pack"):
        content = pack.read_bytes()
        for path in pack.parent.glob(f"{pack.stem}.*"):
            path.unlink()
        subprocess.run(["git", "-C", project, "unpack-objects", "-q"], input=content, check=True)
    (project / ".git/objects" / blob[:2] / blob[2:]).unlink()
    age(project)
    with nbmodel.open(project) as again, pytest.raises(GitFailed):
        again.gc(force=True)
    assert len(segments(project)) == 1


def test_references_that_cannot_be_packed_are_a_remark(registry, monkeypatch):
    def refuse(git):
        raise GitFailed("git pack-refs failed: the disk is gone.")

    registry.commit(large(0), "net")
    monkeypatch.setattr("nbmodel.repo.ref_updates.pack", refuse)
    assert "Refs were not packed" in registry.gc(force=True).text()
