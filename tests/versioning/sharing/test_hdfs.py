"""Arrays in HDFS: a NameNode and a DataNode of Hadoop, asked by WebHDFS."""

from __future__ import annotations

import fsspec
import pytest

from nbmodel.errors import RemoteFailed, RemoteLies, SegmentMissing
from tests.fixtures.hadoop import hdfs
from tests.versioning.sharing.conftest import model, same

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with hdfs(tmp_path_factory.mktemp("hdfs")) as address:
        yield address


@pytest.fixture
def shared(team, server, request):
    """Both use a folder of HDFS as the store, and Ann has pushed."""
    team.blobs = f"{server}/teams/{request.node.name}"
    for person in (team.ann, team.nina):
        person.remove_remote("origin")
        person.add_remote("origin", str(team.remote), team.blobs)
    team.ann.commit(model(1), "churn")
    team.sent = team.ann.push().array_bytes
    team.nina.pull()
    return team


def objects(team):
    """The file system of the store, and the paths of its files."""
    files, root = fsspec.url_to_fs(team.blobs)
    return files, sorted(files.find(root))


def test_arrays_travel_through_hdfs(shared):
    assert shared.sent == 3_200_000
    assert same(shared.nina.checkout("churn@1", trust=True), model(1))
    shared.ann.commit(model(2), "churn")
    assert shared.ann.push().array_bytes == 1_600_000
    _, paths = objects(shared)
    assert len(paths) == 3
    assert all(len(path.rsplit("/", 1)[1]) == 64 for path in paths), "no temporary file is left"


def test_an_object_that_arrived_in_part_is_sent_again(shared):
    files, paths = objects(shared)
    files.rm_file(paths[0])
    files.pipe_file(paths[0], b"a part")
    with pytest.raises(RemoteLies):
        shared.nina.checkout("churn@1", trust=True)
    assert shared.ann.push().unchanged
    repaired = shared.ann.push(repair=True)
    assert repaired.array_bytes == 1_600_000
    assert same(shared.nina.checkout("churn@1", trust=True), model(1))


def test_other_bytes_and_an_absent_object_are_named(shared):
    files, paths = objects(shared)
    data = files.cat_file(paths[0])
    files.rm_file(paths[0])
    with pytest.raises(SegmentMissing):
        shared.nina.checkout("churn@1", trust=True)
    files.pipe_file(paths[0], b"x" + data[1:])
    with pytest.raises(RemoteLies, match="other bytes"):
        shared.nina.checkout("churn@1", trust=True)


def test_a_server_that_is_not_there_is_named(team):
    team.ann.add_remote("far", str(team.remote), "webhdfs://127.0.0.1:9/models")
    team.ann.commit(model(1), "churn")
    with pytest.raises(RemoteFailed, match=r"webhdfs://127\.0\.0\.1:9/models"):
        team.ann.push(remote="far")
