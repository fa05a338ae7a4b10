"""The nearest repository is the registry, in every form that git has."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from nbmodel.errors import GitFailed, RegistryNotFound
from nbmodel.repo import location
from nbmodel.repo.git import Git
from nbmodel.repo.location import REGISTRY_FOLDER, Location
from nbmodel.repo.repositories import create_bare
from tests.fixtures.projects import git, make_project

CODE = {"train.py": "1\n"}
ODD = [
    "plain", "two words", "übung 模型", "-c", "--upload-pack=x", "a'b\"c$(x)`y`", "\u2028\x85\x0c",
    "new\nline", "tab\t", "100%", "~", ".hidden", "back\\slash", "\udcff",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_the_repository_around_a_folder(tmp_path, name):
    top = make_project(tmp_path / name, CODE)
    (top / "deep" / name).mkdir(parents=True)
    expected = Location(top / ".git", top)
    assert location.find(top) == expected
    assert location.find(top / "deep" / name) == expected
    assert location.at(top / "deep" / ".." / "deep") == expected
    registry = Git(expected.git_dir)
    assert registry.resolve("refs/heads/main") == git(top, "rev-parse", "HEAD").strip()
    registry.close()


@pytest.mark.parametrize("name", ["plain", "übung 模型", "new\nline", "-c"])
def test_a_bare_repository_is_a_registry(tmp_path, name):
    place = tmp_path / f"{name}.git"
    create_bare(place)
    assert location.find(place) == Location(place)
    assert location.at(place / "objects") == Location(place)


def test_the_git_directory_itself_is_accepted(tmp_path):
    top = make_project(tmp_path / "project", CODE)
    assert location.at(top / ".git") == Location(top / ".git")
    assert location.at(top / ".git" / "refs") == Location(top / ".git")


def test_a_linked_worktree_shares_the_registry(tmp_path):
    top = make_project(tmp_path / "project", CODE)
    git(top, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    result = location.find(tmp_path / "linked")
    assert result == Location(top / ".git", tmp_path / "linked")
    assert result.key == location.find(top).key


def test_a_worktree_of_a_bare_repository(tmp_path):
    top = make_project(tmp_path / "project", CODE)
    git(tmp_path, "clone", "--quiet", "--bare", str(top), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    assert location.find(tmp_path / "linked").git_dir == tmp_path / "bare.git"


def test_a_submodule_has_a_registry_of_its_own(tmp_path):
    inner, outer = make_project(tmp_path / "inner", CODE), make_project(tmp_path / "outer", CODE)
    allow = ("-c", "protocol.file.allow=always")
    git(outer, *allow, "submodule", "--quiet", "add", str(inner), "sub dir")
    result = location.find(outer / "sub dir")
    assert result == Location(outer / ".git" / "modules" / "sub dir", outer / "sub dir")
    assert result.key != location.find(outer).key


def test_a_symlink_names_the_same_registry(tmp_path):
    top = make_project(tmp_path / "project", CODE)
    (tmp_path / "link").symlink_to(top)
    assert location.find(tmp_path / "link") == location.find(top)
    create_bare(top / REGISTRY_FOLDER)
    assert location.find(tmp_path / "link") == Location(top / REGISTRY_FOLDER)


# -- .nbmodel.git ------------------------------------------------------------


def test_a_registry_is_made_beside_the_notebook_if_there_is_none(tmp_path):
    folder = tmp_path / "notebooks ü"
    folder.mkdir()
    with pytest.raises(RegistryNotFound, match="notebooks ü"):
        location.at(folder)
    made = location.find_or_create(folder)
    assert made == Location(folder / REGISTRY_FOLDER, created=True)
    assert location.find_or_create(folder) == Location(folder / REGISTRY_FOLDER)
    assert made.key == location.find(folder).key
    assert made.name == str(folder)


def test_a_registry_is_made_in_a_folder_that_does_not_exist(tmp_path):
    made = location.find_or_create(tmp_path / "new" / "folder")
    assert location.find(tmp_path / "new" / "folder").git_dir == made.git_dir


def test_the_home_folder_can_be_written_as_a_tilde(isolated_home):
    (isolated_home / "short").mkdir()
    made = location.find_or_create(Path("~/short"))
    assert made.git_dir == isolated_home / "short" / REGISTRY_FOLDER


def test_a_registry_serves_the_folders_below(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    create_bare(tmp_path / REGISTRY_FOLDER)
    assert location.find(tmp_path / "a" / "b") == Location(tmp_path / REGISTRY_FOLDER)


def test_the_nearest_repository_is_the_registry(tmp_path):
    top = make_project(tmp_path / "outside" / "project", CODE)
    (top / "notebooks").mkdir()
    create_bare(tmp_path / "outside" / REGISTRY_FOLDER)
    assert location.find(top / "notebooks") == Location(top / ".git", top)
    create_bare(top / "notebooks" / REGISTRY_FOLDER)
    assert location.find(top / "notebooks") == Location(top / "notebooks" / REGISTRY_FOLDER)
    assert location.find(top) == Location(top / ".git", top)


def test_a_repository_named_by_the_user_is_used(tmp_path):
    """Also if a folder above it contains a .nbmodel.git."""
    create_bare(tmp_path / REGISTRY_FOLDER)
    create_bare(tmp_path / "models.git")
    top = make_project(tmp_path / "project", CODE)
    assert location.at(tmp_path / "models.git") == Location(tmp_path / "models.git")
    assert location.at(top / ".git") == Location(top / ".git")
    assert location.at(tmp_path / REGISTRY_FOLDER) == Location(tmp_path / REGISTRY_FOLDER)


def test_an_empty_registry_folder_is_completed(tmp_path):
    (tmp_path / REGISTRY_FOLDER).mkdir()
    with pytest.raises(RegistryNotFound):
        location.find(tmp_path)
    location.find_or_create(tmp_path)
    assert location.find(tmp_path) == Location(tmp_path / REGISTRY_FOLDER)


def test_a_damaged_registry_is_not_skipped_for_the_repository_around_it(tmp_path):
    top = make_project(tmp_path / "project", CODE)
    create_bare(top / REGISTRY_FOLDER)
    (top / REGISTRY_FOLDER / "HEAD").write_text("")
    with pytest.raises(GitFailed, match=r"is damaged: .*HEAD is empty"):
        location.find(top)


def _make(folder):
    return str(location.find_or_create(Path(folder)).git_dir)


def test_processes_can_make_the_same_registry(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        made = set(pool.map(_make, [str(tmp_path)] * 8))
    assert made == {str(tmp_path / REGISTRY_FOLDER)}
    assert git(tmp_path / REGISTRY_FOLDER, "fsck", "--strict") == ""


# -- refusals ----------------------------------------------------------------


def test_a_missing_folder_has_no_registry(tmp_path):
    with pytest.raises(RegistryNotFound, match="%model_init PATH"):
        location.at(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(RegistryNotFound):
        location.at(tmp_path / "file")


def test_a_repository_of_another_user_is_refused_with_advice(tmp_path, monkeypatch):
    top = make_project(tmp_path / "project", CODE)
    bare = tmp_path / "models.git"
    create_bare(bare)
    (tmp_path / "shared" / "mine").mkdir(parents=True)
    create_bare(tmp_path / "shared" / REGISTRY_FOLDER)
    # git's own means to test this; chown is not everybody's.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    # A .nbmodel.git planted above everybody's folders is the classic of them all.
    for place in (top, bare, tmp_path / "shared" / "mine"):
        with pytest.raises(GitFailed, match="belongs to another user") as caught:
            location.at(place)
        assert "safe.directory" in caught.value.hint
        with pytest.raises(GitFailed, match="belongs to another user"):
            location.find_or_create(place)


def test_a_repository_of_another_user_may_be_trusted(tmp_path, monkeypatch):
    top = make_project(tmp_path / "project", CODE)
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[safe]\ndirectory = "{top}"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert location.at(top) == Location(top / ".git", top)


def test_a_registry_opens_although_settings_forbid_bare_repositories(tmp_path, monkeypatch):
    """What ``safe.bareRepository`` guards against is switched off: ours still open."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[safe]\nbareRepository = explicit\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    made = location.find_or_create(tmp_path)
    assert location.at(tmp_path).git_dir == made.git_dir
    registry = Git(made.git_dir)
    assert registry.run("for-each-ref") == b""
    registry.close()


@pytest.mark.parametrize("damage", ["config", "gitfile", "extension"])
def test_no_registry_is_made_beside_a_damaged_repository(tmp_path, damage):
    top = make_project(tmp_path / "project", CODE)
    match damage:
        case "config":
            (top / ".git" / "config").write_text("[[[")
        case "gitfile":
            (top / ".git").rename(tmp_path / "moved")
            (top / ".git").write_text("gitdir: ../gone\n")
        case "extension":
            git(top, "config", "core.repositoryFormatVersion", "1")
            git(top, "config", "extensions.fromTheFuture", "1")
    with pytest.raises(GitFailed, match=r"git rev-parse failed|gone, which does not exist"):
        location.find_or_create(top)
    assert not (top / REGISTRY_FOLDER).exists()


def test_a_repository_of_sha256_is_refused_before_anything_is_written(tmp_path):
    top = tmp_path / "project"
    top.mkdir()
    git(top, "init", "--quiet", "--object-format=sha256")
    with pytest.raises(GitFailed, match="sha256") as caught:
        location.at(top)
    assert "%model_init PATH" in caught.value.hint


# -- the user's own folders --------------------------------------------------


def test_registries_have_separate_caches_and_shared_data(tmp_path, isolated_home):
    item, other = (location.find_or_create(tmp_path / name) for name in ("one", "other"))
    assert item.cache != other.cache
    assert item.cache.is_relative_to(isolated_home / "cache")
    assert location.data_folder().is_relative_to(isolated_home / "data")
    assert not item.cache.is_relative_to(item.git_dir)


def test_a_registry_reached_by_two_paths_has_one_cache(tmp_path):
    made = location.find_or_create(tmp_path / "project")
    (tmp_path / "link").symlink_to(tmp_path / "project")
    assert Location(tmp_path / "link" / REGISTRY_FOLDER).key == made.key
    assert Location(Path(os.path.relpath(made.git_dir))).key == made.key


def test_the_name_of_a_registry_in_messages(tmp_path):
    assert Location(tmp_path / ".git", tmp_path).name == str(tmp_path)
    assert Location(tmp_path / ".git").name == str(tmp_path)
    assert Location(tmp_path / REGISTRY_FOLDER).name == str(tmp_path)
    assert Location(tmp_path / "models.git").name == str(tmp_path / "models.git")
