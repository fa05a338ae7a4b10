"""Arrays in S3: rclone or Swift serves a bucket, and s3fs of its own environment speaks to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from benchmarks import peers
from tests.fixtures import swift as swift_servers
from tests.fixtures.processes import free_port, listens, server_process

HERE = Path(__file__).resolve()
pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@contextmanager
def rclone(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Address, key and secret of a server that keeps buckets in a folder."""
    port, buckets = free_port(), folder / "buckets"
    buckets.mkdir()
    words = ["serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", "ann,s3cretkey"]
    command = [str(peers.s3().with_name("rclone")), *words, str(buckets)]
    with server_process(command, folder, partial(listens, port)):
        yield f"http://127.0.0.1:{port}", "ann", "s3cretkey"


@contextmanager
def swift(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The same of OpenStack Swift."""
    with swift_servers.swift(peers.swift().parent, folder / "swift") as address:
        yield address, swift_servers.KEY, swift_servers.SECRET


@pytest.fixture(scope="module", params=[rclone, swift], ids=["rclone", "swift"])
def seen(request, tmp_path_factory):
    """What a team saw that shares a bucket."""
    folder = tmp_path_factory.mktemp("s3")
    with request.param(folder) as (address, key, secret):
        environment = {
            **os.environ, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
            "PYTHONPATH": str(HERE.parents[3]),
        }  # fmt: skip
        done = subprocess.run(
            [peers.s3(), HERE.with_name("s3_team.py"), folder],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "wr0ngs3cret" not in done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_arrays_travel_through_a_bucket(seen):
    assert seen["pushed"] == 3_200_000
    assert seen["second"] == 1_600_000
    assert len(seen["objects"]) == 3
    assert all(len(name) == 64 for name in seen["objects"])
    assert seen["same"]


def test_a_wrong_key_and_a_bucket_that_is_not_there_are_refused(seen):
    for name in ("wrong key", "no bucket"):
        kind, text, _ = seen[name]
        assert kind == "RemoteFailed"
        assert "s3://" in text
        assert "Check the address, the network and the credentials" in text
    assert seen["refs"] == ""


def test_a_bucket_that_lies_or_lacks_an_object_is_named(seen):
    assert seen["other bytes"][0] == "RemoteLies"
    assert seen["absent"][0] == "SegmentLost"
