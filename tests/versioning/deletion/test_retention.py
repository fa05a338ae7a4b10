"""Rules that say which versions keep their arrays: what goes, and why each other version stays."""

from __future__ import annotations

import time

import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound, ReadOnlyRegistry, VersionPurged
from nbmodel.store import write_locks
from tests.versioning.deletion.test_purge import stored
from tests.versioning.sharing.conftest import model, same


@pytest.fixture
def seven(registry):
    """``churn`` with seven versions, a branch, labels, a version made from another; and notes."""
    for seed in range(7):
        registry.commit(model(seed), "churn")
    registry.branch("churn", "exp", "churn@6")
    registry.commit(model(20), "churn", branch="exp")
    registry.promote("churn@1", "prod")
    registry.promote("churn@2", "prod")
    registry.release("churn@3", version="1.0.0")
    registry.delete("churn@v1.0.0", "withdrawn")
    registry.commit(model(30), "child", uses=["churn@4"])
    registry.commit({"weight": 1}, "small")
    return registry


def goers(result):
    return {version.ref for version in result.versions}


def test_the_look_ahead_names_a_reason_for_each_version_that_stays(seven):
    before = stored(seven)
    result = seven.retain(keep_last=2)
    assert goers(result) == {"churn@3", "churn@5"}
    assert stored(seven) == before
    reasons = result.reasons
    assert reasons["churn@1"] == ["a rollback of prod returns to it"]
    assert reasons["churn@2"] == ["it holds the stage prod"]
    assert reasons["churn@4"] == ["child@1 was made from it"]
    assert "it is the last one of churn:main" in reasons["churn@7"]
    assert "it is one of the last 2" in reasons["churn@6"]
    assert "it is the last one of churn:exp" in reasons["churn:exp@7"]
    assert "small@1" not in reasons  # it has no arrays
    assert result.size == 2 * 1_600_000
    assert "2 versions, 3.2 MB would be purged." in result.text()
    assert "stays: it holds the stage prod" in result.text()
    assert "repeat with --force" in result.html()


def test_force_purges_what_was_named(seven):
    plan = seven.retain(keep_last=2)
    result = seven.retain(keep_last=2, force=True)
    assert (goers(result), result.segments, result.done) == (goers(plan), plan.segments, True)
    for reference in goers(plan):
        with pytest.raises(VersionPurged, match="gc --keep-last 2"):
            seven.checkout(reference)
    assert same(seven.checkout("churn@2"), model(1))
    assert {finding.where for finding in seven.verify().purged} == goers(plan)
    again = seven.retain(keep_last=2, force=True)
    assert again.versions == ()
    assert "No version goes." in again.text()


def test_rules_keep_what_ever_had_a_label(seven):
    assert "churn@1" not in goers(seven.retain(keep_staged=True))
    assert seven.retain(keep_staged=True).reasons["churn@1"] == ["it held prod"]
    assert "churn@3" in goers(seven.retain(keep_staged=True))
    assert seven.retain(keep_released=True).reasons["churn@3"] == ["it was released as v1.0.0"]
    both = seven.retain(keep_staged=True, keep_released=True, keep_last=1)
    assert goers(both) == {"churn@5", "churn@6"}


def test_young_versions_stay(registry, monkeypatch):
    old = time.time() - 100 * 86_400
    with monkeypatch.context() as patch:
        patch.setattr("nbmodel.versioning.publish.now", lambda: int(old))
        registry.commit(model(1), "churn")
    registry.commit(model(2), "churn")
    registry.commit(model(3), "churn")
    result = registry.retain(keep_days=90)
    assert goers(result) == {"churn@1"}
    assert result.reasons["churn@2"] == ["it is younger than 90 days"]


def test_one_model_leaves_the_others(seven):
    assert goers(seven.retain("child", keep_last=1)) == set()
    assert goers(seven.retain("churn", keep_last=4)) == {"churn@3"}
    with pytest.raises(NotFound):
        seven.retain("nothing", keep_last=1)


def test_rules_that_are_none_are_refused(seven, project):
    for rules in ({}, {"keep_last": -1}, {"keep_days": float("inf")}, {"keep_days": float("nan")}):
        with pytest.raises(InvalidValue):
            seven.retain(**rules)
    with nbmodel.open(project, read_only=True) as registry:
        assert registry.retain(keep_last=1).versions
        with pytest.raises(ReadOnlyRegistry):
            registry.retain(keep_last=1, force=True)


def test_what_a_kept_version_shares_stays(registry):
    for _ in range(2):
        registry.commit(model(1), "churn", again=True)
    result = registry.retain(keep_last=1, force=True)
    assert goers(result) == {"churn@1"}
    assert result.segments == ()
    assert same(registry.checkout("churn@2"), model(1))
    assert len(stored(registry)) == 2


def test_the_last_version_of_a_branch_in_the_trash_stays(seven):
    seven.branch("churn", "old", "churn@2")
    seven.delete("churn:old")
    result = seven.retain(keep_last=1, force=True)
    assert "it is the last one of churn:old in the trash" in result.reasons["churn@2"]
    seven.restore("churn:old")
    assert seven.load("churn:old").version.number == 2


def test_a_retention_that_found_others_writing_is_finished_by_the_next_one(seven, monkeypatch):
    with write_locks.for_writing(seven.context.store.root, "objects"):
        busy = seven.retain(keep_last=1, force=True)
    assert busy.segments == ()
    again = seven.retain(keep_last=1, force=True)
    assert len(again.versions) == len(busy.versions)
    assert again.segments
    assert not seven.retain(keep_last=1, force=True).versions
