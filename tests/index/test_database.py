from __future__ import annotations

import logging
import os
import random
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbmodel.index import Index
from nbmodel.index.schema import USER_VERSION
from tests.index.dump import dump


@pytest.fixture
def filled(index, bare_repo):
    bare_repo.versions(30, metrics={"auc": 0.5})
    bare_repo.tag("churn#prod#1", bare_repo.version("price"))
    index.refresh()
    return dump(index)


def reopened(index, bare_repo):
    path = index._database.path
    index.close()
    return path, Index(path, bare_repo.git)


def test_the_index_folders_are_private(index):
    index.refresh()
    folder = index._database.path.parent
    assert [stat.S_IMODE(p.stat().st_mode) for p in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("rubbish", [b"rubbish" * 1000, b"SQLite format 3\0", b"\0" * 4096])
def test_a_file_that_is_not_a_database_is_rebuilt(index, bare_repo, filled, caplog, rubbish):
    path, other = reopened(index, bare_repo)
    path.write_bytes(rubbish)
    with caplog.at_level(logging.WARNING, "nbmodel"):
        other.refresh()
    assert dump(other) == filled
    assert [r.getMessage().split(" (")[0] for r in caplog.records] == [
        f"The index {path} is damaged"
    ]
    other.close()


def test_an_empty_file_is_filled(index, bare_repo, filled):
    path, other = reopened(index, bare_repo)
    path.write_bytes(b"")
    other.refresh()
    assert dump(other) == filled


def test_a_deleted_index_is_rebuilt(index, bare_repo, filled):
    path, other = reopened(index, bare_repo)
    path.unlink()
    other.refresh()
    assert dump(other) == filled


def test_an_index_of_another_schema_is_rebuilt(index, bare_repo, filled):
    path, other = reopened(index, bare_repo)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {USER_VERSION + 1}")
    db.close()
    other.refresh()
    assert dump(other) == filled


@pytest.mark.parametrize("version", [1000, USER_VERSION - 1000, USER_VERSION + 1000])
def test_an_index_of_another_schema_keeps_its_record_of_references(
    index, bare_repo, filled, caplog, version
):
    """What an earlier look saw cannot be made again from git."""
    path, other = reopened(index, bare_repo)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    tip = bare_repo.read_ref("refs/heads/models/churn/main")
    bare_repo.set_ref("refs/heads/models/churn/main", None)
    other.refresh()
    assert [(s.ref, s.oid) for s in other.missing_refs()] == [("refs/heads/models/churn/main", tip)]
    assert caplog.messages == []


def test_missing_tables_are_noticed_by_every_query(index, bare_repo, filled):
    path, other = reopened(index, bare_repo)
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE details")
    db.close()
    assert other.latest("churn").ref == "churn@30"
    assert dump(other) == filled


def test_random_damage_leads_to_answers_or_a_rebuild(index, bare_repo, filled):
    """Damage that SQLite sees is repaired; what it cannot see must at least not break anything."""
    path, other = reopened(index, bare_repo)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    whole = path.read_bytes()
    rng = random.Random(1)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.choice((1, 50, 2000))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged[: rng.choice((len(damaged), rng.randrange(len(damaged))))])
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        other = Index(path, bare_repo.git)
        other.refresh()
        assert dump(other).keys() == filled.keys()
        other.rebuild()
        assert dump(other) == filled
        other.close()


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT {'(' * 200}1{')' * 200}",
        "SELECT 1 FROM",
        f"SELECT {'+'.join('1' * 2000)}",
        "SELECT zeroblob(2000000000)",
    ],
)
def test_a_statement_that_sqlite_refuses_is_not_damage(index, filled, caplog, statement):
    inode = index._database.path.stat().st_ino
    with pytest.raises(sqlite3.Error):
        index._database.use(lambda db: db.execute(statement).fetchall())
    assert index._database.path.stat().st_ino == inode
    assert caplog.messages == []
    assert dump(index) == filled


def test_a_file_damaged_while_open_is_replaced(index, bare_repo, filled):
    path = index._database.path
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    path.write_bytes(os.urandom(path.stat().st_size))
    bare_repo.version("late")
    index.refresh()
    assert index.names() == ["churn", "late", "price"]
    assert index.list("auc = 0.5", all_versions=True, limit=99)[-1].ref == "churn@1"


def test_a_query_after_a_rebuild_sees_all_of_git(index, bare_repo, filled):
    path, other = reopened(index, bare_repo)
    path.write_bytes(b"\0" * 5000)
    assert other.names() == ["churn", "price"]  # without a refresh
    other.close()


@pytest.mark.parametrize("place", ["/dev/null/index", "/proc/nbmodel/index"])
def test_without_a_writable_folder_the_index_is_in_memory(bare_repo, caplog, place):
    bare_repo.versions(3)
    index = Index(Path(place), bare_repo.git)
    index.refresh()
    assert [v.ref for v in index.log("churn")] == ["churn@3", "churn@2", "churn@1"]
    bare_repo.version("price")
    index.refresh()
    assert index.names() == ["churn", "price"]
    assert len(caplog.records) == 1
    assert "it is kept in memory" in caplog.text
    index.close()


def test_a_folder_at_the_path_of_the_index_does_not_stop_it(bare_repo, tmp_path):
    (tmp_path / "index").mkdir()
    bare_repo.version()
    index = Index(tmp_path / "index", bare_repo.git)
    index.refresh()
    assert index.names() == ["churn"]


def test_a_forked_process_opens_its_own(index, bare_repo, filled):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            bare_repo.version("child")
            index.refresh()
            status = 0 if "child" in index.names() else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    index.refresh()
    assert index.names() == ["child", "churn", "price"]


def test_threads_share_an_index(index, bare_repo, filled):
    def work(number):
        bare_repo.set_ref(f"refs/heads/models/model{number}/main", tip)
        index.refresh()
        return len(index.list("a message", all_versions=True, limit=1000)), index.names()

    tip = bare_repo.read_ref("refs/heads/models/churn/main")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(8)))
    assert all(f"model{number}" in names for number, (_, names) in enumerate(answers))
    assert len(index.list("a message", all_versions=True, limit=1000)) == 31 + 8 * 30


REFRESHER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from nbmodel.index import Index
from nbmodel.repo.git import Git

index = Index(Path(sys.argv[2]), Git(Path(sys.argv[1])))
while len(index.log("churn", "main", limit=1000)) < int(sys.argv[3]):
    index.refresh()
    numbers = [v.number for v in index.log("churn", "main", limit=1000)]
    assert numbers == list(range(len(numbers), 0, -1)), numbers
print(len(numbers))
"""


def test_processes_that_refresh_while_another_commits(index, bare_repo):
    bare_repo.version()
    command = [sys.executable, "-W", "error", "-c", REFRESHER]
    command += [str(bare_repo.path), str(index._database.path), "60"]
    others = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    for number in range(2, 61):
        bare_repo.version(number=number)
        index.refresh()
    ended = [other.communicate(timeout=120) for other in others]
    assert ended == [(b"60\n", b"")] * 2
    assert index.latest("churn").number == 60
