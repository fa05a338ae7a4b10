"""git over ssh: a real server, with keys that are known, unknown and refused."""

from __future__ import annotations

import time

import pytest

import nbmodel
from nbmodel.errors import RemoteFailed
from tests.fixtures.projects import git
from tests.fixtures.ssh_host import ssh_host
from tests.versioning.sharing.conftest import model, refs_of, same

MAX_SECONDS = 20.0  # nobody is asked, so nobody waits


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with ssh_host(tmp_path_factory.mktemp("ssh") / "host") as host:
        yield host


@pytest.fixture
def host(running, monkeypatch):
    monkeypatch.setenv("PATH", running.path)
    running.trust()
    running.authorize()
    return running


@pytest.fixture
def url(host, team):
    """The address of the remote over ssh."""
    return host.url(team.remote)


def test_versions_travel_over_ssh(team, url, tmp_path):
    blobs = str(tmp_path / "arrays")
    team.ann.add_remote("far", url, blobs)
    team.ann.commit(model(1), "churn")
    team.ann.promote("churn@1", "prod")
    assert team.ann.push(remote="far").branches == ("churn",)
    with nbmodel.open(nbmodel.clone(url, tmp_path / "c", blobs).path) as registry:
        assert refs_of(registry) == refs_of(team.ann)
        assert same(registry.checkout("churn@prod"), model(1))
        registry.commit(model(2), "churn")
        registry.push()
    assert team.ann.pull(remote="far").branches == ("churn",)
    assert same(team.ann.checkout("churn@2"), model(2))


def test_a_host_whose_key_is_not_known_is_refused_without_a_question(team, host, url, tmp_path):
    team.ann.add_remote("far", url, str(tmp_path / "arrays"))
    team.ann.commit(model(1), "churn")
    for known in ("", (host.folder / "known_hosts").read_text().replace("AAAA", "AAAB", 1)):
        (host.folder / "known_hosts").write_text(known)
        begin = time.monotonic()
        with pytest.raises(
            RemoteFailed, match=r"(?s)Host key verification failed.*host key is not"
        ):
            team.ann.push(remote="far")
        assert time.monotonic() - begin < MAX_SECONDS
        assert (host.folder / "known_hosts").read_text() == known  # nobody has accepted it
    assert git(team.remote, "for-each-ref") == ""


def test_a_key_that_is_not_allowed_is_refused_without_a_question(team, host, url, tmp_path):
    host.authorize("other_key")
    team.ann.add_remote("far", url, str(tmp_path / "arrays"))
    team.ann.commit(model(1), "churn")
    with pytest.raises(RemoteFailed, match=r"(?s)Permission denied \(.*Check your credentials"):
        team.ann.push(remote="far")


def test_a_host_without_git_lfs_is_named_with_the_way_arrays_can_travel(team, url):
    team.ann.add_remote("far", url)
    team.ann.commit(model(1), "churn")
    with pytest.raises(RemoteFailed, match=r"(?s)127\.0\.0\.1.*no server of git-lfs.*--blobs"):
        team.ann.push(remote="far")
    assert git(team.remote, "for-each-ref") == ""
    team.ann.commit({"n": 1}, "small")  # without arrays there is nothing for git-lfs
    assert team.ann.push("small", remote="far").branches == ("small",)
