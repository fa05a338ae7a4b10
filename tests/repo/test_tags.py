"""Tags are annotated, follow GTO's grammar, are made once and never moved."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from gto.tag import parse_name

from nbmodel import refs
from nbmodel.errors import AlreadyExists, GitFailed, NbModelError
from nbmodel.records import Person
from nbmodel.repo import tags
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import create_bare
from tests.repo.hostile import NAMES
from tests.repo.test_commits import everything, is_clean, stock

ANN = Person("Ann", "ann@example.org")


@pytest.mark.parametrize(
    "name", ["churn@v1.2.0", "churn@v1.0.0-rc.1+b.7", "churn#prod#3", "c#p!#4"]
)
def test_a_tag_is_what_stock_git_and_gto_read(bare_repo, name):
    commit = bare_repo.version()
    tags.create(bare_repo.git, name, commit, ANN, 1_700_000_000, "Grüße\n\nwhy\n\n")
    shown = stock(
        bare_repo.path,
        "for-each-ref",
        "--format=%(refname)|%(objecttype)|%(*objectname)|%(taggername)|%(taggerdate:unix)|%(contents)",
        "refs/tags",
    )
    assert shown.strip() == f"refs/tags/{name}|tag|{commit}|Ann|1700000000|Grüße\n\nwhy"
    assert parse_name(name)
    assert is_clean(bare_repo.path)


def test_a_tag_is_created_only_once(bare_repo):
    first, second = bare_repo.version(), bare_repo.version(number=2)
    tags.create(bare_repo.git, "churn@v1.0.0", first, ANN, 1, "one")
    before = everything(bare_repo.path, "objects")
    for commit in (first, second):
        with pytest.raises(AlreadyExists, match=r"churn@v1\.0\.0 exists"):
            tags.create(bare_repo.git, "churn@v1.0.0", commit, ANN, 2, "two")
    assert everything(bare_repo.path, "objects") == before


def test_a_packed_tag_is_found_too(bare_repo):
    commit = bare_repo.version()
    tags.create(bare_repo.git, "churn@v1.0.0", commit, ANN, 1, "one")
    stock(bare_repo.path, "pack-refs", "--all")
    with pytest.raises(AlreadyExists):
        tags.create(bare_repo.git, "churn@v1.0.0", commit, ANN, 1, "two")


def _race(place, number, commit):
    git = Git(Path(place))
    try:
        tags.create(git, "churn#prod#1", commit, ANN, number, f"by {number}")
    except AlreadyExists:
        return False
    finally:
        git.close()
    return True


def test_only_one_of_many_writers_creates_a_tag(tmp_path):
    place = tmp_path / "registry.git"
    create_bare(place)
    who = ("-c", "user.name=Ann", "-c", "user.email=a@b")
    commit = stock(place, *who, "commit-tree", "-m", "x", stock(place, "mktree").strip())
    with ProcessPoolExecutor(4) as pool:
        made = list(pool.map(_race, [str(place)] * 8, range(8), [commit.strip()] * 8))
    assert sum(made) == 1
    assert stock(place, "tag", "-n1").split(maxsplit=1)[1].strip() == f"by {made.index(True)}"


@pytest.mark.parametrize(
    "message",
    ["", "\n\n", "x\0y", "\ud800", "-----BEGIN PGP SIGNATURE-----\n", "# no comment", "\r"],
)
def test_any_message_leaves_a_clean_repository(bare_repo, message):
    commit = bare_repo.version()
    tags.create(bare_repo.git, "churn@v1.0.0", commit, Person("<>", "\n"), 1, message)
    assert is_clean(bare_repo.path)
    assert bare_repo.git.resolve("refs/tags/churn@v1.0.0^{commit}") == commit


def test_hostile_messages_stay_messages(bare_repo):
    commit = bare_repo.version()
    for number, text in enumerate(NAMES[::16], 1):
        tags.create(bare_repo.git, f"churn#prod#{number}", commit, Person(text, text), 1, text)
    listed = stock(bare_repo.path, "for-each-ref", "--format=%(refname)", "refs/tags").split()
    assert sorted(listed) == sorted(f"refs/tags/churn#prod#{n}" for n in range(1, number + 1))
    assert is_clean(bare_repo.path)


def test_five_hundred_hostile_names_make_no_tag(bare_repo):
    commit = bare_repo.version()
    bare_repo.set_ref("refs/heads/main", commit)
    before = everything(bare_repo.path)
    for name in NAMES:
        for tag in (name, f"{name}@v1.0.0", f"churn#{name}#1", f"churn@v1.0.0{name or '!'}"):
            if refs.is_label(tag):
                continue
            with pytest.raises(NbModelError):
                tags.create(bare_repo.git, tag, commit, ANN, 1, "x")
        with pytest.raises(NbModelError):
            tags.create(bare_repo.git, "churn@v1.0.0", name, ANN, 1, "x")
    assert everything(bare_repo.path) == before


@pytest.mark.parametrize("target", ["missing", "tree"])
def test_an_object_that_is_not_a_commit_gets_no_tag(bare_repo, target):
    oid = bare_repo.tree() if target == "tree" else "1" * 40
    with pytest.raises(GitFailed, match="mktag"):
        tags.create(bare_repo.git, "churn@v1.0.0", oid, ANN, 1, "x")
    assert bare_repo.git.resolve("refs/tags/churn@v1.0.0") is None


def test_a_tag_in_the_way_is_named(bare_repo):
    commit = bare_repo.version()
    bare_repo.set_ref("refs/tags/churn@v1.0.0/deep", commit)
    with pytest.raises(GitFailed, match=r"churn@v1\.0\.0"):
        tags.create(bare_repo.git, "churn@v1.0.0", commit, ANN, 1, "x")
