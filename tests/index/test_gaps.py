"""What could not be read is looked at again once the object store changed, and only then."""

from __future__ import annotations

import os
import shutil

import pytest

from nbmodel.index import Index, gaps
from nbmodel.repo import history
from nbmodel.repo.git import Git
from tests.index.dump import dump
from tests.versioning.conftest import git


@pytest.fixture
def same(index, bare_repo, tmp_path):
    """Whether the index says what one made from nothing says."""

    def compare():
        index.refresh()
        fresh = Index(tmp_path / f"fresh-{bare_repo.tick()}", bare_repo.git)
        fresh.refresh()
        assert dump(index) == dump(fresh)
        fresh.close()
        return [(v.ref, v.summary[:3]) for v in index.list(all_versions=True)]

    return compare


@pytest.fixture
def asked(monkeypatch):
    """How often snapshots were read."""
    calls = []
    read = history.read_snapshots
    monkeypatch.setattr(history, "read_snapshots", lambda *a: calls.append(a) or read(*a))
    return calls


def away(path):
    """Take a file out of the object store; return what puts it back."""
    aside = path.with_name("aside")
    path.rename(aside)
    return lambda: aside.rename(path)


@pytest.mark.parametrize("what", ["manifest", "tree", "commit between", "tip"])
def test_what_arrives_later_is_taken_in(same, bare_repo, index, what):
    versions = bare_repo.versions(3)
    whole = same()
    index.rebuild()
    oid = {
        "manifest": bare_repo.git.resolve(f"{versions[1]}:model.json"),
        "tree": bare_repo.git.resolve(f"{versions[1]}^{{tree}}"),
        "commit between": versions[1],
        "tip": versions[2],
    }[what]
    bare_repo.git.close()
    back = away(bare_repo.object_path(oid))
    index.rebuild()
    assert same() != whole
    back()
    assert same() == whole


def test_damage_that_was_mended_is_seen(same, bare_repo, index):
    commit = bare_repo.version()
    whole = same()
    path = bare_repo.object_path(bare_repo.git.resolve(f"{commit}:model.json"))
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(good[:20])
    index.rebuild()
    bare_repo.git.close()
    assert len(index.unreadable()) == 1
    path.write_bytes(good)  # in its place: no name comes or goes
    os.utime(path, (1, 1))
    assert same() == whole


def test_nothing_is_asked_again_while_nothing_changes(bare_repo, index, asked):
    commit = bare_repo.version()
    bare_repo.object_path(bare_repo.git.resolve(f"{commit}:model.json")).unlink()
    index.refresh()
    index.refresh()
    before = len(asked)
    for _ in range(3):
        index.refresh()
    assert len(asked) == before
    bare_repo.put("blob", b"more")
    index.refresh()
    index.refresh()
    assert len(asked) == before + 1
    assert index.unreadable()[0].info.commit == commit


def test_a_healthy_registry_is_not_looked_through(bare_repo, index, monkeypatch):
    bare_repo.versions(2)
    monkeypatch.setattr(gaps, "signature", lambda _: pytest.fail("looked at"))
    index.refresh()
    bare_repo.version(number=3)
    index.refresh()


def test_the_border_of_a_shallow_clone_is_not_missed(bare_repo, tmp_path, monkeypatch):
    bare_repo.versions(3)
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", f"file://{bare_repo.path}", "c.git",
        "--branch", "models/churn/main")  # fmt: skip
    shallow = Git(tmp_path / "c.git")
    index = Index(tmp_path / "index", shallow)
    index.refresh()
    monkeypatch.setattr(gaps, "signature", lambda _: pytest.fail("looked at"))
    index.refresh()
    shallow.close()
    index.close()


def test_a_store_that_is_a_link_or_gone_has_a_signature(tmp_path):
    assert gaps.signature(tmp_path) == gaps.signature(tmp_path / "gone")
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects/ab").mkdir()
    before = gaps.signature(tmp_path)
    (tmp_path / "objects/ab/c").write_text("x")
    assert gaps.signature(tmp_path) != before
    shutil.rmtree(tmp_path / "objects/ab")
    (tmp_path / "objects/ab").symlink_to("/")
    assert gaps.signature(tmp_path) == before
