"""A server of git-lfs: giftless over HTTP with a token, and what a server may do wrong."""

from __future__ import annotations

import traceback

import pytest

import nbmodel
from benchmarks import peers
from nbmodel.errors import InvalidValue, RemoteFailed, RemoteLies, SegmentMissing
from tests.fixtures.lfs_host import basic, lfs_host
from tests.fixtures.projects import git
from tests.fixtures.ssh_host import ssh_host
from tests.versioning.sharing.conftest import model, same

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def python():
    return peers.giftless()


@pytest.fixture
def host(python, tmp_path):
    with lfs_host(tmp_path / "lfs", python) as running:
        yield running


@pytest.fixture
def shared(team, host):
    """The team, whose arrays are at the server of git-lfs."""
    for person in (team.ann, team.nina):
        person.add_remote("origin", str(team.remote), host.address())
    team.ann.commit(model(1), "churn")
    team.ann.promote("churn@1", "prod")
    return team


def test_arrays_travel_by_git_lfs(shared, host, tmp_path):
    assert shared.ann.push().array_bytes == 3_200_000
    assert len(host.objects()) == 2
    assert shared.objects() == {}
    shared.nina.pull()
    assert same(shared.nina.checkout("churn@prod"), model(1))
    shared.nina.commit(model(2), "churn")
    puts = len([1 for method, *_ in host.requests if method == "PUT"])
    shared.nina.push()
    assert len([1 for method, *_ in host.requests if method == "PUT"]) == puts + 1
    clone = nbmodel.clone(shared.remote, tmp_path / "c", host.address())
    with nbmodel.open(clone.path) as registry:
        assert same(registry.checkout("churn@2"), model(2))


def test_stock_git_lfs_reads_what_was_pushed_and_writes_what_is_pulled(shared, host, tmp_path):
    shared.ann.push()
    git(tmp_path, "lfs", "install", "--skip-repo")
    stock = tmp_path / "stock"
    settings = ("-c", f"lfs.url={host.address()}")
    git(
        tmp_path,
        *settings,
        "clone",
        "--quiet",
        "-b",
        "models/churn/main",
        str(shared.remote),
        str(stock),
    )
    git(stock, "lfs", "install", "--local")
    git(stock, *settings, "lfs", "pull")
    assert same(nbmodel.load_folder(stock, trust=True), model(1))
    git(tmp_path, *settings, "lfs", "clone", "-b", "churn#prod#1", str(shared.remote), "by-lfs")
    assert same(nbmodel.load_folder(tmp_path / "by-lfs", trust=True), model(1))
    shared.nina.pull()
    version = shared.nina.commit(model(3), "churn", "by git").version
    project = shared.nina.context.location.work_tree
    git(project, "lfs", "install", "--local")
    git(project, *settings, "push", "--quiet", "origin", "models/churn/main")
    clone = nbmodel.clone(shared.remote, tmp_path / "c", host.address())
    with nbmodel.open(clone.path) as registry:
        assert registry.show("churn").version == version
        assert same(registry.checkout("churn"), model(3))


@pytest.mark.parametrize("kind", ["wrong", "expired", "none"])
def test_a_token_that_is_refused_is_shown_nowhere(shared, host, tmp_path, monkeypatch, capfd, kind):
    token = {
        "wrong": lambda: host.token_for(3600, "another key"),
        "expired": lambda: host.token_for(-3600),
        "none": lambda: "",
    }[kind]()
    address = host.address(token) if token else host.url
    shared.ann.add_remote("origin", str(shared.remote), address)
    for name in (
        "GIT_TRACE",
        "GIT_TRACE2",
        "GIT_CURL_VERBOSE",
        "GIT_TRACE_CURL",
        "GIT_TRACE_PACKET",
    ):
        monkeypatch.setenv(
            name, str(tmp_path / f"{name}.log") if name != "GIT_CURL_VERBOSE" else "1"
        )
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "event.log"))
    for verb in ("push", "checkout"):
        if verb == "checkout":
            for path in shared.objects(shared.ann.path / "lfs" / "objects").values():
                path.unlink()
        with pytest.raises(RemoteFailed, match="Check your credentials") as caught:
            shared.ann.push() if verb == "push" else shared.ann.checkout("churn@1")
        texts = ["".join(traceback.format_exception(caught.value)), *capfd.readouterr()]
        texts += [path.read_text(errors="replace") for path in tmp_path.glob("*.log")]
        for secret in filter(None, (token, basic(token) if token else "")):
            for text in texts:
                assert secret not in text
    assert (tmp_path / "GIT_TRACE.log").stat().st_size > 1000
    assert git(shared.remote, "for-each-ref") == ""


def test_a_token_comes_from_the_helper_of_the_user(shared, host, tmp_path, monkeypatch):
    config = tmp_path / "gitconfig"
    (tmp_path / "credentials").write_text(host.address().removesuffix("/team/models") + "\n")
    config.write_text(f"[credential]\n\thelper = store --file '{tmp_path}/credentials'\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    shared.ann.add_remote("origin", str(shared.remote), host.url)
    assert shared.ann.push().branches == ("churn",)


def test_a_password_for_one_host_is_not_given_to_another(shared, host, python, tmp_path):
    """A server may send its clients elsewhere."""
    with lfs_host(tmp_path / "other", python) as other:
        host.fault = lambda method, path: other.url
        with pytest.raises(RemoteFailed):
            shared.ann.push()
        secrets = (host.token, basic(host.token))
        assert not any(header in secrets or host.token in header for *_, header in other.requests)


def victim(objects):
    return next(iter(sorted(objects.items())))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data: bytes([data[0] ^ 1]) + data[1:], RemoteLies),
        (lambda data: data[:-1], (RemoteLies, RemoteFailed)),
        (None, SegmentMissing),
    ],
    ids=["other bytes", "truncated", "absent"],
)
def test_a_server_that_lies_or_lacks_an_object_is_named(shared, host, change, error):
    shared.ann.push()
    shared.nina.pull()
    sha256, path = victim(host.objects())
    data = path.read_bytes()
    path.write_bytes(change(data)) if change else path.unlink()
    with pytest.raises(error, match=sha256[:12]) as caught:
        shared.nina.checkout("churn@1")
    assert host.token not in str(caught.value)
    assert sha256 not in shared.objects(shared.nina.path / "lfs" / "objects")
    path.write_bytes(data)
    assert same(shared.nina.checkout("churn@1"), model(1))


def test_a_server_that_is_full_is_named_and_a_repetition_continues(shared, host):
    refused = victim(shared.objects(shared.ann.path / "lfs" / "objects"))[0]
    host.fault = lambda method, path: 507 if method == "PUT" and refused in path else None
    with pytest.raises(RemoteFailed, match=r"(?s)507|storage.*Free some space"):
        shared.ann.push()
    assert git(shared.remote, "for-each-ref") == ""
    host.fault, before = (lambda method, path: None), len(host.requests)
    shared.ann.push()
    puts = [path for method, path, _ in host.requests[before:] if method == "PUT"]
    assert len(puts) == 1
    assert refused in puts[0]


def test_a_connection_that_is_cut_leaves_nothing_half(shared, host):
    """At each request in turn, until the command gets through."""

    def cut_all_from(first):
        start = len(host.requests)
        return lambda method, path: "cut" if len(host.requests) - start > first else None

    for verb, action in (
        ("push", shared.ann.push), ("pull", lambda: shared.nina.pull(fetch="all")),
    ):  # fmt: skip
        for first in range(20):
            host.fault = cut_all_from(first)
            try:
                action()
                break
            except RemoteFailed:
                if verb == "push":
                    assert git(shared.remote, "for-each-ref") == ""
        assert 0 < first < 19
    host.fault = lambda method, path: None
    assert same(shared.nina.checkout("churn@prod", offline=True), model(1))


def test_a_repository_cannot_name_another_server(shared, host, tmp_path):
    """`.lfsconfig` in the work tree, in HEAD and in the branch of the model: nobody asks it."""
    for person in (shared.ann, shared.nina):
        project = person.context.location.work_tree
        text = "[lfs]\n\turl = http://127.0.0.1:9/evil\n\tpushurl = http://127.0.0.1:9/evil\n"
        (project / ".lfsconfig").write_text(text)
        git(project, "add", ".lfsconfig")
        git(project, "commit", "--quiet", "-m", "evil")
    shared.ann.push()
    shared.nina.pull(fetch="all")
    assert same(shared.nina.checkout("churn@1", offline=True), model(1))


def test_a_server_that_is_not_encrypted_needs_a_setting(shared):
    shared.ann.add_remote("origin", str(shared.remote), "http://lfs.example.org/team/models")
    with pytest.raises(InvalidValue, match=r"not encrypted.*\n.*allow_http"):
        shared.ann.push()


def test_arrays_travel_by_git_lfs_over_ssh(team, host, tmp_path, monkeypatch):
    """The host of ssh names its server of git-lfs, with a token for it."""
    with ssh_host(tmp_path / "ssh") as far:
        monkeypatch.setenv("PATH", far.path)
        far.trust()
        program = far.programs / "git-lfs-authenticate"
        answer = f'{{"href": "{host.url}", "header": {{"Authorization": "{basic(host.token)}"}}}}'
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
        program.chmod(0o755)
        for person in (team.ann, team.nina):
            person.add_remote("far", far.url(team.remote))
        team.ann.commit(model(1), "churn")
        team.ann.push(remote="far")
        assert len(host.objects()) == 2
        team.nina.pull(remote="far")
        assert same(team.nina.checkout("churn"), model(1))
