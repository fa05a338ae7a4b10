"""Durable writes: what is on disk on return, and the error if the system refuses."""

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from nbmodel.errors import WriteFailed
from nbmodel.store import durable
from nbmodel.store.durable import (
    append_line,
    explained,
    make_folders,
    sync_folder,
    sync_names,
    write_all,
)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EACCES, "Make the folder writable"),
        (errno.EROFS, "Make the folder writable"),
        (errno.EIO, "Check the disk"),
    ],
)
def test_a_refused_write_is_reported_with_advice(number, advice):
    with pytest.raises(WriteFailed) as caught, explained("the segments"):
        raise OSError(number, os.strerror(number))
    assert os.strerror(number) in caught.value.what
    assert "the segments" in caught.value.what
    assert advice in caught.value.hint
    assert "Nothing was committed" in caught.value.hint


def test_other_errors_are_not_changed():
    with pytest.raises(ZeroDivisionError), explained("the segments"):
        raise ZeroDivisionError


def test_folders_are_made_below_the_root(tmp_path):
    make_folders(tmp_path / "a" / "b" / "c", tmp_path)
    make_folders(tmp_path / "a" / "b" / "c", tmp_path)
    make_folders(tmp_path, tmp_path)
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_root_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        make_folders(tmp_path / "gone" / "a", tmp_path / "gone")


def test_a_file_in_the_way_is_an_error(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OSError, match="a"):
        make_folders(tmp_path / "a" / "b", tmp_path)


def test_concurrent_threads_make_the_same_folders(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        deep = tmp_path.joinpath(*"abcdefgh")
        list(pool.map(lambda _: make_folders(deep, tmp_path), range(64)))
    assert deep.is_dir()


def test_a_folder_that_is_gone_cannot_be_synced(tmp_path):
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")


@pytest.fixture
def synced(monkeypatch):
    """Folders that were really synced, in order."""
    names = []
    real = durable.sync_folder
    monkeypatch.setattr(durable, "sync_folder", lambda path: (names.append(path), real(path)))
    monkeypatch.setattr(durable, "_synced", {})
    return names


def age(*folders, seconds=10):
    """As if the folders were filled a while ago; their other time only the kernel sets."""
    for folder in folders:
        os.utime(folder, (time.time() - seconds,) * 2)


def test_names_are_synced_from_the_root_down(tmp_path, synced):
    root = tmp_path / "store"
    deep = root / "aa" / "bb"
    deep.mkdir(parents=True)
    sync_names([deep / "file", root / "aa" / "other"], root)
    assert synced == [root, root / "aa", deep]


def test_a_folder_that_changed_just_now_is_synced_again(tmp_path, synced):
    sync_names([tmp_path / "file"], tmp_path)
    sync_names([tmp_path / "file"], tmp_path)
    assert synced == [tmp_path, tmp_path]


def test_a_folder_that_did_not_change_is_synced_once(tmp_path, synced, monkeypatch):
    monkeypatch.setattr(durable, "SETTLED_NS", -1)
    for _ in range(3):
        sync_names([tmp_path / "file"], tmp_path)
    assert synced == [tmp_path]


@pytest.mark.parametrize("change", ["add", "rename", "remove", "replace the folder"])
def test_every_change_of_a_folder_is_noticed(tmp_path, synced, monkeypatch, change):
    monkeypatch.setattr(durable, "SETTLED_NS", -1)
    folder = tmp_path / "aa"
    folder.mkdir()
    (folder / "old").touch()
    age(folder)
    sync_names([folder / "old"], folder)
    if change == "add":
        (folder / "new").touch()
    elif change == "rename":
        (folder / "old").rename(folder / "older")
    elif change == "remove":
        (folder / "old").unlink()
    else:
        folder.rename(tmp_path / "aside")
        folder.mkdir()
        age(folder)
    sync_names([folder / "old"], folder)
    assert synced == [folder, folder]


def test_a_failed_sync_is_not_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(durable, "SETTLED_NS", -1)
    monkeypatch.setattr(durable, "_synced", {})

    def broken(_path):
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(durable, "sync_folder", broken)
    with pytest.raises(OSError, match="the disk"):
        sync_names([tmp_path / "file"], tmp_path)
    assert not durable._synced


def test_every_byte_is_written_although_a_pipe_accepts_few_at_a_time():
    receiving, sending = os.pipe()
    data = os.urandom(1 << 20)
    with ThreadPoolExecutor(1) as pool, os.fdopen(receiving, "rb") as pipe:
        received = pool.submit(pipe.read)
        write_all(sending, data)
        os.close(sending)
        assert received.result() == data


def test_lines_of_many_threads_stay_whole(tmp_path):
    path = tmp_path / "lines"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append_line(path, f"{n:064}"), range(200)))
    assert sorted(path.read_text().split()) == [f"{n:064}" for n in range(200)]
    assert path.stat().st_mode & 0o777 == 0o600
