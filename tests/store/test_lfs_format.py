"""LFS pointers: git-lfs reads those that nbmodel writes, and nbmodel reads valid ones only."""

import hashlib
import re
import subprocess
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmodel.errors import ManifestInvalid
from nbmodel.records import Segment
from nbmodel.store import lfs_format

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
SEGMENTS = st.builds(Segment, HEX, HEX, st.integers(0, 10**15 - 1))
OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
GOOD = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


@given(SEGMENTS)
def test_a_pointer_reads_back(segment):
    written = lfs_format.write_pointer(segment)
    assert lfs_format.is_pointer(written)
    assert lfs_format.read_pointer(written, "churn@1") == (segment.sha256, segment.size)


def test_git_lfs_writes_the_same_pointer(tmp_path):
    content = b"x" * 12345
    (tmp_path / "file").write_bytes(content)
    theirs = subprocess.run(
        ["git", "lfs", "pointer", "--file=file"], cwd=tmp_path, check=True, capture_output=True
    ).stdout
    oid = hashlib.sha256(content).hexdigest()
    assert lfs_format.write_pointer(Segment(oid, "0" * 64, len(content))) == theirs


def test_the_example_of_the_specification():
    assert lfs_format.read_pointer(GOOD, "churn@1") == (OID, 12345)


def test_extensions_of_the_specification_are_ignored():
    extended = GOOD.replace(b"oid", f"ext-0-foo sha256:{OID}\noid".encode(), 1)
    assert lfs_format.read_pointer(extended, "churn@1") == (OID, 12345)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", GOOD[:-1], GOOD + b"\n", GOOD * 2, GOOD.replace(b"\n", b"\r\n"), b"\n" + GOOD,
        GOOD.replace(b"sha256:4", b"sha256:../../"), GOOD.replace(b"4d7a", b"4D7A"),
        GOOD.replace(b"4d7a", b""), GOOD.replace(b"sha256", b"sha1"),
        GOOD.replace(b"12345", b"-1"), GOOD.replace(b"12345", b"012"), GOOD.replace(b"12345", b""),
        GOOD.replace(b"12345", b"1e3"), GOOD.replace(b"12345", b"9" * 16),
        GOOD.replace(b"12345", "١٢".encode()), GOOD.replace(b"size", b"zize"),
        GOOD.replace(b"v1", b"v2"), GOOD + b"zzz " + b"x" * 1024 + b"\n",
        b"\n".join([*GOOD.split(b"\n")[:1], *reversed(GOOD.split(b"\n")[1:3])]) + b"\n",
        GOOD + b"size 12345\n", GOOD.replace(b"size", b"oid sha256:" + b"0" * 64 + b"\nsize"),
        GOOD + b"zzz \xff", b"\x80\x04N.",
    ],
)  # fmt: skip
def test_malformed_pointers_are_refused(data):
    with pytest.raises(ManifestInvalid, match="git-lfs pointer"):
        lfs_format.read_pointer(data, "churn@1")


@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda tail: GOOD + tail))
def test_any_bytes_read_or_are_refused(data):
    with suppress(ManifestInvalid):
        oid, size = lfs_format.read_pointer(data, "churn@1")
        assert re.fullmatch("[0-9a-f]{64}", oid)
        assert f"oid sha256:{oid}\n".encode() in data
        assert f"size {size}\n".encode() in data
        assert lfs_format.is_pointer(data)


def test_content_is_distinguished_from_a_pointer():
    assert not lfs_format.is_pointer(b"\x80\x05]\x94.")
    assert not lfs_format.is_pointer(GOOD + b"x" * 1024)
    assert not lfs_format.is_pointer(GOOD[5:])
