"""References resolve to versions, or to an error that lists what exists."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from nbmodel.errors import AmbiguousReference, NotFound
from tests.fixtures.projects import git


def git_bytes(folder, oid, kind):
    command = ["git", "-C", str(folder), "cat-file", kind, oid]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("net@9", "net:main has no version 9; its latest is 4.", ""),
        ("net@v1.0.0", "There is no release 'v1.0.0' in net.", "Did you mean v0.1.0?"),
        ("net@staging", "There is no stage 'staging' in net.", "Available: prod."),
        ("net:nope", "There is no branch 'nope' in net.", "Available: exp, main."),
        ("nte", "There is no model 'nte' in", "Did you mean net?"),
        ("net~7", "There is no version 'net~7' in net: net@4 has fewer ancestors.", ""),
        ("net@abcdef0", "There is no version 'abcdef0' in net.", ""),
    ],
)
def test_the_error_for_an_unknown_reference_lists_the_known_ones(history, reference, message, hint):
    history.release("net@1")
    history.promote("net@1", "prod")
    with pytest.raises(NotFound) as caught:
        history.show(reference)
    assert caught.value.what.startswith(message)
    assert caught.value.hint == hint


def test_versions_of_a_branch_by_number(history):
    main, branch = history.show("net@3").version, history.show("net:exp@3").version
    assert (main.message, branch.message) == ("number 2\n\nbody", "on exp")
    assert history.show("net:exp@2").version == history.show("net@2").version
    assert history.show("net:exp~1").version.ref == "net@2"


def test_an_ambiguous_commit_lists_the_candidates(registry, project, pipeline):
    registry.commit(pipeline, "churn")
    head = git_bytes(project, "models/churn/main", "commit").decode().rpartition("\n\n")[0]
    seen: dict[str, bytes] = {}
    for number in range(1 << 20):  # a birthday: two of some 20,000 commits share seven digits
        body = f"{head}\n\nmessage {number}\n".encode()
        oid = hashlib.sha1(b"commit %d\0" % len(body) + body).hexdigest()
        if (twin := seen.setdefault(oid[:7], body)) is not body:
            break
    for branch, content in (("one", twin), ("two", body)):
        made = registry.context.git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", data=content
        )
        git(project, "update-ref", f"refs/heads/models/churn/{branch}", made.decode().strip())
    with pytest.raises(AmbiguousReference, match=oid[:12]):
        registry.checkout(f"churn@{oid[:7]}")
    assert registry.show(f"churn@{oid}").version.commit == oid


def test_every_form_of_reference_finds_its_version(registry, pipeline):
    first = registry.commit(pipeline, "churn").version
    second = registry.commit(pipeline, "churn").version
    registry.release("churn@1", version="v0.1.0")
    registry.promote("churn@1", "prod")
    for reference in (
        "churn@1",
        "churn@v0.1.0",
        "churn@prod",
        "churn~1",
        f"churn@{first.commit[:9]}",
    ):
        assert registry.show(reference).version.commit == first.commit
    for reference in ("churn", "churn@latest", "churn@2", "churn:main"):
        assert registry.show(reference).version.commit == second.commit
