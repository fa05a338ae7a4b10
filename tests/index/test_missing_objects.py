"""Objects that could not be read are tried again: soon if the object store changed, else later.

An object that could not be read once must not stay unread. The objects are a manifest, a tree, a
commit between others, a tip, a tag, and a commit that only a tag names. They are missing, damaged,
repaired with their old times, or unread because git itself ended. There is one, or more than one
refresh tries.
"""

from __future__ import annotations

import itertools
import os
import shutil

import pytest

from nbmodel.index import Index, missing_objects
from nbmodel.repo import history
from nbmodel.repo.bulk_reader import BulkReader
from nbmodel.repo.git import Git
from tests.fixtures.projects import git


@pytest.fixture
def same(compare):
    """References and summaries of the versions, compared with an index made from nothing."""
    return lambda: [(version.ref, version.summary[:3]) for version in compare()]


@pytest.fixture
def reads(monkeypatch):
    """How often snapshots were read."""
    calls = []
    read = history.read_summaries
    monkeypatch.setattr(history, "read_summaries", lambda *a: calls.append(a) or read(*a))
    return calls


def away(path):
    """Take a file out of the object store; return what puts it back."""
    return away_as(path, "aside")


def away_as(path, name):
    aside = path.with_name(name)
    path.rename(aside)
    return lambda: aside.rename(path)


@pytest.mark.parametrize("what", ["manifest", "tree", "commit between", "tip"])
def test_an_object_that_arrives_later_is_indexed(same, bare_repo, index, what):
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


def test_a_repaired_object_is_indexed(same, bare_repo, index):
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


def test_a_tag_that_arrives_later_is_indexed(same, bare_repo, index):
    commit = bare_repo.version()
    oid = bare_repo.tag("churn@v1.0.0", commit)
    back = away(bare_repo.object_path(oid))
    same()
    assert index.releases("churn") == []
    back()
    same()
    assert [release.version for release in index.releases("churn")] == ["v1.0.0"]


def test_numbers_are_right_whichever_commit_and_manifests_are_lost(bare_repo, index):
    """A version without a manifest, whose parent is lost, has no number, and its child has none."""
    versions = bare_repo.versions(4)
    manifests = [bare_repo.git.resolve(f"{commit}:model.json") for commit in versions]
    bare_repo.git.close()
    for commit, count in itertools.product(versions[:3], range(5)):
        for lost in itertools.combinations(manifests, count):
            back = [away(bare_repo.object_path(oid)) for oid in (commit, *lost)]
            index.rebuild()
            found = [index.find("churn", "main", number) for number in range(1, 5)]
            named = [version and version.commit for version in found]
            assert all(oid in (None, right) for oid, right in zip(named, versions, strict=True))
            for put in back:
                put()
            bare_repo.git.close()


def test_numbers_are_right_while_and_after_a_commit_is_lost(same, bare_repo, index):
    """`m@1` is never another version: not while its history is cut, and not for ever after."""
    versions = bare_repo.versions(4)
    bare_repo.git.close()
    for lost in (versions[3], versions[1]):
        back = away(bare_repo.object_path(lost))
        index.rebuild()
        for number in range(1, 5):
            result = index.find("churn", "main", number)
            assert result is None or result.commit == versions[number - 1]
        assert index.unreadable_commit("churn") == lost
        back()
        bare_repo.git.close()
        same()
        result = [index.find("churn", "main", n).commit for n in range(1, 5)]
        assert result == versions
        assert index.unreadable_commit("churn") == ""


def test_an_object_that_could_not_be_read_is_tried_again(bare_repo, index, monkeypatch):
    """git ran out of memory, or time: nothing in the repository is other than before."""
    commit = bare_repo.version()
    bare_repo.tag("churn#prod#1", commit)
    monkeypatch.setattr(missing_objects, "MIN_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(missing_objects, "PAUSE_FACTOR", 0)
    with monkeypatch.context() as patch:
        patch.setattr(BulkReader, "_answer", lambda *_, **__: None)  # it ends instead of an answer
        index.refresh()
        assert index.stages("churn") == {}
        assert index.problems("churn")
    for _ in range(2):  # the first may have finished an earlier round
        index.refresh()
    assert index.stages("churn")["prod"].commit == commit
    assert index.problems() == []


def test_many_missing_objects_are_tried_over_several_refreshes(bare_repo, index, monkeypatch):
    monkeypatch.setattr(missing_objects, "MAX_CHECKED_OBJECTS", 2)
    versions = bare_repo.versions(5)
    manifests = [bare_repo.git.read(f"{oid}:model.json").oid for oid in versions]
    bare_repo.git.close()
    back = [away_as(bare_repo.object_path(oid), str(n)) for n, oid in enumerate(manifests)]
    index.refresh()
    assert len(index.unreadable()) == 5
    back[0]()  # the oldest, which is tried last
    for _ in range(4):
        index.refresh()
    assert len(index.unreadable()) == 4


def test_missing_objects_are_not_read_again_while_nothing_changes(
    bare_repo, index, reads, monkeypatch
):
    commit = bare_repo.version()
    monkeypatch.setattr(missing_objects, "MIN_PAUSE_SECONDS", 600.0)
    bare_repo.object_path(bare_repo.git.resolve(f"{commit}:model.json")).unlink()
    index.refresh()
    index.refresh()
    before = len(reads)
    for _ in range(3):
        index.refresh()
    assert len(reads) == before
    bare_repo.put("blob", b"more")
    index.refresh()
    index.refresh()
    assert len(reads) == before + 1
    assert index.unreadable()[0].info.commit == commit


def test_a_complete_registry_is_not_searched_for_objects(bare_repo, index, monkeypatch):
    bare_repo.versions(2)
    monkeypatch.setattr(missing_objects, "signature", lambda _: pytest.fail("looked at"))
    index.refresh()
    bare_repo.version(number=3)
    index.refresh()


def test_the_parents_of_a_shallow_clone_do_not_count_as_missing(bare_repo, tmp_path, monkeypatch):
    bare_repo.versions(3)
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", f"file://{bare_repo.path}", "c.git",
        "--branch", "models/churn/main")  # fmt: skip
    shallow = Git(tmp_path / "c.git")
    index = Index(tmp_path / "index", shallow)
    index.refresh()
    monkeypatch.setattr(missing_objects, "signature", lambda _: pytest.fail("looked at"))
    index.refresh()
    shallow.close()
    index.close()


def test_a_store_that_is_a_link_or_gone_has_a_signature(tmp_path):
    assert missing_objects.signature(tmp_path) == missing_objects.signature(tmp_path / "gone")
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects/ab").mkdir()
    before = missing_objects.signature(tmp_path)
    (tmp_path / "objects/ab/c").write_text("x")
    assert missing_objects.signature(tmp_path) != before
    shutil.rmtree(tmp_path / "objects/ab")
    (tmp_path / "objects/ab").symlink_to("/")
    assert missing_objects.signature(tmp_path) == before
