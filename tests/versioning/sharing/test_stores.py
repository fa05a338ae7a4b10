"""The arrays of a remote: where they are, and stores that lie, lack or refuse."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import fsspec
import numpy as np
import pytest

from nbmodel.errors import (
    InvalidValue,
    RemoteFailed,
    RemoteLies,
    SegmentDamaged,
    SegmentLost,
    SegmentMissing,
)
from nbmodel.store.remote import FolderStore, Item, UrlStore
from tests.versioning.sharing.conftest import model, same


@pytest.fixture
def pushed(team):
    team.ann.commit(model(1), "churn")
    team.ann.push()
    team.nina.pull()
    return team


def victim(objects):
    """One of the arrays, and its path."""
    return next(iter(sorted(objects.items())))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: bytes([data[0] ^ 1]) + data[1:], "other bytes"),
        (lambda data: data[:-1], "of 1,600,000 bytes"),
        (lambda data: data + b"x", "more than 1,600,000 bytes"),
        (lambda _: b"", "0 of 1,600,000 bytes"),
    ],
)
def test_a_store_that_lies_is_named_and_nothing_of_it_is_kept(pushed, change, why):
    sha256, path = victim(pushed.objects())
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(change(data))
    with pytest.raises(RemoteLies, match=f"{why}.* {sha256[:12]}"):
        pushed.nina.checkout("churn@1")
    assert sha256 not in pushed.objects(pushed.nina.path / "lfs")
    path.write_bytes(data)
    assert same(pushed.nina.checkout("churn@1"), model(1))


def test_an_array_that_the_store_lacks_is_named(pushed):
    sha256, path = victim(pushed.objects())
    path.unlink()
    with pytest.raises(SegmentLost, match=sha256[:12]) as caught:
        pushed.nina.checkout("churn@1")
    assert "neither in this clone nor at" in caught.value.what
    assert "%model_push --repair" in caught.value.hint


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"a part")])
def test_a_store_that_lost_an_array_gets_it_again(pushed, damage):
    _, path = victim(pushed.objects())
    path.chmod(0o644)
    damage(path)
    assert pushed.ann.push().unchanged
    repaired = pushed.ann.push(repair=True)
    assert repaired.array_bytes == 1_600_000
    assert "1.6 MB of arrays" in repaired.text()
    assert same(pushed.nina.checkout("churn@1"), model(1))
    assert pushed.ann.push(repair=True).unchanged


def test_another_store_gets_everything_at_the_first_push(pushed, tmp_path):
    pushed.ann.add_remote("origin", str(pushed.remote), str(tmp_path / "store"))
    result = pushed.ann.push("churn")
    assert result.array_bytes == 3_200_000
    assert not result.unchanged
    assert len(pushed.objects(tmp_path / "store")) == 2
    assert pushed.ann.push().unchanged
    next(iter(pushed.objects(tmp_path / "store").values())).unlink()
    assert pushed.ann.push().unchanged, "it is looked at once; --repair looks again"


def test_arrays_that_neither_the_store_nor_the_clone_has_are_named(pushed, tmp_path):
    pushed.nina.add_remote("origin", str(pushed.remote), str(tmp_path / "store"))
    result = pushed.nina.push()
    assert "lacks 2 segments of earlier versions" in result.text()


def test_a_link_in_a_store_is_not_followed(pushed, tmp_path):
    _, path = victim(pushed.objects())
    secret = tmp_path / "secret"
    path.rename(secret)
    path.symlink_to(secret)
    with pytest.raises(RemoteFailed, match="symbolic link"):
        pushed.nina.checkout("churn@1")


def test_damaged_arrays_are_not_sent(team):
    team.ann.commit(model(1), "churn")
    _, path = victim(team.objects(team.ann.path / "lfs" / "objects"))
    path.chmod(0o644)
    path.write_bytes(b"x" * 1_600_000)
    with pytest.raises(SegmentDamaged):
        team.ann.push()
    assert victim(team.objects())[1] != path


@pytest.mark.parametrize("scheme", ["", "file://", "memory://"])
def test_arrays_are_where_the_remote_says(team, tmp_path, scheme):
    place = tmp_path / "arrays"
    blobs = f"{scheme}{place}" if scheme != "memory://" else "memory://arrays"
    for person in (team.ann, team.nina):
        person.add_remote("origin", str(team.remote), blobs)
    team.ann.commit(model(1), "churn")
    team.ann.push()
    assert team.objects() == {}
    if scheme != "memory://":
        assert len(team.objects(place)) == 2
    team.nina.pull()
    assert same(team.nina.checkout("churn@1"), model(1))


def test_the_store_is_a_setting_of_the_clone_and_never_of_a_file(team):
    project = team.ann.context.location.work_tree
    (project / ".lfsconfig").write_text("[lfs]\n\turl = http://a.example/lfs\n")
    (project / ".gitmodules").write_text('[remote "origin"]\n\tnbmodelBlobs = s3://a\n')
    team.ann.commit(model(1), "churn")
    team.ann.push()
    assert len(team.objects()) == 2


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
@pytest.mark.parametrize("kind", ["folder", "url"])
def test_every_store_keeps_the_contract(team, tmp_path, kind, size):
    content = np.random.default_rng(size).bytes(size)
    item = Item(hashlib.sha256(content).hexdigest(), size)
    here, there = team.ann.context.store, team.nina.context.store
    here.add(item.sha256, size, [content], "a test")
    store = {
        "folder": lambda: FolderStore(tmp_path / "arrays"),
        "url": lambda: UrlStore(f"memory://{size}{tmp_path.name}"),
    }[kind]()
    assert store.lacks([item, item]) == [item]
    with pytest.raises(SegmentMissing):
        store.download([item], there)
    for _ in range(2):
        store.upload([item], here)
    assert store.lacks([item]) == []
    done = []
    store.download([item], there, done.append)
    assert sum(done) == size
    assert there.path(item.sha256).read_bytes() == content


class _Endless(io.RawIOBase):
    """A file that has no end; `count` says how much of it was read."""

    count = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        _Endless.count += len(buffer)
        return len(buffer)


class _Lying(fsspec.AbstractFileSystem):
    """A store whose files have no end, and say that they have 10 bytes."""

    protocol = "lying"
    stated = 10

    def info(self, path, **_):
        return {"name": path, "size": self.stated, "type": "file"}

    def _open(self, path, mode="rb", **_):
        return _Endless()


class _Honest(_Lying):
    """The same, but the size is stated; the library does not tell how much it has read."""

    protocol = "honest"
    stated = 11

    def get_file(self, rpath, lpath, **_):
        raise AssertionError("it would not end")


@pytest.mark.parametrize("files", [_Lying, _Honest])
def test_an_object_without_an_end_is_not_read_to_its_end(team, files):
    fsspec.register_implementation(files.protocol, files, clobber=True)
    item = Item(hashlib.sha256(b"ten bytes.").hexdigest(), 10)
    _Endless.count = 0
    with pytest.raises(RemoteLies, match="more than 10 bytes"):
        UrlStore(f"{files.protocol}://bucket").get(item, team.nina.context.store)
    assert _Endless.count <= files.blocksize
    assert not team.objects(team.nina.path / "lfs")


def test_an_unknown_protocol_of_a_store_is_refused(team):
    team.ann.add_remote("origin", str(team.remote), "nope://bucket")
    team.ann.commit(model(1), "churn")
    with pytest.raises(InvalidValue, match="not an address of a store"):
        team.ann.push()
