"""audit: a registry that nobody has edited by hand has no findings, however it is shared."""

from __future__ import annotations

import time

import pytest

import nbmodel
from nbmodel.errors import RemoteConflict
from tests.fixtures.projects import git, make_project


@pytest.fixture
def team(tmp_path):
    """A bare repository with the models ``churn`` and ``price``, which Ann has pushed."""
    git(tmp_path, "init", "--quiet", "--bare", str(tmp_path / "team.git"))
    with nbmodel.open(make_project(tmp_path / "ann", author="Ann")) as ann:
        for number in range(2):
            ann.commit({"weight": number}, "churn", f"number {number}")
        ann.commit({"weight": 0.5}, "price")
        ann.release("churn@1", version="1.0.0", message="first")
        ann.promote("churn@1", "prod", "go")
        ann.add_remote("origin", str(tmp_path / "team.git"))
        ann.push()
    return tmp_path / "team.git"


@pytest.fixture
def ann(team):
    with nbmodel.open(team.parent / "ann") as opened:
        yield opened


@pytest.fixture
def bob(team):
    """Bob's clone, which has its arrays from Ann's folder."""
    folder = make_project(team.parent / "bob", author="Bob", email="bob@example.org")
    with nbmodel.open(folder) as opened:
        opened.add_remote("origin", str(team))
        opened.pull()
        yield opened


def work_of_bob(bob):
    """New versions, a branch, a release and moves of a stage, pushed."""
    bob.commit({"weight": 7}, "churn", "by Bob")
    bob.branch("churn", "exp", "churn@2")
    bob.commit({"weight": 8}, "churn", "a trial", branch="exp")
    bob.promote("churn@3", "prod", "better")
    bob.release("churn@3", version="1.1.0", message="second")
    bob.push()


def test_stock_git_fetches_what_others_did(ann, bob):
    work_of_bob(bob)
    git(ann.path, "fetch", "--quiet", "origin")
    assert ann.audit("churn").findings == ()
    ann.commit({"weight": 9}, "churn", "by Ann, meanwhile")
    assert ann.audit("churn").findings == ()
    ann.pull()
    assert ann.audit("churn").findings == ()


def test_a_push_beside_the_work_of_others_is_no_loss(ann, bob):
    work_of_bob(bob)
    ann.commit({"weight": 1.5}, "price")
    assert "the remote is ahead" in ann.push().text()
    assert ann.audit("churn").findings == ()
    ann.pull("price")
    assert ann.audit("churn").findings == ()
    ann.pull()
    assert ann.audit("churn").findings == ()
    assert len(ann.audit("churn").facts) == len(bob.audit("churn").facts)


@pytest.mark.parametrize("options", [(), ("--mirror",), ("--bare",)])
def test_a_clone_of_stock_git_has_lost_nothing(team, bob, options):
    work_of_bob(bob)
    git(team.parent, "clone", "--quiet", *options, str(team), "stock")
    with nbmodel.open(team.parent / "stock") as stock:
        assert stock.audit("churn").findings == ()
        if not options:  # stock git makes no branch of a model
            git(stock.path, "branch", "models/churn/main", "origin/models/churn/main")
            assert stock.audit("churn").findings == ()
        else:
            assert len(stock.audit("churn").facts) == len(bob.audit("churn").facts)


def test_a_mirror_of_a_working_clone_has_lost_nothing(ann, bob, team):
    work_of_bob(bob)
    ann.pull()
    ann.delete("churn:exp", "it did not help")
    git(team.parent, "clone", "--quiet", "--mirror", str(ann.path), "mirror")
    for options in ((), ("remote", "update")):
        if options:
            git(team.parent / "mirror", *options)
        with nbmodel.open(team.parent / "mirror") as mirror:
            assert mirror.audit("churn").findings == ()


def test_two_people_who_move_one_stage_leave_no_gap(ann, bob):
    bob.promote("churn@2", "prod", "by Bob")
    ann.promote("churn@1", "staging", "by Ann")
    bob.push()
    ann.promote("churn@2", "prod", "by Ann")
    with pytest.raises(RemoteConflict, match="%model_pull --theirs"):
        ann.push()
    ann.pull(theirs=True)
    ann.promote("churn@1", "prod", "after the pull")
    ann.push()
    bob.pull()
    for registry in (ann, bob):
        result = registry.audit("churn")
        assert result.findings == ()
        assert {f.name for f in result.facts} >= {"churn#prod#2", "churn#prod#3"}


def test_a_release_that_was_ended_and_made_again_is_no_finding(ann, bob):
    ann.delete("churn@v1.0.0", "wrong year")
    ann.release("churn@2", version="1.0.1", message="again")
    ann.push()
    bob.pull()
    for registry in (ann, bob):
        assert registry.audit("churn").findings == ()


def test_a_branch_that_was_deleted_there_and_made_again_is_no_finding(ann, bob):
    work_of_bob(bob)
    ann.pull()
    bob.delete("churn:exp", "it did not help")
    bob.push(prune=True)
    ann.pull()
    assert ann.audit("churn").findings == ()
    assert bob.audit("churn").findings == ()
    bob.branch("churn", "exp", "churn@1")
    bob.push()
    git(ann.path, "fetch", "--quiet", "origin")
    assert ann.audit("churn").findings == ()
    assert bob.audit("churn").findings == ()


def test_labels_of_deleted_branches_are_no_finding(ann, bob, team):
    """Not in the clone that deleted them, not in others, and not in a new one."""
    ann.commit({"weight": 4}, "churn", "by Ann")
    ann.push()
    mine = bob.commit({"weight": 5}, "churn", "by Bob").version.commit
    bob.promote("churn@3", "prod", "by Bob")
    bob.pull()
    assert bob.show("churn:bob").version.commit == mine
    bob.branch("churn", "exp", "churn@2")
    bob.commit({"weight": 6}, "churn", "a trial", branch="exp")
    bob.promote("churn:exp", "trial", "to see", new_stage=True)
    bob.push()
    ann.pull()
    for branch in ("bob", "exp"):
        bob.delete(f"churn:{branch}", "not needed", days=0)
    bob.push(prune=True)
    ann.pull()
    nbmodel.clone(team, team.parent / "new")
    with nbmodel.open(team.parent / "new") as new:
        assert len(new.audit("churn").facts) > 5
        for registry in (ann, bob, new):
            assert registry.audit("churn").findings == ()
    # Each deletion has its own second, so the last one may end in the next.
    time.sleep(max(0, max(entry.end for entry in bob.trash().entries) - time.time()) + 0.1)
    bob.gc(force=True)
    assert not bob.trash().entries
    assert bob.audit("churn").findings == ()
    git(bob.path, "reflog", "expire", "--expire=all", "--all")
    for label in ("churn#prod#2", "churn#trial#1"):
        assert git(bob.path, "rev-parse", label)
    assert bob.audit("churn").findings == ()
    git(bob.path, "gc", "--quiet", "--prune=now")
    assert bob.audit("churn").findings == ()


def test_a_fetch_by_git_that_prunes_keeps_what_the_remote_had(ann, bob):
    work_of_bob(bob)
    ann.pull()
    ann.annotate("churn@1", "hers")
    ann.push()
    git(ann.path, "fetch", "--quiet", "--prune", "origin")
    assert ann.audit("churn").findings == ()
    git(ann.path, "tag", "-d", "churn@v1.1.0")
    git(ann.path, "update-ref", "-d", "refs/heads/models/churn/exp")
    findings = {(each.where, each.kind) for each in ann.audit("churn").findings}
    assert findings == {("churn@v1.1.0", "remote"), ("churn:exp", "remote")}


def test_a_shallow_clone_has_lost_nothing(bob, team):
    work_of_bob(bob)
    words = ("--depth=1", "--no-single-branch", f"file://{team}")
    git(team.parent, "clone", "--quiet", "--no-checkout", *words, "shallow")
    git(team.parent / "shallow", "fetch", "--quiet", "--tags", "--depth=1")
    git(team.parent / "shallow", "branch", "models/churn/main", "origin/models/churn/main")
    with nbmodel.open(team.parent / "shallow") as shallow:
        assert shallow.audit("churn").findings == ()
