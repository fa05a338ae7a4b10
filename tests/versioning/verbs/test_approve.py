"""Approvals are signed, survive merges of notes, and what was changed by hand is seen."""

from __future__ import annotations

import json
import subprocess

import pytest

import nbmodel
from nbmodel.errors import InvalidReference, NbModelError, SigningFailed
from nbmodel.refs import NOTES_REF
from nbmodel.repo import notes
from tests.fixtures.keys import User
from tests.fixtures.projects import git, make_project
from tests.versioning.test_signatures import all_refs

ANN = "ann@example.org"
ODD = 'it\'s "fine" <b>, völlig\n\tok \u202e'


@pytest.fixture
def user(tmp_path, monkeypatch):
    """A user with an allowed SSH key, whose git does not sign."""
    own = User(tmp_path / "home", monkeypatch)
    key = own.make_key()
    own.set("gpg.format", "ssh")
    own.set("user.signingkey", key)
    own.allow((ANN, "", key))
    return own


def states(registry, reference="net"):
    return [approval.verification.state for approval in registry.show(reference).approvals]


def lines_of(registry):
    folder = registry.context.location.git_dir
    commit = registry.show("net").version.commit
    return git(folder, "notes", f"--ref={NOTES_REF}", "show", commit).splitlines()


def write_lines(registry, lines, reference="net"):
    """Let the note of a version have these lines, as someone with an editor would."""
    folder = registry.context.location.git_dir
    commit = registry.show(reference).version.commit
    words = ["git", "-C", folder, "-c", "user.name=E", "-c", "user.email=e@x", "notes",
             f"--ref={NOTES_REF}", "add", "-f", "-F", "-", commit]  # fmt: skip
    subprocess.run(words, input="\n".join(lines), text=True, check=True, capture_output=True)
    registry.context.git.close()


def test_an_approval_is_shown_with_its_state(registry, user):
    registry.commit({"n": 1}, "net")
    registry.annotate("net", "only a note")
    result = registry.approve("net@1", ODD)
    assert result.approval.verification.state == "verified"
    assert result.approval.verification.signer == ANN
    shown = registry.show("net")
    assert [note.text for note in shown.notes] == ["only a note"]
    assert [approval.note.text for approval in shown.approvals] == [ODD]
    assert "approvals" in shown.text()
    assert "\u202e" not in shown.text() + result.text()
    assert "<b>" not in shown.html() + result.html()
    assert registry.log("net").text()
    assert b"gpgsig" not in registry.context.git.read(shown.version.commit).data


def test_an_approval_is_given_once(registry, user):
    registry.commit({"n": 1}, "net")
    registry.approve("net", "validated on Q3")
    before = all_refs(registry)
    again = registry.approve("net", "validated on Q3")
    assert again.unchanged
    assert "approved already" in again.text()
    assert all_refs(registry) == before
    registry.annotate("net", "validated on Q3")
    assert len(registry.show("net").notes) == 1
    assert registry.approve("net").approval.note.text == "approved"


def test_an_approval_in_my_name_by_another_key_is_not_mine(registry, user):
    registry.commit({"n": 1}, "net")
    mine = user.folder / "id"
    user.set("user.signingkey", user.make_key("eve"))
    assert registry.approve("net", "validated").approval.verification.state == "not allowed"
    user.set("user.signingkey", mine)
    result = registry.approve("net", "validated")
    assert not result.unchanged
    assert states(registry) == ["not allowed", "verified"]
    assert registry.approve("net", "validated").unchanged


def test_each_approval_names_the_one_before(registry, user):
    registry.commit({"n": 1}, "net")
    ids = [registry.approve("net", f"number {n}").approval.id for n in range(3)]
    approvals = registry.show("net").approvals
    assert [approval.id for approval in approvals] == ids
    assert [approval.previous for approval in approvals] == [(), (ids[0],), (ids[1],)]
    assert states(registry) == ["verified"] * 3
    kept = [line for line in lines_of(registry) if "number 1" not in line]
    write_lines(registry, kept)
    assert [approval.absent for approval in registry.show("net").approvals] == [(), (ids[1],)]
    assert "an earlier approval is missing" in registry.show("net").text()


@pytest.mark.parametrize(
    "change",
    [
        {"text": "not validated"},
        {"who": "Eve"},
        {"email": "eve@example.org"},
        {"time": 5},
        {"attached": {"approval": {"previous": ["0" * 64]}}},
        {"attached": {"approval": {"signature": None}}},
        {"attached": {"approval": {"signature": "x", "previous": 7}}},
        {"attached": {"approval": []}},
        {"attached": {"approval": {"signature": "\ud800"}}},
    ],
)
def test_an_approval_that_was_changed_is_bad(registry, user, change):
    registry.commit({"n": 1}, "net")
    registry.approve("net", "validated")
    fact = json.loads(lines_of(registry)[0])
    approval = change.pop("attached", {}).get("approval", {})
    if isinstance(approval, dict):
        approval = fact["attached"]["approval"] | approval
    write_lines(registry, [json.dumps({**fact, **change, "attached": {"approval": approval}})])
    assert states(registry) == ["bad"] or (states(registry) == ["unchecked"])
    assert "verified" not in registry.show("net").text()


def test_an_approval_of_another_version_is_bad(registry, user):
    registry.commit({"n": 1}, "net")
    registry.approve("net", "validated")
    line = lines_of(registry)
    registry.commit({"n": 2}, "net")
    write_lines(registry, line, "net@2")
    assert states(registry, "net@1") == ["verified"]
    assert states(registry, "net@2") == ["bad"]
    assert registry.approve("net@2", "validated").approval.verification.state == "verified"


def test_a_signature_of_a_commit_does_not_approve(registry, user):
    """The namespaces differ, so a signed commit is not an approval of anything."""
    user.set("commit.gpgsign", "true")
    registry.commit({"n": 1}, "net")
    registry.approve("net", "validated")
    fact = json.loads(lines_of(registry)[0])
    data = registry.context.git.read(registry.show("net").version.commit).data.decode()
    header = data[data.index("gpgsig ") + 7 : data.index("\n\n")].replace("\n ", "\n")
    fact["attached"]["approval"]["signature"] = header + "\n"
    write_lines(registry, [json.dumps(fact)])
    assert states(registry) == ["bad"]
    assert "'git'" in registry.show("net").text()


def test_keys_of_the_list_decide(registry, user):
    registry.commit({"n": 1}, "net")
    registry.approve("net", "validated")
    key, other = user.folder / "id", user.make_key("other")
    user.allow((ANN, "", other))
    assert states(registry) == ["not allowed"]
    user.allow((ANN, 'namespaces="git"', key))
    assert states(registry) == ["not allowed"]
    user.allow((ANN, 'namespaces="nbmodel"', key))
    assert states(registry) == ["verified"]
    user.revoke(key)
    assert states(registry) == ["bad"]


def test_without_a_key_an_approval_is_refused(registry, user):
    registry.commit({"n": 1}, "net")
    before = all_refs(registry)
    user.set("user.signingkey", "")
    with pytest.raises(SigningFailed, match=r"net@1 was not approved.*no SSH key") as caught:
        registry.approve("net")
    assert "user.signingkey" in caught.value.hint
    user.set("user.signingkey", user.make_key("with passphrase", "secret"))
    with pytest.raises(SigningFailed, match="could not be signed"):
        registry.approve("net")
    user.set("gpg.format", "openpgp")
    user.set("user.signingkey", "ABCDEF0123456789")
    with pytest.raises(SigningFailed, match="no SSH key"):
        registry.approve("net")
    for reference in ("net@9", "other", "net@"):
        with pytest.raises((NbModelError, InvalidReference)):
            registry.approve(reference)
    assert all_refs(registry) == before


def test_approvals_survive_a_merge_of_notes(tmp_path, user):
    """Two people approve at the same time, and push and pull."""
    remote = tmp_path / "team.git"
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    people = []
    for name in ("Ann", "Bob O'Brien"):
        place = make_project(tmp_path / name.lower(), {}, author=name, email=ANN)
        registry = nbmodel.open(place)
        registry.add_remote("origin", str(remote))
        people.append(registry)
    ann, bob = people
    try:
        ann.commit({"n": 1}, "net")
        first = ann.approve("net", "first").approval.id
        ann.push()
        bob.pull()
        user.set("commit.gpgsign", "true")
        ids = [person.approve("net", "second").approval.id for person in people]
        ann.push()
        bob.pull()
        assert bob.context.git.read(NOTES_REF).data.count(b"gpgsig ") == 1
        assert {a.id for a in bob.show("net").approvals} == {first, *ids}
        assert states(bob) == ["verified"] * 3
        last = bob.approve("net", "third").approval
        assert set(last.previous) == set(ids)
        bob.push()
        ann.pull()
        assert states(ann) == ["verified"] * 4
        assert all(not approval.absent for approval in ann.show("net").approvals)
    finally:
        ann.close()
        bob.close()


def test_other_readers_of_notes_see_the_words(registry, user):
    registry.commit({"n": 1}, "net")
    registry.approve("net", "validated")
    commit = registry.show("net").version.commit
    (note,) = notes.read(registry.context.git, commit)
    assert (note.text, dict(note.metrics)) == ("validated", {})
    assert "validated" in registry.timeline("net").text()
    assert registry.show("net").attached == []
