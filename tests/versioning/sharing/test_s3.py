"""Arrays in S3: rclone serves a bucket, and s3fs of its own environment speaks to it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from benchmarks import peers
from tests.fixtures.processes import free_port, server_process

HERE = Path(__file__).resolve()
KEY, SECRET = "ann", "s3cretkey"
pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a team saw that shares a bucket."""
    import socket

    folder = tmp_path_factory.mktemp("s3")
    python = peers.s3()
    (folder / "buckets" / "models").mkdir(parents=True)
    port = free_port()

    def answers():
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == 0

    words = ["serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    command = [str(python.parent / "rclone"), *words, str(folder / "buckets")]
    environment = {
        **os.environ, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "PYTHONPATH": str(HERE.parents[3]),
    }  # fmt: skip
    script = str(HERE.with_name("s3_team.py"))
    with server_process(command, folder, answers):
        done = subprocess.run(
            [python, script, str(folder), str(folder / "buckets" / "models")],
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
