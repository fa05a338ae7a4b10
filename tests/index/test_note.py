from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from nbmodel.index import Index
from nbmodel.repo import history
from tests.builder import segment
from tests.index.dump import dump

MAIN = "refs/heads/models/churn/main"


@pytest.fixture
def noted(bare_repo, index):
    """Commit a version and note it as the committer knows it, then return it."""

    def run(**fields):
        oid = bare_repo.version(**fields)
        (snapshot,) = history.versions(
            bare_repo.git, [oid], known_oids=bare_repo_parents(bare_repo, oid)
        )
        branch = fields.get("branch", "main")
        index.note(snapshot.info, f"refs/heads/models/churn/{branch}", snapshot.segments)
        return snapshot.info

    return run


def bare_repo_parents(repo, oid):
    with history.reader(repo.git) as bulk:
        (commit,) = history.read_commits(bulk, [oid])
    return set(commit.parents)


def test_a_noted_version_is_listed_without_a_refresh(index, noted):
    index.refresh()
    first = noted(metrics={"auc": 0.9}, segments=("a",))
    assert index.latest("churn") == first
    second = noted(number=2)
    assert index.find("churn", "main", 2) == second
    assert [v.number for v in index.log("churn", "main")] == [2, 1]
    assert index.list("auc > 0.8", all_versions=True) == [first]
    assert index.holders_of(segment("a").sha256) == [first]


def test_the_next_refresh_has_nothing_to_do(index, noted, bare_repo, tmp_path):
    index.refresh()
    item = noted()
    noted(number=2, branch="exp", parents=[item.commit])
    noted(number=3, parents=[item.commit, bare_repo.read_ref(MAIN.replace("main", "exp"))])
    read = []
    before = dump(index)
    index.refresh(lambda done, total: read.append(total))
    assert read == []
    assert dump(index) == before
    fresh = Index(tmp_path / "fresh", bare_repo.git)
    fresh.refresh()
    assert dump(fresh) == before


def test_an_index_that_is_behind_ignores_a_noted_version(index, noted, bare_repo):
    index.refresh()
    bare_repo.version()
    noted(number=2)
    assert index.list() == []
    index.refresh()
    assert [v.ref for v in index.list(all_versions=True)] == ["churn@2", "churn@1"]


def test_noting_twice_changes_nothing(index, noted):
    index.refresh()
    info = noted()
    index.note(info, MAIN)
    assert index.log("churn") == [info]


def test_a_busy_file_does_not_hold_up_a_commit(index, noted, bare_repo):
    index.refresh()
    other = sqlite3.connect(index._database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    noted()
    assert index.list() == []
    other.execute("ROLLBACK")
    index.refresh()
    assert [v.ref for v in index.list()] == ["churn@1"]


def test_without_segments_the_holders_come_from_git(index, bare_repo):
    index.refresh()
    oid = bare_repo.version(segments=("a",))
    (snapshot,) = history.versions(bare_repo.git, [oid])
    index.note(snapshot.info, MAIN)
    assert index.holders_of(segment("a").sha256) == [snapshot.info]
    assert index.holders_of(segment("b").sha256) == []


def test_a_ref_that_is_not_ours_is_ignored(index, noted):
    index.refresh()
    info = noted()
    index.note(replace(info, commit="1" * 40), "refs/heads/main")
    assert index.log("churn") == [info]


def test_a_noted_version_is_removed_when_its_ref_is_reset(index, noted, bare_repo):
    item = bare_repo.version()
    index.refresh()
    noted(number=2)
    bare_repo.set_ref(MAIN, item)
    index.refresh()
    assert [v.ref for v in index.list(all_versions=True)] == ["churn@1"]


def test_a_version_whose_parent_has_no_number_is_not_noted(index, noted, bare_repo):
    """It would be the first, although versions before it exist."""
    first, second = bare_repo.versions(2)
    bare_repo.git.close()
    for oid in (first, bare_repo.git.resolve(f"{second}:model.json")):
        bare_repo.object_path(oid).unlink()
    bare_repo.git.close()
    index.refresh()
    noted(number=3, parents=[second])
    assert index.find("churn", "main", 1) is None
    index.refresh()
    assert index.find("churn", "main", 3)
