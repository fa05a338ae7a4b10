"""The record of the user's commits: it decides what may run, so in doubt it says no."""

import hashlib
import os
import re
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmodel.errors import NbModelError, WriteFailed
from nbmodel.versioning.trusted_commits import TrustedCommits


def manifest(number: int) -> bytes:
    return f'{{"number": {number}}}\n'.encode()


def file_of(folder: Path, data: bytes) -> Path:
    return folder / "own" / hashlib.sha256(data).hexdigest()[:2]


def test_an_added_commit_is_trusted_in_this_and_in_another_process(tmp_path):
    record = TrustedCommits(tmp_path)
    assert not record.has(manifest(1))
    record.add(manifest(1))
    assert record.has(manifest(1))
    assert TrustedCommits(tmp_path).has(manifest(1))
    assert not record.has(manifest(2))
    assert not TrustedCommits(tmp_path / "of another user").has(manifest(1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.sets(st.binary(max_size=30), max_size=8), st.binary(max_size=30))
def test_only_added_commits_are_trusted(tmp_path, added, other):
    folder = tmp_path / hashlib.sha256(repr(sorted(added)).encode()).hexdigest()
    record = TrustedCommits(folder)
    for data in added:
        record.add(data)
    assert all(record.has(data) for data in added)
    assert record.has(other) == (other in added)


def test_a_commit_with_one_changed_bit_is_not_trusted(tmp_path):
    record = TrustedCommits(tmp_path)
    data = manifest(1)
    record.add(data)
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert not record.has(bytes(changed))
    assert not record.has(data[:-1])
    assert not record.has(data + b"\n")


def test_only_this_user_can_read_the_record(tmp_path):
    TrustedCommits(tmp_path / "data" / "nbmodel").add(manifest(1))
    assert (tmp_path / "data" / "nbmodel" / "own").stat().st_mode & 0o777 == 0o700
    assert file_of(tmp_path / "data" / "nbmodel", manifest(1)).stat().st_mode & 0o777 == 0o600


def _add_many(folder, first):
    record = TrustedCommits(Path(folder))
    for number in range(first, first + 60):
        record.add(manifest(number))


def test_processes_can_add_at_the_same_time(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_add_many, [str(tmp_path)] * 4, range(0, 400, 100)))
    record = TrustedCommits(tmp_path)
    for first in range(0, 400, 100):
        assert all(record.has(manifest(number)) for number in range(first, first + 60))


@pytest.mark.parametrize("cut", [1, 2, 32, 64])
def test_a_line_cut_by_a_power_failure_affects_no_other_line(tmp_path, cut):
    record = TrustedCommits(tmp_path)
    record.add(manifest(1))
    path = file_of(tmp_path, manifest(1))
    torn = path.read_bytes()[:-cut]
    path.write_bytes(torn)
    assert record.has(manifest(1)) == (cut == 1)  # without its line end it is whole
    same_file = next(
        manifest(n) for n in range(2, 10_000) if file_of(tmp_path, manifest(n)) == path
    )
    record.add(same_file)
    assert record.has(same_file)
    assert path.read_bytes().startswith(torn)


@pytest.mark.parametrize("junk", [b"\xff\xfe\0" * 99, b"\n" * 99, b"0" * 5000, b"", "é\n".encode()])
def test_junk_in_the_record_is_not_trusted(tmp_path, junk):
    record = TrustedCommits(tmp_path)
    record.add(manifest(1))
    path = file_of(tmp_path, manifest(1))
    path.write_bytes(junk)
    assert not record.has(manifest(1))
    record.add(manifest(1))
    assert record.has(manifest(1))


def test_a_commit_that_cannot_be_recorded_is_trusted_until_the_process_ends(tmp_path):
    (tmp_path / "file").write_text("")
    record = TrustedCommits(tmp_path / "file")
    with pytest.raises(WriteFailed, match="the record of your commits"):
        record.add(manifest(1))
    (tmp_path / "own").write_text("")
    with pytest.raises(WriteFailed, match="File exists"):
        TrustedCommits(tmp_path).add(manifest(1))
    assert record.has(manifest(1))  # until this process ends
    assert not TrustedCommits(tmp_path / "file").has(manifest(1))


@pytest.mark.parametrize("planted", ["folder", "loop"])
def test_an_unreadable_record_is_reported(tmp_path, planted):
    record = TrustedCommits(tmp_path)
    record.add(manifest(1))
    path = file_of(tmp_path, manifest(1))
    path.unlink()
    if planted == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    with pytest.raises(NbModelError, match=re.escape(str(path))):
        record.has(manifest(1))


ONE_ADD = """
    import sys
    from pathlib import Path
    from nbmodel.versioning.trusted_commits import TrustedCommits
    TrustedCommits(Path(sys.argv[1]) / "data" / "nbmodel").add(b"manifest")
    print("returned", flush=True)
"""


def test_the_line_and_every_new_folder_are_synced_to_disk(tmp_path):
    log = tmp_path / "strace"
    subprocess.run(
        ["strace", "-f", "-y", "-s", "4096", "-e", "trace=mkdir,openat,write,fsync", "-o", str(log),
         sys.executable, "-c", textwrap.dedent(ONE_ADD), str(tmp_path)],
        check=True, capture_output=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    lines = log.read_text(errors="replace").splitlines()
    returned = next(n for n, line in enumerate(lines) if "returned" in line and "write(1<" in line)
    synced = {
        match[1]: number
        for number, line in enumerate(lines[:returned])
        if (match := re.search(r"fsync\(\d+<([^>]*)>\)\s+= 0", line))
    }
    path = file_of(tmp_path / "data" / "nbmodel", b"manifest")
    written = next(n for n, line in enumerate(lines) if "write(" in line and f"<{path}>" in line)
    assert written < synced[str(path)]
    made = path
    while made != tmp_path:  # the folder of each new name was synced to disk
        assert str(made.parent) in synced, f"{made} could be lost in a power cut"
        made = made.parent


def test_only_a_whole_line_of_the_record_counts(tmp_path):
    record = TrustedCommits(tmp_path)
    record.add(manifest(1))
    path = file_of(tmp_path, manifest(1))
    digest = hashlib.sha256(manifest(1)).hexdigest()
    for broken in (f"{digest[:32]}\n{digest[32:]}\n", f"{digest[:-1]}\n", f" {digest[1:]}\n"):
        path.write_text(broken)
        assert not record.has(manifest(1))
    path.write_text("".join(f"{os.urandom(32).hex()}\n" for _ in range(20_000)) + f"{digest}\n")
    assert record.has(manifest(1))
