"""The author of a commit is the one that git would use, else a guess that is reported."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.records import Person
from nbmodel.repo import identity
from nbmodel.repo.identity import signature_line, whoami
from tests.repo.hostile import NAMES


@pytest.fixture
def repo(bare_repo, monkeypatch, tmp_path):
    for name in ("NAME", "EMAIL"):
        for role in ("AUTHOR", "COMMITTER"):
            monkeypatch.delenv(f"GIT_{role}_{name}", raising=False)
    monkeypatch.delenv("EMAIL", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    return bare_repo


def configure(repo, *settings, scope="--local"):
    for key, value in settings:
        subprocess.run(["git", "-C", repo.path, "config", scope, key, value], check=True)


def stock(repo) -> Person:
    """What ``git commit`` would write."""
    done = subprocess.run(
        ["git", "-C", repo.path, "var", "GIT_AUTHOR_IDENT"], check=True, capture_output=True
    )
    name, _, rest = done.stdout.decode().partition(" <")
    return Person(name, rest.partition(">")[0])


def test_the_identity_comes_from_the_repositorys_settings(repo):
    configure(repo, ("user.name", "Ann Üse"), ("user.email", "ann@example.org"))
    result = whoami(repo.git)
    assert result.person == Person("Ann Üse", "ann@example.org") == stock(repo)
    assert not result.guessed


def test_the_users_global_settings_and_the_nearer_ones_win(repo):
    configure(repo, ("user.name", "Far"), ("user.email", "far@example.org"), scope="--global")
    assert whoami(repo.git).person == Person("Far", "far@example.org") == stock(repo)
    configure(repo, ("user.name", "Near"))
    assert whoami(repo.git).person == Person("Near", "far@example.org") == stock(repo)


def test_the_last_of_several_settings_wins(repo):
    configure(repo, ("user.email", "ann@example.org"))
    with (repo.path / "config").open("a") as config:
        config.write("[user]\n\tname = One\n\tname = Two\n")
    assert whoami(repo.git).person == Person("Two", "ann@example.org") == stock(repo)


def test_the_environment_wins_over_settings(repo, monkeypatch):
    configure(repo, ("user.name", "Ann"), ("user.email", "ann@example.org"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Env")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "env@example.org")
    result = whoami(repo.git)
    assert result.person == Person("Env", "env@example.org") == stock(repo)
    assert not result.guessed


def test_the_author_may_differ_from_the_user(repo):
    configure(repo, ("user.name", "User"), ("user.email", "user@example.org"))
    configure(repo, ("author.name", "Author"), ("author.email", "author@example.org"))
    assert whoami(repo.git).person == Person("Author", "author@example.org") == stock(repo)


def test_the_mail_address_of_the_environment(repo, monkeypatch):
    configure(repo, ("user.name", "Ann"))
    monkeypatch.setenv("EMAIL", "mail@example.org")
    result = whoami(repo.git)
    assert result.person == Person("Ann", "mail@example.org") == stock(repo)
    assert not result.guessed
    configure(repo, ("user.email", "set@example.org"))
    assert whoami(repo.git).person.email == "set@example.org" == stock(repo).email


@pytest.mark.parametrize(
    "settings", [(), (("user.name", "Ann"),), (("user.email", "a@b"),), (("user.name", " "),)]
)
def test_an_unknown_identity_is_guessed_and_reported(repo, settings):
    configure(repo, *settings)
    result = whoami(repo.git)
    assert result.guessed
    assert result.person.name
    assert "@" in result.person.email


def test_a_setting_without_a_value_is_ignored(repo):
    with (repo.path / "config").open("a") as config:
        config.write("[user]\n\tname\n\temail = ann@example.org\n")
    assert whoami(repo.git).guessed
    assert whoami(repo.git).person.email == "ann@example.org"


def test_a_user_without_a_name_in_the_password_database(repo, monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    result = whoami(repo.git)
    assert result.guessed
    assert result.person.name


@pytest.mark.parametrize(
    ("name", "email", "expected"),
    [
        ("A<n>n", "a<n>n@b", Person("Ann", "ann@b")),
        ("Ann\nEve", "a\r\nb", Person("AnnEve", "ab")),
        ("  Ann  ", " a@b ", Person("Ann", "a@b")),
        ("Ann\x1b[31m", "a\x7f@b", Person("Ann[31m", "a@b")),
        ("模型", "ü@b", Person("模型", "ü@b")),
    ],
)
def test_hostile_settings_are_cleaned(repo, monkeypatch, name, email, expected):
    monkeypatch.setenv("GIT_AUTHOR_NAME", name)
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", email)
    assert whoami(repo.git).person == expected


@pytest.mark.parametrize("nothing", ["<>", " ", "\n", "<\x01>"])
def test_an_empty_name_is_guessed(repo, monkeypatch, nothing):
    monkeypatch.setenv("GIT_AUTHOR_NAME", nothing)
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ann@example.org")
    result = whoami(repo.git)
    assert result.person.name
    assert result.guessed


PEOPLE = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(NAMES)


@given(PEOPLE, PEOPLE, st.integers(0, 2**40))
def test_a_signature_is_one_line_with_one_address(name, email, time):
    line = signature_line(Person(name, email), time)
    assert "\n" not in line
    assert "\0" not in line
    assert (line.count("<"), line.count(">")) == (1, 1)
    assert line.endswith(f"> {time} +0000")
    assert " <" in line


def test_bytes_that_are_not_text_do_not_stop_a_commit(repo):
    with (repo.path / "config").open("ab") as config:
        config.write(b"[user]\n\tname = \xc5ngstr\xf6m\n\temail = a@b\n")
    result = whoami(repo.git)
    assert result.person.email == "a@b"
    assert not result.guessed
    assert identity.signature_line(result.person, 1).encode()
