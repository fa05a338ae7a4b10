"""audit: every fact with its signature, and each edit by hand that breaks one is named."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound
from nbmodel.refs import NOTES_REF
from tests.fixtures.keys import User
from tests.fixtures.projects import git, make_project

ANN = "ann@example.org"
MAIN = "refs/heads/models/churn/main"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """``churn`` with every kind of fact, signed by Ann, and pushed to ``origin``."""
    folder = tmp_path_factory.mktemp("audit")
    with pytest.MonkeyPatch.context() as patch:
        user = User(folder / "home", patch)
        key = user.make_key()
        user.sign_with(key)
        user.allow((ANN, "", key))
        project = make_project(folder / "project", author="Ann")
        git(folder, "init", "--quiet", "--bare", str(folder / "team.git"))
        with nbmodel.open(project) as registry:
            for number in range(3):
                registry.commit({"weight": number}, "churn", f"number {number}")
            registry.branch("churn", "exp", "churn@2")
            registry.commit({"weight": 9}, "churn", "a trial", branch="exp")
            registry.commit({"weight": 0.5}, "price")
            registry.release("churn@1", version="1.0.0", message="first")
            registry.promote("churn@1", "prod", "go")
            registry.promote("churn@2", "prod", "better")
            registry.rollback("churn@prod", "calibration off")
            registry.remove_stage("churn@prod", message="retired")
            registry.promote("churn@3", "staging", "to test")
            registry.delete("churn@v1.0.0", "wrong year")
            for text in ("looks fine", "validated on Q3", "signed off"):
                registry.approve("churn@3", text)
            registry.add_remote("origin", str(folder / "team.git"))
            registry.push()
            registry.branch("churn", "odd", "churn@1")
            registry.delete("churn:odd", "a slip")
            registry.restore("churn:odd")
            registry.delete("churn:exp", "it did not help")
        yield project


@pytest.fixture
def registry(original, tmp_path):
    shutil.copytree(original, tmp_path / "copy")
    with nbmodel.open(tmp_path / "copy") as opened:
        yield opened


@pytest.fixture
def edit(registry):
    """Run git by hand, as someone who knows git and not nbmodel would."""

    def run(*words, data=b""):
        folder = str(registry.context.location.git_dir)
        person = ["-c", "user.name=Eve", "-c", "user.email=eve@x", "-c", "tag.gpgsign=false"]
        words = ["git", "-C", folder, *person, "-c", "commit.gpgsign=false", *words]
        return subprocess.run(words, input=data, check=True, capture_output=True).stdout

    return run


def findings(registry, model="churn"):
    result = registry.audit(model)
    assert bool(result) is not bool(result.findings)
    for finding in result.findings:
        assert finding.problem in result.text()
    return {(finding.where, finding.kind): finding.problem for finding in result.findings}


def oid_of(edit, ref):
    return edit("rev-parse", ref).decode().strip()


# -- what is listed ----------------------------------------------------------


def test_the_commits_of_one_second_are_listed_newest_first(registry, monkeypatch):
    monkeypatch.setattr("nbmodel.versioning.publish.now", lambda: 1_800_000_000)
    for number in range(5, 9):
        registry.commit({"weight": number}, "price")
    registry.promote("price@2", "prod", "a label: git finds its version first")
    registry.promote("price@4", "prod", "better")
    refs = [fact.event.ref for fact in facts_of(registry.audit("price"), "commit")]
    assert refs == ["price@5", "price@4", "price@3", "price@2", "price@1"]


def test_every_fact_is_listed_with_who_and_why_and_its_signature(registry):
    result = registry.audit("churn")
    assert result.findings == ()
    facts = {(f.event.kind, f.event.label, f.event.ref): f for f in result.facts}
    (trial,) = [f for f in facts_of(result, "commit") if f.event.text == "a trial"]
    assert set(facts) == {
        ("commit", "", "churn@1"), ("commit", "", "churn@2"), ("commit", "", "churn@3"),
        ("commit", "", trial.event.ref), ("release", "v1.0.0", "churn@1"),
        ("removal", "v1.0.0", "churn@1"), ("stage", "prod", "churn@1"),
        ("stage", "prod", "churn@2"), ("rollback", "prod", "churn@1"),
        ("removal", "prod", "churn@1"), ("stage", "staging", "churn@3"),
        ("approval", "", "churn@3"), ("deletion", "churn:exp", ""),
        ("deletion", "churn:odd", "churn@1"), ("restoration", "churn:odd", "churn@1"),
    }  # fmt: skip
    assert {fact.verification.state for fact in result.facts} == {"verified"}
    assert {fact.event.author for fact in result.facts} == {"Ann"}
    assert len(facts_of(result, "approval")) == 3
    assert facts[("removal", "prod", "churn@1")].event.text == "retired"
    assert "17 facts (17 verified): all is well" in result.text()


def facts_of(result, kind):
    """The facts of one kind, those of a branch in the trash last."""
    return sorted(
        (fact for fact in result.facts if fact.event.kind == kind),
        key=lambda fact: "@" not in fact.event.ref,
    )


def test_each_move_and_end_names_the_tag_before_it(registry, edit):
    facts = {fact.name: fact for fact in registry.audit("churn").facts}
    names = ["churn#prod#1", "churn#prod#2", "churn#prod#3", "churn#prod!#4"]
    assert facts["churn#prod#1"].previous == ()
    for before, name in pairwise(names):
        assert facts[name].previous == (facts[before].id,)
    assert facts["churn@v1.0.0!"].previous == (oid_of(edit, "refs/tags/churn@v1.0.0"),)
    assert facts["churn@v1.0.0"].predecessor == ""


def test_the_line_about_the_tag_before_is_in_no_message_of_nbmodel(registry):
    texts = [registry.timeline("churn").text(), registry.show("churn@1").text()]
    assert all("Previous:" not in text and "Rolled-Back:" not in text for text in texts)
    again = registry.promote("churn@3", "staging", "to test")
    assert again.unchanged
    assert again.warnings == ()


def test_a_tag_of_gto_states_no_predecessor_and_breaks_nothing(registry, edit):
    edit("tag", "-a", "-m", "by gto", "churn#staging#2", "churn#prod#2^{commit}")
    result = registry.audit("churn")
    assert result.findings == ()
    fact = next(fact for fact in result.facts if fact.name == "churn#staging#2")
    assert (fact.predecessor, fact.verification.state) == ("not stated", "unsigned")
    registry.promote("churn@1", "staging", "by nbmodel again")
    assert registry.audit("churn").findings == ()
    assert "not stated" in registry.audit("churn").text()


def test_a_date_limits_the_list_and_not_the_checks(registry, edit):
    assert registry.audit("churn", since="2999").facts == ()
    assert len(registry.audit("churn", since="1h").facts) == 17
    edit("tag", "-d", "churn#prod#2")
    assert len(registry.audit("churn", since="2999-01-01").findings) == 3
    with pytest.raises(InvalidValue, match="'soon' is not a date"):
        registry.audit("churn", since="soon")


def test_the_documents_hold_everything(registry, edit):
    edit("tag", "-a", "-m", '=HYPERLINK("x")\n\x1b[31m <b>', "churn#dev#1", MAIN)
    result = registry.audit("churn")
    rows = [*csv.DictReader(io.StringIO(result.csv()))]
    assert len(rows) == len(result.facts) == 18
    (hostile,) = [row for row in rows if row["name"] == "churn#dev#1"]
    assert hostile["reason"].startswith("'=HYPER")
    assert "\x1b" not in result.csv() + result.json() + result.page()
    document = json.loads(result.json())
    assert document["model"] == "churn"
    assert {fact["signature"] for fact in document["facts"]} == {"verified", "unsigned"}
    moment = datetime.fromisoformat(document["facts"][0]["time"])
    assert abs((datetime.now(UTC) - moment).days) <= 1
    assert "<b>" not in result.page()


def test_a_deleted_model_is_audited_and_an_unknown_one_is_not(registry):
    registry.delete("churn", "the end")
    result = registry.audit("churn")
    assert result.findings == ()
    deletions = [fact.event for fact in result.facts if fact.event.kind == "deletion"]
    names = {"churn", "churn:main", "churn:exp", "churn:odd"}
    assert {event.label for event in deletions} == names
    assert {event.text for event in deletions} >= {"the end", "it did not help"}
    with pytest.raises(NotFound, match="chrun"):
        registry.audit("chrun")


def test_a_clone_finds_the_same_facts(original, registry, tmp_path):
    with nbmodel.open(nbmodel.clone(original.parent / "team.git", tmp_path / "clone").path) as copy:
        there = {fact.id for fact in copy.audit("churn").facts}
        assert copy.audit("churn").findings == ()
    own = ("deletion", "restoration")  # of this clone, and never pushed
    here = {fact.id for fact in registry.audit("churn").facts if fact.event.kind not in own}
    assert there == here


def test_each_deletion_names_the_one_before_it(registry):
    facts = registry.audit("churn").facts
    own = [f for f in facts if f.event.kind in ("deletion", "restoration")]
    assert [(f.event.kind, f.event.label) for f in own] == [
        ("deletion", "churn:exp"), ("restoration", "churn:odd"), ("deletion", "churn:odd"),
    ]  # fmt: skip
    assert [f.previous for f in own] == [(own[1].id,), (own[2].id,), ()]
    assert [f.event.text for f in own] == ["it did not help", "", "a slip"]


def test_a_purge_is_a_fact_that_names_the_one_before_it(registry, edit):
    for number in range(3):
        registry.commit({"w": np.arange(10_000.0) + number}, "table")
    registry.delete("table@1", "wrong rows")
    registry.delete("table@2", "wrong rows, too")
    facts = [f for f in registry.audit("table").facts if f.event.kind == "purge"]
    assert {(f.event.ref, f.event.text) for f in facts} == {
        ("table@1", "wrong rows"), ("table@2", "wrong rows, too"),
    }  # fmt: skip
    by_name = {fact.name: fact for fact in facts}
    assert by_name["the purge of table@2"].previous == (by_name["the purge of table@1"].id,)
    assert findings(registry, "table") == {}
    assert {e.kind for e in registry.timeline("table").events} == {"commit", "purge"}
    edit("notes", f"--ref={NOTES_REF}", "remove", by_name["the purge of table@1"].event.commit)
    problem = findings(registry, "table")[("the purge of table@2", "predecessor")]
    assert "which is not there" in problem


def test_what_was_emptied_in_time_is_no_finding(registry):
    registry.delete("churn:odd", "again", days=0)
    registry.gc(force=True)
    result = registry.audit("churn")
    assert result.findings == ()
    assert {f.event.label for f in result.facts if f.event.kind == "emptying"} == {"churn:odd"}


def test_a_deletion_without_its_record_says_so_and_stands(registry):
    lock = registry.context.location.git_dir / "refs" / "nbmodel" / "deletions.lock"
    lock.write_text("")
    result = registry.delete("churn:odd", "again")
    assert "log of deletions failed" in result.text()
    lock.unlink()
    assert findings(registry)[("churn:odd", "deletion")].endswith("does not say why")
    registry.restore("churn:odd")
    assert findings(registry) == {}


# -- edits by hand -----------------------------------------------------------


def rewrite(edit, ref, change, kind):
    """Let a reference name a changed copy of its object."""
    data = change(edit("cat-file", kind, ref))
    oid = edit("hash-object", "-t", kind, "-w", "--stdin", data=data).decode().strip()
    edit("update-ref", ref, oid)


def lines_of_notes(edit, commit):
    return edit("notes", f"--ref={NOTES_REF}", "show", commit).splitlines(keepends=True)


def write_notes(edit, commit, lines):
    edit("notes", f"--ref={NOTES_REF}", "add", "-f", "-F", "-", commit, data=b"".join(lines))


def reword_a_move(edit):
    rewrite(edit, "refs/tags/churn#prod#2", lambda d: d.replace(b"better", b"worse!"), "tag")


def reword_a_commit(edit):
    rewrite(edit, MAIN, lambda d: d.replace(b"number 2", b"number 8"), "commit")


def reword_an_approval(edit):
    lines = lines_of_notes(edit, MAIN)
    write_notes(
        edit, MAIN, [line.replace(b"validated on Q3", b"validated on Q4") for line in lines]
    )


def remove_an_approval(edit):
    lines = lines_of_notes(edit, MAIN)
    write_notes(edit, MAIN, [line for line in lines if b"validated on Q3" not in line])


def remove_a_move(edit):
    edit("tag", "-d", "churn#prod#2")


def turn_a_move_to_another_version(edit):
    edit("tag", "-f", "-a", "-m", "better", "churn#prod#2", MAIN)


def repeat_a_counter(edit):
    edit("tag", "-a", "-m", "again", "churn#prod#4", MAIN)


def skip_a_counter(edit):
    edit("tag", "-a", "-m", "later", "churn#prod#9", MAIN)


def turn_a_release_to_another_version(edit):
    edit("tag", "-f", "-a", "-m", "first", "churn@v1.0.0", MAIN)


def remove_the_last_move(edit):
    edit("tag", "-d", "churn#staging#1")


def remove_the_last_version(edit):
    edit("update-ref", MAIN, f"{MAIN}~1")


def rewrite_a_branch(edit):
    tree = edit("rev-parse", f"{MAIN}^{{tree}}").decode().strip()
    oid = edit("commit-tree", "-p", f"{MAIN}~1", "-m", "number 2", tree).decode().strip()
    edit("update-ref", MAIN, oid)


def remove_all_notes(edit):
    edit("update-ref", "-d", NOTES_REF)


def remove_a_branch(edit):
    (name,) = edit("for-each-ref", "--format=%(refname)", "refs/nbmodel/trash").split()
    edit("update-ref", "-d", name.decode())


def replace_an_annotated_tag(edit):
    edit("tag", "-f", "churn#staging#1", MAIN)


def remove_a_record_of_a_deletion(edit):
    edit("update-ref", "refs/nbmodel/deletions", "refs/nbmodel/deletions~1")


def rename_a_move(edit):
    edit("update-ref", "refs/tags/churn#staging#2", "refs/tags/churn#staging#1")


def add_a_commit_without_a_version(edit):
    tree = edit("mktree").decode().strip()
    oid = edit("commit-tree", "-p", MAIN, "-m", "by hand", tree).decode().strip()
    edit("update-ref", MAIN, oid)


def replace_all_notes(edit):
    oid = edit("hash-object", "-w", "--stdin", data=b"no notes").decode().strip()
    edit("update-ref", NOTES_REF, oid)


EDITS = {
    add_a_commit_without_a_version: {("churn", "object"): "which is not a version"},
    replace_all_notes: {(NOTES_REF, "object"): "not a tree"},
    reword_a_move: {
        ("churn#prod#2", "signature"): "is bad",
        ("churn#prod#3", "predecessor"): "which no tag has",
        ("churn#prod#2", "remote"): "origin had",
    },
    reword_a_commit: {
        ("churn@3", "signature"): "is bad", ("churn", "remote"): "rewritten here",
    },
    reword_an_approval: {
        ("the approval of churn@3", "signature"): "is bad",
        ("the approval of churn@3", "predecessor"): "which is not there",
        ("churn@3", "remote"): "had the approval by Ann",
    },
    remove_an_approval: {
        ("the approval of churn@3", "predecessor"): "which is not there",
        ("churn@3", "remote"): "had the approval by Ann",
    },
    remove_a_move: {
        ("churn#prod#2", "counter"): "a later move of the stage is there",
        ("churn#prod#3", "predecessor"): "removed or replaced",
        ("churn#prod#2", "remote"): "not here any more",
    },
    turn_a_move_to_another_version: {
        ("churn#prod#3", "predecessor"): "removed or replaced",
        ("churn#prod#2", "remote"): "and here it is",
    },
    repeat_a_counter: {("churn#prod!#4", "counter"): "churn#prod#4 has the same counter"},
    skip_a_counter: {("churn#prod#5", "counter"): "this one is not"},
    turn_a_release_to_another_version: {
        ("churn@v1.0.0!", "predecessor"): "it ends the tag",
        ("churn@v1.0.0", "remote"): "and here it is",
    },
    remove_the_last_move: {("churn#staging#1", "remote"): "not here any more"},
    remove_the_last_version: {("churn", "remote"): "later versions were here"},
    rewrite_a_branch: {("churn", "remote"): "rewritten here"},
    remove_all_notes: {("churn@3", "remote"): "had the approval by Ann"},
    remove_a_branch: {
        ("churn:exp", "remote"): "not in the trash",
        ("churn:exp", "deletion"): "neither here nor in the trash",
    },
    remove_a_record_of_a_deletion: {("churn:exp", "deletion"): "does not say why"},
    replace_an_annotated_tag: {
        ("churn#staging#1", "object"): "neither who nor why",
        ("churn#staging#1", "remote"): "and here it is",
    },
    rename_a_move: {("churn#staging#2", "object"): "its object is the tag churn#staging#1"},
}  # fmt: skip


@pytest.mark.parametrize("by_hand", EDITS, ids=lambda by_hand: by_hand.__name__)
def test_an_edit_by_hand_is_named(registry, edit, by_hand):
    assert findings(registry) == {}
    before = edit("for-each-ref")
    by_hand(edit)
    assert edit("for-each-ref") != before
    result = findings(registry)
    expected = EDITS[by_hand]
    assert set(result) >= set(expected)
    for place, words in expected.items():
        assert words in result[place]
    others = {(NOTES_REF, "object")} & set(expected)  # the notes belong to all models
    assert set(findings(registry, "price")) == others


@pytest.mark.parametrize(
    ("by_hand", "how"), [(remove_the_last_version, "moved back"), (rewrite_a_branch, "rewritten")]
)
def test_what_a_branch_has_lost_is_named_without_a_remote_too(registry, edit, by_hand, how):
    registry.remove_remote("origin")
    assert findings(registry) == {}
    lost = oid_of(edit, MAIN)
    by_hand(edit)
    result = findings(registry)
    assert how in result[("churn#staging#1", "branch")]
    assert lost[:10] in result[("churn", "branch")]
    edit("reflog", "expire", "--expire=all", "--all")
    assert how in findings(registry)[("churn#staging#1", "branch")]
    edit("tag", "-d", "churn#staging#1")
    assert findings(registry) == {}, "nothing names it any more, as SECURITY.md says"
