"""Checkout: the same bits, or an error with advice."""

from __future__ import annotations

import pickle
import shutil
import subprocess

import numpy as np
import pytest
import sklearn

import nbmodel
from nbmodel.errors import (
    ManifestTooNew,
    SegmentDamaged,
    SegmentMissing,
    Untrusted,
)
from nbmodel.manifest import FORMAT
from nbmodel.repo.commits import NewCommit, write
from tests.fixtures.projects import git


class Runs:
    """Runs code when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.fixture
def elsewhere(registry, monkeypatch, tmp_path):
    """The registry as a user who did not make it sees it: without the record of own commits."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another person"))
    with nbmodel.open(registry.path) as other:
        yield other


def test_a_loaded_model_predicts_the_same(registry, pipeline, data):
    registry.commit(pipeline, "churn")
    again = registry.checkout("churn")
    assert (again.predict_proba(data[0]) == pipeline.predict_proba(data[0])).all()


def test_loaded_arrays_are_writable_and_the_store_does_not_change(registry):
    registry.commit({"w": np.arange(1 << 18, dtype=float)}, "net")
    one, two = registry.checkout("net@1"), registry.checkout("net@1")
    one["w"][:] = 0
    assert two["w"][7] == 7
    assert registry.checkout("net@1")["w"][7] == 7
    assert registry.verify()


def test_a_missing_segment_says_how_to_fetch_it(registry):
    registry.commit({"w": np.ones(1 << 18)}, "net")
    shutil.rmtree(registry.path / "lfs/objects")
    with pytest.raises(SegmentMissing, match="git lfs fetch"):
        registry.checkout("net@1")


def test_a_damaged_segment_names_who_shares_it(registry):
    weights = {"w": np.ones(1 << 18), "b": 0}
    registry.commit(weights, "net")
    registry.commit({**weights, "b": 1}, "net")
    (segment,) = (p for p in registry.path.glob("lfs/objects/*/*/*") if p.is_file())
    damaged = bytearray(segment.read_bytes())
    damaged[12345] ^= 1
    segment.chmod(0o644)
    segment.write_bytes(damaged)
    with pytest.raises(SegmentDamaged, match="net@2"):
        registry.checkout("net@1")
    assert [finding.where for finding in registry.verify().findings] == ["net@2, net@1"]


def test_a_newer_manifest_is_refused_with_advice_to_upgrade(registry, project, pipeline):
    version = registry.commit(pipeline, "churn").version
    text = git(project, "show", "models/churn/main:model.json")
    newer = text.replace(f'"format": {FORMAT}', f'"format": {FORMAT + 1}')
    files = {"model.json": newer.encode()}
    change = NewCommit(
        "refs/heads/models/churn/main", [version.commit], files, version.author, version.time, "x"
    )
    write(registry.context.git, change)
    with pytest.raises(ManifestTooNew, match="pip install -U nbmodel"):
        registry.checkout("churn@latest")
    assert f"format {FORMAT + 1}" in registry.verify().text()


def test_another_persons_model_without_code_loads(registry, elsewhere, pipeline, data):
    registry.commit(pipeline, "churn")
    again = elsewhere.checkout("churn")
    assert (again.predict_proba(data[0]) == pipeline.predict_proba(data[0])).all()


def test_another_persons_code_does_not_run_without_consent(registry, elsewhere, tmp_path):
    canary = tmp_path / "canary"
    registry.commit([Runs(canary)], "evil")
    canary.unlink(missing_ok=True)  # a commit of the user's code loads it once for trial
    with pytest.raises(Untrusted, match="open"):
        elsewhere.checkout("evil")
    assert not canary.exists()
    elsewhere.checkout("evil", trust=True)
    assert canary.exists()


def test_read_only_verbs_never_unpickle(registry, elsewhere, tmp_path, monkeypatch):
    canary = tmp_path / "canary"
    registry.commit([Runs(canary)], "evil")
    registry.commit([Runs(canary), 1], "evil")
    canary.unlink(missing_ok=True)  # a commit of the user's code loads it once for trial

    def refuse(*_args, **_options):
        raise AssertionError("unpickled")

    monkeypatch.setattr(pickle, "loads", refuse)
    monkeypatch.setattr(pickle, "Unpickler", refuse)
    monkeypatch.setattr(pickle, "_Unpickler", refuse)
    assert len(elsewhere.list()) == 1
    assert len(elsewhere.log("evil", graph=True)) == 2
    assert elsewhere.show("evil@1", "cells", "env", "data", "files").text()
    assert elsewhere.diff("evil@1", "evil@2").text()
    assert elsewhere.verify()
    assert not canary.exists()


def test_another_version_of_a_framework_is_named(registry, project, pipeline):
    version = registry.commit(pipeline, "churn").version
    entries = git(project, "ls-tree", "-r", "models/churn/main").splitlines()
    files = {e.split("\t")[1]: git_bytes(project, e.split()[2]) for e in entries}
    text = files["model.json"].decode()
    files["model.json"] = text.replace(
        f'"scikit-learn": "{sklearn.__version__}"', '"scikit-learn": "0.1"'
    ).encode()
    change = NewCommit(
        "refs/heads/models/churn/main", [version.commit], files, version.author, version.time, "x"
    )
    write(registry.context.git, change)
    text = registry.load("churn").text()
    assert f"scikit-learn {sklearn.__version__} here; the model was made with 0.1" in text


def git_bytes(folder, oid, kind="blob"):
    command = ["git", "-C", str(folder), "cat-file", kind, oid]
    return subprocess.run(command, check=True, capture_output=True).stdout
