"""Remotes that refuse, hide or rewrite: what a push says, and what it never assumes."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

import nbmodel
from nbmodel.errors import RemoteAhead, RemoteFailed
from nbmodel.refs import NOTES_REF
from nbmodel.repo import remote_settings
from tests.fixtures.projects import git
from tests.versioning.sharing.conftest import model, refs_of

MAIN = "refs/heads/models/churn/main"


@pytest.fixture
def ready(team):
    """A version, a label and a note, none of them pushed yet."""
    team.ann.commit(model(1, 1000), "churn")
    team.ann.promote("churn@1", "prod")
    team.ann.annotate("churn@1", "looks fine")
    return team


def hook(folder, name, script):
    path = folder / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def names_at(folder):
    return git(folder, "for-each-ref", "--format=%(refname)").split()


# -- refusals ------------------------------------------------------------------


def test_a_hook_that_refuses_one_reference_is_quoted_and_nothing_moves(ready):
    script = 'case $1 in refs/notes/*) echo "notes are closed" >&2; exit 1;; esac'
    hook(ready.remote, "update", script)
    with pytest.raises(RemoteFailed) as refused:
        ready.ann.push()
    assert "refs/notes/nbmodel: hook declined" in refused.value.what
    assert "notes are closed" in refused.value.what
    assert "models/churn/main" not in refused.value.what
    assert "rules of the remote" in refused.value.hint
    assert names_at(ready.remote) == []
    (ready.remote / "hooks" / "update").unlink()
    assert ready.ann.push().branches == ("churn",)


def test_a_hidden_reference_is_named_and_so_is_that_others_moved(ready):
    """git itself moves the others then, although the push is atomic."""
    git(ready.remote, "config", "transfer.hideRefs", "refs/notes")
    with pytest.raises(RemoteFailed, match="refs/notes/nbmodel: deny updating a hidden") as refused:
        ready.ann.push()
    assert "2 other references moved all the same" in refused.value.what
    assert MAIN in names_at(ready.remote)
    git(ready.remote, "config", "--unset", "transfer.hideRefs")
    assert ready.ann.push().others == ("notes",)


def test_a_deletion_that_the_remote_refuses_changes_nothing(ready):
    ready.ann.push()
    git(ready.remote, "config", "receive.denyDeletes", "true")
    ready.ann.delete("churn:main")
    with pytest.raises(RemoteFailed, match=r"models/churn/main: deletion prohibited") as refused:
        ready.ann.push(prune=True)
    assert "rules of the remote" in refused.value.hint
    assert MAIN in names_at(ready.remote)


def test_a_server_that_cannot_push_all_or_none_is_named(ready):
    git(ready.remote, "config", "receive.advertiseAtomic", "false")
    with pytest.raises(RemoteFailed, match="does not support --atomic") as refused:
        ready.ann.push()
    assert "must support --atomic" in refused.value.hint


def test_a_repository_of_sha256_is_named_and_does_not_look_empty(ready, tmp_path):
    work, remote = tmp_path / "work", tmp_path / "long.git"
    for words in (("--bare", str(remote)), (str(work),)):
        git(tmp_path, "init", "--quiet", "--object-format=sha256", *words)
    ready.ann.add_remote("long", str(remote))
    with pytest.raises(RemoteFailed, match="hash algorithm") as refused:
        ready.ann.push(remote="long")
    assert "SHA-1" in refused.value.hint
    tree = git(work, "write-tree").strip()
    person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    oid = git(work, *person, "commit-tree", "-m", "x", tree).strip()
    git(work, "push", "--quiet", str(remote), f"{oid}:{MAIN}")
    for attempt in (
        lambda: ready.ann.pull(remote="long"),
        lambda: ready.ann.push(remote="long"),
        lambda: nbmodel.clone(remote, tmp_path / "copy"),
    ):
        with pytest.raises(RemoteFailed, match="names its objects by SHA-256"):
            attempt()
    assert not (tmp_path / "copy").exists()


def wrong(team, ref, kind):
    """Let a reference of the remote name an object of another kind, as only its owner can."""
    if kind == "blob":
        words = ["git", "-C", str(team.remote), "hash-object", "-w", "--stdin"]
        oid = subprocess.run(words, input=b"x", check=True, capture_output=True).stdout.decode()
    else:
        oid = git(team.remote, "rev-parse", MAIN)
    path = team.remote / ref
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(oid)


@pytest.mark.parametrize(
    ("ref", "kind"),
    [
        (NOTES_REF, "blob"),
        ("refs/nbmodel/alerts", "commit"),
        ("refs/heads/models/odd/main", "blob"),
    ],
)
def test_references_of_the_wrong_kind_are_not_taken_over(ready, tmp_path, ref, kind):
    ready.ann.push()
    wrong(ready, ref, kind)
    for attempt in (ready.nina.pull, lambda: nbmodel.clone(ready.remote, tmp_path / "copy")):
        with pytest.raises(RemoteFailed, match=f"{ref} of the remote is a {kind}"):
            attempt()
    assert refs_of(ready.nina) == {}
    assert not (tmp_path / "copy").exists()


# -- what is not assumed ---------------------------------------------------------


def test_a_fetch_of_stock_git_does_not_hide_that_a_branch_was_moved_back(team):
    """Editors fetch in the background."""
    for number in range(2):
        team.ann.commit(model(number, 1000), "churn")
    team.ann.push()
    git(team.remote, "update-ref", MAIN, f"{MAIN}~1")
    git(team.ann.context.location.work_tree, "fetch", "--quiet", "origin")
    with pytest.raises(RemoteAhead, match="churn was rewritten there"):
        team.ann.push()
    assert "churn was rewritten at origin" in team.ann.pull().text()
    assert team.ann.push().branches == ("churn",)


def test_a_remote_that_is_read_elsewhere_than_written_deletes_nothing_here(team, tmp_path):
    """Such as a fork to push to, and the repository of the team to pull from."""
    team.nina.commit(model(9, 1000), "price")
    team.nina.push()
    fork = tmp_path / "fork.git"
    git(tmp_path, "init", "--quiet", "--bare", str(fork))
    folder = team.ann.context.location.work_tree
    git(folder, "remote", "set-url", "--push", "origin", str(fork))
    team.ann.commit(model(1, 1000), "churn")
    result = team.ann.push()
    assert result.branches == ("churn",)
    assert str(team.remote) in result.text()
    pulled = team.ann.pull(fetch="all")
    assert (pulled.branches, pulled.deleted) == (("price",), ())
    assert team.ann.show("churn").version.number == 1
    assert team.ann.push().branches == ("price",)
    team.ann.commit(model(2, 1000), "churn")
    assert team.ann.push().branches == ("churn",)
    assert team.ann.pull().text() == "Nothing new at origin."
    assert not team.ann.audit("churn").findings


def test_two_addresses_of_one_repository_are_one_remote(team):
    folder = team.ann.context.location.work_tree
    git(folder, "remote", "set-url", "--push", "origin", f"file://{team.remote}")
    team.ann.commit(model(1, 1000), "churn")
    result = team.ann.push()
    assert result.warnings == ()
    assert "refs/remotes/origin/models/churn/main" in names_at(folder)
    git(team.remote, "update-ref", "-d", MAIN)
    with pytest.raises(RemoteAhead, match="is not there any more"):
        team.ann.push()


# -- addresses -------------------------------------------------------------------


@pytest.fixture
def short_name(team, tmp_path, monkeypatch):
    """The user's own settings of git give addresses another form."""
    home = tmp_path / "home of ann"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[url "{team.folder}/"]\n\tinsteadOf = corp:\n\tinsteadOf = https://host.invalid/\n'
        f'[url "file://{team.folder}/"]\n\tpushInsteadOf = https://write.invalid/\n'
        '[url "ext::sh -c id "]\n\tinsteadOf = evil:\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    return team


@pytest.mark.parametrize("address", ["corp:team ü.git", "https://host.invalid/team ü.git"])
def test_an_address_is_rewritten_by_the_settings_of_the_user(short_name, tmp_path, address):
    ann = short_name.ann
    ann.add_remote("corp", address)
    ann.commit(model(1, 1000), "churn")
    result = ann.push(remote="corp")
    assert (result.branches, result.array_bytes > 0) == (("churn",), True)
    assert len(short_name.objects()) == 1
    copy = nbmodel.clone(address, tmp_path / "copy")
    assert [version.ref for version in copy.models.versions] == ["churn@1"]
    assert ann.pull(remote="corp").unchanged


def test_an_address_to_write_to_is_rewritten_too(short_name):
    short_name.ann.add_remote("corp", "https://write.invalid/team ü.git")
    short_name.ann.commit(model(1, 1000), "churn")
    assert short_name.ann.push(remote="corp").branches == ("churn",)


def test_a_rewritten_address_must_be_allowed_too(short_name):
    short_name.ann.add_remote("corp", "evil:models.git")
    short_name.ann.commit(model(1, 1000), "churn")
    with pytest.raises(nbmodel.errors.InvalidValue, match="protocol that nbmodel does not use"):
        short_name.ann.push(remote="corp")


@pytest.mark.parametrize("name", ["a#1.git", "a?b=c.git", "a%.git"])
def test_signs_in_the_path_of_a_file_address_are_part_of_it(team, tmp_path, name):
    git(tmp_path, "init", "--quiet", "--bare", f"./{name}")
    team.ann.add_remote("odd", f"file://{tmp_path}/{name.replace('%', '%25')}")
    team.ann.commit(model(1, 1000), "churn")
    assert team.ann.push(remote="odd").branches == ("churn",)
    assert len(team.objects(tmp_path / name / "lfs" / "objects")) == 1


# -- clones ----------------------------------------------------------------------


def test_grafts_hide_no_version_from_a_push(team):
    for number in range(3):
        team.ann.commit(model(number, 200_000), "churn")
    folder = team.ann.context.location.git_dir
    (folder / "info").mkdir(exist_ok=True)
    (folder / "info" / "grafts").write_text(git(folder, "rev-parse", MAIN))
    team.ann.push()
    team.nina.pull(fetch="all")
    for number in range(1, 4):
        assert set(team.nina.checkout(f"churn@{number}", offline=True)) == {"own", "shared"}


def test_thousands_of_labels_travel_as_one(team):
    """git compares each name of a command line with all names: that would take minutes."""
    team.ann.commit(model(1, 1000), "churn")
    folder = team.ann.context.location.git_dir
    tip = git(folder, "rev-parse", MAIN).strip()
    count = 3000  # in a command line, more than 12,000 do not even fit
    tags = "".join(
        f"tag churn@v1.0.{n}\nfrom {tip}\ntagger A <a@example.org> 1700000000 +0000\ndata 1\nx\n"
        for n in range(count)
    )
    words = ["git", "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(words, input=tags.encode(), check=True)
    assert len(team.ann.push().tags) == count
    assert len(team.nina.pull().tags) == count
    assert refs_of(team.ann) == refs_of(team.nina)


@pytest.mark.parametrize("bare", [True, False])
def test_a_branch_in_a_linked_work_tree_is_not_moved(team, tmp_path, bare):
    team.ann.commit(model(1, 1000), "churn")
    team.ann.push()
    place, tree = tmp_path / "place", tmp_path / "tree"
    git(tmp_path, "clone", "--quiet", *(["--bare"] if bare else []), str(team.remote), str(place))
    if not bare:
        git(place, "branch", "models/churn/main", "origin/models/churn/main")
    git(place, "worktree", "add", "--quiet", str(tree), "models/churn/main")
    team.ann.commit(model(2, 1000), "churn")
    team.ann.push()
    for folder in (place, tree):
        with nbmodel.open(folder) as registry:
            for attempt in (
                registry.pull,
                lambda registry=registry: registry.commit(model(3, 1000), "churn"),
                lambda registry=registry: registry.delete("churn:main"),
            ):
                with pytest.raises(nbmodel.errors.AlreadyExists, match="is checked out"):
                    attempt()
    assert git(tree, "status", "--short") == ""
    git(place, "worktree", "remove", "--force", str(tree))
    with nbmodel.open(place) as registry:
        assert registry.pull().branches == ("churn",)


# -- what is left behind -----------------------------------------------------------


def test_the_record_of_a_store_does_not_repeat_a_password(team):
    folder = team.ann.context.location.work_tree
    git(folder, "config", "remote.origin.pushurl", "https://ann:s3cret@host.invalid/m.git")
    remote = remote_settings.choose(team.ann.context.git)
    remote_settings.note_store(team.ann.context.git, remote)
    assert (folder / ".git" / "config").read_text().count("s3cret") == 1
    assert remote_settings.choose(team.ann.context.git).known_store == remote.store_digest


def test_what_a_killed_transfer_left_is_removed_in_time(team):
    cache = team.ann.context.location.cache
    team.ann.commit(model(1, 1000), "churn")
    for name, days in (("remote-old", 30), ("remote-running", 1)):
        (cache / name).mkdir(parents=True)
        (cache / name / "HEAD").write_text("")
        then = time.time() - days * 86_400
        os.utime(cache / name, (then, then))
    team.ann.push()
    assert [path.name for path in cache.glob("remote-*")] == ["remote-running"]
