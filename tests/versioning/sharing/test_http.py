"""A git host over HTTP: passwords, and connections that are cut at each request."""

from __future__ import annotations

import pytest

import nbmodel
from nbmodel.errors import RemoteFailed
from tests.fixtures.git_http import git_host
from tests.fixtures.projects import git, make_project
from tests.versioning.sharing.conftest import model, refs_of, same


@pytest.fixture
def host(tmp_path):
    with git_host(tmp_path / "host") as running:
        yield running


@pytest.fixture
def clones(host, tmp_path):
    """Ann and Nina; the arrays are in a folder, because the host has no server of git-lfs."""
    registries = []
    for name in ("Ann", "Nina"):
        registry = nbmodel.open(make_project(tmp_path / name, {}, author=name))
        registry.add_remote("origin", host.url, str(tmp_path / "arrays"))
        registries.append(registry)
    yield registries
    for registry in registries:
        registry.close()


def test_versions_travel_over_http(clones):
    ann, nina = clones
    ann.commit(model(1), "churn")
    ann.promote("churn@1", "prod")
    ann.push()
    nina.pull()
    assert refs_of(nina) == refs_of(ann)
    assert same(nina.checkout("churn@prod"), model(1))


def test_a_wrong_password_is_refused_and_never_shown(clones, host):
    ann, _ = clones
    ann.commit(model(1), "churn")
    host.password = "letmein"
    with pytest.raises(RemoteFailed, match="Check your credentials"):
        ann.push()
    ann.remove_remote("origin")
    for name, password, works in (("a", "wr0ng", False), ("b", "letmein", True)):
        address = host.url.replace("//", f"//ann:{password}@")
        ann.add_remote(name, address, ann.path.as_posix() + "/arrays")
        if works:
            assert password not in ann.push(remote=name).text()
        else:
            with pytest.raises(RemoteFailed) as caught:
                ann.push(remote=name)
            assert password not in str(caught.value)
            assert "Check your credentials" in str(caught.value)


def test_credentials_come_from_the_helper_of_the_user(clones, host, tmp_path, monkeypatch):
    ann, _ = clones
    host.password = "letmein"
    store = tmp_path / "credentials"
    store.write_text(host.url.replace("//", "//ann:letmein@") + "\n")
    config = tmp_path / "gitconfig"
    config.write_text(f"[credential]\n\thelper = store --file '{store}'\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    ann.commit(model(1), "churn")
    assert ann.push().branches == ("churn",)


def test_a_connection_that_is_cut_at_each_request_leaves_nothing_half(clones, host):
    """The repetition finishes, and until then the remote and the clone are as they were."""
    ann, nina = clones
    ann.commit(model(1), "churn")
    ann.promote("churn@1", "prod")
    bare = host.folder / "models.git"
    for work, where in ((ann.push, bare), (nina.pull, nina.path)):
        before, cuts = git(where, "for-each-ref"), 0
        while True:
            host.cut_after = cuts
            try:
                work()
                break
            except RemoteFailed:
                after = git(where, "for-each-ref")
                # A cut of the last answer leaves all references, not some.
                assert after == before or len(after.splitlines()) >= 2
            cuts += 1
            assert cuts < 20
        host.cut_after = None
        assert cuts > 0
        work()
    assert refs_of(nina) == refs_of(ann)
    assert same(nina.checkout("churn@prod"), model(1))
