from __future__ import annotations

import subprocess

import pytest

from nbmodel.index import Index
from nbmodel.repo.git import Git


@pytest.fixture
def check(compare):
    """References of the versions, compared with an index made from nothing."""
    return lambda: [version.ref for version in compare()]


def test_new_versions_are_indexed(check, bare_repo):
    assert check() == []
    bare_repo.versions(3)
    assert check() == ["churn@3", "churn@2", "churn@1"]
    bare_repo.version(number=4)
    bare_repo.version("price")
    assert check() == ["price@1", "churn@4", "churn@3", "churn@2", "churn@1"]


def test_a_branch_shares_history_with_its_origin(check, bare_repo, index):
    item, two = bare_repo.versions(2)
    bare_repo.version(branch="exp", number=3, parents=[two])
    assert check() == ["churn:exp@3", "churn@2", "churn@1"]
    assert index.find("churn", "exp", 1).commit == item
    assert index.find("churn", "exp", 3).ref == "churn:exp@3"
    assert index.find("churn", "main", 3) is None


def test_shared_history_belongs_to_the_branch_that_made_it(check, bare_repo):
    """Whatever the order of names: `a` was forked from `exp`."""
    tip = bare_repo.versions(2, branch="exp")[-1]
    check()
    bare_repo.version(branch="a", number=3, parents=[tip])
    assert check() == ["churn:a@3", "churn:exp@2", "churn:exp@1"]


def test_the_versions_of_a_deleted_branch_are_removed(check, bare_repo, index):
    bare_repo.versions(2)
    bare_repo.version(branch="exp", number=3, parents=[bare_repo.version(number=3)])
    check()
    bare_repo.set_ref("refs/heads/models/churn/exp", None)
    assert check() == ["churn@3", "churn@2", "churn@1"]
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    assert check() == []
    assert index.list("message") == []
    assert index.names() == []


def test_shared_history_moves_to_the_remaining_branch(check, bare_repo, index):
    item = bare_repo.version()
    bare_repo.version(branch="exp", number=2, parents=[item])
    check()
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    assert check() == ["churn:exp@2", "churn:exp@1"]
    assert index.models()[0].latest.ref == "churn:exp@2"


def test_a_forced_push_replaces_versions(check, bare_repo, index):
    item, two, three = bare_repo.versions(3)
    check()
    other = bare_repo.version(number=3, parents=[two], message=b"instead")
    assert check() == ["churn@3", "churn@2", "churn@1"]
    assert index.latest("churn").commit == other
    assert index.by_commit(three) == []
    bare_repo.set_ref("refs/heads/models/churn/main", item)
    assert check() == ["churn@1"]
    bare_repo.set_ref("refs/heads/models/churn/main", three)
    assert check() == ["churn@3", "churn@2", "churn@1"]


def test_a_merge_counts_from_its_highest_parent(check, bare_repo, index):
    item = bare_repo.version()
    side = item
    for number in (2, 3, 4):
        side = bare_repo.version(branch="exp", number=number, parents=[side])
    bare_repo.version(number=5, parents=[item, side])
    assert check() == ["churn@5", "churn:exp@4", "churn:exp@3", "churn:exp@2", "churn@1"]
    assert [v.number for v in index.log("churn", "main")] == [5, 1]
    assert index.find("churn", "main", 3) is None
    bare_repo.set_ref("refs/heads/models/churn/exp", None)
    assert len(check()) == 5


def test_a_version_number_follows_from_its_parents(check, bare_repo):
    """As after a rebase: the manifests do not change."""
    bare_repo.version(number=40)
    bare_repo.version(number=2)
    bare_repo.version(number=2, branch="main")
    assert check() == ["churn@3", "churn@2", "churn@1"]


def test_one_history_under_two_names_is_two_models(check, bare_repo, index):
    tip = bare_repo.versions(2)[-1]
    check()
    bare_repo.set_ref("refs/heads/models/copy/main", tip)
    assert sorted(check()) == ["churn@1", "churn@2", "copy@1", "copy@2"]
    assert [v.ref for v in index.by_commit(tip[:7])] == ["churn@2", "copy@2"]
    assert [v.ref for v in index.by_commit(tip, "copy")] == ["copy@2"]
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    assert check() == ["copy@2", "copy@1"]


def test_a_tag_keeps_versions_alive(check, bare_repo, index):
    tip = bare_repo.versions(2)[-1]
    bare_repo.tag("churn@v1.0.0", tip)
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    assert check() == ["churn@2", "churn@1"]
    assert index.releases("churn")[0].commit == tip
    bare_repo.set_ref("refs/tags/churn@v1.0.0", None)
    assert check() == []


def test_a_tag_on_the_users_code_is_not_a_version(check, bare_repo, index):
    bare_repo.version()
    code = bare_repo.commit(bare_repo.tree(), [bare_repo.commit(bare_repo.tree())])
    bare_repo.tag("churn@v1.0.0", code)
    bare_repo.tag("other@v1.0.0", code)
    assert check() == ["churn@1"]
    assert index.releases("churn") == []


def test_a_tag_of_another_model_is_not_a_version_of_it(check, bare_repo, index):
    bare_repo.tag("price@v1.0.0", bare_repo.version("churn"))
    assert check() == ["churn@1"]
    assert index.releases("price") == []


def test_added_moved_and_deleted_tags_are_followed(check, bare_repo, index):
    item, two = bare_repo.versions(2)
    bare_repo.tag("churn@v1.0.0", item)
    check()
    bare_repo.tag("churn@v1.0.0", two)
    check()
    assert [r.commit for r in index.releases("churn")] == [two]
    bare_repo.set_ref("refs/tags/churn@v1.0.0", None)
    check()
    assert index.releases("churn") == []


def test_an_unreadable_version_stays_in_its_place(check, bare_repo, index):
    bare_repo.version()
    tip = bare_repo.read_ref("refs/heads/models/churn/main")
    bad = bare_repo.commit(bare_repo.tree(), [tip])
    bare_repo.set_ref("refs/heads/models/churn/main", bad)
    bare_repo.version(number=3)
    assert check() == ["churn@3", "churn@2", "churn@1"]
    (broken,) = index.unreadable()
    assert (broken.info.ref, broken.why) == ("churn@2", "its model.json: its tree has none")
    assert index.find("churn", "main", 2).summary == broken.why
    assert index.unreadable("price") == []


def test_a_branch_without_a_commit_is_reported(check, bare_repo, index):
    bare_repo.version()
    bare_repo.set_ref("refs/heads/models/lost/main", "1" * 40)
    check()
    assert [u.why for u in index.unreadable()] == ["there is no such object"]


def test_clocks_that_run_backwards_do_not_turn_history_around(check, bare_repo, index):
    for number, when in enumerate((5_000, 3_000, 4_000, -7, 1 << 62, 10), start=1):
        bare_repo.version(number=number, when=when)
    assert check() == [f"churn@{n}" for n in (6, 5, 4, 3, 2, 1)]
    assert [v.number for v in index.log("churn")] == [6, 5, 4, 3, 2, 1]
    assert index.find("churn", "main", 4).time == 0


def test_versions_of_one_second_keep_their_order(check, bare_repo):
    for number in range(1, 6):
        bare_repo.version(number=number, when=7)
        bare_repo.version("price", number=number, when=7)
    result = check()
    for model in ("churn", "price"):
        assert [r for r in result if r.startswith(model)] == [
            f"{model}@{n}" for n in (5, 4, 3, 2, 1)
        ]


def test_a_deepened_clone_shows_what_it_fetched(bare_repo, tmp_path):
    bare_repo.versions(4)
    clone = tmp_path / "shallow.git"
    url = bare_repo.path.as_uri()
    subprocess.run(["git", "clone", "-q", "--bare", "--depth=2", url, str(clone)], check=True)
    bare_repo.set_ref("HEAD", "ref: refs/heads/models/churn/main")
    subprocess.run(
        ["git", "-C", str(clone), "fetch", "-q", "--depth=2", url, "refs/*:refs/*"], check=True
    )
    index = Index(tmp_path / "index", Git(clone))
    index.refresh()
    assert [v.ref for v in index.list(all_versions=True)] == ["churn@4", "churn@3"]
    subprocess.run(
        ["git", "-C", str(clone), "fetch", "-q", "--unshallow", url, "refs/*:refs/*"], check=True
    )
    index.refresh()
    assert len(index.list(all_versions=True)) == 4


def test_hostile_contents_are_stored_as_text(check, bare_repo, index):
    bare_repo.version(
        params={"a\ud800": "b\udfff", "a?": 1, "x" * 9000: "y" * 9000, "big": 10**400},
        metrics={"nan": float("nan"), "huge": 10**400, "inf": float("-inf")},
        tags={"'; DROP TABLE versions; --": '"\0'},
        summary="s\ud800" * 5000,
        type="<img/src=x>\0",
        message=b"nul \0 and a message",
    )
    index.refresh()
    (result,) = index.list("message", all_versions=True)
    assert result.params["a\ud800"] == "b\udfff"
    assert result.params["big"] == 10**400
    assert result.tags == {"'; DROP TABLE versions; --": '"\0'}
    assert max(map(len, result.params)) == 4096
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    index.refresh()
    assert index.list("message") == []


def test_at_most_a_thousand_parameters_are_indexed(index, bare_repo):
    bare_repo.version(params={f"p{n:05}": n for n in range(5000)})
    index.refresh()
    (result,) = index.list()
    assert len(result.params) == 1000


def test_progress_reaches_the_total(index, bare_repo):
    bare_repo.versions(3)
    reports = []
    index.refresh(lambda done, total: reports.append((done, total)))
    assert reports == [(3, 3)]
    index.refresh(lambda done, total: reports.append((done, total)))
    assert reports == [(3, 3)]


def test_rebuild_reads_what_was_repaired(index, bare_repo):
    oid = bare_repo.version()
    path = bare_repo.object_path(oid)
    whole = path.read_bytes()
    path.write_bytes(b"rubbish")
    index.refresh()
    assert len(index.unreadable()) == 1
    path.write_bytes(whole)
    index.rebuild()
    assert index.unreadable() == []
    assert [v.ref for v in index.list()] == ["churn@1"]
