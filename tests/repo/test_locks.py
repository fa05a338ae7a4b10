"""Locks that a killed git left behind.

Such a lock says that a process works, but the process is gone. The tests lock a branch, a tag, the
notes, the rules and all packed references. The content of the lock is the new object id, empty, or
text of another program. Its maker was killed, its parent was killed, both, or it still runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from nbmodel.errors import Locked
from nbmodel.records import Person
from nbmodel.repo import locks, processes, ref_updates, tags
from nbmodel.repo.git import Git
from nbmodel.repo.lock_records import ANY_LOCK, LockRecords
from tests.waiting import until

REF = "refs/heads/models/churn/main"
OID = "1" * 40
ANN = Person("Ann", "ann@example.org")


@pytest.fixture
def git(bare_repo, tmp_path):
    opened = Git(bare_repo.path, records=tmp_path / "writers")
    yield opened
    opened.close()


def stand(git, name, content="", age_s=0.0):
    path = git.git_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if age_s:
        os.utime(path, (time.time() - age_s,) * 2)
    return path


WRITER = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from nbmodel.repo.git import Git
    git = Git(Path(sys.argv[1]), records=Path(sys.argv[2]))
    lock, content, child = sys.argv[3:6]
    with git.records.writing() as writing:
        writing.announce([lock], content)
        (git.git_dir / lock).write_text(content)
        if child == "child":  # a process that holds the record as git does
            import subprocess
            held = subprocess.Popen(["sleep", "100"], pass_fds=writing.pass_fds)
            print(held.pid, flush=True)
        else:
            print(0, flush=True)
        time.sleep(100)
""")


@pytest.fixture
def writer(git, tmp_path):
    """Start a process that holds a lock with its record, and perhaps a child that does."""
    started = []

    def start(lock=f"{REF}.lock", content=OID, child=""):
        (git.git_dir / lock).parent.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-c", WRITER, git.git_dir, tmp_path / "writers", lock, content]
        process = subprocess.Popen([*words, child or "-"], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


LOCKED = (REF, "refs/tags/churn#prod#1", "refs/notes/nbmodel", "refs/nbmodel/alerts")


@pytest.mark.parametrize("content", [OID, ""])
@pytest.mark.parametrize("lock", [f"{ref}.lock" for ref in LOCKED])
def test_a_lock_is_cleared_once_its_process_is_gone(git, writer, lock, content):
    process, _ = writer(lock, content)
    assert locks.clear(git, locks.find(git.git_dir)) == []
    assert (git.git_dir / lock).exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [cleared.ref for cleared in locks.clear(git, locks.find(git.git_dir))] == [lock[:-5]]
    assert not (git.git_dir / lock).exists()
    assert list(git.records.folder.iterdir()) == []


def test_a_git_that_outlives_its_parent_keeps_the_lock(git, writer):
    process, child = writer(child="child")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert locks.clear(git, locks.find(git.git_dir)) == []
    os.kill(child, signal.SIGKILL)
    until(lambda: locks.clear(git, locks.find(git.git_dir)))
    assert locks.find(git.git_dir) == []


def test_a_lock_of_a_running_process_is_not_removed(git, writer):
    """Our git died without a lock; then another git made its own on that branch."""
    process, _ = writer()
    process.kill()
    process.wait()
    path = stand(git, f"{REF}.lock", "2" * 40)
    assert locks.clear(git, locks.find(git.git_dir)) == []
    assert path.exists()


def test_a_lock_without_a_record_is_waited_for(git):
    path = stand(git, f"{REF}.lock", OID)
    assert locks.clear(git, locks.find(git.git_dir)) == []
    stand(git, f"{REF}.lock", OID, age_s=locks.STALE_SECONDS + 1)
    assert [lock.path for lock in locks.clear(git, locks.find(git.git_dir))] == [path]


def test_an_old_lock_that_a_process_has_open_stays(git):
    path = stand(git, f"{REF}.lock", OID, age_s=locks.STALE_SECONDS + 1)
    with subprocess.Popen(["sleep", "100"], stdin=path.open()) as holder:
        assert locks.clear(git, locks.find(git.git_dir)) == []
        holder.kill()
    assert locks.clear(git, locks.find(git.git_dir))


def test_an_empty_lock_stays_while_another_git_works_here(git, writer):
    process, _ = writer(content="")
    process.kill()
    process.wait()
    asking = subprocess.Popen(
        ["git", "update-ref", "--stdin"], cwd=git.git_dir, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    asking.stdin.write(b"start\n")
    asking.stdin.flush()
    assert asking.stdout.readline() == b"start: ok\n"
    assert locks.clear(git, locks.find(git.git_dir)) == []
    asking.communicate(b"abort\n")
    assert locks.clear(git, locks.find(git.git_dir))


def test_on_a_shared_file_system_only_the_content_decides(git, writer, monkeypatch):
    monkeypatch.setattr(processes, "LOCAL_FILE_SYSTEMS", frozenset())
    for content in ("", OID):
        process, _ = writer(content=content)
        process.kill()
        process.wait()
        assert bool(locks.clear(git, locks.find(git.git_dir))) == bool(content)
        (git.git_dir / f"{REF}.lock").unlink(missing_ok=True)
    stand(git, f"{REF}.lock", "", age_s=10 * locks.STALE_SECONDS)
    assert locks.clear(git, locks.find(git.git_dir)) == []


def test_a_lock_from_before_the_start_of_the_machine_is_removed(git, monkeypatch):
    stand(git, f"{REF}.lock", OID, age_s=300)
    assert locks.clear(git, locks.find(git.git_dir)) == []
    monkeypatch.setattr(processes, "is_from_before_start", lambda *_: True)
    assert locks.clear(git, locks.find(git.git_dir))


def test_the_start_time_of_the_machine_is_read(git):
    assert processes.is_from_before_start(git.git_dir, 1.0)
    assert not processes.is_from_before_start(git.git_dir, time.time())


def test_a_new_lock_that_replaced_the_checked_lock_is_restored(git):
    path = stand(git, f"{REF}.lock", OID)
    (old,) = locks.find(git.git_dir)
    aside = path.with_name("other")
    aside.write_text("2" * 40)
    aside.rename(path)
    assert not locks._remove(old)
    assert path.read_text() == "2" * 40
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"locks": 3}', b"\xff" * 10])
def test_an_invalid_record_removes_no_lock(git, record):
    git.records.folder.mkdir(parents=True)
    (git.records.folder / "x").write_bytes(record)
    path = stand(git, f"{REF}.lock", OID)
    assert locks.clear(git, locks.find(git.git_dir)) == []
    assert path.exists()


def test_a_record_that_is_a_link_is_not_followed(git, tmp_path):
    git.records.folder.mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.write_text(json.dumps({"locks": [ANY_LOCK], "content": OID}))
    (git.records.folder / "x").symlink_to(outside)
    stand(git, f"{REF}.lock", OID)
    assert locks.clear(git, locks.find(git.git_dir)) == []


def test_without_a_folder_for_records_everything_works(bare_repo):
    with LockRecords(bare_repo.path).writing() as writing:
        writing.announce([f"{REF}.lock"], OID)
        assert writing.pass_fds == ()
    with LockRecords(bare_repo.path, bare_repo.path / "HEAD" / "x").writing() as writing:
        assert writing.pass_fds == ()


# -- moving ------------------------------------------------------------------


def test_a_move_clears_a_dead_lock_and_names_a_live_one(git, bare_repo, writer):
    commit = bare_repo.version()
    lock = "refs/tags/churn#prod#1.lock"
    process, _ = writer(lock, "")
    with pytest.raises(Locked, match=r"(?s)churn#prod#1 is locked: .*try again in \d+ s"):
        tags.create(git, "churn#prod#1", commit, ANN, 1, "x")
    process.kill()
    process.wait()
    assert tags.create(git, "churn#prod#1", commit, ANN, 1, "x") == ()
    assert git.resolve("refs/tags/churn#prod#1^{commit}") == commit


def test_packing_removes_the_lock_of_a_killed_packing(git, bare_repo, writer):
    bare_repo.version()
    process, _ = writer("packed-refs.lock", "")
    stand(git, "packed-refs.new", "half")
    with pytest.raises(Locked, match="packed-refs"):
        ref_updates.pack(git)
    process.kill()
    process.wait()
    ref_updates.pack(git)
    assert (git.git_dir / "packed-refs").is_file()
    assert not list(git.git_dir.glob("packed-refs.*"))


def test_an_unfinished_file_alone_is_removed(git, bare_repo):
    bare_repo.version()
    stand(git, "packed-refs.new", "half")
    assert list(locks.clear_unfinished(git.git_dir)) == ["packed-refs.new"]
    ref_updates.pack(git)
