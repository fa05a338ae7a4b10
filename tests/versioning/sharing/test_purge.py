"""Purges between clones: the record travels, and a push does not miss what was purged."""

from __future__ import annotations

import pytest

import nbmodel
from nbmodel.errors import SegmentMissing, VersionPurged
from tests.fixtures.projects import git
from tests.versioning.sharing.conftest import model, same


@pytest.fixture
def shared(team):
    """Three versions of ``churn`` in three places; Nina has no arrays."""
    for seed in range(3):
        team.ann.commit(model(seed), "churn")
    team.ann.push()
    team.nina.pull()
    return team


def cloned(remote, folder):
    """The registry of a new clone."""
    nbmodel.clone(str(remote), folder)
    return nbmodel.open(folder)


def own_segment(registry, reference):
    """The segment that only this version has."""
    return registry.show(reference).manifest.payload.segments[0].sha256


def test_a_clone_learns_that_a_version_was_purged(shared, tmp_path):
    shared.ann.delete("churn@2", "wrong rows")
    assert shared.ann.push().others == ("notes",)
    shared.nina.pull()
    # The remote still has the arrays. Nobody gets them back by accident.
    with pytest.raises(VersionPurged, match=r"churn@2 was purged by Ann .* wrong rows"):
        shared.nina.checkout("churn@2")
    assert same(shared.nina.checkout("churn@3"), model(2))
    with cloned(shared.remote, tmp_path / "clone") as clone:
        with pytest.raises(VersionPurged):
            clone.checkout("churn@2")
        clone.pull(fetch="all")
        verified = clone.verify()
        assert verified, verified.text()
        assert [finding.where for finding in verified.purged] == ["churn@2"]


def test_arrays_of_another_clone_stay_until_it_purges_too(shared):
    shared.nina.checkout("churn@2")
    shared.ann.delete("churn@2", "wrong rows")
    shared.ann.push()
    shared.nina.pull()
    assert "It was purged by Ann" in shared.nina.load("churn@2").text()
    shared.nina.delete("churn@2")
    with pytest.raises(VersionPurged, match="by Ann"):
        shared.nina.checkout("churn@2")
    assert shared.nina.delete("churn@2").unchanged


def test_a_push_to_a_new_remote_leaves_out_what_was_purged(shared, tmp_path):
    purged = own_segment(shared.ann, "churn@2")
    shared.ann.delete("churn@2")
    backup = tmp_path / "backup.git"
    git(tmp_path, "init", "--quiet", "--bare", str(backup))
    shared.ann.add_remote("backup", str(backup))
    shared.ann.push(remote="backup")
    there = shared.objects(backup / "lfs" / "objects")
    assert purged not in there
    assert own_segment(shared.ann, "churn@3") in there
    with cloned(backup, tmp_path / "from backup") as clone:
        assert same(clone.checkout("churn@3"), model(2))
        with pytest.raises(VersionPurged):
            clone.checkout("churn@2")


def test_a_push_refuses_what_is_missing_and_was_not_purged(shared, tmp_path):
    lost = own_segment(shared.ann, "churn@3")
    shared.ann.delete("churn@2")
    shared.ann.context.store.path(lost).unlink()
    backup = tmp_path / "backup.git"
    git(tmp_path, "init", "--quiet", "--bare", str(backup))
    shared.ann.add_remote("backup", str(backup))
    with pytest.raises(SegmentMissing, match=lost[:12]):
        shared.ann.push(remote="backup")
    assert git(backup, "for-each-ref") == ""


def test_a_version_with_the_same_bytes_sends_them_again(shared):
    purged = own_segment(shared.ann, "churn@3")
    shared.ann.delete("churn@3")
    shared.objects()[purged].unlink()
    shared.ann.commit(model(2), "churn")
    shared.ann.push()
    shared.nina.pull()
    assert same(shared.nina.checkout("churn@4"), model(2))
    # Its segments are here again, because another version has them.
    assert same(shared.nina.checkout("churn@3"), model(2))


def test_records_of_two_people_are_both_kept(shared):
    shared.ann.delete("churn@1", "Ann's reason")
    shared.nina.delete("churn@2", "Nina's reason")
    shared.ann.annotate("churn@2", "looked at")
    shared.nina.push()
    shared.ann.push()
    shared.nina.pull()
    for registry in (shared.ann, shared.nina):
        assert "Ann's reason" in registry.show("churn@1").text()
        assert "Nina's reason" in registry.show("churn@2").text()
