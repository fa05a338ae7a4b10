"""How far a clone is ahead of its remote and behind it, without the network."""

from __future__ import annotations

import shutil

import nbmodel
from nbmodel import views
from nbmodel.versioning.sharing.distances import Distance, remote_state
from tests.fixtures.projects import git, make_project
from tests.versioning.sharing.conftest import model


def distance(registry):
    return remote_state(registry.context).total


def test_the_distance_follows_commits_pushes_and_pulls_without_the_network(team):
    ann, nina = team.ann, team.nina
    ann.commit(model(1), "churn")
    ann.commit(model(2), "price")
    assert remote_state(ann.context).models == {"churn": Distance(1), "price": Distance(1)}
    before = views.answer(ann, "state", {})
    ann.push()
    assert views.answer(ann, "state", {}) != before  # the faces look again
    assert distance(ann) == Distance()
    nina.pull()
    nina.commit(model(3), "churn")
    nina.push()
    ann.commit(model(4), "price")
    ann.branch("price", "exp", "price@1")
    ann.commit(model(5), "price", branch="exp")
    ann.push("price")
    git(ann.path.parent, "fetch", "--quiet", "origin")
    ann.commit(model(6), "churn")
    ann.commit(model(7), "churn")
    shutil.rmtree(team.remote)
    state = remote_state(ann.context)
    assert (state.name, state.models) == ("origin", {"churn": Distance(2, 1)})
    assert str(state.total) == "2 ahead, 1 behind"
    assert "2 ahead, 1 behind (origin, as of the last push or pull)" in ann.list().text()
    assert "ahead" not in ann.list("price").text()


def test_versions_that_are_at_the_remote_by_another_branch_are_not_ahead(team):
    team.ann.commit(model(1), "churn")
    team.ann.push()
    team.ann.branch("churn", "exp", "churn@1")
    assert distance(team.ann) == Distance()
    team.ann.commit(model(2), "churn", branch="exp")
    assert distance(team.ann) == Distance(1)


def test_what_is_in_the_trash_is_not_behind(team):
    team.ann.commit(model(1), "churn")
    team.ann.branch("churn", "exp")
    team.ann.commit(model(2), "churn", branch="exp")
    team.ann.push()
    team.ann.delete("churn:exp")
    assert distance(team.ann) == Distance()
    assert views.answer(team.ann, "sharing", {})["trash"] == 1


def test_without_a_remote_to_choose_nothing_is_said(tmp_path):
    with nbmodel.open(make_project(tmp_path / "own", {})) as registry:
        registry.commit(model(1, 10), "churn")
        assert views.answer(registry, "sharing", {}) == {
            "remotes": [], "remote": "", "ahead": 0, "behind": 0, "models": {}, "trash": 0,
        }  # fmt: skip
        assert "ahead" not in registry.list().text()
        before = views.answer(registry, "state", {})
        for name in ("east", "west"):
            registry.add_remote(name, f"/nowhere/{name}.git")
        assert views.answer(registry, "state", {}) != before
        answer = views.answer(registry, "sharing", {})
        assert (answer["remotes"], answer["remote"]) == (["east", "west"], "")
