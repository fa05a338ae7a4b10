"""Runs in an environment with s3fs: a team whose arrays are in a bucket. Prints what it saw."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import numpy as np

import nbmodel
from nbmodel.errors import NbModelError
from tests.fixtures.projects import git, make_project


def model(seed):
    return {"own": np.random.default_rng(seed).random(200_000), "shared": np.arange(200_000)}


def refused(action):
    """The class of an error, its text, and its traceback."""
    try:
        action()
    except NbModelError as error:
        return [type(error).__name__, str(error), traceback.format_exc()]
    return ["", "", ""]


def main() -> None:
    """Push, clone, checkout; a wrong key; a bucket that is not there; other bytes."""
    folder = Path(sys.argv[1])
    seen: dict[str, object] = {}
    _bucket().mkdir("models")
    _forget()
    git(folder, "init", "--quiet", "--bare", "m.git")
    key = os.environ["AWS_SECRET_ACCESS_KEY"]
    with nbmodel.open(make_project(folder / "ann", {}, author="Ann")) as ann:
        ann.add_remote("origin", str(folder / "m.git"), "s3://models/team")
        ann.commit(model(1), "churn")
        os.environ["AWS_SECRET_ACCESS_KEY"] = "wr0ngs3cret"
        seen["wrong key"] = refused(ann.push)
        os.environ["AWS_SECRET_ACCESS_KEY"] = key
        _forget()
        seen["refs"] = git(folder / "m.git", "for-each-ref")
        seen["pushed"] = ann.push().array_bytes
        ann.commit(model(2), "churn")
        seen["second"] = ann.push().array_bytes
        git(folder, "init", "--quiet", "--bare", "empty.git")
        ann.add_remote("none", str(folder / "empty.git"), "s3://nowhere/team")
        seen["no bucket"] = refused(lambda: ann.push(remote="none"))
    objects = _bucket().find("models")
    seen["objects"] = sorted(Path(name).name for name in objects)
    clone = nbmodel.clone(folder / "m.git", folder / "nina", "s3://models/team")
    with nbmodel.open(clone.path) as nina:
        got = nina.checkout("churn@1", trust=True)
        seen["same"] = all(np.array_equal(got[name], model(1)[name]) for name in got)
        victim = next(name for name in objects if not _has(nina, Path(name)))
        data = _bucket().cat_file(victim)
        _bucket().pipe_file(victim, b"x" + data[1:])
        _forget()
        seen["other bytes"] = refused(lambda: nina.checkout("churn@2", trust=True))
        _forget()
        _bucket().rm_file(victim)
        seen["absent"] = refused(lambda: nina.checkout("churn@2", trust=True))
    print(json.dumps(seen))


def _has(registry, path):
    return (registry.path / "lfs/objects" / path.relative_to(path.parents[2])).exists()


def _bucket():
    """The buckets, as the server shows them."""
    import s3fs

    return s3fs.S3FileSystem()


def _forget() -> None:
    """Let s3fs read the environment and the bucket anew, as another process would."""
    import fsspec
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    fsspec.config.conf.clear()


main()
