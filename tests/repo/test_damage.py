"""A damaged repository counts as one: no second registry is made beside it.

A file that git needs to recognize a repository is missing, empty or unreadable, so git searches the
folders above. The tests damage HEAD, objects, refs and settings; a ``.git`` file or link without a
target; a ``.nbmodel.git``; a bare repository that is named itself; and a repository around the
damaged one.
"""

from __future__ import annotations

import shutil

import pytest

import nbmodel
from nbmodel.errors import GitFailed, NbModelError, RegistryNotFound
from nbmodel.repo.location import find_or_create
from nbmodel.repo.repositories import create_bare
from tests import unprivileged
from tests.fixtures.projects import git


def without_head(place):
    (place / "HEAD").unlink()


def with_an_empty_head(place):
    (place / "HEAD").write_text("")


def with_a_torn_head(place):
    (place / "HEAD").write_bytes(b"\0" * 21)


def without_objects(place):
    shutil.rmtree(place / "objects")


def without_refs(place):
    shutil.rmtree(place / "refs")


DAMAGES = {
    without_head: ("HEAD is missing", "printf 'ref: refs/heads/main"),
    with_an_empty_head: ("HEAD is empty", "printf 'ref: refs/heads/main"),
    with_a_torn_head: ("HEAD does not name a branch or commit", "printf 'ref: refs/heads/main"),
    without_objects: ("objects is missing", "restore it from a backup"),
    without_refs: ("refs is missing", "packed-refs"),
}


@pytest.fixture(params=["around", "beside", "bare", "inner"])
def place(request, tmp_path):
    """A git directory; its folder, or itself, is what the user names."""
    match request.param:
        case "beside":
            create_bare(tmp_path / "work/.nbmodel.git")
            return tmp_path / "work/.nbmodel.git"
        case "bare":
            create_bare(tmp_path / "models.git")
            return tmp_path / "models.git"
        case "inner":
            git(tmp_path, "init", "--quiet", ".")
    (tmp_path / "work").mkdir()
    git(tmp_path / "work", "init", "--quiet", ".")
    return tmp_path / "work/.git"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_repository_is_named_and_no_other_is_made(place, damage):
    damage(place)
    why, do = DAMAGES[damage]
    folders = {place} if place.name == "models.git" else {place, place.parent}
    for folder in folders:
        for ask in (nbmodel.open, find_or_create):
            with pytest.raises(GitFailed, match=why) as refused:
                ask(folder)
            assert str(place) in refused.value.what
            assert do in refused.value.hint
    assert not list(place.parent.rglob(".nbmodel.git")) or place.name == ".nbmodel.git"
    assert not (place / "HEAD").exists() or damage is not without_head


def test_the_advice_for_a_damaged_head_repairs_it(tmp_path):
    git(tmp_path, "init", "--quiet", ".")
    (tmp_path / ".git/HEAD").unlink()
    with pytest.raises(GitFailed) as refused:
        nbmodel.open(tmp_path)
    unprivileged.shell(refused.value.hint.partition(": ")[2])
    nbmodel.open(tmp_path).close()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gitdir: ../gone\n", "names .*gone, which does not exist"),
        ("", "does not name a git directory"),
    ],
)
def test_a_git_file_without_a_target_is_an_error(tmp_path, text, why):
    (tmp_path / ".git").write_text(text)
    with pytest.raises(GitFailed, match=why):
        find_or_create(tmp_path)


def test_a_git_link_without_a_target_is_an_error(tmp_path):
    (tmp_path / ".git").symlink_to(tmp_path / "gone")
    with pytest.raises(GitFailed, match="its link has no target"):
        find_or_create(tmp_path)


def test_complete_repositories_are_opened(tmp_path):
    git(tmp_path, "init", "--quiet", "one")
    git(tmp_path / "one", "config", "user.email", "ann@example.org")
    git(tmp_path / "one", "config", "user.name", "Ann")
    git(tmp_path / "one", "commit", "--quiet", "--allow-empty", "-m", "x")
    git(tmp_path / "one", "worktree", "add", "--quiet", "--detach", "../two")
    for folder in ("one", "one/.git", "two"):
        assert find_or_create(tmp_path / folder).git_dir == tmp_path / "one/.git"
    (tmp_path / "three/.nbmodel.git").mkdir(parents=True)  # an empty one is made whole
    with pytest.raises(RegistryNotFound):
        nbmodel.open(tmp_path / "three")
    assert find_or_create(tmp_path / "three").created


SCRIPT = """
import json, sys
from pathlib import Path
from nbmodel.errors import NbModelError
from nbmodel.repo.location import find_or_create
said = {}
for name in ("HEAD", "config", "refs", "objects", ""):
    path = Path(sys.argv[1]) / name
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        said[str(path)] = str(find_or_create(Path(sys.argv[1]).parent))
    except NbModelError as error:
        said[str(path)] = str(error)
    finally:
        path.chmod(mode)
print(json.dumps(said))
"""


@pytest.mark.parametrize("name", [".git", ".nbmodel.git"])
def test_an_unreadable_file_is_named_with_its_permission(tmp_path, name):
    create_bare(tmp_path / name)
    for path, text in unprivileged.run(SCRIPT, tmp_path / name).items():
        assert path in text
        assert "Permission denied" in text
        assert "readable" in text


def test_an_invalid_configuration_is_an_error(tmp_path):
    git(tmp_path, "init", "--quiet", ".")
    (tmp_path / ".git/config").write_text("[core\n")
    with pytest.raises(NbModelError, match=r"(?s)bad config line.*Correct that line"):
        nbmodel.open(tmp_path)
