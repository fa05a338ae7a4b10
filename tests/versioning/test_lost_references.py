"""Segments of lost or unreadable references are not garbage.

A reference that is not listed must not count as one that never existed. The tests use a folder of
references, or a file, that cannot be read; ``packed-refs`` that is empty, gone or unreadable; a
deleted branch or tag; a branch that was created again or moved back; a log without its reference;
and a damaged reference of the user's code, whose segments of git-lfs are in the same folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import (
    GitFailed,
    InvalidValue,
    NbModelError,
    ReadOnlyRegistry,
    ReferencesInDoubt,
)
from nbmodel.repo.git import Git
from nbmodel.versioning.lost_refs import find_lost_refs
from tests import unprivileged
from tests.fixtures.projects import git

MAIN = "refs/heads/models/net/main"
LONG_AGO = time.time() - 40 * 86_400


def large(number):
    return {"w": np.arange(1 << 17) + number}


def segments(git_dir):
    return {path.name: path for path in (git_dir / "lfs/objects").rglob("?" * 64)}


@pytest.fixture
def git_dir(registry, project):
    """Two versions, a release, a stage and a note; every segment is 40 days old."""
    registry.commit(large(0), "net")
    registry.commit(large(1), "net")
    registry.release("net@2", bump="minor")
    registry.promote("net@2", "prod")
    registry.annotate("net@2", "a note")
    registry.context.index.refresh()
    for path in segments(project / ".git").values():
        os.utime(path, (LONG_AGO, LONG_AGO))
    return project / ".git"


def empty(git_dir):
    git(git_dir, "pack-refs", "--all")
    (git_dir / "packed-refs").write_text("")


def unpacked(git_dir):
    git(git_dir, "pack-refs", "--all")
    (git_dir / "packed-refs").unlink()


def removed(git_dir):
    shutil.rmtree(git_dir / "refs/heads/models")
    shutil.rmtree(git_dir / "logs")


def deleted(git_dir):
    git(git_dir, "update-ref", "-d", MAIN)


def untagged(git_dir):
    git(git_dir, "tag", "-d", "net#prod#1")


def unnoted(git_dir):
    git(git_dir, "update-ref", "-d", "refs/notes/nbmodel")


def spoiled(git_dir):
    (git_dir / MAIN).write_text("rubbish\n")


def foreign(git_dir):
    """A branch of the user's own, which may name files of git-lfs."""
    (git_dir / "refs/heads/feature").write_text("0" * 12)


CASES = {
    empty: ("packed-refs is damaged", "Restore the file"),
    unpacked: (f"{MAIN}: it existed at", "git update-ref"),
    removed: (f"{MAIN}: it existed at", f"--forget '{MAIN}'"),
    deleted: (f"{MAIN}: it existed at", f"--forget '{MAIN}'"),
    untagged: ("net#prod#1: it existed at", "promote the version"),
    unnoted: ("refs/notes/nbmodel: it existed at", "--forget 'refs/notes/nbmodel'"),
    spoiled: (f"{MAIN}: git finds it broken", "restore it from a backup"),
    foreign: ("refs/heads/feature: git finds it broken", "restore it from a backup"),
}


@pytest.mark.parametrize("lose", CASES)
def test_gc_removes_nothing_while_a_reference_is_in_doubt(registry, git_dir, lose):
    lose(git_dir)
    why, do = CASES[lose]
    for ask in (lambda: registry.gc(force=True), lambda: registry.gc(force=True, grace=0)):
        with pytest.raises(ReferencesInDoubt, match="Nothing was removed") as refused:
            ask()
        assert why in refused.value.what
        assert do in refused.value.hint
    listed = registry.gc()
    assert (listed.garbage, len(listed.doubts) > 0) == ([], True)
    assert "nothing can go now" in listed.text()
    assert why in listed.text()
    assert do in listed.text()
    assert len(segments(git_dir)) == 2


FORBIDDEN = (
    *("refs/heads/models", "refs/heads/models/net", "refs/heads", "refs/tags"),
    *("refs/notes", "refs/heads/models/net/main", "packed-refs", "logs", "logs/refs/heads"),
    "info",
)


def test_unreadable_packs_and_packs_without_an_index_are_named(registry, git_dir):
    git(git_dir, "repack", "-a", "-d", "-q")
    reports = unprivileged.run(SCRIPT, git_dir, os.environ["XDG_CACHE_HOME"], "objects/pack")
    (pack,) = (git_dir / "objects/pack").glob("*.pack")
    index = pack.with_suffix(".idx")
    names = [f"objects/pack/{path.name}" for path in (pack, index)]
    reports |= unprivileged.run(SCRIPT, git_dir, os.environ["XDG_CACHE_HOME"], *names)
    for name, text in reports.items():
        assert name.split()[0] in text, (name, text)
        assert "Permission denied" in text
    index.unlink()
    with nbmodel.open(git_dir) as again:
        assert f"git index-pack '{pack}'" in again.verify().text()
    git(git_dir, "index-pack", str(pack))
    with nbmodel.open(git_dir) as again:
        assert again.verify()
    index.unlink()
    with nbmodel.open(git_dir) as again:  # it writes the index, as git would
        assert again.gc(force=True).garbage == []
        assert index.exists()
        assert again.verify()
    index.unlink()
    data = pack.read_bytes()
    pack.chmod(0o644)
    pack.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with (
        nbmodel.open(git_dir) as again,
        pytest.raises(ReferencesInDoubt, match=f"{pack.name} has no index"),
    ):
        again.gc(force=True)


SCRIPT = """
import json, os, sys, nbmodel
from pathlib import Path
from nbmodel.errors import NbModelError
git_dir, reports = Path(sys.argv[1]), {}
os.environ["XDG_CACHE_HOME"] = sys.argv[2]
for name in sys.argv[3:]:
    path = git_dir / name
    mode = path.stat().st_mode
    for way in (0o000, 0o444) if path.is_dir() else (0o000,):
        path.chmod(way)
        try:
            with nbmodel.open(git_dir) as registry:
                reports[f"{name} {way:o}"] = str(registry.gc(force=True))
        except NbModelError as error:
            reports[f"{name} {way:o}"] = str(error)
        finally:
            path.chmod(mode)
print(json.dumps(reports))
"""


@pytest.mark.parametrize(("failures", "is_found"), [(1, True), (4, True), (5, False)])
def test_a_pack_that_is_replaced_while_git_lists_objects(
    registry, git_dir, monkeypatch, failures, is_found
):
    """The moment cannot be hit at will, so git's failure is simulated."""
    for ref in git(git_dir.parent, "for-each-ref", "--format=%(refname)").split():
        git(git_dir.parent, "update-ref", "-d", ref)
    run, failed = Git.run, []

    def replaced(self, command, *args, **options):
        if "--batch-all-objects" in args and len(failed) < failures:
            failed.append(command)
            raise GitFailed("fatal: packfile pack-1.pack cannot be accessed")
        return run(self, command, *args, **options)

    monkeypatch.setattr(Git, "run", replaced)
    if is_found:
        assert MAIN in [lost.ref for lost in find_lost_refs(registry.context)]
    else:
        with pytest.raises(GitFailed, match="cannot be accessed"):
            find_lost_refs(registry.context)
    assert len(failed) == failures


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "known"])
def test_an_unreadable_file_does_not_count_as_absent(registry, git_dir, tmp_path, fresh):
    listed = git(git_dir, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    git(git_dir, "pack-refs", "--all")
    for ref, oid in map(str.split, listed):  # loose and packed
        (git_dir / ref).parent.mkdir(parents=True, exist_ok=True)
        (git_dir / ref).write_text(f"{oid}\n")
    cache_home = os.environ.get("XDG_CACHE_HOME", "")
    cache = str(tmp_path / "fresh") if fresh else cache_home
    reports = unprivileged.run(SCRIPT, git_dir, cache, *FORBIDDEN)
    assert len(segments(git_dir)) == 2
    for name, text in reports.items():
        assert name.split()[0] in text, (name, text)
        assert "Permission denied" in text, (name, text)
        assert "Nothing was committed" not in text, (name, text)
        assert "and is gone" not in text, (name, text)


def test_forget_accepts_references_that_were_deleted_on_purpose(registry, git_dir, capsys):
    refs = git(git_dir, "for-each-ref", "--format=%(refname)").split()
    ours = [ref for ref in refs if ref != "refs/heads/main"]
    for ref in ours:
        git(git_dir, "update-ref", "-d", ref)
    assert {f.where for f in registry.verify().findings} == set(ours)
    assert "--forget" in registry.verify().text()
    with pytest.raises(InvalidValue, match="matches no reference that is gone"):
        registry.gc(forget=["refs/heads/models/other/main"])
    with (
        nbmodel.open(git_dir, read_only=True) as reader,
        pytest.raises(ReadOnlyRegistry),
    ):
        reader.gc(forget=[MAIN])
    assert len(registry.gc(forget=[MAIN]).doubts) == len(ours) - 1
    assert len(registry.gc(forget=["refs/tags/*", "refs/notes/*"]).garbage) == 2
    verified = registry.verify()
    assert (verified.findings, verified.hints) == ([], [])
    assert registry.list().problems == ()
    with nbmodel.open(git_dir) as again:  # also in the next process
        assert again.verify()
        assert len(again.gc(force=True).garbage) == 2
    assert segments(git_dir) == {}


def test_a_stage_returns_to_the_earlier_version_when_its_last_move_is_forgotten(registry, git_dir):
    registry.promote("net@1", "prod")
    registry.context.index.refresh()
    git(git_dir, "tag", "-d", "net#prod#2")
    with pytest.raises(NbModelError, match="--forget 'refs/tags/net#prod#2'"):
        registry.show("net@prod")
    registry.gc(forget=["refs/tags/net#prod#2"])
    assert registry.show("net@prod").version.number == 2


def test_a_forgotten_reference_that_returns_is_watched_again(registry, git_dir):
    tip = git(git_dir, "rev-parse", MAIN).strip()
    for _ in range(2):
        git(git_dir, "update-ref", "-d", MAIN)
        assert registry.gc().doubts[0].ref == MAIN
        registry.gc(forget=[MAIN])
        assert registry.verify().findings == []
        git(git_dir, "update-ref", MAIN, tip)
        assert registry.gc(force=True).garbage == []


@pytest.mark.parametrize("how", ["back", "again"])
def test_versions_that_a_branch_lost_stay_for_the_grace_period(registry, git_dir, how):
    for name in git(git_dir, "tag").split():
        git(git_dir, "tag", "-d", name)
    registry.gc(forget=["refs/tags/*"])
    if how == "back":
        git(git_dir, "update-ref", MAIN, f"{MAIN}~1")
        shutil.rmtree(git_dir / "logs")
    else:
        git(git_dir, "update-ref", "-d", MAIN)
        registry.context.index.refresh()
        registry.commit({"n": 1}, "net")
    assert registry.gc(force=True).garbage == []
    assert len(segments(git_dir)) == 2
    lost = 1 if how == "back" else 2
    assert len(registry.gc(force=True, forget=[MAIN]).garbage) == lost


def test_verify_names_branches_that_only_a_remote_has(registry, git_dir, tmp_path):
    git(tmp_path, "clone", "--quiet", "--no-tags", f"file://{git_dir}", "clone")
    with nbmodel.open(tmp_path / "clone") as clone:
        text = clone.verify().text()
    assert text.startswith("0 versions, 0 segments read: There is origin/models/net/main")
    assert "git branch models/net/main origin/models/net/main" in text


def test_a_damaged_segment_is_named_by_its_path(registry, git_dir):
    for path in segments(git_dir).values():
        path.chmod(0o644)
        path.write_bytes(bytes(path.stat().st_size))
        path.chmod(0o444)
    with pytest.raises(NbModelError) as refused:
        registry.checkout("net@2")
    assert any(f"Remove {path}" in refused.value.hint for path in segments(git_dir).values())


def test_the_log_of_a_deleted_reference_keeps_its_versions(
    registry, git_dir, tmp_path, monkeypatch
):
    shutil.rmtree(git_dir / "refs/heads/models")
    for name in git(git_dir, "tag").split():
        git(git_dir, "tag", "-d", name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fresh"))
    with nbmodel.open(git_dir) as other:
        assert other.gc(force=True).garbage == []
        assert len(other.gc(force=True, forget=[MAIN, "refs/tags/*"]).garbage) == 2


@pytest.fixture
def fresh(git_dir, monkeypatch, tmp_path):
    """Another user, or a cache that was emptied: no look has seen anything."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fresh"))


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("lose", [deleted, untagged, removed])
def test_a_reference_lost_before_the_first_check_keeps_its_versions(git_dir, lose):
    """Verify offers to bring it back; so it must be whole."""
    tip = git(git_dir, "rev-parse", MAIN).strip()
    if lose is not untagged:
        for name in git(git_dir, "tag").split():
            git(git_dir, "tag", "-d", name)
    else:  # the tag alone leads to the version
        git(git_dir, "update-ref", "-d", MAIN)
        git(git_dir, "tag", "-d", "net@v0.1.0")
    lose(git_dir)
    shutil.rmtree(git_dir / "logs", ignore_errors=True)
    with nbmodel.open(git_dir) as other:
        assert f"git update-ref {MAIN} {tip} brings it back" in other.verify().text()
        report = other.gc(force=True)
        assert report.garbage == []
        assert "stays: no such reference is there" in report.text()
        assert "--forget 'refs/" in report.text()
        git(git_dir, "update-ref", MAIN, tip)
        assert np.array_equal(other.checkout("net@2")["w"], large(1)["w"])
        assert other.verify().findings == []


@pytest.mark.usefixtures("fresh")
def test_forget_accepts_references_deleted_before_the_first_check(git_dir):
    for name in (MAIN, *(f"refs/tags/{name}" for name in git(git_dir, "tag").split())):
        git(git_dir, "update-ref", "-d", name)
    shutil.rmtree(git_dir / "logs", ignore_errors=True)
    with nbmodel.open(git_dir) as other:
        with pytest.raises(InvalidValue, match="matches no reference that is gone"):
            other.gc(forget=["refs/heads/models/other/*"])
        assert other.gc(forget=[MAIN]).garbage != []  # the first version; tags name the second
        assert len(other.gc(force=True, forget=["refs/tags/*"]).garbage) == 2
        assert other.verify().hints == []
    assert segments(git_dir) == {}


@pytest.mark.usefixtures("fresh")
def test_history_that_git_pruned_in_part_does_not_stop_gc(git_dir):
    tip, first = git(git_dir, "rev-parse", MAIN, f"{MAIN}~1").split()
    for name in (MAIN, *(f"refs/tags/{name}" for name in git(git_dir, "tag").split())):
        git(git_dir, "update-ref", "-d", name)
    shutil.rmtree(git_dir / "logs", ignore_errors=True)
    packs = [path.read_bytes() for path in git_dir.glob("objects/pack/*.pack")]
    shutil.rmtree(git_dir / "objects/pack")
    for pack in packs:
        command = ["git", "-C", str(git_dir), "unpack-objects", "-q"]
        subprocess.run(command, input=pack, check=True)
    (git_dir / "objects" / first[:2] / first[2:]).unlink()
    with nbmodel.open(git_dir) as other:
        assert len(other.gc(force=True).garbage) == 1
        git(git_dir, "update-ref", "refs/heads/models/net/other", tip)
    assert len(segments(git_dir)) == 1
