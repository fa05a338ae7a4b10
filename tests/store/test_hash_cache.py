"""The cache of digests: processes share it, and damage to its file only costs time."""

import os
import random
from concurrent.futures import ProcessPoolExecutor

import pytest

from nbmodel.records import Segment
from nbmodel.store.hash_cache import HashCache


def segment(number):
    return Segment(f"{number:064x}", f"{number + 1:064x}", number)


def test_an_added_digest_is_found_by_every_cache(tmp_path):
    here, there = (HashCache(tmp_path / "deep" / "segments") for _ in range(2))
    there.refresh()
    here.add([segment(7), segment(8)])
    assert here.find(segment(7).blake3, 7) == segment(7)
    assert there.find(segment(7).blake3, 7) is None
    there.refresh()
    assert there.find(segment(7).blake3, 7) == segment(7)
    assert there.may_hold(8)
    assert not there.may_hold(9)


def test_a_digest_with_another_size_is_not_found(tmp_path):
    known = HashCache(tmp_path / "segments")
    known.add([segment(7)])
    assert known.find(segment(7).blake3, 8) is None


def test_the_cache_file_is_private(tmp_path):
    known = HashCache(tmp_path / "cache" / "segments")
    known.add([segment(1)])
    assert (tmp_path / "cache" / "segments").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_known_digest_is_not_written_again(tmp_path):
    known = HashCache(tmp_path / "segments")
    for _ in range(3):
        known.add([segment(1)])
    assert (tmp_path / "segments").read_text().count("\n") == 1


def test_invalid_lines_are_ignored(tmp_path):
    path = tmp_path / "segments"
    rng = random.Random(3)
    good = HashCache(path)
    good.add([segment(1), segment(2)])
    whole = path.read_bytes()
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(data))
            data[at:at] = rng.choice([b"\n", b" ", b"\0", b"\xff", rng.randbytes(9), b"9" * 20])
        path.write_bytes(bytes(data) + rng.randbytes(rng.randrange(300)))
        known = HashCache(path)
        known.refresh()
        for number in (1, 2):
            assert known.find(segment(number).blake3, number) in (None, segment(number))


def test_a_line_cut_by_a_full_disk_affects_only_itself_and_the_next(tmp_path):
    path = tmp_path / "segments"
    known = HashCache(path)
    known.add([segment(1), segment(2)])
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        HashCache(path).add([segment(3)])
        HashCache(path).add([segment(4)])
        fresh = HashCache(path)
        fresh.refresh()
        assert fresh.find(segment(4).blake3, 4) == segment(4)
        for number in (1, 2, 3):
            assert fresh.find(segment(number).blake3, number) in (None, segment(number))


def test_a_half_written_line_is_read_when_it_is_complete(tmp_path):
    path = tmp_path / "segments"
    HashCache(path).add([segment(1)])
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    known = HashCache(path)
    known.refresh()
    assert known.find(segment(1).blake3, 1) is None
    path.write_bytes(whole)
    known.refresh()
    assert known.find(segment(1).blake3, 1) == segment(1)


def test_a_recreated_cache_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "segments"
    known = HashCache(path)
    known.add([segment(n) for n in range(1, 9)])
    known.refresh()
    path.unlink()
    HashCache(path).add([segment(20)])
    known.refresh()
    assert known.find(segment(20).blake3, 20) == segment(20)


@pytest.mark.parametrize("place", ["folder", "file in the way", "dangling"])
def test_a_cache_that_cannot_be_written_is_not_an_error(tmp_path, place):
    path = tmp_path / "cache" / "segments"
    match place:
        case "folder":
            path.mkdir(parents=True)
        case "file in the way":
            (tmp_path / "cache").write_text("")
        case "dangling":
            path.parent.mkdir()
            path.symlink_to(tmp_path / "nowhere" / "segments")
    known = HashCache(path)
    known.refresh()
    known.add([segment(1)])
    assert known.find(segment(1).blake3, 1) == segment(1)


def _add_many(path, first):
    known = HashCache(path)
    for number in range(first, first + 200):
        known.add([segment(number)])
    return os.getpid()


def test_the_lines_of_concurrent_processes_stay_whole(tmp_path):
    path = tmp_path / "segments"
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_add_many, [path] * 4, range(0, 4000, 1000)))
    known = HashCache(path)
    known.refresh()
    for first in range(0, 4000, 1000):
        for number in range(first, first + 200):
            assert known.find(segment(number).blake3, number) == segment(number)
