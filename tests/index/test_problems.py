"""References that cannot be read: the kind is "a name of ours says nothing, or something else".

Siblings: a loose file that is empty, cut or rubbish; a name of an object that is
not there; a tag object that is damaged, or lies under another name; a commit that
only a tag names; a packed reference that is out of order or gone.
"""

from __future__ import annotations

import pytest

from nbmodel.errors import GitFailed, ReferenceDamaged
from nbmodel.repo.references import damage_of
from tests.fixtures.projects import git


@pytest.fixture
def staged(bare_repo):
    """Two versions; the stage went from the first to the second."""
    first, second = bare_repo.versions(2)
    bare_repo.tag("churn#prod#1", first)
    bare_repo.tag("churn#prod#2", second)
    return first, second


def spoil_object(repo, oid):
    path = repo.object_path(oid)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-4] + b"xxxx")
    repo.git.close()


def empty(repo, ref, oid):
    (repo.path / ref).write_text("")


def rubbish(repo, ref, oid):
    (repo.path / ref).write_bytes(b"\0" * 41)


def cut(repo, ref, oid):
    (repo.path / ref).write_text(oid[:12])


def flipped(repo, ref, oid):
    (repo.path / ref).write_text(("0" if oid[0] != "0" else "1") + oid[1:] + "\n")


def damaged(repo, ref, oid):
    spoil_object(repo, oid)


DAMAGES = [empty, rubbish, cut, flipped, damaged]


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "known"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_stage_whose_last_move_cannot_be_read_is_in_doubt(
    bare_repo, index, staged, damage, fresh
):
    if not fresh:
        index.refresh()
        assert index.stages("churn")["prod"].commit == staged[1]
    ref = "refs/tags/churn#prod#2"
    damage(bare_repo, ref, bare_repo.read_ref(ref))
    index.refresh()
    if fresh or damage is not damaged:  # what was read before is not read again
        assert index.stages("churn") == {}
        assert index.doubtful_stages("churn")["prod"].ref == ref
        assert index.marks(index.log("churn"))["churn", staged[0]].stages == ()
    assert [version.number for version in index.log("churn")] == [2, 1]


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_earlier_move_that_cannot_be_read_is_named_and_hides_nothing(
    bare_repo, index, staged, damage
):
    ref = "refs/tags/churn#prod#1"
    damage(bare_repo, ref, bare_repo.read_ref(ref))
    index.refresh()
    assert index.stages("churn")["prod"].commit == staged[1]
    assert [problem.ref for problem in index.problems("churn")] == [ref]
    assert index.problems("price") == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_repaired_reference_is_indexed_again(bare_repo, index, staged, damage):
    ref = "refs/tags/churn#prod#2"
    oid, path = bare_repo.read_ref(ref), bare_repo.path / ref
    whole = bare_repo.object_path(oid).read_bytes()
    damage(bare_repo, ref, oid)
    index.refresh()
    assert index.doubtful_stages("churn")
    bare_repo.object_path(oid).write_bytes(whole)
    path.write_text(oid + "\n")
    index.refresh()
    assert index.stages("churn")["prod"].commit == staged[1]
    assert index.problems() == []


@pytest.mark.parametrize("damage", DAMAGES[:4])
def test_a_branch_that_cannot_be_read_does_not_vanish(bare_repo, index, staged, damage):
    index.refresh()
    ref = "refs/heads/models/churn/main"
    damage(bare_repo, ref, bare_repo.read_ref(ref))
    with pytest.raises(ReferenceDamaged, match=ref):
        bare_repo.git.resolve(ref)
    index.refresh()
    assert ref in [problem.ref for problem in index.problems("churn")]


def test_a_tag_under_another_name_is_neither_release_nor_move(bare_repo, index, staged):
    bare_repo.set_ref("refs/tags/churn#prod#9", bare_repo.read_ref("refs/tags/churn#prod#2"))
    bare_repo.set_ref("refs/tags/churn#prod#2", None)
    index.refresh()
    names = {problem.ref for problem in index.problems("churn")}
    assert names == {"refs/tags/churn#prod#9", "refs/tags/churn#prod#2"}
    assert index.stages("churn") == {}


def test_a_tag_renamed_outside_the_grammar_is_reported(bare_repo, index, staged):
    bare_repo.set_ref("refs/tags/churn#prod#0", bare_repo.read_ref("refs/tags/churn#prod#2"))
    bare_repo.set_ref("refs/tags/churn#prod#2", None)
    index.refresh()
    assert index.doubtful_stages("churn")["prod"].ref == "refs/tags/churn#prod#2"


@pytest.mark.parametrize("part", ["commit", "manifest"])
def test_a_commit_that_only_a_tag_names_and_nobody_can_read(bare_repo, index, staged, part):
    alone = bare_repo.version(number=3)
    bare_repo.tag("churn#prod#3", alone)
    bare_repo.set_ref("refs/heads/models/churn/main", staged[1])
    lost = alone if part == "commit" else bare_repo.git.read(f"{alone}:model.json").oid
    bare_repo.git.close()
    aside = bare_repo.object_path(lost).with_name("aside")
    bare_repo.object_path(lost).rename(aside)
    index.refresh()
    assert index.doubtful_stages("churn")["prod"].ref == "refs/tags/churn#prod#3"
    aside.rename(bare_repo.object_path(lost))
    index.refresh()
    assert index.stages("churn")["prod"].commit == alone


def test_a_branch_with_versions_of_another_existing_model_is_a_problem(bare_repo, index, staged):
    bare_repo.set_ref("refs/heads/models/chu2n/main", staged[0])
    index.refresh()
    assert [problem.ref for problem in index.problems()] == ["refs/heads/models/chu2n/main"]
    bare_repo.set_ref("refs/heads/models/churn/main", None)  # renamed
    for number in (1, 2):
        bare_repo.set_ref(f"refs/tags/churn#prod#{number}", None)
    index.rebuild()
    assert [problem.model for problem in index.problems() if "versions" in problem.why] == []


def test_a_deleted_tag_puts_its_stage_in_doubt(bare_repo, index, staged):
    index.refresh()
    oid = bare_repo.read_ref("refs/tags/churn#prod#2")
    bare_repo.set_ref("refs/tags/churn#prod#2", None)
    for _ in range(2):
        index.refresh()
        problem = index.doubtful_stages("churn")["prod"]
        assert (problem.ref, problem.oid) == ("refs/tags/churn#prod#2", oid)
        assert "existed at 20" in problem.why
        index.rebuild()
    bare_repo.tag("churn#prod#3", staged[0])  # a later decision
    index.refresh()
    assert index.stages("churn")["prod"].commit == staged[0]
    assert index.missing_counters("churn") == ["churn#prod#2"]
    bare_repo.set_ref("refs/tags/churn#prod#2", oid)
    index.refresh()
    assert index.problems() == []


def test_a_branch_that_moved_back_leaves_a_problem(bare_repo, index, staged):
    index.refresh()
    bare_repo.set_ref("refs/heads/models/churn/main", staged[0])
    bare_repo.set_ref("refs/tags/churn#prod#2", None)
    index.refresh()
    assert [(s.ref, s.oid) for s in index.abandoned_tips()] == [
        ("refs/heads/models/churn/main", staged[1])
    ]
    bare_repo.set_ref("refs/heads/models/churn/main", staged[1])
    index.refresh()
    assert index.abandoned_tips() == []


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["c#a#1", "c#a#3"], ["c#a#2"]),
        (["c#a#1", "c#b#2", "c#a#3"], []),  # as GTO counts: a model's stages together
        (["c#a#1", "c#b#2", "c#a#4"], ["c#a#3"]),
        (["c#a#1", "c#a#3", "c#b#1", "c#b#2"], ["c#a#2"]),  # as we count: each by itself
        (["c#a!#2"], ["c#a#1"]),
        (["c#a#1", "cc#a#3"], []),
    ],
)
def test_gaps_in_the_counters_are_listed(bare_repo, index, names, missing):
    commit = bare_repo.version("c")
    for name in names:
        bare_repo.tag(name, commit)
    index.refresh()
    assert index.missing_counters("c") == missing


LINES = (
    "# pack-refs with: peeled fully-peeled sorted \n"
    f"{'1' * 40} refs/heads/models/churn/main\n"
    f"{'2' * 40} refs/tags/churn#prod#1\n"
    f"^{'1' * 40}\n"
    f"{'3' * 40} refs/tags/churn#prod#2\n"
)


def test_packed_references_are_compared_with_the_form_that_git_writes(bare_repo, staged):
    git(bare_repo.path, "pack-refs", "--all")
    assert damage_of((bare_repo.path / "packed-refs").read_bytes()) == ""
    assert damage_of(LINES.encode()) == ""
    assert damage_of(LINES.replace(" sorted", "").replace("#1", "#3").encode()) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        LINES.replace("#1", "#3"),
        LINES.replace("#2", "#1"),
        LINES.replace("1\n^", "1\n~"),
        LINES.replace("222", "2g2"),
        LINES[:-9],
        LINES.replace("main", "ma\0n"),
        LINES.replace("refs/heads", "\0" * 10),
    ],
)
def test_packed_references_in_another_form_are_refused(bare_repo, index, wrong):
    bare_repo.version()
    (bare_repo.path / "packed-refs").write_text(wrong)
    with pytest.raises(GitFailed, match="packed-refs"):
        index.refresh()
