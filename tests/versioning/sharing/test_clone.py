"""A clone: everything but the arrays, in a folder that is there whole or not at all."""

from __future__ import annotations

import fcntl
import os

import pytest

import nbmodel
from nbmodel.errors import (
    AlreadyExists,
    InvalidValue,
    ReadOnlyRegistry,
    RemoteConflict,
    RemoteFailed,
)
from nbmodel.monitor.alerts import store as alerts
from tests.fixtures.git_http import git_host
from tests.fixtures.projects import git, make_project
from tests.versioning.sharing.conftest import model, refs_of, same


@pytest.fixture
def pushed(team):
    """Two models with a stage, a release, notes and a rule at the remote."""
    for number in range(3):
        team.ann.commit(model(number), "churn", f"number {number}", metrics={"auc": 0.9})
    team.ann.commit({"n": 1}, "price")
    team.ann.promote("churn@2", "prod", "fewer false alarms")
    team.ann.release("churn@2", version="1.0.0")
    team.ann.annotate("churn@1", "too slow")
    alerts.add(team.ann.context, "churn", "volume < 5")
    team.ann.push()
    return team


def test_a_clone_has_everything_but_the_arrays(pushed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = nbmodel.clone(pushed.remote)
    assert result.path == tmp_path / "team ü"
    assert [path.name for path in result.path.iterdir()] == [".nbmodel.git"]
    assert {version.ref for version in result.models} == {"price@1", "churn@3"}
    first, *_, last = result.text().splitlines()
    assert first.startswith(f"Cloned {pushed.remote} into {result.path}: ")
    assert last.endswith(
        f"Next: %model_init '{result.path}', then %model_checkout {result.models[0].ref}"
    )
    with nbmodel.open(result.path) as registry:
        assert refs_of(registry) == refs_of(pushed.ann)
        assert pushed.objects(registry.path).keys() & pushed.objects().keys() == set()
        assert registry.pull().text() == "Nothing new at origin."
        assert same(registry.checkout("churn@prod"), model(1))
        assert registry.verify("churn@2").text()
        git(registry.path, "fsck", "--strict")
        registry.commit(model(7), "churn", "from the clone")
        assert registry.push().branches == ("churn",)
        pushed.ann.commit({"n": 2}, "price")
        assert pushed.ann.push("price").branches == ("price",)
        assert registry.pull().branches == ("price",)


def test_rules_of_a_clone_are_merged_with_those_at_the_clone(pushed, tmp_path):
    """The clone knows which rules both had, so that a removal there is a removal here."""
    with nbmodel.open(nbmodel.clone(pushed.remote, tmp_path / "c").path) as registry:
        alerts.add(registry.context, "price", "volume < 7")
        alerts.remove(pushed.ann.context, "churn", "volume < 5")
        pushed.ann.push()
        registry.pull()
        rules = [str(alert.rule) for alert in alerts.list_alerts(registry.context).alerts]
        assert rules == ["volume < 7"]


def test_an_empty_remote_gives_an_empty_registry(team, tmp_path):
    result = nbmodel.clone(str(team.remote), tmp_path / "a" / "b")
    assert "The remote has no models yet." in result.text()
    with nbmodel.open(result.path) as registry:
        registry.commit({"n": 1}, "churn")
        assert registry.push().branches == ("churn",)


def test_the_store_of_the_remote_is_an_argument(team, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    team.ann.add_remote("origin", str(team.remote), "arrays")
    team.ann.commit(model(1), "churn")
    team.ann.push()
    result = nbmodel.clone(f"file://{team.remote}", "c", "arrays")
    assert result.remote.blobs == str(tmp_path / "arrays")
    monkeypatch.chdir("/")
    with nbmodel.open(result.path) as registry:
        assert same(registry.checkout("churn"), model(1))


def test_a_folder_with_files_and_a_file_are_refused(pushed, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match=r"(?s)full is not empty.*%model_clone URL FOLDER"):
        nbmodel.clone(pushed.remote, full)
    for place in (full / "notes.txt", full / "notes.txt" / "c"):
        with pytest.raises(AlreadyExists, match="is not a folder"):
            nbmodel.clone(pushed.remote, place)
    assert (full / "notes.txt").read_text() == "mine"
    assert [*full.iterdir()] == [full / "notes.txt"]
    clone = nbmodel.clone(pushed.remote, tmp_path / "c").path
    with pytest.raises(AlreadyExists):
        nbmodel.clone(pushed.remote, clone)


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("ext::sh -c id", InvalidValue, "does not use"),
        ("--upload-pack=id", InvalidValue, "not the address"),
        ("http://example.org/m.git", InvalidValue, "not encrypted"),
        ("https://ann:secret@127.0.0.1:9/m.git", RemoteFailed, "127.0.0.1:9"),
        ("nowhere.git", RemoteFailed, "does not appear to be a git repository"),
    ],
)
def test_an_address_that_is_not_allowed_or_not_there_leaves_no_folder(
    tmp_path, monkeypatch, url, error, says
):
    monkeypatch.chdir(tmp_path)
    for folder in ("", "c"):
        with pytest.raises(error, match=says) as caught:
            nbmodel.clone(url, folder)
        assert "secret" not in str(caught.value)
    (tmp_path / "c").mkdir()  # a folder of the user stays
    with pytest.raises(error):
        nbmodel.clone(url, "c")
    assert [*tmp_path.rglob("*")] == [tmp_path / "c"]


def test_settings_that_refuse_changes_refuse_a_clone(pushed, tmp_path, monkeypatch):
    monkeypatch.setenv("NBMODEL_READ_ONLY", "1")
    with pytest.raises(ReadOnlyRegistry):
        nbmodel.clone(pushed.remote, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_what_a_killed_clone_left_is_removed_by_the_next_one(pushed, tmp_path):
    folder = tmp_path / "c"
    for name in (".nbmodel.git.part/objects", ".nbmodel.git.part.0a1b2c3d"):
        (folder / name).mkdir(parents=True)
    nbmodel.clone(pushed.remote, folder)
    assert [path.name for path in folder.iterdir()] == [".nbmodel.git"]


def test_two_clones_do_not_share_a_folder(pushed, tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(AlreadyExists, match="Another process"):
        nbmodel.clone(pushed.remote, folder)
    os.close(lock)
    nbmodel.clone(pushed.remote, folder)


def test_a_connection_that_is_cut_at_each_request_leaves_no_folder(tmp_path):
    with git_host(tmp_path / "host") as host:
        with nbmodel.open(make_project(tmp_path / "ann", {})) as ann:
            ann.add_remote("origin", host.url, str(tmp_path / "arrays"))
            ann.commit(model(1), "churn")
            ann.promote("churn@1", "prod")
            ann.push()
            expected = refs_of(ann)
        folder, cuts = tmp_path / "c", 0
        while not folder.exists():
            host.cut_after = cuts
            try:
                nbmodel.clone(host.url, folder, str(tmp_path / "arrays"))
            except RemoteFailed:
                assert not folder.exists()
            cuts += 1
        assert 1 < cuts < 20
        with nbmodel.open(folder) as registry:
            assert refs_of(registry) == expected
            assert same(registry.checkout("churn@prod"), model(1))


def test_programs_of_a_hostile_remote_do_not_run(pushed, tmp_path):
    mark = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> '{mark}'\nexit 1\n")
    program.chmod(0o755)
    for key in (
        "core.sshCommand", "core.fsmonitor", "uploadpack.packObjectsHook", "filter.lfs.smudge",
        "core.alternateRefsCommand", "lfs.customtransfer.x.path", "credential.helper",
    ):  # fmt: skip
        git(pushed.remote, "config", key, str(program))
    (pushed.remote / "hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-update"):
        (pushed.remote / "hooks" / hook).unlink(missing_ok=True)
        (pushed.remote / "hooks" / hook).symlink_to(program)
    with nbmodel.open(nbmodel.clone(pushed.remote, tmp_path / "c").path) as registry:
        assert same(registry.checkout("churn@prod"), model(1))
    assert not mark.exists()


def test_a_remote_with_two_spellings_of_a_name_is_refused(pushed, tmp_path):
    git(pushed.remote, "update-ref", "refs/heads/models/Churn/main", "refs/heads/models/churn/main")
    with pytest.raises(RemoteConflict, match="differ"):
        nbmodel.clone(pushed.remote, tmp_path / "c")
    assert not (tmp_path / "c").exists()
