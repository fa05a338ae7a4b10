"""A plain clone: models are at origin/models/..., and the advice of the errors works."""

from __future__ import annotations

import shlex
import subprocess

import pytest

import nbmodel
from nbmodel.errors import NotFound, OnlyAtRemote
from nbmodel.views import summary
from tests.fixtures.projects import git, make_project


@pytest.fixture
def origin(tmp_path):
    folder = make_project(tmp_path / "origin", {})
    with nbmodel.open(folder) as registry:
        for number in range(3):
            registry.commit({"n": number}, "churn", f"v{number}")
        registry.branch("churn", "exp")
    return folder


def cloned(origin, *options, name="clone"):
    git(origin.parent, "clone", "--quiet", *options, f"file://{origin}", name)
    folder = origin.parent / name
    git(folder, "config", "user.name", "Bob")
    git(folder, "config", "user.email", "bob@example.org")
    return folder


def run(folder, sentence):
    """Type the command of a sentence."""
    line = sentence[sentence.index("git ") :]
    subprocess.run(shlex.split(line), cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("reference", ["churn", "churn@2", "churn@latest", "churn~1"])
def test_the_error_names_the_remotes_branch_and_its_command_makes_ours(origin, reference):
    git(origin, "branch", "-D", "models/churn/exp")
    folder = cloned(origin)
    with nbmodel.open(folder) as registry:
        with pytest.raises(OnlyAtRemote, match="remote has origin/models/churn/main") as caught:
            registry.show(reference)
        assert caught.value.hint.endswith("git branch models/churn/main origin/models/churn/main")
        run(folder, caught.value.hint)
        assert registry.show(reference).version.number in (2, 3)
        assert registry.checkout("churn@2") == {"n": 1}


def test_every_verb_that_takes_a_model_names_the_remotes_branches(origin):
    with nbmodel.open(cloned(origin)) as registry:
        for ask in (
            lambda: registry.log("churn"),
            lambda: registry.checkout("churn"),
            lambda: registry.promote("churn", "prod"),
            lambda: registry.release("churn", version="v0.1.0"),
            lambda: registry.branch("churn"),
            lambda: registry.branch("churn", "new"),
            lambda: registry.diff("churn@1", "churn@2"),
            lambda: registry.rollback("churn@prod", "why"),
            lambda: registry.annotate("churn", "good"),
        ):
            with pytest.raises(OnlyAtRemote, match="origin/models/churn/exp, origin/models/churn/"):
                ask()
        with pytest.raises(NotFound) as caught:
            registry.show("price")
        assert not isinstance(caught.value, OnlyAtRemote)


def test_a_branch_that_only_the_remote_has(origin):
    folder = cloned(origin)
    git(folder, "branch", "models/churn/main", "origin/models/churn/main")
    with nbmodel.open(folder) as registry:
        with pytest.raises(OnlyAtRemote) as caught:
            registry.show("churn:exp")
        run(folder, caught.value.hint)
        assert registry.show("churn:exp").version.number == 3
        with pytest.raises(NotFound, match="no branch 'none'"):
            registry.show("churn:none")


def test_a_released_version_can_be_read_without_its_branch(origin):
    """A clone has the tags: the model is known, but none of its branches."""
    with nbmodel.open(origin) as registry:
        registry.release("churn@2", version="v0.1.0")
    with nbmodel.open(cloned(origin)) as registry:
        assert registry.checkout("churn@v0.1.0") == {"n": 1}
        with pytest.raises(OnlyAtRemote, match="origin/models/churn/main"):
            registry.log("churn")


def test_an_empty_list_names_the_models_of_the_remote(origin):
    with nbmodel.open(origin) as registry:
        registry.commit([1], "price", "first")
    folder = cloned(origin)
    with nbmodel.open(folder) as registry:
        listed = registry.list()
        assert "origin/models/churn/main, origin/models/price/main" in listed.text()
        assert summary.registry(registry)["hint"] == listed.hint
        assert not registry.list("name = churn").hint
        run(folder, listed.hint)
        assert {v.ref for v in registry.list().versions} == {"churn@3", "price@1"}
        assert not registry.list().hint


def test_a_clone_without_models_names_none(tmp_path):
    folder = cloned(make_project(tmp_path / "origin", {}))
    with nbmodel.open(folder) as registry:
        assert registry.list().text() == "no versions"


# -- committing --------------------------------------------------------------


def test_a_commit_continues_the_remotes_branch(origin):
    folder = cloned(origin)
    with nbmodel.open(folder) as registry:
        done = registry.commit({"n": 9}, "churn", "mine")
        assert done.version.ref == "churn@4"
        assert "models/churn/main was made here from origin/models/churn/main." in done.warnings
        assert not registry.commit({"n": 10}, "churn", "again").warnings
    git(folder, "push", "--quiet", "origin", "models/churn/main")
    with nbmodel.open(origin) as registry:
        assert [v.number for v in registry.log("churn").versions] == [5, 4, 3, 2, 1]


def test_a_new_branch_begins_at_the_remotes_main(origin):
    with nbmodel.open(cloned(origin)) as registry:
        done = registry.commit({"n": 9}, "churn", "mine", branch="own")
        assert done.version.number == 4
        assert registry.log("churn:own").versions[1].number == 3


def test_two_remotes_with_equal_branches_count_once(origin):
    folder = cloned(origin)
    git(folder, "remote", "add", "team/hub", f"file://{origin}")
    git(folder, "fetch", "--quiet", "team/hub")
    with nbmodel.open(folder) as registry:
        assert registry.commit({"n": 9}, "churn", "mine").version.number == 4


def test_two_remotes_that_differ_are_both_named(origin):
    folder, fork = cloned(origin), cloned(origin, name="fork")
    with nbmodel.open(fork) as registry:
        registry.commit({"n": 9}, "churn", "theirs")
    git(folder, "remote", "add", "team/hub", f"file://{fork}")
    git(folder, "fetch", "--quiet", "team/hub")
    with nbmodel.open(folder) as registry:
        for ask in (lambda: registry.commit({"n": 9}, "churn", "mine"),):
            with pytest.raises(OnlyAtRemote) as caught:
                ask()
            assert "git branch models/churn/main origin/models/churn/main or" in caught.value.hint
            assert caught.value.hint.endswith("models/churn/main team/hub/models/churn/main")
        assert not registry.list().versions
        run(folder, caught.value.hint.rpartition(" or ")[2])
        assert registry.commit({"n": 9}, "churn", "mine").version.number == 5


def test_a_read_only_registry_makes_no_branch(origin):
    folder = cloned(origin)
    with nbmodel.open(folder, read_only=True) as registry, pytest.raises(OnlyAtRemote):
        registry.show("churn")
    assert git(folder, "branch", "--list", "models/*") == ""
