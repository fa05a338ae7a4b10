"""The git process of a repository: every answer belongs to its request, also after errors."""

import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.errors import GitFailed, GitUnavailable, NbModelError
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import OLDEST_GIT, check_version, create_bare, locate

MISSING = "1" * 40


def helpers(git: Git) -> list[int]:
    """Process ids of the ``cat-file`` of this process that wait for questions to a repository."""
    result = []
    for listing in Path("/proc/self/task").glob("*/children"):
        for pid in listing.read_text().split():
            with suppress(OSError):
                calls = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                here = Path(f"/proc/{pid}/cwd").readlink() == git.git_dir
                result += [int(pid)] * (b"cat-file" in calls and here)
    return result


@pytest.fixture
def blobs(bare_repo):
    """Object id and content of many blobs."""
    return {bare_repo.put("blob", data): data for data in (b"%d " % n * n for n in range(300))}


# -- questions and answers ---------------------------------------------------


def test_an_object_is_read_unchanged(bare_repo, blobs):
    for oid, data in blobs.items():
        assert bare_repo.git.read(oid) == (oid, "blob", data)
        assert bare_repo.git.resolve(oid) == oid


def test_a_ref_and_a_path_in_its_tree_are_read(bare_repo):
    commit = bare_repo.version()
    git = bare_repo.git
    assert git.resolve("refs/heads/models/churn/main") == commit
    assert git.resolve(f"{commit}^{{commit}}") == commit
    assert git.read(f"{commit}^{{tree}}")[1] == "tree"
    assert git.read(f"{commit}:model.json")[1] == "blob"
    assert git.read(commit)[:2] == (commit, "commit")


@pytest.mark.parametrize(
    "name",
    [
        MISSING, "refs/heads/none", "0" * 40, "nothing", "", " ", "\n", "a\nb", "a\0b",
        "two words", f"{MISSING} blob 3", "é", "\udcff", "-x", "--batch", "x" * 5000,
        "refs/heads/models/churn/main\0x", "refs/heads/models/churn/main\n",
    ],
)  # fmt: skip
def test_a_missing_object_reads_as_none(bare_repo, name):
    bare_repo.version()
    assert bare_repo.git.resolve(name) is None
    assert bare_repo.git.read(name) is None
    assert bare_repo.git.resolve("refs/heads/models/churn/main") is not None


@given(st.text(max_size=30))
def test_no_text_mixes_up_requests_and_answers(git_with_blob, text):
    git, oid = git_with_blob
    git.resolve(f"refs/heads/{text}")
    git.read(f"refs/heads/{text}")
    assert git.read(oid) == (oid, "blob", b"known")


@pytest.fixture(scope="module")
def git_with_blob(tmp_path_factory):
    place = tmp_path_factory.mktemp("module") / "registry.git"
    create_bare(place)
    git = Git(place)
    yield git, git.run("hash-object", "-w", "--stdin", data=b"known").decode().strip()
    git.close()


def test_an_ambiguous_shortened_id_names_no_object(bare_repo):
    known = {}
    for number in range(3000):
        oid = bare_repo.put("blob", b"%d" % number)
        if oid[:5] in known:
            break
        known[oid[:5]] = oid
    assert bare_repo.git.resolve(oid[:5]) is None
    assert bare_repo.git.read(oid[:5]) is None
    assert bare_repo.git.resolve(oid) == oid


def test_threads_can_share_a_git_process(bare_repo, blobs):
    with ThreadPoolExecutor(8) as pool:
        calls = list(blobs) * 4
        assert [result[2] for result in pool.map(bare_repo.git.read, calls)] == [
            blobs[oid] for oid in calls
        ]


def test_one_git_process_answers_all_requests(bare_repo, blobs):
    for oid in blobs:
        bare_repo.git.resolve(oid)
        bare_repo.git.read(oid)
        bare_repo.git.resolve("refs/heads/none")
    assert len(helpers(bare_repo.git)) == 1
    bare_repo.git.close()
    assert helpers(bare_repo.git) == []
    assert bare_repo.git.resolve(next(iter(blobs))) is not None  # a closed git starts again


# -- faults ------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_cat_file_is_replaced(bare_repo, blobs, how):
    killed = 0
    for oid, data in blobs.items():
        for pid in helpers(bare_repo.git) if len(data) % 40 == 0 else ():
            os.kill(pid, how)
            killed += 1
        assert bare_repo.git.read(oid) == (oid, "blob", data)
    assert bare_repo.git.resolve("refs/heads/none") is None
    assert killed > 5


def test_a_cat_file_killed_at_any_moment_gives_no_wrong_answer(bare_repo, blobs):
    """Killed twice over one question it may refuse; each fifth kill waits for an answer."""
    enough, answered, killed = threading.Event(), threading.Event(), []

    def kill():
        while len(killed) < 40:
            for pid in helpers(bare_repo.git):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    if len(killed) % 5 == 0:
                        answered.clear()
                        answered.wait(10)
            time.sleep(0.002)
        enough.set()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    answers = 0
    for oid, data in itertools.cycle(blobs.items()):
        if enough.is_set():
            break
        with suppress(GitFailed):
            assert bare_repo.git.resolve(oid) == oid
            assert bare_repo.git.read(oid) == (oid, "blob", data)
            answers += 1
            answered.set()
    killer.join()
    assert answers >= 8
    assert bare_repo.git.read(oid) == (oid, "blob", data)


def test_an_interrupted_read_leaves_no_answer_behind(bare_repo, blobs):
    """The user stops a cell: the next answer must not be the last question's."""
    wrong, interrupts = [], 0

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        calls = list(blobs.items())
        for number in range(600):
            oid, _ = calls[number % len(calls)]
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-6 + number % 60 * 4e-6)
                bare_repo.git.resolve(oid)
                bare_repo.git.read(oid)
                time.sleep(0.001)
            except KeyboardInterrupt:
                interrupts += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            following, content = calls[(number + 7) % len(calls)]
            if bare_repo.git.resolve(following) != following:
                wrong.append(number)
            if bare_repo.git.read(following) != (following, "blob", content):
                wrong.append(number)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert wrong == []
    assert interrupts > 300


def test_a_forked_process_starts_another_git(bare_repo, blobs):
    """Two processes on one pipe would get each other's answers."""
    bare_repo.git.resolve(MISSING)
    wrong = 0
    child = os.fork()
    if child == 0:
        code = 1
        try:
            right = all(bare_repo.git.read(o) == (o, "blob", d) for o, d in blobs.items())
            code = 0 if right else 2
        finally:
            os._exit(code)
    for oid, data in blobs.items():
        wrong += bare_repo.git.read(oid) != (oid, "blob", data)
    assert wrong == 0
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert bare_repo.git.read(oid) == (oid, "blob", data)


def test_a_thousand_damaged_objects_do_not_fill_the_pipe_of_errors(bare_repo):
    good = bare_repo.put("blob", b"good")
    for number in range(1000):
        oid = bare_repo.put("blob", b"bad %d" % number)
        bare_repo.object_path(oid).write_bytes(b"not zlib at all")
        try:
            assert bare_repo.git.resolve(oid) in (None, oid)
        except GitFailed:
            continue
    assert bare_repo.git.read(good) == (good, "blob", b"good")


def test_a_damaged_object_does_not_count_as_missing(bare_repo):
    data = os.urandom(5000)
    oid = bare_repo.put("blob", data)
    path = bare_repo.object_path(oid)
    whole = path.read_bytes()
    for damage in (whole[:2000], whole[:-1], whole[:500] + b"\0" * 500 + whole[1000:]):
        path.write_bytes(damage)
        with pytest.raises(GitFailed):
            bare_repo.git.read(oid)
    path.write_bytes(whole)
    assert bare_repo.git.read(oid) == (oid, "blob", data)


@pytest.mark.parametrize(
    "forged", [b"blob 4\0evil", b"blob 4\0gooe", b"tree 0\0", b"blob 5\0good!", b"commit 4\0good"]
)
def test_an_object_with_the_content_of_another_is_reported(bare_repo, forged):
    oid = bare_repo.put("blob", b"good")
    bare_repo.object_path(oid).write_bytes(zlib.compress(forged))
    with pytest.raises(GitFailed, match="damaged"):
        bare_repo.git.read(oid)


def test_a_replacement_ref_is_ignored(bare_repo):
    """``refs/replace`` would show one version under the id of another."""
    good, evil = bare_repo.version(message=b"good"), bare_repo.version("other", message=b"evil")
    bare_repo.set_ref(f"refs/replace/{good}", evil)
    subject = subprocess.run(
        ["git", "-C", bare_repo.path, "log", "-1", "--format=%s", good],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    assert subject == b"evil\n"  # stock git takes it
    assert b"good" in bare_repo.git.read(good)[2]
    assert b"good" in bare_repo.git.run("cat-file", "commit", good)


def test_an_object_over_the_limit_is_refused_and_the_next_is_read(bare_repo, recwarn):
    large = bare_repo.put("blob", bytes(3 << 20))
    small = bare_repo.put("blob", b"small")
    for _ in range(3):
        with pytest.raises(GitFailed, match="at most 1,000"):
            bare_repo.git.read(large, limit=1000)
        assert bare_repo.git.read(small, limit=1000)[2] == b"small"
    gc.collect()
    assert len(bare_repo.git.read(large)[2]) == 3 << 20
    assert not recwarn.list  # no stream read after its end


# -- commands ----------------------------------------------------------------


def test_what_a_command_prints_is_returned_and_its_refusal_raised(bare_repo):
    oid = bare_repo.git.run("hash-object", "-w", "--stdin", data=b"x" * (1 << 20)).decode().strip()
    assert bare_repo.git.run("cat-file", "blob", oid) == b"x" * (1 << 20)
    with pytest.raises(GitFailed, match="cat-file failed: fatal: Not a valid object name"):
        bare_repo.git.run("cat-file", "blob", "nothing")
    with pytest.raises(GitFailed, match="no-such-command"):
        bare_repo.git.run("no-such-command")


def test_a_command_that_does_not_read_its_input_is_reported_with_its_message(bare_repo):
    with pytest.raises(GitFailed, match="unknown option"):
        bare_repo.git.run("hash-object", "--no-such-option", data=b"x" * (1 << 22))


def test_a_reader_that_stops_half_way_leaves_no_process(bare_repo):
    oid = bare_repo.put("blob", bytes(1 << 22))
    with bare_repo.git.start("cat-file", "blob", oid) as process:
        assert process.stdout.read(10) == bytes(10)
        pid = process.pid
    assert not Path(f"/proc/{pid}").exists()


FULL_DISK = """
import os, sys
from pathlib import Path
from nbmodel.errors import WriteFailed
from nbmodel.repo.git import Git
from nbmodel.repo.repositories import create_bare
from nbmodel.repo.commits import NewCommit, write
from nbmodel.records import Person

place = Path(sys.argv[1]) / "registry.git"
create_bare(place)
git = Git(place)
ref = "refs/heads/models/churn/main"
ann = Person("Ann", "ann@example.org")
first = write(git, NewCommit(ref, (), {"model.json": b"{}"}, ann, 1, "first"))
filler = Path(sys.argv[1]) / "filler"
try:
    filler.write_bytes(bytes(64 << 20))
except OSError:
    pass
try:
    write(git, NewCommit(ref, (first,), {"model.json": os.urandom(300_000)}, ann, 2, "second"))
except WriteFailed as error:
    print("refused:", error)
assert git.resolve(ref) == first
assert not list(place.glob("fast_import_crash_*"))
filler.unlink()
second = write(git, NewCommit(ref, (first,), {"model.json": os.urandom(300_000)}, ann, 2, "second"))
assert git.resolve(ref) == second
print("then:", second)
"""


def test_a_full_disk_is_reported_and_no_ref_moves(tmp_path):
    mine = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "-r"]
    mount = f"mount -t tmpfs -o size=4m,mode=0777 nbmodel {tmp_path}"
    python = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(
        [*mine, "sh", "-c", f'{mount} && exec "$@"', "sh", *python],
        check=False, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "refused: git fast-import could not write" in done.stdout
    assert "Nothing was committed" in done.stdout
    assert "then: " in done.stdout


def test_a_folder_that_is_not_a_repository_is_reported(tmp_path):
    git = Git(tmp_path)
    with pytest.raises(GitFailed, match="not a git repository"):
        git.run("for-each-ref")
    with pytest.raises(GitFailed, match="not a git repository"):
        git.resolve("refs/heads/main")
    git.close()


def test_a_machine_without_git_gets_advice_to_install_it(bare_repo, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for question in (
        lambda: Git(bare_repo.path).resolve("refs/heads/main"),
        lambda: Git(bare_repo.path).run("for-each-ref"),
        lambda: locate(tmp_path),
        lambda: create_bare(tmp_path / "new.git"),
        check_version,
    ):
        with pytest.raises(GitUnavailable, match="Install git"):
            question()


def test_an_error_names_the_version_of_an_old_git(monkeypatch, tmp_path):
    old = tmp_path / "git"
    old.write_text("#!/bin/sh\necho git version 2.20.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitUnavailable, match=r"git 2\.20\.1 is too old") as caught:
        check_version()
    assert ".".join(map(str, OLDEST_GIT)) in caught.value.hint


def test_this_git_is_new_enough():
    check_version()


def test_a_registry_is_made_in_a_new_folder_whatever_the_users_settings(tmp_path, monkeypatch):
    template = tmp_path / "template"
    (template / "hooks").mkdir(parents=True)
    (template / "hooks" / "pre-commit").write_text("#!/bin/sh\n")
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[init]\ntemplateDir = {template}\ndefaultBranch = odd\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    place = tmp_path / "not yet" / "there" / "registry.git"
    create_bare(place)
    assert not (place / "hooks").exists()
    assert (place / "HEAD").read_text() == "ref: refs/heads/main\n"
    git = Git(place)
    assert len(git.run("hash-object", "-w", "--stdin", data=b"x").strip()) == 40
    git.close()
    create_bare(place)  # which may be repeated


@pytest.mark.parametrize("name", ["--upload-pack=x", "-c", "ü b", "a'b\"c", "a\\b", "new\nline"])
def test_a_registry_may_have_any_name(tmp_path, name):
    create_bare(tmp_path / name / f"{name}.git")
    git = Git(tmp_path / name / f"{name}.git")
    assert git.run("for-each-ref") == b""
    git.close()


def test_a_path_in_use_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NbModelError, match="file"):
        create_bare(tmp_path / "file" / "registry.git")
    with pytest.raises(NbModelError):
        create_bare(tmp_path / "file")
    with pytest.raises(NbModelError, match="nowhere"):
        create_bare(Path("/proc/nowhere/registry.git"))
