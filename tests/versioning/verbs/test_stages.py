"""Releases and stages, compared with those that GTO shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbmodel.errors import (
    AlreadyExists,
    GitFailed,
    InvalidName,
    InvalidReference,
    InvalidValue,
    NotFound,
    ReservedName,
    StageTaken,
)
from nbmodel.repo import ref_updates, tags


@pytest.fixture
def three(registry, pipeline):
    for number in range(3):
        registry.commit(pipeline, "churn", f"number {number}")
    return registry


def holder(registry, stage="prod"):
    return registry.show(f"churn@{stage}").version.ref


def test_a_release_is_numbered_above_the_highest(three):
    assert three.release("churn@1").release.version == "v0.1.0"
    assert three.release("churn@2", bump="major").release.version == "v1.0.0"
    assert three.release("churn@3", bump="patch").release.version == "v1.0.1"


def test_a_release_is_made_once(three):
    three.release("churn@1", version="v1.0.0")
    assert three.release("churn@1", bump="minor").release.version == "v1.0.0"
    with pytest.raises(AlreadyExists):
        three.release("churn@2", version="1.0.0")
    with pytest.raises(InvalidValue):
        three.release("churn@2", version="latest")
    with pytest.raises(InvalidValue):
        three.release("churn@2", version="v2.0.0", bump="major")


def test_each_rollback_undoes_one_promotion(three):
    for number in (1, 2, 3):
        three.promote(f"churn@{number}", "prod")
    three.rollback("churn@prod", "bad")
    assert holder(three) == "churn@2"
    three.rollback("churn@prod", "worse")
    assert holder(three) == "churn@1"
    with pytest.raises(
        NotFound, match=r"@prod cannot go back: no other version held the stage before"
    ):
        three.rollback("churn@prod", "worst")
    three.promote("churn@3", "prod")
    three.rollback("churn@prod", "bad again")
    assert holder(three) == "churn@1"


def test_a_promotion_to_the_holder_changes_nothing(three):
    first = three.promote("churn@1", "prod")
    again = three.promote("churn@1", "prod")
    assert again.unchanged
    assert again.move.tag == first.move.tag == "churn#prod#1"


def test_a_removal_and_a_promotion_never_share_a_counter(three, project):
    """A removal that was prepared before a promotion must not hide it."""
    three.promote("churn@1", "prod")
    git, person = three.context.git, three.context.identity.person
    commit = three.show("churn@2").version.commit
    tags.create(git, "churn#prod#2", commit, person, 1, "x", absent="churn#prod!#2")
    with pytest.raises(AlreadyExists, match="churn#prod#2"):
        tags.create(git, "churn#prod!#2", commit, person, 1, "x", absent="churn#prod#2")
    there = "refs/tags/churn#prod#2"
    with pytest.raises(GitFailed):  # as git decides if another writer comes between
        ref_updates.move(git, "refs/tags/churn#prod!#2", commit, "", absent=there)


def test_a_rollback_requires_a_stage_and_a_reason(three):
    three.promote("churn@1", "prod")
    three.promote("churn@2", "prod")
    with pytest.raises(InvalidValue, match="reason"):
        three.rollback("churn@prod")
    with pytest.raises(InvalidReference):
        three.rollback("churn@2", "why")


def test_gto_shows_the_same_releases_and_stages(three, project):
    three.release("churn@1", version="v0.1.0")
    three.release("churn@2", version="v0.2.0")
    three.promote("churn@v0.1.0", "prod", "passed review")
    three.promote("churn@v0.2.0", "prod", "better")
    three.rollback("churn@prod", "calibration off")

    def gto(*args):
        command = [sys.executable, "-m", "gto.cli", *args, "--repo", str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shown = gto("show", "churn")
    assert "v0.2.0" in shown
    latest, version = gto("show").splitlines()[3].split("│")[2:4]
    assert latest.strip() == "v0.2.0"
    assert version.strip() == "v0.1.0"
    history = gto("history", "churn")
    assert history.count("assignment") == 3
    assert history.count("registration") == 2


def test_notes_are_added_and_shown(three):
    three.annotate("churn@1", "approved", {"auc_q3": 0.97})
    three.annotate("churn@1", "measured again")
    shown = three.show("churn@1")
    assert [note.text for note in shown.notes] == ["approved", "measured again"]
    assert shown.notes[0].metrics == {"auc_q3": 0.97}
    assert "approved" in shown.text()
    with pytest.raises(InvalidValue):
        three.annotate("churn@1")


# -- names of stages ---------------------------------------------------------------


@pytest.mark.parametrize(
    "stage", ["latest", "Latest", "7", "v1", "v1.2.0", "1.2.0", "DEADBEEF", "created", "deprecated"]
)
def test_a_new_stage_is_not_named_like_another_selector(three, stage):
    with pytest.raises(ReservedName, match="reads as"):
        three.promote("churn@1", stage)


def test_a_new_stage_that_is_too_long_is_refused_with_its_length(three):
    with pytest.raises(InvalidName, match="it has 65 characters"):
        three.promote("churn@1", "a" * 65)


def test_an_old_stage_with_such_a_name_is_reached_by_a_hash(three, project):
    old = three.show("churn@1").version
    tag = ["git", "tag", "-a", "churn#v1#1", "-m", "made by gto", old.commit]
    subprocess.run(tag, cwd=project, check=True)
    assert three.show("churn#v1").version == old
    assert str(three.promote("churn@2", "v1")).startswith("churn#v1  churn@2  (was churn@1)")
    assert str(three.rollback("churn#v1", "off")).startswith("churn#v1  churn@1")


def test_a_new_stage_that_differs_only_in_case_is_refused(three, project):
    three.promote("churn@1", "prod")
    with pytest.raises(StageTaken, match="'prod' of churn differ only in case"):
        three.promote("churn@2", "Prod")
    # Both exist already: each is used as it is written.
    commit = three.show("churn@2").version.commit
    subprocess.run(
        ["git", "tag", "-a", "churn#Prod#1", "-m", "by gto", commit], cwd=project, check=True
    )
    assert holder(three, "prod") == "churn@1"
    assert holder(three, "Prod") == "churn@2"
    assert three.promote("churn@3", "Prod").before.ref == "churn@2"


def test_a_mistaken_reference_of_a_stage_is_explained(three):
    three.promote("churn@1", "prod")
    with pytest.raises(NotFound, match="It has the stage churn@prod"):
        three.show("churn:prod")
    with pytest.raises(NotFound, match="Did you mean prod"):
        three.show("churn@prd")
