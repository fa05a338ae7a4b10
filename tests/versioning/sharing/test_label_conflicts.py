"""Two people set one label at once: the own one gives way if its user says so."""

from __future__ import annotations

import pytest

from nbmodel.errors import RemoteConflict
from tests.fixtures.projects import git
from tests.versioning.sharing.conftest import refs_of


@pytest.fixture
def shared(team):
    """Three versions that both have; the first one is prod."""
    for number in range(3):
        team.ann.commit({"weight": number}, "churn", f"number {number}")
    team.ann.promote("churn@1", "prod", "first")
    team.ann.push()
    team.nina.pull()
    return team


def test_the_moves_of_a_stage_that_were_never_pushed_give_way(shared):
    ann, nina = shared.ann, shared.nina
    ann.promote("churn@3", "prod", "better")
    ann.push()
    nina.promote("churn@2", "staging", "to try")
    nina.promote("churn@2", "prod", "simpler")
    nina.promote("churn@3", "prod", "after all")
    nina.remove_stage("churn@prod", message="retired")
    for refused in (nina.push, nina.pull):
        with pytest.raises(RemoteConflict, match="%model_pull --theirs") as caught:
            refused()
        assert "churn#prod#2 names churn@2 (by Nina Simone, " in caught.value.what
        assert " here, and churn@3 (by Ann" in caught.value.what
    result = nina.pull(theirs=True)
    text = result.text()
    assert "remote: %model_promote churn@2 prod, %model_promote churn@3 prod" in text
    assert "churn#prod#2 of this clone gave way. It named churn@2 (by Nina Simone, " in text
    assert "by Nina Simone" in text
    assert "churn#prod#3 of this clone gave way" in text
    assert "churn#prod!#4 of this clone gave way" in text
    assert result.tags == ("churn#prod#2",)
    assert nina.show("churn@prod").version.number == 3
    assert nina.show("churn@staging").version.number == 2
    nina.promote("churn@2", "prod", "simpler")
    nina.push()
    ann.pull()
    assert refs_of(ann) == refs_of(nina)
    for registry in (ann, nina):
        assert registry.show("churn@prod").version.number == 2
        assert registry.audit("churn").findings == ()
        assert not registry.verify().findings


def test_a_release_gives_way_with_its_end(shared):
    ann, nina = shared.ann, shared.nina
    ann.release("churn@1", version="1.0.0")
    ann.push()
    nina.release("churn@3", version="1.0.0")
    nina.delete("churn@v1.0.0", "too early")
    text = nina.pull(theirs=True).text()
    assert "churn@v1.0.0 of this clone gave way" in text
    assert "churn@v1.0.0! of this clone gave way" in text
    assert nina.show("churn@v1.0.0").version.number == 1
    nina.release("churn@3", version="1.1.0")
    nina.push()
    ann.pull()
    for registry in (ann, nina):
        assert registry.show("churn@v1.1.0").version.number == 3
        assert registry.audit("churn").findings == ()


def test_a_shared_label_that_the_remote_changed_does_not_give_way(shared):
    target = shared.nina.show("churn@3").version.commit
    eve = ("-c", "user.name=Eve", "-c", "user.email=eve@example.org")
    git(shared.remote, *eve, "tag", "-f", "-a", "churn#prod#1", target, "-m", "forged")
    before = refs_of(shared.nina)
    with pytest.raises(RemoteConflict, match="churn#prod#1 was changed at origin after the last"):
        shared.nina.pull(theirs=True)
    assert refs_of(shared.nina) == before


def test_nothing_gives_way_without_a_conflict(shared):
    shared.nina.promote("churn@2", "prod", "mine")
    before = refs_of(shared.nina)
    assert shared.nina.pull(theirs=True).unchanged
    assert refs_of(shared.nina) == before
    shared.nina.push()
