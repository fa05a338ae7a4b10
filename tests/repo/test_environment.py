"""The variables of git's hooks and scripts name their repository, never the registry."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nbmodel
from nbmodel.repo import environment, location
from nbmodel.repo.location import REGISTRY_FOLDER, Location
from nbmodel.repo.repositories import create_bare
from tests.fixtures.projects import git, make_project

ROOT = Path(__file__).parents[2]


CODE = {"train.py": "1\n"}


@pytest.fixture
def app(tmp_path):
    """The repository that the user names, with one model."""
    folder = make_project(tmp_path / "app", CODE)
    with nbmodel.open(folder) as registry:
        registry.commit({"a": 1}, "net", "first")
    return folder


@pytest.fixture
def other(tmp_path):
    """The repository whose hook or script runs."""
    return make_project(tmp_path / "other", CODE)


def shell(folder: Path, *words: str, **variables: str | Path) -> str:
    """What ``nbmodel`` prints in a folder, run in another process."""
    done = subprocess.run(
        [sys.executable, "-m", "nbmodel.cli", *words], cwd=folder, text=True, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | {k: str(v) for k, v in variables.items()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(folder: Path) -> set[str]:
    return set(git(folder, "for-each-ref", "--format=%(refname)").split())


def everything_of(folder: Path) -> dict[str, object]:
    """Each variable that git calls local, set to something of this repository, and two more."""
    own = folder / ".git"
    return {
        "GIT_DIR": own,
        "GIT_WORK_TREE": folder,
        "GIT_INDEX_FILE": own / "index",
        "GIT_OBJECT_DIRECTORY": own / "objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": own / "objects",
        "GIT_COMMON_DIR": own,
        "GIT_SHALLOW_FILE": own / "shallow",
        "GIT_GRAFT_FILE": own / "info/grafts",
        "GIT_NAMESPACE": "elsewhere",
        "GIT_QUARANTINE_PATH": own / "objects",
        "GIT_PREFIX": "deep/",
        "GIT_CONFIG": own / "config",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.worktree",
        "GIT_CONFIG_VALUE_0": str(folder),
        "GIT_CONFIG_PARAMETERS": f"'core.worktree'='{folder}' 'core.bare'='true'",
        "GIT_IMPLICIT_WORK_TREE": "0",
        "GIT_REPLACE_REF_BASE": "refs/elsewhere",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }


def test_every_variable_that_git_calls_local_is_in_the_list(tmp_path):
    listed = git(tmp_path, "rev-parse", "--local-env-vars").split()
    assert set(listed) <= set(environment.REPOSITORY_VARIABLES)


@pytest.mark.parametrize("name", sorted(environment.REPOSITORY_VARIABLES))
def test_the_named_registry_is_the_one_that_is_read_and_written(app, other, monkeypatch, name):
    # git gives the last one to its own helpers only.
    values = everything_of(other) | {"GIT_INTERNAL_SUPER_PREFIX": "deep/"}
    for item in (name, "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"):  # those two count for one only
        monkeypatch.setenv(item, str(values[item]))
    before = names_without(monkeypatch, other)
    with nbmodel.open(app) as registry:
        registry.commit({"a": 2}, "net", "second")
        registry.promote("net@1", "prod")
        assert registry.log("net").versions[0].number == 2
        assert registry.checkout("net@prod") == {"a": 1}
    assert names_without(monkeypatch, app) >= {"refs/heads/models/net/main", "refs/tags/net#prod#1"}
    assert names_without(monkeypatch, other) == before


def names_without(monkeypatch, folder):
    """Refs as git sees them for whom nothing is set."""
    with monkeypatch.context() as patch:
        for name in environment.REPOSITORY_VARIABLES:
            patch.delenv(name, raising=False)
        return names(folder)


def test_all_inherited_variables_at_once_are_ignored(app, other):
    shell(other, "--repo", str(app), "promote", "net@1", "prod", **everything_of(other))
    assert "refs/tags/net#prod#1" in names(app)
    assert names(other) == {"refs/heads/main"}


@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_hook_of_another_repository_writes_the_named_registry(app, other, how):
    """``git commit`` runs its hook with GIT_INDEX_FILE, and in a work tree with GIT_DIR."""
    linked = other.parent / "linked"
    git(other, "worktree", "add", "--quiet", str(linked))
    named = {"option": f'--repo "{app}"', "variable": ""}[how]
    hook = other / ".git/hooks/post-commit"
    hook.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{ROOT}"\nenv | grep ^GIT_ > "{other.parent}/seen"\n'
        + (f'export NBMODEL_REPO="{app}"\n' if how == "variable" else "")
        + f'"{sys.executable}" -m nbmodel.cli {named} promote net@1 prod\n'
    )
    hook.chmod(0o755)
    git(linked, "commit", "--quiet", "--allow-empty", "-m", "more code")
    assert "GIT_DIR=" in (other.parent / "seen").read_text()
    assert "refs/tags/net#prod#1" in names(app)
    assert not {name for name in names(other) if "net" in name}


def test_a_push_is_received_and_the_hook_writes_another_registry(app, other, tmp_path):
    """git lets no hook move a ref while what was pushed is in quarantine; ours is elsewhere."""
    create_bare(tmp_path / "hub.git")
    hook = tmp_path / "hub.git/hooks/pre-receive"
    hook.parent.mkdir()
    hook.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{ROOT}"\n'
        f'"{sys.executable}" -m nbmodel.cli --repo "{app}" promote net@1 prod || exit 1\n'
    )
    hook.chmod(0o755)
    git(other, "push", "--quiet", str(tmp_path / "hub.git"), "main")
    assert "refs/tags/net#prod#1" in names(app)
    assert names(tmp_path / "hub.git") == {"refs/heads/main"}


# -- nothing named -----------------------------------------------------------


def test_the_folder_decides_if_no_registry_is_named(app, other, tmp_path, monkeypatch):
    for name, value in everything_of(other).items():
        monkeypatch.setenv(name, str(value))
    assert location.find(app) == Location(app / ".git", app)
    (tmp_path / "loose").mkdir()
    made = location.find_or_create(tmp_path / "loose")
    assert made == Location(tmp_path / "loose" / REGISTRY_FOLDER, created=True)
    assert "net@1" in shell(app, "list")


def test_the_code_of_a_version_is_that_of_the_folder(app, other, monkeypatch):
    head = git(app, "rev-parse", "HEAD").strip()
    for name, value in everything_of(other).items():
        monkeypatch.setenv(name, str(value))
    with nbmodel.open(app) as registry:
        state = registry.context.code_state()
    assert (state.commit, state.dirty) == (head, False)


# -- settings that speak of the user -----------------------------------------


@pytest.mark.parametrize(
    "variables",
    [
        {
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "user.name",
            "GIT_CONFIG_VALUE_0": "Bob O'Hara = \u00fc",
            "GIT_CONFIG_KEY_1": "core.worktree",
            "GIT_CONFIG_VALUE_1": "/elsewhere",
            "GIT_CONFIG_KEY_2": "User.Email",
            "GIT_CONFIG_VALUE_2": "bob@example.org",
        },
        {
            "GIT_CONFIG_PARAMETERS": r"'user.name'='Bob O'\''Hara = ü' 'core.bare' "
            "'user.email=bob@example.org'"
        },
    ],
)
def test_the_environment_can_name_the_author(app, monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert sorted(environment.settings(()).values())[0] == "2"
    with nbmodel.open(app) as registry:
        person = registry.commit({"a": 3}, "net", "third").version.author
    assert (person.name, person.email) == ("Bob O'Hara = ü", "bob@example.org")


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_CONFIG_COUNT": "x"},
        {"GIT_CONFIG_COUNT": "-1"},
        {"GIT_CONFIG_COUNT": "9"},
        {"GIT_CONFIG_PARAMETERS": "'open"},
        {"GIT_CONFIG_PARAMETERS": ""},
        {},
    ],
)
def test_invalid_settings_are_ignored(variables):
    assert list(environment.personal(variables)) == []


def test_the_environment_can_name_a_trusted_folder(app, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    assert location.at(app) == Location(app / ".git", app)
