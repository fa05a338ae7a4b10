"""No link out of the registry is followed, and no pipe makes a verb hang.

A repository of another person contains a link, pipe, socket or device in place of a file or folder
that nbmodel, git or git-lfs expect. Links lead to the user's other files; named pipes, sockets and
devices never answer. The tests try every kind in every place.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import (
    GitTimedOut,
    InvalidValue,
    NbModelError,
    NotPlain,
    ReadOnlyRegistry,
)
from nbmodel.monitor.prediction_log.storage import LocalStorage
from nbmodel.repo.git import Git
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git

LONG_AGO = (1, 1)


def large(number: int) -> dict:
    return {"w": np.arange(1 << 17) + number}


def state(folder: Path) -> dict:
    """All that is in a folder: names, what they are, contents, times."""
    return {
        path.relative_to(folder): (
            path.lstat().st_mode, path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(folder.rglob("*"))
    }  # fmt: skip


@pytest.fixture
def outside(tmp_path) -> Path:
    """The user's own files, of names that fit segments and leftovers, all of them old."""
    folder = tmp_path / "precious"
    for name in ("ab/cd", "cd"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / ("abcd" + "0" * 60)).write_bytes(b"precious")
    (folder / ("abcd" + "0" * 60)).write_bytes(b"precious")
    (folder / "nbmodel-mine").write_bytes(b"precious")
    for path in folder.rglob("*"):
        os.utime(path, LONG_AGO)
    return folder


def segments(project: Path) -> list[Path]:
    return sorted((project / ".git/lfs/objects").rglob("?" * 64))


def make_old(project: Path) -> None:
    for path in segments(project):
        os.utime(path, LONG_AGO)


# -- the folder of segments --------------------------------------------------

PLACES = ("objects", "objects/ab", "objects/ab/cd", "tmp")


@pytest.mark.parametrize("place", PLACES)
def test_a_linked_folder_is_neither_swept_nor_written(registry, project, outside, place):
    registry.commit(large(0), "net")
    link = project / ".git/lfs" / place
    shutil.rmtree(link, ignore_errors=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    make_old(project)
    before = state(outside)
    if place == "tmp":  # what it removes would go there first
        git(project, "update-ref", "-d", "refs/heads/models/net/main")
        with pytest.raises(NotPlain, match="lfs/tmp is a symbolic link"):
            registry.gc(force=True, grace=0, forget=["refs/heads/models/net/main"])
    else:
        report = registry.gc(force=True, grace=0)
        assert f"{place} is a symbolic link" in report.text()
        assert "follows no link" in report.html()
    if place in ("objects", "tmp"):
        with pytest.raises(NotPlain, match="symbolic link"):
            registry.commit(large(1), "other")
    assert state(outside) == before


def test_a_commit_into_a_linked_folder_of_two_letters_is_refused(registry, project, outside):
    registry.commit(large(0), "net")
    (segment,) = segments(project)
    for depth in (segment.parent, segment.parent.parent):
        shutil.rmtree(depth)
        depth.symlink_to(outside)
        before = state(outside)
        with pytest.raises(NotPlain, match=depth.name):
            registry.commit(large(0), "net")
        with pytest.raises(NotPlain, match=depth.name):
            registry.checkout("net@1")
        assert state(outside) == before
        assert len(registry.log("net")) == 1
        depth.unlink()
        depth.mkdir()


def planted(path: Path, what: str, outside: Path) -> Path:
    """Something in the place of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    match what:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listening:
                here = os.open(path.parent, os.O_RDONLY)  # a socket's whole path is short
                try:
                    listening.bind(f"/proc/self/fd/{here}/{path.name}")
                finally:
                    os.close(here)
        case "device":
            path.symlink_to("/dev/zero")
        case "itself":
            path.symlink_to(path.name)
        case "nothing":
            path.symlink_to(outside / "nowhere")
        case "a folder":
            path.symlink_to(outside)
        case "a file":
            path.symlink_to(outside / "nbmodel-mine")
        case "a pipe":
            os.mkfifo(outside / "pipe")
            path.symlink_to(outside / "pipe")
    return path


@pytest.mark.parametrize(
    "what", ["pipe", "socket", "device", "itself", "nothing", "a folder", "a file", "a pipe"]
)
def test_an_object_that_is_not_a_file(registry, project, outside, what):
    registry.commit(large(0), "net")
    (segment,) = segments(project)
    content = segment.read_bytes()
    planted(segment, what, outside)
    before = state(outside)
    with pytest.raises(NotPlain, match=segment.name):
        registry.checkout("net@1")
    assert segment.name in registry.verify().findings[0].problem
    assert segment.name in registry.gc(force=True, grace=0).text()
    assert os.path.lexists(segment)
    assert registry.list()[0].ref == "net@1"
    assert state(outside) == before
    registry.commit(large(0), "net")  # which needs that object: it is put there again
    assert (segment.read_bytes(), segment.is_symlink()) == (content, False)
    assert state(outside) == before


def test_a_hard_link_is_removed_here_only(registry, project, outside):
    registry.commit(large(0), "net")
    registry.commit({"n": 1}, "net")
    mine = outside / "mine"
    mine.write_bytes(b"x" * 5000)
    stray = project / ".git/lfs/objects/ab/cd" / ("abcd" + "1" * 60)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.hardlink_to(mine)
    os.utime(mine, LONG_AGO)
    assert len(registry.gc(force=True).garbage) == 1
    assert not stray.exists()
    assert mine.read_bytes() == b"x" * 5000


def test_a_hard_link_of_another_size_is_not_even_touched(registry, project, outside):
    """A commit gives a segment that is there another time; not so to what is none."""
    registry.commit(large(0), "net")
    (segment,) = segments(project)
    mine = outside / "mine"
    mine.write_bytes(b"mine")
    os.utime(mine, LONG_AGO)
    segment.unlink()
    segment.hardlink_to(mine)
    registry.commit(large(0), "net")
    assert (mine.stat().st_mtime, mine.read_bytes()) == (1, b"mine")
    assert len(segment.read_bytes()) == 1 << 20


def test_a_folder_shared_by_a_link_is_used_and_not_swept(registry, project, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (project / ".git/lfs").symlink_to(shared)
    registry.commit(large(0), "net")
    git(project, "update-ref", "-d", "refs/heads/models/net/main")
    for path in shared.rglob("?" * 64):
        os.utime(path, LONG_AGO)
    with pytest.raises(InvalidValue, match=r"or by a link.*nothing was removed"):
        registry.gc(force=True)
    assert len(list(shared.rglob("?" * 64))) == 1


@pytest.mark.parametrize("how", ["absolute", "relative", "included", "borrowed"])
def test_a_folder_shared_by_settings_is_not_swept(project, tmp_path, how):
    shared = tmp_path / "shared"
    other = tmp_path / "other"
    match how:
        case "absolute":
            git(project, "config", "lfs.storage", str(shared))
        case "relative":
            git(project, "config", "lfs.storage", "../../shared")
        case "included":
            (tmp_path / "more").write_text(f"[lfs]\n\tstorage = {shared}\n")
            git(project, "config", "include.path", "../../more")
        case "borrowed":
            git(tmp_path, "init", "--quiet", "other")
            git(other, "config", "lfs.storage", str(project / ".git/lfs"))
            alternates = project / ".git/objects/info/alternates"
            alternates.write_text(f"{other}/.git/objects\n")
    with nbmodel.open(project) as registry:
        registry.commit(large(0), "net")
        objects = list((project / ".git/lfs" if how == "borrowed" else shared).rglob("?" * 64))
        assert len(objects) == 1
        git(project, "update-ref", "-d", "refs/heads/models/net/main")
        os.utime(objects[0], LONG_AGO)
        with pytest.raises(InvalidValue, match="nothing was removed"):
            registry.gc(force=True)
    assert objects[0].exists()


# -- what git would open -----------------------------------------------------

GIT_FILES = (
    *("HEAD", "config", "config.worktree", "packed-refs", "shallow", "index", "commondir"),
    *("refs/heads/models/net/exp", "refs/tags/net@v1.0.0", "refs/notes/nbmodel", "refs/stash"),
    *("logs/HEAD", "logs/refs/heads/models/net/main", "info/attributes", "info/exclude"),
    *("objects/info/alternates", "objects/info/commit-graph", "worktrees/side/HEAD"),
)
WORK_FILES = (".gitattributes", ".lfsconfig", ".gitmodules")


@pytest.mark.parametrize("what", ["pipe", "a pipe", "device"])
@pytest.mark.parametrize("name", [*(f".git/{name}" for name in GIT_FILES), *WORK_FILES])
def test_a_pipe_in_the_place_of_a_file_is_named(registry, project, outside, name, what):
    registry.commit({"n": 1}, "net")
    planted(project / name, what, outside)
    with pytest.raises(NotPlain, match=Path(name).name):
        nbmodel.open(project)


def test_a_pipe_in_the_place_of_head_of_a_bare_repository(tmp_path, outside):
    nbmodel.open(tmp_path, create=True).close()
    planted(tmp_path / ".nbmodel.git/config", "pipe", outside)
    for folder in (tmp_path, tmp_path / ".nbmodel.git", tmp_path / ".nbmodel.git/refs"):
        with pytest.raises(NotPlain, match="config is a named pipe"):
            nbmodel.open(folder)


@pytest.mark.parametrize(
    "setting",
    [
        "[include]\n\tpath = {pipe}\n", "[Include] path={pipe}",
        '[include]\n  PATH = "{pipe}" ; x\n',
        '[includeIf "gitdir:/"]\n\tpath = {pipe}\n', "[include]\n\tpath = ../../precious/pipe\n",
        "[include]\n\tpath = ../../nested\n",
    ],
)  # fmt: skip
def test_a_pipe_that_settings_include_is_named(project, outside, tmp_path, setting):
    os.mkfifo(outside / "pipe")
    (tmp_path / "nested").write_text(f"[include]\n\tpath = {outside / 'pipe'}\n")
    with (project / ".git/config").open("a") as file:
        file.write(setting.format(pipe=outside / "pipe"))
    with pytest.raises(NotPlain, match="pipe is a named pipe"):
        nbmodel.open(project)


def test_settings_that_include_themselves_end(project):
    git(project, "config", "include.path", "config")
    with pytest.raises(NbModelError):
        nbmodel.open(project)


def test_a_pipe_behind_borrowed_objects_is_named(project, outside, tmp_path):
    other = tmp_path / "other.git"
    git(tmp_path, "init", "--quiet", "--bare", str(other))
    (project / ".git/objects/info/alternates").write_text(f"{other}/objects\n")
    nbmodel.open(project).close()
    planted(other / "objects/info/alternates", "pipe", outside)
    with pytest.raises(NotPlain, match="alternates is a named pipe"):
        nbmodel.open(project)


def test_linked_work_trees_and_submodules_are_checked_too(project, outside, tmp_path):
    linked = tmp_path / "linked"
    git(project, "worktree", "add", "--quiet", str(linked), "-b", "side")
    nbmodel.open(linked).close()
    planted(project / ".git/worktrees/linked/commondir", "pipe", outside)
    with pytest.raises(NotPlain, match="commondir"):
        nbmodel.open(linked)


def test_an_object_that_is_a_pipe_stops_one_read_and_not_the_registry(
    registry, project, outside, monkeypatch
):
    """Objects are too many to be looked at before: a time limit ends the git that waits."""
    monkeypatch.setenv("NBMODEL_GIT_TIMEOUT", "0.3")
    version = registry.commit({"n": 1}, "net").version
    blob = git(project, "hash-object", "-w", "train.py").strip()
    planted(project / ".git/objects" / blob[:2] / blob[2:], "pipe", outside)
    opened = registry.context.git
    with pytest.raises(GitTimedOut, match=r"git cat-file did not answer within 0\.3 seconds in /"):
        opened.read(blob)
    assert opened.resolve("refs/heads/models/net/main") == version.commit
    assert registry.checkout("net") == {"n": 1}


def test_a_git_process_that_hangs_is_ended(tmp_path, monkeypatch):
    """Also such that starts, and such that reads nothing of what it is sent."""
    monkeypatch.setenv("NBMODEL_GIT_TIMEOUT", "0.2")
    monkeypatch.setattr("nbmodel.repo.timeouts.SLOW_FACTOR", 1)
    nbmodel.open(tmp_path, create=True).close()
    with nbmodel.open(tmp_path) as registry:
        slow = tmp_path / "git"
        slow.write_text("#!/bin/sh\nexec sleep 60\n")
        slow.chmod(0o755)
        monkeypatch.setattr("git.Git.GIT_PYTHON_GIT_EXECUTABLE", str(slow))
        for question in (
            lambda: registry.commit({"n": 1}, "net"),
            lambda: Git(registry.path).run("for-each-ref"),
            lambda: registry.list(),
            lambda: nbmodel.open(tmp_path),
            lambda: nbmodel.open(tmp_path / "new", create=True),
        ):
            with pytest.raises(GitTimedOut, match="NBMODEL_GIT_TIMEOUT"):
                question()


def test_links_inside_the_repository_are_allowed(registry, project):
    registry.commit({"n": 1}, "net")
    head = project / ".git/HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")
    with nbmodel.open(project) as again:
        assert again.commit({"n": 2}, "net").version.number == 2


@pytest.mark.parametrize("place", ["refs/heads/models", "refs/tags", "packed-refs", "refs/notes"])
def test_nothing_is_written_through_a_link_to_the_outside(registry, project, tmp_path, place):
    registry.commit({"n": 1}, "net")
    registry.annotate("net", "good")
    registry.promote("net", "prod")
    link, other = project / ".git" / place, tmp_path / "elsewhere"
    if place == "packed-refs":
        other.write_text("# pack-refs with: peeled fully-peeled sorted \n")
    else:
        shutil.move(link, other)
    link.symlink_to(other)
    before = state(tmp_path)
    with nbmodel.open(project) as again:
        assert again.checkout("net@1") == {"n": 1}
        for verb in (
            lambda: again.commit({"n": 2}, "net"),
            lambda: again.annotate("net", "better"),
            lambda: again.promote("net@1", "test"),
            lambda: again.gc(force=True),
            lambda: again.branch("net", "exp"),
        ):
            with pytest.raises(ReadOnlyRegistry, match=r"leads to .*elsewhere"):
                verb()
    assert state(tmp_path) == before


# -- folders -----------------------------------------------------------------


@pytest.mark.parametrize("what", ["pipe", "device", "a file", "itself", "nothing", "a pipe"])
@pytest.mark.parametrize("name", ["model.json", "payload/skeleton", "payload/0000"])
def test_a_folder_is_loaded_from_regular_files(registry, tmp_path, outside, name, what):
    registry.commit(large(0), "net")
    registry.export("net", tmp_path / "out")
    planted(tmp_path / "out" / name, what, outside)
    with pytest.raises(NotPlain, match=Path(name).name):
        load_folder(tmp_path / "out")


def test_a_folder_of_a_folder_that_is_a_link(registry, tmp_path):
    registry.commit(large(0), "net")
    registry.export("net", tmp_path / "out")
    shutil.move(tmp_path / "out/payload", tmp_path / "payload")
    (tmp_path / "out/payload").symlink_to(tmp_path / "payload")
    with pytest.raises(NotPlain, match="payload is a symbolic link"):
        load_folder(tmp_path / "out")


@pytest.mark.parametrize("name", ["model.json", "payload/skeleton", "payload/0000"])
def test_a_folder_whose_files_have_no_end(registry, tmp_path, name):
    """A file of a terabyte that takes no place on the disk."""
    registry.commit(large(0), "net")
    registry.export("net", tmp_path / "out")
    os.truncate(tmp_path / "out" / name, 1 << 40)
    with pytest.raises(NbModelError):
        load_folder(tmp_path / "out")


def test_a_log_is_not_written_through_a_link(tmp_path, outside):
    place = LocalStorage(tmp_path / "log")
    place.write("churn/part-1.parquet", b"one")
    before = state(outside)
    (tmp_path / "log/churn/.part-2.parquet.tmp").symlink_to(outside / "new")
    with pytest.raises(OSError, match="link"):
        place.write("churn/part-2.parquet", b"two")
    (tmp_path / "log/churn/part-3.parquet").symlink_to(outside / "nbmodel-mine")
    assert [part.path for part in place.parts("churn")] == ["churn/part-1.parquet"]
    assert state(outside) == before
