"""A checkout that fetches 1 GiB from S3, which rclone serves on this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import peers
from benchmarks.measurements import Line
from benchmarks.runner import Bench

NEEDED = 3 << 30  # bytes of files that a checkout reads and writes
START_SECONDS = 30.0
LOOK_SECONDS = 0.05  # between two looks whether the server listens
KEY, SECRET = "ann", "s3cretkey"


@contextmanager
def _server(program: Path, buckets: Path) -> Iterator[dict[str, str]]:
    """A server of buckets; the variables with which boto finds it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["serve", "s3", "--addr", address, "--auth-key", f"{KEY},{SECRET}", str(buckets)]
    process = subprocess.Popen([program, *words], stderr=subprocess.DEVNULL)
    try:
        _wait(address)
        yield {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": f"http://{address}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }
    finally:
        process.terminate()
        process.wait()


def _wait(address: str) -> None:
    host, _, port = address.partition(":")
    end = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as connection:
            if connection.connect_ex((host, int(port))) == 0:
                return
        if time.monotonic() > end:
            raise TimeoutError(f"rclone does not listen on {address}")
        time.sleep(LOOK_SECONDS)


def measure(bench: Bench) -> list[Line]:
    """The line of this group."""
    folder = Path(bench.folder("buckets"))
    buckets = folder / "buckets"
    (buckets / "models").mkdir(parents=True)
    python = peers.s3()
    with (
        _server(python.with_name("rclone"), buckets) as variables,
        bench.worker(
            "benchmarks.s3_side:Reader",
            python=python,
            folder=str(folder),
            buckets=str(buckets),
            variables=variables,
        ) as side,
    ):
        seconds = bench.in_turn(
            5,
            NEEDED,
            s3fs=lambda: side.call("download"),
            ours=lambda: side.call("checkout"),
        )
    shutil.rmtree(folder)
    work = "checkout that fetches 1 GiB in 64 arrays from S3, every byte verified"
    return [Line("s3-checkout", work, "s", seconds["ours"], "s3fs get", seconds["s3fs"], 1.3)]
