"""Deletions between clones: the trash stays here, and a remote's deletion goes to the trash."""

from __future__ import annotations

import pytest

from nbmodel.errors import RemoteAhead
from tests.fixtures.projects import git
from tests.versioning.sharing.conftest import model, refs_of

BRANCH = "refs/heads/models/churn/exp"


@pytest.fixture
def shared(team):
    """``churn`` and ``churn:exp`` in three places."""
    team.ann.commit(model(1), "churn")
    team.ann.branch("churn", "exp")
    team.ann.commit(model(2), "churn", branch="exp")
    team.ann.release("churn@1", version="1.0.0")
    team.ann.push()
    team.nina.pull()
    return team


def remote_refs(team):
    listed = git(team.remote, "for-each-ref", "--format=%(refname)")
    return set(listed.split())


def test_the_trash_is_never_pushed(shared):
    shared.ann.delete("churn:exp")
    shared.ann.push()
    assert BRANCH in remote_refs(shared)
    assert not any("trash" in ref for ref in remote_refs(shared))


def test_a_pull_does_not_bring_back_what_was_deleted_here(shared):
    result = shared.ann.delete("churn:exp")
    assert "origin still has churn:exp: %model_push --prune" in result.warnings
    pulled = shared.ann.pull()
    assert "churn:exp is in the trash here" in pulled.text()
    assert list(shared.ann.branch("churn").branches) == ["main"]


def test_new_versions_of_a_deleted_branch_come_back(shared):
    shared.ann.delete("churn:exp")
    shared.nina.commit(model(3), "churn", branch="exp")
    shared.nina.push()
    assert shared.ann.pull().branches == ("churn:exp",)
    assert shared.ann.show("churn:exp").version.number == 3


def test_prune_deletes_at_the_remote_and_others_get_it_into_their_trash(shared):
    shared.ann.delete("churn:exp", "it did not help")
    result = shared.ann.push(prune=True)
    assert result.deleted == ("churn:exp",)
    assert "deleted there: churn:exp" in result.text()
    assert BRANCH not in remote_refs(shared)
    assert shared.ann.push(prune=True).unchanged
    pulled = shared.nina.pull()
    assert pulled.deleted == ("churn:exp",)
    assert pulled.text().startswith("Pulled from origin: ")
    assert "churn:exp was deleted at origin, and is in the trash here." in pulled.text()
    (entry,) = shared.nina.trash().entries
    assert (entry.name, entry.message) == ("churn:exp", "Deleted at origin")
    shared.nina.restore("churn:exp")
    assert shared.nina.pull().text() == "Nothing new at origin."
    assert "exp" in shared.nina.branch("churn").branches


def test_what_another_person_restored_comes_back_and_is_not_pruned(shared):
    shared.ann.delete("churn:exp")
    shared.ann.push(prune=True)
    shared.nina.pull()
    shared.ann.restore("churn:exp")
    shared.ann.push()
    shared.nina.branch("churn", "own")
    shared.nina.push()
    shared.nina.delete("churn:own")
    assert shared.nina.push(prune=True).deleted == ("churn:own",)
    assert BRANCH in remote_refs(shared)
    pulled = shared.nina.pull()
    assert pulled.branches == ("churn:exp",)
    assert "churn:exp was restored at origin, and is back here, too." in pulled.text()
    assert shared.nina.show("churn:exp").version.number == 2
    assert [entry.name for entry in shared.nina.trash().entries] == ["churn:own"]
    assert shared.nina.audit("churn"), shared.nina.audit("churn").text()
    assert shared.nina.pull().unchanged
    shared.nina.delete("churn:exp")
    assert shared.nina.push(prune=True).deleted == ("churn:exp",)


def test_a_restored_branch_comes_back_with_its_new_versions(shared):
    shared.ann.delete("churn:exp")
    shared.ann.push(prune=True)
    shared.nina.pull()
    shared.ann.restore("churn:exp")
    shared.ann.commit(model(5), "churn", branch="exp")
    shared.ann.push()
    assert shared.nina.pull().branches == ("churn:exp",)
    assert shared.nina.show("churn:exp").version.number == 3
    assert shared.nina.push(prune=True).unchanged


def test_a_branch_with_own_versions_stays(shared):
    shared.nina.commit(model(4), "churn", branch="exp")
    shared.ann.delete("churn:exp")
    shared.ann.push(prune=True)
    pulled = shared.nina.pull()
    assert pulled.deleted == ("churn:exp",)
    assert "Nothing new" not in pulled.text()
    assert "It stays here, because it has versions that were never there." in pulled.text()
    assert shared.nina.show("churn:exp").version.number == 3
    assert not shared.nina.trash().entries


def test_versions_that_this_clone_never_had_are_not_deleted_at_the_remote(shared):
    shared.nina.commit(model(4), "churn", branch="exp")
    shared.nina.push()
    shared.ann.delete("churn:exp")
    with pytest.raises(RemoteAhead, match="versions there that are not in the trash here"):
        shared.ann.push(prune=True)
    assert BRANCH in remote_refs(shared)


def test_a_push_does_not_bring_back_what_others_have_deleted_there(shared):
    shared.ann.delete("churn:exp")
    shared.ann.push(prune=True)
    shared.nina.commit(model(3), "churn")
    with pytest.raises(
        RemoteAhead, match=r"churn:exp was there .* is not there any more"
    ) as caught:
        shared.nina.push()
    assert "Pull first: %model_pull. To send again" in caught.value.hint
    assert BRANCH not in remote_refs(shared)
    shared.nina.pull()
    assert shared.nina.push().branches == ("churn",)
    shared.nina.restore("churn:exp")
    assert shared.nina.push().branches == ("churn:exp",)


def test_a_fetch_by_git_that_prunes_makes_no_difference(shared):
    shared.ann.delete("churn:exp")
    shared.ann.push(prune=True)
    git(shared.nina.context.location.work_tree, "fetch", "--quiet", "--prune", "origin")
    with pytest.raises(RemoteAhead, match="churn:exp was there"):
        shared.nina.push()
    assert shared.nina.pull().deleted == ("churn:exp",)
    assert [entry.name for entry in shared.nina.trash().entries] == ["churn:exp"]
    assert shared.nina.push().unchanged


def test_what_was_known_of_a_remote_goes_with_it(shared):
    shared.ann.remove_remote("origin")
    assert "refs/remotes" not in git(shared.ann.path, "for-each-ref")
    other = shared.folder / "other.git"
    git(shared.folder, "init", "--quiet", "--bare", str(other))
    shared.ann.add_remote("origin", str(other))
    assert shared.ann.push("churn").branches == ("churn:exp", "churn")


def test_an_emptied_remote_deletes_nothing_here(shared):
    before = refs_of(shared.nina)
    for ref in remote_refs(shared):
        git(shared.remote, "update-ref", "-d", ref)
    for _ in range(2):
        said = shared.nina.pull().text()
        assert "origin has no models any more. What it had stays here: churn:exp, churn." in said
        assert refs_of(shared.nina) == before
        assert not shared.nina.trash().entries
        with pytest.raises(RemoteAhead, match="churn:exp, churn was there"):
            shared.nina.push()
    assert not remote_refs(shared)
    shared.nina.push(repair=True)
    assert remote_refs(shared) == before.keys()
    assert shared.nina.pull().text() == "Nothing new at origin."
    shared.nina.commit(model(5), "churn")
    assert shared.nina.push().branches == ("churn",)


def test_the_last_model_of_a_remote_that_others_deleted_does_not_come_back(shared):
    shared.ann.delete("churn")
    shared.ann.push(prune=True)
    shared.nina.commit({"weight": 1}, "price")
    with pytest.raises(RemoteAhead, match="churn:exp, churn was there"):
        shared.nina.push()
    assert "origin has no models any more" in shared.nina.pull().text()
    shared.nina.delete("churn")
    assert shared.nina.push().branches == ("price",)
    assert not {ref for ref in remote_refs(shared) if ref.startswith("refs/heads/models/churn")}
    assert "any more" not in shared.nina.pull().text()
    assert shared.nina.trash().entries


def test_a_deleted_model_is_neither_pushed_nor_pulled(shared):
    shared.ann.commit({"weight": 1}, "secret")
    shared.ann.release("secret@1")
    shared.ann.delete("secret")
    shared.ann.push()
    assert not any("secret" in ref for ref in remote_refs(shared))
    shared.nina.delete("churn")
    assert "churn is in the trash here" in shared.nina.pull().text()
    assert not list(shared.nina.list())
    shared.nina.restore("churn")
    assert shared.nina.pull().text() == "Nothing new at origin."


def test_the_end_of_a_release_travels(shared):
    shared.ann.delete("churn@v1.0.0", "withdrawn")
    assert shared.ann.push().tags == ("churn@v1.0.0!",)
    shared.nina.pull()
    assert shared.nina.context.index.releases("churn") == []


def test_a_prune_of_one_model_leaves_the_others(shared):
    shared.ann.commit({"weight": 1}, "price")
    shared.ann.push()
    shared.ann.delete("price")
    shared.ann.delete("churn:exp")
    assert shared.ann.push("churn", prune=True).deleted == ("churn:exp",)
    assert "refs/heads/models/price/main" in remote_refs(shared)
    assert shared.ann.push(prune=True).deleted == ("price",)
