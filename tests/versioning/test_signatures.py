"""Signatures of versions and tags: git accepts ours, and we say what ``ssh-keygen`` says."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

import nbmodel
from nbmodel.config import NbModel
from nbmodel.errors import InvalidValue, NbModelError, SigningFailed
from nbmodel.repo import allowed_signers
from tests.fixtures.keys import ALLOWED, REVOKED, User, public
from tests.fixtures.projects import git, make_project

MODELS = "refs/heads/models/"
NINA = "nina@example.org"


@pytest.fixture
def user(tmp_path, monkeypatch):
    return User(tmp_path / "home of O'Neil", monkeypatch)


@pytest.fixture
def signing(user):
    """The user, who signs with an allowed key."""
    key = user.make_key()
    user.sign_with(key)
    user.allow((NINA, "", key))
    return user


def all_refs(registry):
    return git(
        registry.context.location.git_dir, "for-each-ref", "--format=%(objectname) %(refname)"
    )


def verified_by_git(registry, command, name):
    folder = str(registry.context.location.git_dir)
    done = subprocess.run(["git", "-C", folder, command, "--raw", name], capture_output=True)
    return done.returncode == 0


def state(registry, reference="net"):
    return registry.show(reference).verification


def raw(registry, reference="net"):
    return registry.context.git.read(registry.show(reference).version.commit).data


def move_to(registry, data, ref="refs/heads/models/net/main"):
    """Let a branch name a commit of these bytes, as someone with a hex editor would."""
    folder = str(registry.context.location.git_dir)
    done = subprocess.run(
        ["git", "-C", folder, "hash-object", "-t", "commit", "-w", "--stdin"],
        input=data, check=True, capture_output=True,
    )  # fmt: skip
    oid = done.stdout.decode().strip()
    git(registry.context.location.git_dir, "update-ref", ref, oid)
    return oid


# -- signing -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_plain_git_accepts_every_commit_and_tag(registry, user, kind):
    key = user.make_key(kind=kind)
    user.sign_with(key)
    user.allow((NINA, "", key))
    for number in range(2):
        registry.commit({"n": number}, "net", f'it\'s "number" {number} <x>')
    registry.release("net@1", message="it's out")
    registry.promote("net@2", "prod", 'it\'s "better"')
    registry.annotate("net@1", "looked at")
    registry.annotate("net@1", "with a file", files=[__file__])
    listed = [line.split() for line in all_refs(registry).splitlines()]
    names = [ref for _, ref in listed if ref != "refs/heads/main"]
    assert len(names) == 4
    for name in names:
        command = "verify-tag" if name.startswith("refs/tags/") else "verify-commit"
        assert verified_by_git(registry, command, name), name
    assert verified_by_git(registry, "verify-commit", f"{MODELS}net/main~1")
    assert "error" not in git(registry.context.location.git_dir, "fsck", "--strict")
    result = registry.show("net@2")
    assert (result.verification.state, result.verification.signer) == ("verified", NINA)
    assert [s.state for s in result.tag_verifications.values()] == ["verified"]
    assert "verified by nina@example.org" in result.text()
    assert "signature" in registry.log("net").text()
    assert registry.verify().text()


def test_without_the_users_wish_nothing_is_signed(registry, user):
    user.set("gpg.format", "ssh")
    user.set("user.signingkey", user.make_key())
    registry.commit({"n": 1}, "net")
    registry.promote("net", "prod")
    assert b"gpgsig" not in raw(registry)
    assert state(registry).state == "unsigned"
    assert "signature" not in registry.log("net").text()
    user.set("commit.gpgsign", "true")
    registry.promote("net", "staging")
    registry.commit({"n": 2}, "net")
    assert b"gpgsig" in raw(registry)
    assert {s.state for s in registry.show("net@1").tag_verifications.values()} == {"unsigned"}


def test_a_setting_of_nbmodel_signs_commits_and_tags(registry, user, monkeypatch):
    key = user.make_key()
    monkeypatch.setattr(NbModel.instance(), "sign", True)
    with pytest.raises(SigningFailed, match="no SSH key"):
        registry.commit({"n": 1}, "net")
    monkeypatch.setattr(NbModel.instance(), "signing_key", str(key))
    registry.commit({"n": 1}, "net")
    registry.promote("net", "prod")
    assert state(registry).state == "not allowed"
    monkeypatch.setattr(NbModel.instance(), "allowed_signers", str(user.allow((NINA, "", key))))
    assert state(registry).state == "verified"
    assert verified_by_git(registry, "verify-tag", "net#prod#1")


def test_a_key_of_openpgp_signs_as_git_does(registry, user, monkeypatch, tmp_path):
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    words = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key"]
    subprocess.run([*words, "Ann <ann@example.org>", "ed25519", "sign"], check=True)
    try:
        for name in ("commit.gpgsign", "tag.gpgsign"):
            user.set(name, "true")
        registry.commit({"n": 1}, "net")
        registry.promote("net", "prod")
        assert verified_by_git(registry, "verify-commit", f"{MODELS}net/main")
        assert verified_by_git(registry, "verify-tag", "net#prod#1")
        assert state(registry).state == "unchecked"
        user.set("user.signingkey", "nobody@example.org")
        with pytest.raises(SigningFailed, match="could not be signed"):
            registry.commit({"n": 2}, "net")
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=True)


def test_an_agent_signs_with_the_public_key_alone(registry, user, monkeypatch):
    key = user.make_key("held by the agent", passphrase="secret")
    user.sign_with(key.with_name(f"{key.name}.pub"))
    with pytest.raises(SigningFailed, match="could not be signed"):
        registry.commit({"n": 1}, "net")
    agent = subprocess.run(["ssh-agent", "-s"], check=True, capture_output=True, text=True).stdout
    values = dict(part.split("=", 1) for part in agent.replace("\n", "").split(";") if "=" in part)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", values["SSH_AUTH_SOCK"])
        subprocess.run(["ssh-keygen", "-q", "-p", "-P", "secret", "-N", "", "-f", key], check=True)
        subprocess.run(["ssh-add", "-q", key], check=True)
        key.unlink()
        user.allow((NINA, "", key))
        registry.commit({"n": 1}, "net")
        assert state(registry).state == "verified"
        user.set("user.signingkey", f"key::{public(key)}")
        registry.commit({"n": 2}, "net")
        assert state(registry).state == "verified"
        user.set("user.signingkey", "")
        user.set("gpg.ssh.defaultKeyCommand", "ssh-add -L")
        registry.commit({"n": 3}, "net")
        assert state(registry).state == "verified"
    finally:
        subprocess.run(["kill", values["SSH_AGENT_PID"]], check=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda user: user.set("user.signingkey", "/nowhere/id"), "'/nowhere/id' is not there"),
        (lambda user: user.set("user.signingkey", "keys/id"), "relative path"),
        (
            lambda user: user.set("user.signingkey", user.make_key("pass", "secret")),
            "not be signed",
        ),
        (lambda user: user.set("gpg.ssh.program", "/nowhere/keygen"), "could not be started"),
        (lambda user: user.set("gpg.ssh.program", "bin/keygen"), "relative path"),
        (lambda user: user.set("gpg.ssh.program", "/bin/true"), "could not be signed"),
        (lambda user: user.set("gpg.format", "wax"), "'wax'"),
        (
            lambda user: [
                user.set("user.signingkey", ""),
                user.set("gpg.ssh.defaultKeyCommand", "false"),
            ],
            "printed no key",
        ),
    ],
)
def test_without_a_usable_key_nothing_is_written(registry, signing, change, message):
    registry.commit({"n": 1}, "net")
    before = all_refs(registry)
    change(signing)
    for attempt in (
        lambda: registry.commit({"n": 2}, "net"),
        lambda: registry.release("net"),
        lambda: registry.promote("net", "prod"),
        lambda: registry.annotate("net", "a note"),
        lambda: registry.edit_card("net", "## Own\n\nwords\n"),
    ):
        with pytest.raises(SigningFailed, match=message):
            attempt()
    assert all_refs(registry) == before
    assert registry.log("net").versions[0].number == 1


def test_writers_at_the_same_time_sign_every_version(signing, tmp_path):
    folder = make_project(tmp_path / "shared", {})

    def write(writer):
        with nbmodel.open(folder) as own:
            for number in range(5):
                own.commit({"n": (writer, number)}, "net")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    with nbmodel.open(folder) as registry:
        result = registry.log("net", limit=50)
        assert [version.number for version in result] == list(range(15, 0, -1))
        assert {s.state for s in result.verifications.values()} == {"verified"}


def test_a_message_cannot_contain_a_signature(registry, signing):
    registry.commit({"n": 1}, "net")
    for text in ("-----BEGIN SSH SIGNATURE-----", "why\n-----BEGIN PGP SIGNATURE-----\nx"):
        with pytest.raises(InvalidValue, match="contains a signature"):
            registry.promote("net", "prod", text)


# -- a repository of another person ------------------------------------------


def test_a_repository_names_no_program_and_no_key(registry, user, tmp_path):
    mark = tmp_path / "it ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    script.chmod(0o755)
    theirs = user.make_key("theirs")
    allowed = tmp_path / "their list"
    allowed.write_text(f"{NINA} {public(theirs)}\n")
    folder = registry.context.location.git_dir
    for name in ("gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program",
                 "gpg.ssh.defaultKeyCommand"):  # fmt: skip
        git(folder, "config", name, str(script))
    for name, value in (("commit.gpgsign", "true"), ("tag.gpgsign", "true"), ("gpg.format", "ssh"),
                        ("user.signingkey", theirs), (ALLOWED, allowed)):  # fmt: skip
        git(folder, "config", name, str(value))
    included = tmp_path / "included"
    included.write_text(f'[gpg "ssh"]\n\tprogram = {script}\n')
    git(folder, "config", "include.path", str(included))
    registry.commit({"n": 1}, "net")
    registry.promote("net", "prod")
    assert b"gpgsig" not in raw(registry)
    user.sign_with(user.make_key("own"))
    registry.commit({"n": 2}, "net")
    registry.promote("net", "prod")
    assert state(registry).state == "not allowed"
    user.sign_with(theirs)
    registry.commit({"n": 3}, "net")
    assert state(registry).state == "not allowed"
    assert registry.log("net").text()
    assert not mark.exists()
    user.set("gpg.ssh.program", script)
    with pytest.raises(SigningFailed):
        registry.commit({"n": 4}, "net")
    assert mark.exists()


# -- states ------------------------------------------------------------------


def test_a_changed_commit_is_bad(registry, signing):
    registry.commit({"n": 1}, "net", "honest")
    data = raw(registry)
    move_to(registry, data.replace(b"honest", b"forged"))
    assert state(registry).state == "bad"
    assert "does not fit" in state(registry).why
    assert "bad" in registry.log("net").text()
    move_to(registry, data.replace(b"Ann <ann", b"Eve <ann"))
    assert state(registry).state == "bad"


def test_a_signature_of_another_commit_is_bad(registry, signing):
    registry.commit({"n": 1}, "net", "one")
    first = raw(registry)
    registry.commit({"n": 2}, "net", "two")
    second = raw(registry)

    def header(data):
        return data[data.index(b"gpgsig ") : data.index(b"\n\n")]

    move_to(registry, second.replace(header(second), header(first)))
    assert state(registry).state == "bad"
    twice = second.replace(header(second), header(second) + b"\n" + header(first))
    move_to(registry, twice)
    assert state(registry).state == "bad"
    move_to(registry, second.replace(b"gpgsig ", b"gpgsig-sha256 ", 1))
    assert state(registry).state == "bad"
    assert not verified_by_git(registry, "verify-commit", f"{MODELS}net/main")
    move_to(
        registry, second.replace(header(second), b"gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA")
    )
    assert state(registry).state == "bad"


def test_a_signature_for_another_use_is_bad(registry, signing):
    registry.commit({"n": 1}, "net")
    data = raw(registry)
    unsigned = data[: data.index(b"gpgsig ")] + data[data.index(b"\n\n") + 1 :]
    key = signing.folder / "id"
    done = subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "nbmodel", "-f", key],
        input=unsigned, capture_output=True, check=True,
    )  # fmt: skip
    lines = b"gpgsig " + done.stdout.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n"
    at = unsigned.index(b"\n\n") + 1
    move_to(registry, unsigned[:at] + lines + unsigned[at:])
    assert state(registry).state == "bad"
    assert "'nbmodel'" in state(registry).why


def test_a_changed_tag_is_bad(registry, signing):
    registry.commit({"n": 1}, "net")
    registry.promote("net", "prod", "fair")
    folder = registry.context.location.git_dir
    tag = git(folder, "cat-file", "tag", "net#prod#1")
    for changed in (
        tag.replace("fair", "foul"),
        tag + "and more\n",
        tag.replace("fair", "fair\n-----BEGIN SSH SIGNATURE-----"),
    ):
        done = subprocess.run(
            ["git", "-C", folder, "hash-object", "-t", "tag", "-w", "--stdin"],
            input=changed, text=True, check=True, capture_output=True,
        )  # fmt: skip
        git(folder, "update-ref", "refs/tags/net#prod#1", done.stdout.strip())
        states = registry.show("net").tag_verifications
        assert [s.state for s in states.values()] == ["bad"], changed


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", "verified"),
        ('namespaces="git"', "verified"),
        ('namespaces="nbmodel,git"', "verified"),
        ('namespaces="file"', "not allowed"),
        ('valid-after="20200101"', "verified"),
        ('valid-before="20200101"', "not allowed"),
        ('valid-after="20990101"', "not allowed"),
    ],
)
def test_the_options_of_the_list_count(registry, user, options, expected):
    key = user.make_key()
    user.sign_with(key)
    user.allow((NINA, options, key))
    registry.commit({"n": 1}, "net")
    assert state(registry).state == expected
    if expected == "not allowed":
        assert "other times or for other uses" in state(registry).why


def test_the_list_is_read_again(registry, signing):
    registry.commit({"n": 1}, "net")
    key, other = signing.folder / "id", signing.make_key("other")
    assert state(registry).state == "verified"
    signing.allow((NINA, "", other))
    assert state(registry).state == "not allowed"
    signing.allow(("o'brien@example.org,nina@example.org", "", key))
    assert state(registry).signer == "o'brien@example.org"
    signing.revoke(other)
    assert state(registry).state == "verified"
    signing.revoke(other, key)
    assert state(registry).state == "bad"
    assert "was revoked" in state(registry).why
    signing.allow((NINA, "", other))
    assert "was revoked" in state(registry).why


def test_a_list_of_openssh_revokes_too(registry, signing):
    registry.commit({"n": 1}, "net")
    path = signing.folder / "list"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", path, signing.folder / "id.pub"], check=True)
    signing.set(REVOKED, path)
    assert state(registry).state == "bad"


@pytest.mark.parametrize("setting", [ALLOWED, REVOKED])
@pytest.mark.parametrize("place", ["/nowhere/list", "list", "~nobody-of-that-name/list", "/tmp"])
def test_a_list_that_cannot_be_read_verifies_nothing(registry, signing, setting, place):
    registry.commit({"n": 1}, "net")
    signing.set(setting, place)
    assert state(registry).state == "unchecked"
    assert place in state(registry).why
    assert "unchecked" in registry.log("net").text()


def test_a_list_inside_the_registry_verifies_nothing(registry, signing, project):
    registry.commit({"n": 1}, "net")
    inside = project / "allowed"
    shutil.copy(signing.folder / "allowed signers", inside)
    signing.set(ALLOWED, inside)
    assert "inside the registry" in state(registry).why
    link = signing.folder / "link"
    link.symlink_to(inside)
    signing.set(ALLOWED, link)
    assert "inside the registry" in state(registry).why


def test_a_damaged_commit_does_not_hide_the_others(registry, signing):
    registry.commit({"n": 1}, "net")
    first = registry.show("net").version.commit
    registry.commit({"n": 2}, "net")
    folder = registry.context.location.git_dir
    (folder / "objects" / first[:2] / first[2:]).unlink()
    registry.context.git.close()
    try:
        states = registry.log("net").verifications
    except NbModelError:
        pytest.fail("a missing commit must not prevent the log")
    assert sorted(s.state for s in states.values()) == ["unchecked", "verified"]


def test_a_log_in_another_process_does_not_check_again(registry, signing, monkeypatch):
    for number in range(3):
        registry.commit({"n": number}, "net")
    registry.log("net")
    allowed_signers._state.cache_clear()
    signing.set("gpg.ssh.program", "ssh-keygen")  # the same program, named

    def fail(*words, **options):
        raise AssertionError("a check was started")

    monkeypatch.setattr(allowed_signers, "run_program", fail)
    assert {s.state for s in registry.log("net").verifications.values()} == {"verified"}
    assert registry.show("net").verification.state == "verified"
    signing.allow((NINA, "", signing.make_key("other")))
    with pytest.raises(AssertionError, match="a check was started"):
        registry.log("net")
    monkeypatch.undo()


def test_what_the_cache_says_lets_nothing_load_and_may_be_damaged(registry, signing):
    registry.commit({"n": 1}, "net")
    registry.log("net")
    (file,) = (registry.context.location.cache / "verifications").iterdir()
    allowed_signers._state.cache_clear()
    file.write_bytes(b'\xff\xfe["x"\n[]\n{}\n["a", 1, 2, 3, 4, 5, 6]\n' + file.read_bytes()[:30])
    assert state(registry).state == "verified"
    file.unlink()
    file.mkdir()
    allowed_signers._state.cache_clear()
    assert state(registry).state == "verified"
