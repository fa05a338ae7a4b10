"""Durable writes: what is there on return, and what is said when the system refuses."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from nbmodel.errors import WriteFailed
from nbmodel.store.durable import append_line, explained, make_folders, sync_folder, write_all


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
def test_a_refusal_is_explained(number, advice):
    with pytest.raises(WriteFailed) as caught, explained("the segments"):
        raise OSError(number, os.strerror(number))
    assert os.strerror(number) in caught.value.what
    assert "the segments" in caught.value.what
    assert advice in caught.value.do
    assert "Nothing was committed" in caught.value.do


def test_other_errors_pass():
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


def test_many_make_the_same_folders(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        deep = tmp_path.joinpath(*"abcdefgh")
        list(pool.map(lambda _: make_folders(deep, tmp_path), range(64)))
    assert deep.is_dir()


def test_a_folder_that_is_gone_cannot_be_synced(tmp_path):
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")


def test_every_byte_is_written_though_a_pipe_takes_few_at_a_time():
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
