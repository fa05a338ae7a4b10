"""Purges beside processes that commit the same bytes again: no version loses a segment unasked.

Writers draw from few objects, so that most commits find their segment in the store: it is just
then that a purge may remove it. The test fails if a purge does not wait for writers, or if it
decides what is in use before it has their locks.
"""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
import textwrap
from contextlib import suppress

import numpy as np

from nbmodel.errors import VersionPurged
from nbmodel.store import write_locks
from nbmodel.versioning import publish
from nbmodel.versioning.verbs import purge
from tests.faults import campaign

WRITER = textwrap.dedent("""
    import sys, numpy as np, nbmodel
    path, name, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    chance = np.random.default_rng(seed)
    with nbmodel.open(path) as registry:
        for _ in range(count):
            value = float(chance.integers(0, 8))
            made = registry.commit({"w": np.full(1 << 15, value)}, name, again=True).version
            if chance.random() < 0.3:
                text = registry.card(name).card + f"\\n## Note {chance.random()}\\n\\nx\\n"
                try:
                    registry.edit_card(name, text)
                except nbmodel.errors.VersionPurged:
                    pass
            print(made.commit, value, flush=True)
""")


def large(number):
    return {"w": np.arange(1 << 15) + number}


def test_a_purge_waits_for_a_commit_that_is_not_finished(registry, project, monkeypatch):
    registry.commit(large(0), "net")
    registry.commit(large(1), "net")
    monkeypatch.setattr(write_locks, "MAX_COMMIT_SECONDS", 0.1)
    descriptor = os.open(project / ".git/lfs/objects", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # as a commit of another process has it
    result = registry.delete("net@1")
    assert result.segments == ()
    assert "Others are writing" in result.text()
    assert (registry.checkout("net@1")["w"] == large(0)["w"]).all()
    os.close(descriptor)
    assert len(registry.delete("net@1").segments) == 1


def test_what_is_in_use_is_decided_while_nobody_writes(registry, monkeypatch):
    registry.commit(large(0), "net")
    real, locked = purge.segments_in_use, []

    def segments_in_use(*args):
        with write_locks.for_removal(registry.context.store.root, "objects") as nobody:
            locked.append(not nobody)
        return real(*args)

    monkeypatch.setattr(write_locks, "MAX_COMMIT_SECONDS", 0.05)
    monkeypatch.setattr(purge, "segments_in_use", segments_in_use)
    registry.delete("net@1")
    assert locked == [False, True]  # the look ahead, and the decision


def test_an_edit_of_a_card_holds_the_lock_of_writers(registry, monkeypatch):
    """It repeats a payload without storing it, so a purge must not come between."""
    registry.commit(large(0), "net")
    real, locked = publish.commits.send, []

    def send(*args):
        with write_locks.for_removal(registry.context.store.root, "objects") as nobody:
            locked.append(not nobody)
        return real(*args)

    monkeypatch.setattr(write_locks, "MAX_COMMIT_SECONDS", 0.05)
    monkeypatch.setattr(publish.commits, "send", send)
    registry.edit_card("net", registry.card("net").card + "\n## Limits\n\nnone\n")
    assert locked == [True]


def test_no_version_loses_a_segment_unasked(registry, project):
    chance = random.Random(campaign.seed())
    for name in ("a", "b"):
        registry.commit({"w": np.zeros(1 << 15)}, name)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, project, name, str(chance.random())[2:8], "8"],
            stdout=subprocess.PIPE, text=True,
        )
        for name in ("a", "b")
    ]  # fmt: skip
    purged, removed = set(), 0
    while any(writer.poll() is None for writer in writers):
        candidates = [v for v in registry.list(all_versions=True, limit=500)
                      if v.commit not in purged]  # fmt: skip
        if not candidates:
            continue
        version = chance.choice(candidates)
        result = registry.delete(f"{version.model}@{version.commit}", "not needed")
        purged.add(version.commit)
        removed += len(result.segments)
    acknowledged = {}
    for writer in writers:
        out, _ = writer.communicate()
        assert writer.returncode == 0
        acknowledged |= dict(line.split() for line in out.splitlines())
    print(f"{len(acknowledged)} commits, {len(purged)} purged, {removed} segments removed")
    for version in registry.list(all_versions=True, limit=500):
        reference = f"{version.model}@{version.commit}"
        if version.commit in purged:
            with suppress(VersionPurged):
                registry.checkout(reference)
            continue
        weights = registry.checkout(reference)["w"]
        assert (weights == float(acknowledged.get(version.commit, weights[0]))).all()
    verified = registry.verify()
    assert verified, verified.text()
    assert len(acknowledged) == 16
    assert purged
