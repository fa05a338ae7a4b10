"""Runs in an environment with s3fs: arrays from a bucket, by a checkout and by s3fs alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import s3fs

import nbmodel
from benchmarks import registries

ARRAYS, VALUES = 64, 2 << 20  # 16 MiB each
SIZE = ARRAYS * VALUES * 8
MODEL = "weights"


class Reader:
    """A clone whose arrays are in a bucket.

    Parameters
    ----------
    folder : str
    buckets : str
        The folder that the server shows as its buckets.
    variables : dict
        Address and keys of the server, as boto reads them.
    """

    def __init__(self, folder: str, buckets: str, variables: dict[str, str]) -> None:
        os.environ.update(variables)
        self.folder = Path(folder)
        random = np.random.default_rng(1)
        remote, store = self.folder / "team.git", "s3://models/team"
        subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
        with registries.fresh(self.folder / "sender") as sender:
            sender.commit({f"layer{n:02}": random.random(VALUES) for n in range(ARRAYS)}, MODEL)
            sender.add_remote("origin", str(remote), store)
            sender.push()
        clone = nbmodel.clone(remote, self.folder / "reader", store)
        self.registry = nbmodel.open(clone.path)
        bucket = Path(buckets)
        self.objects = [
            str(path.relative_to(bucket)) for path in bucket.rglob("*") if path.is_file()
        ]

    def checkout(self) -> list[float]:
        """Fetch all arrays, verify each, and load the object."""
        shutil.rmtree(self.registry.path / "lfs" / "objects", ignore_errors=True)
        begin = time.perf_counter()
        self.registry.checkout(MODEL, trust=True)
        return [time.perf_counter() - begin]

    def download(self) -> list[float]:
        """The same objects by s3fs, to files."""
        place = self.folder / "downloaded"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        s3fs.S3FileSystem.clear_instance_cache()
        begin = time.perf_counter()
        names = [str(place / Path(name).name) for name in self.objects]
        s3fs.S3FileSystem().get(self.objects, names)
        seconds = time.perf_counter() - begin
        if sum(path.stat().st_size for path in place.iterdir()) < SIZE:
            raise AssertionError("s3fs has fetched less than the arrays")
        return [seconds]
