"""A version that an allowed key signed loads like the user's own, and no other version does."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import nbmodel
from nbmodel.errors import SignatureRefused, SignersInvalid, Untrusted
from tests.fixtures.keys import ALLOWED, User
from tests.fixtures.projects import git, make_project
from tests.versioning.test_signatures import move_to, raw

NINA = "nina@example.org"


def make_code():
    """An object that only loads with trust, because it carries a function of a notebook."""
    space: dict[str, object] = {}
    exec("def double(x):\n    return 2 * x\n", space)
    return space["double"]


class Team:
    """Nina, who signs, and a colleague with a copy of her repository on another machine."""

    def __init__(self, folder, patch):
        self.folder, self._patch = folder, patch
        self.nina = User(folder / "nina", patch)
        self.key = self.nina.make_key()
        self.nina.sign_with(self.key)
        self.project = make_project(folder / "project", {}, author="Nina", email=NINA)
        self.registry = nbmodel.open(self.project)

    def colleague(self):
        """Continue as the colleague, who has no key and no record of commits."""
        self.registry.close()
        own = User(self.folder / "colleague", self._patch)
        self._patch.setenv("XDG_DATA_HOME", str(self.folder / "data of the colleague"))
        self._patch.setenv("XDG_CACHE_HOME", str(self.folder / "cache of the colleague"))
        place = self.folder / "copy"
        shutil.copytree(self.project, place)
        self.registry = nbmodel.open(place)
        return own


@pytest.fixture
def team(tmp_path, monkeypatch):
    people = Team(tmp_path, monkeypatch)
    yield people
    people.registry.close()


def loads(registry, reference="net"):
    return registry.checkout(reference)(21) == 42


def test_a_version_of_an_allowed_signer_loads_like_an_own_one(team):
    team.registry.commit(make_code(), "net")
    colleague = team.colleague()
    with pytest.raises(Untrusted):
        team.registry.checkout("net")
    colleague.allow((NINA, "", colleague.make_key("another")))
    with pytest.raises(Untrusted):
        team.registry.checkout("net")
    colleague.allow((NINA, "", team.key))
    assert loads(team.registry)
    assert "another person" not in team.registry.release("net").text()


def test_without_a_signature_the_list_changes_nothing(team):
    team.nina.set("commit.gpgsign", "false")
    team.registry.commit(make_code(), "net")
    team.colleague().allow((NINA, "", team.key))
    with pytest.raises(Untrusted):
        team.registry.checkout("net")


def test_a_revoked_signer_does_not_load(team):
    team.registry.commit(make_code(), "net")
    team.registry.commit({"harmless": 1}, "plain")
    colleague = team.colleague()
    colleague.allow((NINA, "", team.key))
    colleague.revoke(team.key)
    for reference in ("net", "plain"):
        with pytest.raises(SignatureRefused, match="was revoked"):
            team.registry.checkout(reference)
    assert team.registry.checkout("net", trust=True)(1) == 2


@pytest.mark.parametrize(
    "options",
    ['valid-before="20200101"', 'valid-after="20990101"', 'namespaces="nbmodel"', 'namespaces=""'],
)
def test_a_key_that_is_not_allowed_for_it_does_not_load(team, options):
    team.registry.commit(make_code(), "net")
    team.colleague().allow((NINA, options, team.key))
    with pytest.raises(Untrusted):
        team.registry.checkout("net")


def test_a_key_that_has_expired_meanwhile_does_not_load(team, monkeypatch):
    """Its holder could give any earlier time to a commit of today."""
    monkeypatch.setattr("nbmodel.versioning.publish.now", lambda: 1_500_000_000)
    team.registry.commit(make_code(), "net")
    colleague = team.colleague()
    colleague.allow((NINA, 'valid-before="20200101"', team.key))
    assert team.registry.show("net").verification.state == "verified"
    with pytest.raises(Untrusted):
        team.registry.checkout("net")


@pytest.mark.parametrize("place", ["/nowhere/list", "allowed", "~/../nowhere"])
def test_a_list_that_cannot_be_read_is_an_error(team, place):
    team.registry.commit(make_code(), "net")
    team.registry.commit({"harmless": 1}, "plain")
    colleague = team.colleague()
    colleague.set(ALLOWED, place)
    for reference in ("net", "plain"):
        with pytest.raises(SignersInvalid, match="cannot be used"):
            team.registry.checkout(reference)


def test_the_list_of_the_repository_does_not_count(team):
    team.registry.commit(make_code(), "net")
    colleague = team.colleague()
    inside = team.folder / "copy" / "allowed"
    shutil.copy(colleague.allow((NINA, "", team.key)), inside)
    colleague.set(ALLOWED, inside)
    with pytest.raises(SignersInvalid, match="inside the registry"):
        team.registry.checkout("net")
    git(team.folder / "copy", "config", ALLOWED, str(colleague.folder / "allowed signers"))
    (colleague.folder / "gitconfig").unlink()
    with pytest.raises(Untrusted):
        team.registry.checkout("net")


def test_a_signature_of_another_commit_does_not_load(team):
    """The signature of a harmless version, on a commit with the tree of another one."""
    team.registry.commit({"harmless": 1}, "net")
    harmless = raw(team.registry)
    team.nina.set("commit.gpgsign", "false")
    team.registry.commit(make_code(), "net")
    hostile = raw(team.registry)
    tree = hostile[: hostile.index(b"\n")]
    team.colleague().allow((NINA, "", team.key))
    forged = tree + harmless[harmless.index(b"\n") :]
    move_to(team.registry, forged)
    with pytest.raises(SignatureRefused, match="does not fit"):
        team.registry.checkout("net")
    at = harmless.index(b"gpgsig ")
    header = harmless[at : harmless.index(b"\n\n")]
    end = hostile.index(b"\n\n")
    move_to(team.registry, hostile[:end] + b"\n" + header + hostile[end:])
    with pytest.raises(SignatureRefused):
        team.registry.checkout("net")
    move_to(team.registry, harmless.replace(header, header + b"\n" + header))
    with pytest.raises(SignatureRefused, match="more than one"):
        team.registry.checkout("net")


def test_two_trees_in_a_signed_commit_do_not_load_the_other_one(team):
    team.registry.commit({"harmless": 1}, "net")
    harmless = raw(team.registry)
    team.nina.set("commit.gpgsign", "false")
    team.registry.commit(make_code(), "net")
    tree = raw(team.registry).partition(b"\n")[0]
    team.colleague().allow((NINA, "", team.key))
    for forged in (
        tree + b"\n" + harmless,
        harmless.replace(b"gpgsig ", tree + b"\ngpgsig ", 1),
        harmless.replace(b"\n -----END", b"\n " + tree + b"\n -----END"),
    ):
        move_to(team.registry, forged)
        with pytest.raises(SignatureRefused):
            team.registry.checkout("net")


def test_the_card_of_a_strangers_model_does_not_vouch_for_the_model(team):
    """Nina edits the card of a model that she has not made. Her signature covers its bytes."""
    team.nina.set("commit.gpgsign", "false")
    team.registry.commit(make_code(), "net")
    stranger = team.colleague()
    key = stranger.make_key("editor")
    stranger.sign_with(key)
    team.registry.edit_card("net", "## Own\n\nwords\n")
    team.registry.edit_card("net", "## Own\n\nother words\n")
    stranger.allow((NINA, "", key))
    assert team.registry.show("net@3").verification.state == "verified"
    for reference in ("net@2", "net@3"):
        with pytest.raises(Untrusted):
            team.registry.checkout(reference)


def test_the_card_of_a_signed_model_loads_if_both_signers_are_allowed(team):
    team.registry.commit(make_code(), "net")
    editor = team.colleague()
    key = editor.make_key("editor")
    editor.sign_with(key)
    team.registry.edit_card("net", "## Own\n\nwords\n")
    editor.allow(("editor@example.org", "", key))
    with pytest.raises(Untrusted):
        team.registry.checkout("net")
    editor.allow(("editor@example.org", "", key), (NINA, "", team.key))
    assert loads(team.registry)
    folder = team.registry.context.location.git_dir
    parent = team.registry.show("net@1").version.commit
    subprocess.run(["rm", folder / "objects" / parent[:2] / parent[2:]], check=True)
    team.registry.context.git.close()
    with pytest.raises(Untrusted):
        team.registry.checkout("net@2")
