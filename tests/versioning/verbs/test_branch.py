"""Branch: lines of versions of one model."""

from __future__ import annotations

import pytest

from nbmodel.errors import AlreadyExists, InvalidName, NotFound
from tests.fixtures.projects import git
from tests.versioning.conftest import table


def tips(result):
    return {name: version.ref for name, version in result.branches.items()}


def test_a_branch_begins_at_the_latest_of_main(registry):
    registry.commit({"n": 1}, "net")
    commit = registry.commit({"n": 2}, "net").version.commit
    result = registry.branch("net", "exp")
    assert (result.created, tips(result)) == ("exp", {"exp": "net@2", "main": "net@2"})
    assert git(registry.path, "rev-parse", "refs/heads/models/net/exp").strip() == commit


def test_a_branch_begins_at_the_version_that_is_named(history):
    assert history.show("net:exp").version.number == 3
    result = history.branch("net", "old", "net@1")
    assert tips(result) == {"exp": "net:exp@3", "main": "net@4", "old": "net@1"}
    version = history.commit({"n": 1}, "net", branch="old").version
    assert (version.ref, version.number) == ("net:old@2", 2)
    assert [v.ref for v in history.log("net:old")] == ["net:old@2", "net@1"]


def test_without_a_name_the_branches_are_listed(history):
    result = history.branch("net")
    assert result.created == ""
    commits = {name: version.commit[:7] for name, version in result.branches.items()}
    assert table(result.text()) == [
        ["branch", "latest", "commit", "date", "message"],
        ["exp", "net:exp@3", commits["exp"], "2023-11-14 22:17", "on exp"],
        ["main", "net@4", commits["main"], "2023-11-14 22:18", "on main"],
    ]


def test_a_new_branch_is_named_above_the_table(history):
    result = history.branch("net", "other")
    assert result.text().splitlines()[0] == "net:other created"
    assert result.html().startswith("<div>net:other created</div>")


def test_a_branch_is_created_once(history):
    assert history.branch("net", "exp", "net@1").unchanged
    with pytest.raises(AlreadyExists, match="net has a branch 'exp'") as caught:
        history.branch("net", "exp", "net@4")
    assert caught.value.hint == "Commit to it: %model_commit VARIABLE --name net --branch exp."
    assert history.show("net:exp").version.number == 3


def test_a_branch_cannot_begin_at_a_version_of_another_model(history):
    history.commit({"n": 1}, "other")
    with pytest.raises(NotFound, match="no version 'other@1' in the model net"):
        history.branch("net", "new", "other@1")
    assert "new" not in history.branch("net").branches


@pytest.mark.parametrize("name", ["bad name", "-x", "a/b", "x" * 65])
def test_a_name_that_git_or_a_file_system_refuses(history, name):
    with pytest.raises(InvalidName, match="is not a branch name"):
        history.branch("net", name)


def test_an_unknown_model(registry):
    registry.commit({"n": 1}, "net")
    with pytest.raises(NotFound, match="no model 'nets'"):
        registry.branch("nets")
