"""Faults during a commit: no acknowledged version is lost, and none is incomplete."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import pytest

import nbmodel
from nbmodel.errors import RegistryNotFound
from tests.fixtures.projects import git

COMMITTER = textwrap.dedent("""
    import sys, numpy as np, nbmodel
    path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    registry = nbmodel.open(path)
    for number in range(count):
        weights = np.full(1 << 17, float(number))
        made = registry.commit({"w": weights, "n": number}, name, metrics={"n": number})
        print(made.version.commit, flush=True)
""")


def committer(path, name, count, prefix=()):
    command = [*prefix, sys.executable, "-c", COMMITTER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def in_a_subprocess(code, *args, env=None, prefix=()):
    return subprocess.run(
        [*prefix, sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
    )


def test_eight_processes_commit_at_once(registry, project):
    """On one model and on their own; the line has no gap, and stock git finds nothing wrong."""
    running = [committer(project, f"own{n}" if n % 2 else "shared", 6) for n in range(8)]
    acknowledged = []
    for process in running:
        out, err = process.communicate(timeout=200)
        assert process.returncode == 0, err
        acknowledged += out.split()
    assert len(set(acknowledged)) == 48
    numbers = [version.number for version in registry.log("shared", limit=100)]
    assert numbers == list(range(24, 0, -1))
    for commit in acknowledged:
        assert registry.context.git.resolve(commit) == commit
    assert registry.verify()
    assert git(project, "fsck", "--strict", "--no-dangling") == ""


def test_a_kill_at_any_time_loses_nothing_acknowledged(registry, project):
    """Killed after a while that differs each time; what was printed before is there."""
    registry.commit({"n": 0}, "seed")
    for attempt in range(8):
        process = committer(project, "churn", 200)
        seen = [process.stdout.readline().strip()]
        time.sleep(0.013 * attempt)
        process.send_signal(signal.SIGKILL)
        seen += process.stdout.read().split("\n")
        process.wait()
        acknowledged = [line for line in seen if re.fullmatch("[0-9a-f]{40}", line)]
        assert acknowledged
        tip = registry.context.git.resolve("refs/heads/models/churn/main")
        for commit in acknowledged:
            git(project, "merge-base", "--is-ancestor", commit, tip)
        registry.commit({"n": attempt}, "after")
    assert registry.verify()
    assert git(project, "fsck", "--strict", "--no-dangling") == ""


KILLED_CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,openat,write,unlink"


@pytest.mark.stress
@pytest.mark.parametrize("call", KILLED_CALLS.split(","))
def test_a_kill_at_each_system_call(registry, project, call):
    """SIGKILL at the N-th call of each kind, in Python and in the git it starts."""
    registry.commit({"n": 0}, "churn")
    for when in range(1, 60):
        before = registry.context.git.resolve("refs/heads/models/churn/main")
        inject = f"inject={call}:signal=SIGKILL:when={when}"
        prefix = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject]
        process = committer(project, "churn", 1, prefix)
        out, _ = process.communicate(timeout=100)
        for lock in (project / ".git/refs/heads/models").rglob("*.lock"):
            os.utime(lock, (0, 0))
        result = registry.verify()
        assert result, result.text()
        after = registry.context.git.resolve("refs/heads/models/churn/main")
        if out.strip():
            assert after == out.strip()
        elif after != before:  # the ref moved and the killed process could not say so
            assert registry.checkout("churn@latest")["w"][0] == 0.0
        registry.commit({"n": when}, "churn")


def test_a_full_disk_is_reported_and_nothing_is_committed(tmp_path):
    """In a small file system that really fills."""
    done = in_a_subprocess(
        """
        import subprocess, sys, numpy as np, nbmodel
        from nbmodel.errors import WriteFailed
        folder = sys.argv[1]
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=True)
        registry = nbmodel.open(folder, create=True)
        version = registry.commit({"w": np.ones(1 << 17)}, "net").version
        try:
            registry.commit({"w": np.random.default_rng(0).random(1 << 20)}, "net")
        except WriteFailed as error:
            print(error)
        assert registry.log("net")[0] == version
        assert registry.checkout("net")["w"][5] == 1.0
        assert registry.verify()
        """,
        tmp_path,
        prefix=["unshare", "-m"],
    )
    assert done.returncode == 0, done.stderr
    assert "No space left" in done.stdout
    assert "%model_gc" in done.stdout


def test_a_read_only_disk_can_be_read_and_a_commit_names_the_reason(registry, project, pipeline):
    registry.commit(pipeline, "churn")
    done = in_a_subprocess(
        """
        import subprocess, sys, nbmodel
        from nbmodel.errors import WriteFailed
        folder = sys.argv[1]
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        registry = nbmodel.open(folder)
        assert len(registry.list()) == 1
        model = registry.checkout("churn")
        try:
            registry.commit(model, "churn")
        except WriteFailed as error:
            print(error)
        """,
        project,
        prefix=["unshare", "-m"],
    )
    assert done.returncode == 0, done.stderr
    assert "ead-only file system" in done.stdout


def test_without_git_the_error_says_to_install_it(tmp_path):
    done = in_a_subprocess(
        """
        import nbmodel
        from nbmodel.errors import GitUnavailable
        try:
            nbmodel.open(create=True)
        except GitUnavailable as error:
            print(error)
        """,
        env={"PATH": str(tmp_path), "GIT_PYTHON_REFRESH": "quiet"},
    )
    assert "Install git" in done.stdout, done.stderr


def test_an_old_git_is_named(tmp_path):
    old = tmp_path / "git"
    real = shutil.which("git")
    old.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo git version 2.20.1 && exit\nexec {real} "$@"\n'
    )
    old.chmod(0o755)
    done = in_a_subprocess(
        """
        import sys, nbmodel
        from nbmodel.errors import GitUnavailable
        try:
            nbmodel.open(sys.argv[1], create=True)
        except GitUnavailable as error:
            print(error)
        """,
        tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert "2.20.1 is too old" in done.stdout, done.stderr


def test_a_damaged_or_deleted_index_is_rebuilt(registry, project, pipeline):
    registry.commit(pipeline, "churn")
    cache = registry.context.location.cache
    registry.close()
    for damage in (lambda p: p.unlink(), lambda p: p.write_bytes(os.urandom(8192))):
        for file in cache.glob("index.sqlite*"):
            damage(file)
        with nbmodel.open(project) as again:
            assert len(again.list()) == 1
            assert again.show("churn@1").version.number == 1


def test_a_registry_works_in_worktree_submodule_and_bare_repository(tmp_path, project, pipeline):
    linked = tmp_path / "linked tree"
    git(project, "worktree", "add", "--quiet", str(linked), "-b", "side")
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet")
    git(
        outer,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(project),
        "sub",
    )
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    for folder in (linked, outer / "sub", bare):
        with nbmodel.open(folder) as registry:
            registry.commit(pipeline, "churn", metrics={"auc": 1})
            assert registry.checkout("churn").steps[1][1].C == 1.0
            assert registry.verify()
    with nbmodel.open(project) as registry:  # the linked tree shares its refs
        assert (
            registry.show("churn@1").manifest.code.commit
            == git(linked, "rev-parse", "HEAD").strip()
        )


def test_the_error_without_a_registry_says_how_to_make_one(tmp_path):
    with pytest.raises(RegistryNotFound, match="model_init"):
        nbmodel.open(tmp_path)
    assert list(tmp_path.iterdir()) == []
