"""Remotes: the addresses that are allowed, and what the settings of a stranger may not do."""

from __future__ import annotations

import pytest

import nbmodel
from nbmodel.config import NbModel
from nbmodel.errors import AlreadyExists, InvalidName, InvalidValue, NotFound, RemoteFailed
from nbmodel.repo import remote_urls
from tests.fixtures.projects import git, make_project
from tests.versioning.sharing.conftest import model


def test_a_remote_is_added_twice_shown_and_removed(registry, tmp_path):
    assert registry.remotes().text() == "This registry has no remote."
    added = registry.add_remote("origin", "https://ann:secret@example.org/m.git", "s3://k:s@b/p")
    assert added.message == "Remote added: origin."
    assert "secret" not in added.text() + added.html()
    assert added.text().splitlines()[-1].split() == [
        "origin",
        "https://example.org/m.git",
        "s3://b/p",
    ]
    again = registry.add_remote("origin", "https://ann:secret@example.org/m.git")
    assert again.message == "Nothing to change: origin."
    assert again.remotes == added.remotes
    with pytest.raises(AlreadyExists, match=r"origin is https://example.org/m.git"):
        registry.add_remote("origin", str(tmp_path))
    assert registry.remove_remote("origin").remotes == ()
    with pytest.raises(NotFound, match="no remote"):
        registry.remove_remote("origin")
    with pytest.raises(NotFound, match="Add one: %model_remote add origin URL"):
        registry.push()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id", "fd::3", "-oProxyCommand=id", "--upload-pack=id", "", " ", "a\nb", "\0",
        "ftp://example.org/m.git", "http://example.org/m.git", "EXT::sh", "transport::https://h/p",
    ],
)  # fmt: skip
def test_addresses_that_run_programs_or_are_not_encrypted_are_refused(registry, url):
    with pytest.raises(InvalidValue):
        registry.add_remote("origin", url)
    assert registry.remotes().remotes == ()


@pytest.mark.parametrize("name", ["-x", "a b", "a/b", "", "../x", "a..b/", "origin.", "ü"])
def test_names_that_git_could_misread_are_refused(registry, name):
    with pytest.raises(InvalidName):
        registry.add_remote(name, "/somewhere")


def test_plain_http_is_for_this_machine_or_by_a_setting(monkeypatch):
    for url in ("http://127.0.0.1:80/m", "http://localhost/m", "http://[::1]/m"):
        assert remote_urls.check(url) == url
    for url in ("http://127.0.0.1.example.org/m", "http://localhost@example.org/m"):
        with pytest.raises(InvalidValue, match="not encrypted"):
            remote_urls.check(url)
    monkeypatch.setattr(NbModel.instance(), "allow_http", True)
    assert remote_urls.check("http://example.org/m")


def test_a_remote_that_is_not_there_is_named_without_its_password(registry, tmp_path):
    registry.commit({"n": 1}, "churn")
    registry.add_remote("gone", str(tmp_path / "nowhere"))
    with pytest.raises(RemoteFailed, match=r"nowhere.*does not appear to be a git repository"):
        registry.push()
    registry.remove_remote("gone")
    registry.add_remote("far", "https://ann:secret@127.0.0.1:9/m.git")
    with pytest.raises(RemoteFailed) as caught:
        registry.push()
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:9" in str(caught.value)


def test_one_of_several_remotes_must_be_named(registry, tmp_path):
    for name in ("a", "b"):
        git(tmp_path, "init", "--quiet", "--bare", name)
        registry.add_remote(name, str(tmp_path / name))
    registry.commit({"n": 1}, "churn")
    with pytest.raises(InvalidValue, match="the remotes a, b"):
        registry.push()
    with pytest.raises(NotFound, match="'c'"):
        registry.push(remote="c")
    assert registry.push(remote="b").branches == ("churn",)


def test_programs_of_a_strangers_settings_do_not_run(team, tmp_path):
    """Each of these runs with plain git, by the settings of a repository that one was given."""
    mark = tmp_path / "ran"
    project = team.ann.context.location.work_tree
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> '{mark}'\nexit 1\n")
    program.chmod(0o755)
    for key in (
        "core.sshCommand", "core.askPass", "core.gitProxy", "core.fsmonitor", "gpg.program",
        "remote.origin.uploadpack", "remote.origin.receivepack", "credential.helper",
        "lfs.customtransfer.x.path", "filter.lfs.clean", "uploadpack.packObjectsHook",
    ):  # fmt: skip
        git(project, "config", key, str(program))
    git(project, "config", "lfs.standalonetransferagent", "x")
    git(project, "config", "core.hooksPath", str(tmp_path / "hooks"))
    git(project, "config", f"url.{tmp_path / 'elsewhere'}.insteadOf", str(team.remote))
    (tmp_path / "hooks").mkdir()
    for hook in ("pre-push", "reference-transaction", "post-checkout", "pre-auto-gc"):
        (tmp_path / "hooks" / hook).symlink_to(program)
    team.ann.commit(model(1), "churn")
    team.ann.push()
    team.nina.pull(fetch="all")
    team.nina.commit(model(2), "churn")
    team.nina.push()
    team.ann.pull(fetch="all")
    assert not mark.exists()
    assert len(team.objects()) == 3


def test_a_path_starts_at_the_working_folder_and_in_gits_settings_at_the_registry(
    tmp_path, monkeypatch
):
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    for folder in (make_project(tmp_path / "project", {}), tmp_path / "notebooks"):
        with nbmodel.open(folder, create=True) as registry:
            registry.commit({"n": 1}, folder.name)
            added = registry.add_remote("origin", "../remote.git").remotes
            assert [remote.url for remote in added] == [str(tmp_path / "notebooks/../remote.git")]
            assert registry.push().branches == (folder.name,)
            registry.context.git.run("config", "remote.origin.url", "../remote.git")
            assert registry.push().unchanged
