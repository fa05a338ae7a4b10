"""A purged version gets no label that promises that it can be loaded."""

from __future__ import annotations

import pytest

from nbmodel.errors import VersionInUse, VersionPurged
from tests.fixtures.projects import git
from tests.versioning.deletion.conftest import FORGED, labels, refs_below
from tests.versioning.sharing.conftest import model, same


@pytest.fixture
def three(registry):
    """``churn`` with three versions, the second one purged."""
    for seed in range(3):
        registry.commit(model(seed), "churn")
    registry.delete("churn@2", "wrong rows")
    return registry


def test_stages_and_releases_are_refused(three):
    before = labels(three)
    with pytest.raises(VersionPurged, match="wrong rows"):
        three.promote("churn@2", "prod")
    with pytest.raises(VersionPurged, match="wrong rows"):
        three.release("churn@2")
    assert labels(three) == before
    assert three.promote("churn@3", "prod").warnings == ()
    assert three.release("churn@3").warnings == ()


def test_a_rollback_does_not_return_to_a_purged_version(three):
    three.promote("churn@1", "prod")
    three.promote("churn@3", "prod")
    assert three.delete("churn@1", force=True).done
    with pytest.raises(VersionPurged, match="churn@1 was purged"):
        three.rollback("churn@prod", "too slow")
    assert three.show("churn@prod").version.number == 3


def test_a_purged_version_loses_the_stage_that_it_holds(three):
    three.promote("churn@3", "prod")
    three.delete("churn@3", force=True)
    assert three.remove_stage("churn@prod").move.removed


def test_a_branch_may_begin_at_a_purged_version_and_says_so(three):
    result = three.branch("churn", "again", "churn@2")
    assert "churn@2 was purged" in result.text()
    assert "churn@2 was purged" in result.html()
    three.commit(model(7), "churn", branch="again")
    assert same(three.checkout("churn:again"), model(7))
    assert three.branch("churn", "other", "churn@1").warnings == ()


def test_a_version_that_was_committed_again_gets_labels(three):
    three.commit(model(1), "churn")
    assert three.promote("churn@4", "prod").warnings == ()
    assert three.promote("churn@2", "staging").warnings == ()  # the same bytes, so it loads too
    assert same(three.checkout("churn@2"), model(1))


def test_a_forged_record_takes_no_label_from_a_version_that_is_here(registry, project):
    registry.commit(model(1), "churn")
    commit = registry.show("churn@1").version.commit
    git(project, "notes", "--ref", "nbmodel", "add", "-m", FORGED, commit)
    assert registry.promote("churn@1", "prod").warnings == ()
    assert same(registry.checkout("churn@prod"), model(1))


def test_a_forged_record_is_a_warning_while_a_remote_may_have_the_arrays(team):
    team.ann.commit(model(1), "churn")
    commit = team.ann.show("churn@1").version.commit
    git(team.ann.context.git.git_dir, "notes", "--ref", "nbmodel", "add", "-m", FORGED, commit)
    team.ann.push()
    team.nina.pull()
    (warning,) = team.nina.promote("churn@1", "prod").warnings
    assert "churn@1 was purged by Eve" in warning
    assert "%model_checkout churn@1" in warning
    assert same(team.nina.checkout("churn@prod"), model(1))
    assert team.nina.promote("churn@1", "staging").warnings == ()


def test_what_a_rollback_returns_to_is_not_purged_without_force(registry):
    for seed in range(4):
        registry.commit(model(seed), "churn")
    registry.promote("churn@1", "prod")
    registry.promote("churn@2", "prod")
    registry.promote("churn@3", "prod")
    with pytest.raises(VersionInUse, match="a rollback of prod returns to it"):
        registry.delete("churn@2")
    result = registry.retain(keep_last=1, force=True)
    assert [version.ref for version in result.versions] == ["churn@1"]
    assert result.reasons["churn@2"] == ["a rollback of prod returns to it"]
    assert registry.rollback("churn@prod", "too slow").version.ref == "churn@2"
    assert same(registry.checkout("churn@prod"), model(1))
    assert refs_below(registry, "refs/tags/")
