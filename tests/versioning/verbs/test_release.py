"""Release: semantic version numbers as annotated git tags."""

from __future__ import annotations

import pytest

from nbmodel.errors import AlreadyExists, InvalidValue, NotFound, ReadOnlyRegistry
from nbmodel.versioning.registry import open_registry
from tests.fixtures.projects import git


def test_the_tag_is_annotated_and_names_the_commit(history):
    result = history.release("net@2", message="first good")
    commit = history.show("net@2").version.commit
    assert (result.release.tag, result.release.commit) == ("net@v0.1.0", commit)
    header, message = git(history.path, "cat-file", "-p", "net@v0.1.0").split("\n\n", 1)
    assert header.splitlines()[:3] == [f"object {commit}", "type commit", "tag net@v0.1.0"]
    assert header.splitlines()[3].startswith("tagger Ann <ann@example.org> ")
    assert message == "first good\n"


def test_without_a_message_it_says_what_it_releases(history):
    history.release("net@2")
    assert git(history.path, "tag", "-l", "--format=%(contents:subject)", "net@v0.1.0") == (
        "Release net v0.1.0\n"
    )


@pytest.mark.parametrize(
    ("bump", "number"),
    [("", "v1.3.0"), ("minor", "v1.3.0"), ("patch", "v1.2.4"), ("major", "v2.0.0")],
)
def test_a_bump_raises_one_part_and_resets_those_after_it(history, bump, number):
    history.release("net@1", version="v1.2.3")
    assert history.release("net@2", bump=bump).release.version == number


def test_numbers_are_compared_as_numbers(history):
    history.release("net@1", version="v0.10.0")
    history.release("net@2", version="v0.9.0")
    assert history.release("net@3").release.version == "v0.11.0"


def test_each_model_has_its_own_numbers(history):
    history.commit({"n": 1}, "other")
    assert history.release("net@1", version="v3.0.0").release.version == "v3.0.0"
    assert history.release("other@1").release.version == "v0.1.0"


def test_the_v_in_front_is_added(history):
    assert history.release("net@1", version="1.0.0").release.version == "v1.0.0"


def test_a_version_has_one_release(history):
    history.release("net@1")
    assert history.release("net@1", bump="major").unchanged
    with pytest.raises(AlreadyExists, match=r"net@1 is released as net@v0\.1\.0") as caught:
        history.release("net@1", version="v2.0.0")
    assert caught.value.hint == "Use that release."


def test_a_number_is_used_once(history):
    history.release("net@1", version="v1.0.0")
    with pytest.raises(AlreadyExists, match=r"net@v1\.0\.0 is another version"):
        history.release("net@2", version="v1.0.0")
    assert history.show("net@v1.0.0").version.ref == "net@1"


def test_a_number_whose_tag_cannot_be_read_is_named_at_once(history, monkeypatch):
    blob = history.context.git.run("hash-object", "-w", "--stdin", data=b"x").decode().strip()
    history.context.git.run("tag", "-a", "-m", "odd", "net@v7.0.0", blob)
    monkeypatch.setattr("nbmodel.versioning.verbs.release.MAX_RETRIES", 10**9)
    with pytest.raises(AlreadyExists, match=r"The tag net@v7\.0\.0 exists, and cannot be read as"):
        history.release("net@1", version="v7.0.0")
    history.context.git.run("tag", "-a", "-m", "odd", "net@v0.1.0", blob)
    with pytest.raises(AlreadyExists, match=r"The tag net@v0\.1\.0 exists"):
        history.release("net@1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bump": "major", "version": "v2.0.0"}, "Both a bump and a version were given"),
        ({"version": "latest"}, r"^'latest' is not a version"),
        ({"version": "v1.2"}, r"'v1\.2' is not a version"),
        ({"bump": "huge"}, "Cannot bump 'huge' of 'v0.1.0'"),
    ],
)
def test_a_text_that_is_not_a_number_is_refused(history, options, message):
    history.release("net@1")
    with pytest.raises(InvalidValue, match=message):
        history.release("net@2", **options)
    assert git(history.path, "tag", "-l", "net@*").split() == ["net@v0.1.0"]


def test_the_release_is_a_reference_and_a_label(history):
    history.release("net@2")
    assert history.show("net@v0.1.0").version.ref == "net@2"
    assert history.show("net@2").labels == ["v0.1.0"]


def test_an_unknown_version(history):
    with pytest.raises(NotFound, match="net:main has no version 9; its latest is 4"):
        history.release("net@9")


def test_a_read_only_registry(history):
    with (
        open_registry(history.path, read_only=True) as registry,
        pytest.raises(ReadOnlyRegistry, match="release"),
    ):
        registry.release("net@1")
    assert git(history.path, "tag", "-l") == ""


def test_the_text_of_a_release(history):
    commit = history.show("net@2").version.commit[:7]
    assert history.release("net@2").text().splitlines() == [
        f"net@v0.1.0  net@2  {commit}",
        "  Not proved: the object has no method that predicts.",
    ]
