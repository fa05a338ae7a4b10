"""A git process that starts before a commit is ready: it waits, and leaves nothing if unused."""

import os
import stat

import pytest

from nbmodel.errors import GitFailed, LostRace, WriteFailed
from nbmodel.records import Person
from nbmodel.repo.commits import NewCommit, send, write
from nbmodel.repo.fast_import import FastImport
from nbmodel.repo.git import Git
from nbmodel.store.durable import while_running

REF = "refs/heads/models/churn/main"


def change(parents=(), content=b"1"):
    return NewCommit(REF, parents, {"model.json": content}, Person("Ann", "a@b"), 1, "message")


def files_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_unused_fast_import_leaves_nothing(bare_repo):
    before = files_of(bare_repo.path)
    with FastImport(bare_repo.git):
        pass
    with pytest.raises(KeyError), FastImport(bare_repo.git):
        raise KeyError("what was to be written could not be made")
    assert files_of(bare_repo.path) == before


def test_an_unused_fast_import_ends_although_a_fork_holds_its_pipe(bare_repo):
    read, written = os.pipe()
    with FastImport(bare_repo.git):
        child = os.fork()
        if child == 0:
            os.close(written)
            os.read(read, 1)
            os._exit(0)
        os.close(read)
    os.close(written)
    os.waitpid(child, 0)


def test_commits_of_others_are_seen_while_fast_import_waits(bare_repo):
    git = bare_repo.git
    with FastImport(git) as importing:
        first = write(git, change())
        send(importing, change((first,), b"2"))
        with importing.moving(REF) as second:
            assert git.resolve(REF) == second


def test_a_lost_race_is_noticed_and_fast_import_can_write_again(bare_repo):
    git = bare_repo.git
    with FastImport(git) as importing:
        first = write(git, change())
        send(importing, change((), b"late"))
        with pytest.raises(LostRace), importing.moving(REF):
            pass
        assert git.resolve(REF) == first
        send(importing, change((first,), b"again"))
        with importing.moving(REF) as second:
            pass
        assert git.resolve(REF) == second
    assert not list(bare_repo.path.rglob("fast_import_crash_*"))


def test_the_body_runs_only_for_a_written_commit(bare_repo):
    git = bare_repo.git
    first = write(git, change())
    seen = []
    with FastImport(git) as late:
        send(late, change((), b"late"))
        with pytest.raises(LostRace), late.moving(REF):
            seen.append("ran")
    assert seen == []
    assert git.resolve(REF) == first


def test_a_git_that_ended_while_waiting_is_reported_with_its_message(bare_repo):
    with FastImport(bare_repo.git) as importing:
        importing._process.proc.kill()
        send(importing, change())
        with pytest.raises((GitFailed, WriteFailed)), importing.moving(REF):
            pass
        send(importing, change())
        with importing.moving(REF) as commit:
            assert bare_repo.git.resolve(REF) == commit


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_an_abandoned_commit_moves_no_ref(bare_repo, size):
    git = bare_repo.git
    first = write(git, change())
    with FastImport(git) as importing:
        send(importing, change((first,), bytes(size)))
    assert git.resolve(REF) == first
    names = files_of(bare_repo.path)
    assert not [name for name in names if "crash" in name or "tmp_" in name or "lock" in name]


def test_packs_that_cannot_be_written_are_reported(bare_repo):
    packs = bare_repo.path / "objects" / "pack"
    packs.rmdir()
    packs.write_text("not a folder")
    git = Git(bare_repo.path)
    with pytest.raises(GitFailed, match="temporary file"):
        write(git, change())
    git.close()
    assert stat.S_ISREG(packs.stat().st_mode)


def test_work_beside_the_body_is_finished_when_the_body_ends():
    done = []
    with while_running(lambda: done.append(1)):
        pass
    assert done == [1]
    with pytest.raises(OSError, match="disk"), while_running(_fails):
        pass


def _fails():
    raise OSError("the disk")
