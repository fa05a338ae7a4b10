"""Purges between clones: the record travels, and a push does not miss what was purged."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import fsspec
import pytest

import nbmodel
from nbmodel.errors import (
    InvalidValue,
    NotFound,
    ReferencesInDoubt,
    RemoteFailed,
    SegmentMissing,
    VersionPurged,
)
from nbmodel.repo.network import Network
from nbmodel.store.remote import FolderStore
from nbmodel.versioning.sharing import uploads
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


# -- in the store of the remote -------------------------------------------------------------------


def age(paths, days=15):
    """Make objects look as if they had been written some days ago."""
    moment = time.time() - days * 86_400
    for path in paths:
        os.utime(path, (moment, moment))


def test_old_arrays_go_from_the_remote_and_others_stay(shared, tmp_path):
    purged, before = own_segment(shared.ann, "churn@2"), shared.objects()
    age(before.values())
    result = shared.ann.delete("churn@2", "wrong rows", remote="")
    assert before.keys() - shared.objects().keys() == {purged}
    assert "At origin: 1 segment, 1.6 MB removed." in result.text()
    assert "Other versions there still have 1 segment of it." in result.text()
    shared.nina.pull()
    with pytest.raises(VersionPurged, match="wrong rows"):
        shared.nina.checkout("churn@2")
    assert same(shared.nina.checkout("churn@3"), model(2))
    with cloned(shared.remote, tmp_path / "clone") as clone:
        clone.pull(fetch="all")
        assert clone.verify().purged
        assert same(clone.checkout("churn@1"), model(0))


def test_young_arrays_stay_at_the_remote(shared):
    before = shared.objects().keys()
    result = shared.ann.delete("churn@2", remote="origin")
    assert shared.objects().keys() == before
    assert "a push may just have sent what is young" in result.text()
    age(shared.objects().values())
    again = shared.ann.delete("churn@2", remote="origin")
    assert len(again.remote.segments) == 1
    assert shared.ann.delete("churn@2", remote="origin").remote.segments == ()


def test_what_a_branch_or_tag_of_the_remote_names_stays_there(shared):
    """Also what is only there: a branch of code with a pointer, and a version of another clone."""
    age(shared.objects().values())
    shared.nina.edit_card("churn@3", shared.nina.card("churn").card + "\n## Limits\n\nnone\n")
    shared.nina.push()
    before = shared.objects().keys()
    result = shared.ann.delete("churn@3", remote="")
    assert shared.objects().keys() == before
    assert result.remote.segments == ()
    assert len(result.segments) == 1  # Ann has no other version with it
    shared.ann.pull()
    assert same(shared.ann.checkout("churn@4"), model(2))


def test_a_push_that_counts_on_a_purged_array_gets_it_back(shared, monkeypatch):
    """Nina's push has looked at the store. Its references move between Ann's two looks at them.

    The push takes no second look of its own, as that of plain git.
    """
    shared.nina.checkout("churn@3")
    age(shared.objects().values())
    shared.nina.edit_card("churn@3", shared.nina.card("churn").card + "\n## Limits\n\nnone\n")
    push, remove, waiting = Network.push, FolderStore.remove, []
    lost = own_segment(shared.ann, "churn@3")

    def purge_first(network, updates):
        monkeypatch.setattr(Network, "push", push)
        waiting.append((network, updates))
        shared.ann.delete("churn@3", remote="")

    def remove_and_push(store, item):
        remove(store, item)
        if waiting:
            assert lost not in shared.objects()
            push(*waiting.pop())

    monkeypatch.setattr(uploads, "send_again", lambda *_: ())
    monkeypatch.setattr(Network, "push", purge_first)
    monkeypatch.setattr(FolderStore, "remove", remove_and_push)
    shared.nina.push()
    assert lost in shared.objects()
    shared.ann.pull()
    assert same(shared.ann.checkout("churn@4"), model(2))


def test_a_purge_during_a_push_is_noticed_by_the_push(shared, monkeypatch):
    """Ann purges after Nina's push looked at the store, and before its references are there."""
    shared.nina.checkout("churn@3")
    age(shared.objects().values())
    shared.nina.edit_card("churn@3", shared.nina.card("churn").card + "\n## Limits\n\nnone\n")
    push, lost = Network.push, own_segment(shared.ann, "churn@3")

    def purge_and_push(network, updates):
        monkeypatch.setattr(Network, "push", push)
        shared.ann.delete("churn@3", remote="")
        assert lost not in shared.objects()
        push(network, updates)

    monkeypatch.setattr(Network, "push", purge_and_push)
    assert shared.nina.push().warnings == ()
    assert lost in shared.objects()
    shared.ann.pull()
    assert same(shared.ann.checkout("churn@4"), model(2))


def test_a_remote_that_cannot_be_reached_is_a_repetition(shared):
    age(shared.objects().values())
    elsewhere = shared.remote.with_name("moved.git")
    shared.remote.rename(elsewhere)
    with pytest.raises(RemoteFailed):
        shared.ann.delete("churn@2", "wrong rows", remote="")
    assert shared.ann.verify()
    assert same(shared.ann.checkout("churn@2"), model(1))
    elsewhere.rename(shared.remote)
    result = shared.ann.delete("churn@2", remote="")
    assert len(result.remote.segments) == len(result.segments) == 1


def test_an_address_of_fsspec_is_purged_too(team):
    store = f"memory://purge-{team.folder.name}"
    team.ann.add_remote("origin", str(team.remote), store)
    for seed in range(2):
        team.ann.commit(model(seed), "churn")
    team.ann.push()
    files = fsspec.filesystem("memory")
    old = datetime.now(UTC) - timedelta(days=15)
    for path in files.find(store.removeprefix("memory:/")):
        files.store[path].modified = old
    before = len(files.find(store.removeprefix("memory:/")))
    assert len(team.ann.delete("churn@1", remote="").remote.segments) == 1
    assert len(files.find(store.removeprefix("memory:/"))) == before - 1


def test_only_versions_are_purged_from_a_remote(shared):
    for reference in ("churn", "churn:main"):
        with pytest.raises(InvalidValue, match="Only a version is purged from a remote"):
            shared.ann.delete(reference, remote="")
    with pytest.raises(NotFound, match="nowhere"):
        shared.ann.delete("churn@2", remote="nowhere")
    assert shared.ann.load("churn@2")


def test_a_server_of_git_lfs_is_left_to_its_host(team):
    team.ann.add_remote("origin", str(team.remote), "http://127.0.0.1:9/models")
    team.ann.commit(model(1), "churn")
    result = team.ann.delete("churn@1", remote="")
    assert "http://127.0.0.1:9/models is a server of git-lfs: its host must remove" in result.text()
    assert len(result.segments) == 2
    team.nina.pull()
    assert "refs/notes/nbmodel" in git(team.remote, "for-each-ref")


def test_what_a_note_of_another_person_says_hides_nothing(shared, monkeypatch, tmp_path):
    shared.ann.delete("churn@2", "wrong rows")
    shared.ann.push()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data of another user"))
    with cloned(shared.remote, tmp_path / "clone") as clone:
        assert same(clone.checkout("churn@2", trust=True), model(1))
        clone.pull(fetch="all")
        clone.delete("churn@1", "also wrong")
        clone.delete("churn@3", "also wrong")
        assert same(clone.checkout("churn@2", trust=True), model(1)), "it was not purged here"


def test_a_repair_leaves_purged_versions_out(shared):
    shared.ann.delete("churn@2", "wrong rows", remote="")
    sizes = sorted(path.stat().st_size for path in shared.objects().values())
    _forget_all(shared)
    repaired = shared.ann.push(repair=True)
    assert repaired.array_bytes == sum(sizes) - 1_600_000


def _forget_all(shared):
    for path in shared.objects().values():
        path.unlink()


def test_nothing_goes_while_the_history_is_cut_off(shared, tmp_path):
    words = ("clone", "--quiet", "--depth=1", "-b", "models/churn/main")
    git(tmp_path, *words, shared.remote.as_uri(), "cut")
    with nbmodel.open(tmp_path / "cut") as cut:
        cut.pull()
        cut.checkout("churn@3", trust=True)
        with pytest.raises(ReferencesInDoubt, match=r"shallow: it cuts off the history") as caught:
            cut.delete("churn@3", remote="", force=True)
        assert "git fetch --unshallow" in caught.value.hint
        looked = cut.gc().text()
        assert "nothing can go now: shallow: it cuts off the history" in looked
        assert "git fetch --unshallow" in looked
    assert len(shared.objects()) == 4


def test_nothing_goes_from_a_clone_in_which_somebody_works(shared, tmp_path):
    shared.ann.add_remote("nina", str(shared.nina.context.location.work_tree))
    shared.nina.pull(fetch="all")
    with pytest.raises(RemoteFailed, match="the working clone of a person"):
        shared.ann.delete("churn@2", remote="nina")
    assert same(shared.nina.checkout("churn@3", trust=True), model(2))
