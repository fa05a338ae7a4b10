from __future__ import annotations

import pytest

from nbmodel.index import Marks
from tests.builder import segment


@pytest.fixture
def history(bare_repo, index):
    """main 1-4, exp 3-4 from main 2, price 1."""
    main = bare_repo.versions(4)
    exp = [bare_repo.version(branch="exp", number=3, parents=[main[1]])]
    exp.append(bare_repo.version(branch="exp", number=4))
    bare_repo.version("price")
    index.refresh()
    return {"main": main, "exp": exp}


def commits(infos):
    return [info.commit for info in infos]


def test_models_are_listed_with_their_latest_version(index, bare_repo, history):
    bare_repo.tag("churn@v1.9.0", history["main"][1])
    bare_repo.tag("churn@v1.10.0", history["main"][2])
    bare_repo.tag("churn#prod#1", history["exp"][0])
    index.refresh()
    churn, price = index.models()
    assert (churn.name, churn.latest.ref, churn.versions) == ("churn", "churn@4", 6)
    assert (churn.branches, churn.releases) == (("exp", "main"), ("v1.10.0", "v1.9.0"))
    assert churn.stages == {"prod": (history["exp"][0], 3)}
    assert (price.name, price.versions, price.stages) == ("price", 1, {})


def test_find_follows_first_parents_only(index, history):
    main, exp = history["main"], history["exp"]
    assert [index.find("churn", "main", n).commit for n in (1, 2, 3, 4)] == main
    assert [index.find("churn", "exp", n).commit for n in (1, 2, 3, 4)] == main[:2] + exp
    for model, branch, number in (
        *(("churn", "main", 5), ("churn", "main", 0), ("churn", "no", 1), ("no", "main", 1)),
    ):
        assert index.find(model, branch, number) is None


def test_latest_and_ancestors_of_a_branch_are_found(index, history):
    assert index.latest("churn", "exp").commit == history["exp"][1]
    assert index.latest("churn", "no") is None
    tip = history["exp"][1]
    chain = [index.ancestor("churn", tip, back) for back in range(5)]
    assert commits(chain[:4]) == [*reversed(history["exp"]), *reversed(history["main"][:2])]
    assert chain[4] is None
    assert index.ancestor("churn", "1" * 40, 0) is None


def test_versions_are_found_by_a_shortened_commit_id(index, history):
    oid = history["main"][0]
    assert commits(index.by_commit(oid[:7])) == [oid]
    assert commits(index.by_commit(oid, "churn")) == [oid]
    assert index.by_commit(oid, "price") == []
    assert len(index.by_commit("")) == 7
    assert index.by_commit("%") == []


def test_branches_are_listed_with_their_newest_version(index, history):
    result = index.branches("churn")
    assert {name: info.ref for name, info in result.items()} == {
        "exp": "churn:exp@4",
        "main": "churn@4",
    }
    assert index.branches("no") == {}


def test_the_log_of_a_branch_in_pages(index, history):
    wanted = [*reversed(history["exp"]), *reversed(history["main"][:2])]
    pages, last = [], None
    while page := index.log("churn", "exp", limit=3, before=last):
        pages += commits(page)
        last = page[-1].commit
    assert pages == wanted


def test_the_log_of_all_branches_in_pages(index, history):
    pages, last = [], None
    while page := index.log("churn", limit=4, before=last):
        pages += page
        last = page[-1].commit
    assert sorted(commits(pages)) == sorted(history["main"] + history["exp"])
    seen = set()
    for info in reversed(pages):
        assert set(info.parents) <= seen
        seen.add(info.commit)


def test_the_log_of_an_unknown_branch_is_empty(index, history):
    assert index.log("no") == []
    assert index.log("churn", "no") == []
    assert index.log("churn", "main", before="1" * 40) == []


def test_the_last_move_decides_a_stage(index, bare_repo, history):
    item, two = history["main"][:2]
    bare_repo.tag("churn#prod#1", item, when=10)
    bare_repo.tag("churn#prod#2", two, when=20)
    bare_repo.tag("churn#dev#1", item, when=9)
    bare_repo.tag("churn#dev!#2", item, when=19)
    index.refresh()
    assert {stage: move.commit for stage, move in index.stages("churn").items()} == {"prod": two}
    assert [move.tag for move in index.moves("churn")] == [
        *("churn#prod#2", "churn#dev!#2", "churn#prod#1", "churn#dev#1"),
    ]
    bare_repo.tag("churn#prod#3", item, when=15)  # a clock behind: GTO goes by time
    index.refresh()
    assert index.stages("churn")["prod"].commit == two
    bare_repo.tag("churn#prod#4", item, when=20)
    index.refresh()
    assert index.stages("churn")["prod"].commit == item


def test_releases_highest_first(index, bare_repo, history):
    for version in ("v1.9.0", "v1.10.0", "v2.0.0-rc.1", "v2.0.0"):
        bare_repo.tag(f"churn@{version}", history["main"][0])
    index.refresh()
    assert [r.version for r in index.releases("churn")] == [
        *("v2.0.0", "v2.0.0-rc.1", "v1.10.0", "v1.9.0")
    ]


def test_marks_name_branches_releases_and_stages(index, bare_repo, history):
    tip = history["main"][-1]
    bare_repo.tag("churn@v1.0.0", tip)
    bare_repo.tag("churn#prod#1", tip)
    index.refresh()
    result = index.marks(index.log("churn", "main"))
    assert result["churn", tip] == Marks(("main",), ("v1.0.0",), ("prod",))
    assert result["churn", history["main"][0]] == Marks()


def test_names_are_found_without_regard_to_case(index, bare_repo):
    bare_repo.version("Churn")
    index.refresh()
    assert index.same_name("churn") == "Churn"
    assert index.same_name("chur") is None
    bare_repo.version("churn")
    index.refresh()
    assert (index.same_name("churn"), index.same_name("Churn")) == ("churn", "Churn")


def test_holders_of_a_segment(index, bare_repo):
    item = bare_repo.version(segments=("a", "b"))
    two = bare_repo.version(number=2, segments=("b", "c"))
    index.refresh()
    assert commits(index.holders_of(segment("b").sha256)) == [item, two]
    assert commits(index.holders_of(segment("c").sha256)) == [two]
    assert commits(index.holders_of(segment("skeleton").sha256)) == [item, two]
    assert index.holders_of(segment("b").sha256[:16] + "0" * 48) == []
