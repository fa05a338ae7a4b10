"""Export: the files of a version in a folder, with the content of its segments."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from nbmodel.errors import AlreadyExists, NotFound, SegmentMissing
from nbmodel.versioning.verbs.export import load_folder
from tests.fixtures.projects import git

WEIGHTS = np.arange(1 << 17, dtype=float)


@pytest.fixture
def large(registry):
    registry.commit({"w": WEIGHTS, "n": 1}, "net")
    return registry


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_export_has_every_file_of_the_commit(large, tmp_path):
    result = large.export("net", tmp_path / "out")
    committed = git(large.path, "ls-tree", "-r", "--name-only", "models/net/main").split()
    assert names(tmp_path / "out") == sorted(committed)
    for name in set(committed) - {"payload/0000"}:
        content = large.context.git.read(f"models/net/main:{name}").data
        assert (tmp_path / "out" / name).read_bytes() == content
    assert result.ref == "net@1"
    assert result.path == tmp_path / "out"


def test_a_segment_is_written_in_full(large, tmp_path):
    result = large.export("net", tmp_path / "out")
    assert (tmp_path / "out/payload/0000").read_bytes() == WEIGHTS.tobytes()
    files = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert result.written == files
    assert result.text() == f"net@1  1.05 MB  {tmp_path / 'out'}"


def test_the_folder_loads(large, tmp_path):
    large.export("net", tmp_path / "out")
    loaded = load_folder(tmp_path / "out")
    assert (loaded["n"], loaded["w"].tobytes()) == (1, WEIGHTS.tobytes())


def test_an_empty_folder_is_used_and_a_missing_one_is_made(large, tmp_path):
    (tmp_path / "empty").mkdir()
    large.export("net", tmp_path / "empty")
    large.export("net", tmp_path / "a/b/c")
    assert names(tmp_path / "empty") == names(tmp_path / "a/b/c")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_nothing_is_overwritten(large, tmp_path, kind):
    taken = tmp_path / "taken"
    if kind == "folder":
        taken.mkdir()
        (taken / "notes.txt").write_text("mine")
    else:
        taken.write_text("mine")
    with pytest.raises(AlreadyExists, match="taken exists") as caught:
        large.export("net", taken)
    assert caught.value.hint == "Choose a new folder."
    assert names(taken) == (["notes.txt"] if kind == "folder" else [])


def test_a_missing_segment_leaves_no_folder(large, tmp_path):
    shutil.rmtree(large.path / "lfs/objects")
    with pytest.raises(SegmentMissing, match="git lfs fetch"):
        large.export("net", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_version(tmp_path):
    with pytest.raises(NotFound, match=r" holds no version: it has no model\.json\.$"):
        load_folder(tmp_path)
