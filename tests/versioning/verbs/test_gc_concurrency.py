"""Gc beside writers and readers, also with the smallest grace period.

Between the first segment of a commit and its ref, nothing in git names the segment. Only its age,
or a lock, keeps it. No acknowledged commit may ever lose a segment. The campaign runs eight
writers, four readers and gc without a pause, in separate processes. It fails if
`nbmodel.store.write_locks` locks nothing.

A failure is a race. The same seed draws the same commits, but not their order, so the input cannot
be reduced. The test prints the lost segments, the versions that name them, and the order of events
around each, by the monotonic clock of the machine.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest

import nbmodel
from nbmodel.errors import WriteFailed
from nbmodel.store import write_locks
from nbmodel.versioning.reachable_segments import segments_in_use
from nbmodel.versioning.verbs import gc
from tests.fixtures.projects import git

LONG_AGO = (1, 1)
SHOWN = 10  # of the segments that were lost


def large(number: int) -> dict:
    return {"w": np.arange(1 << 17) + number}


def segments(project):
    return {path.name: path for path in (project / ".git/lfs/objects").rglob("?" * 64)}


def forget(registry, project, model="net"):
    """Delete a branch on purpose."""
    git(project, "update-ref", "-d", f"refs/heads/models/{model}/main")
    registry.context.index.refresh()
    registry.context.index.forget_refs([f"refs/heads/models/{model}/main"])


def lock_registry(project, how):
    """A lock on the folder of the objects, as another process has it."""
    descriptor = os.open(project / ".git/lfs/objects", os.O_RDONLY)
    fcntl.flock(descriptor, how)
    return descriptor


def test_without_a_grace_period_unreferenced_segments_are_removed_at_once(registry, project):
    registry.commit(large(0), "net")
    forget(registry, project)
    report = registry.gc(force=True, grace=0)
    assert (len(report.garbage), report.removed, report.remarks) == (1, True, ())
    assert segments(project) == {}


def test_young_segments_stay_while_another_process_writes(registry, project, monkeypatch):
    registry.commit(large(0), "net")
    registry.commit(large(1), "old")
    forget(registry, project)
    (young,) = segments(project).keys() - set(segments_in_use(registry.context.git))
    forget(registry, project, "old")
    for name, path in segments(project).items():
        if name != young:
            os.utime(path, LONG_AGO)
    monkeypatch.setattr(write_locks, "MAX_COMMIT_SECONDS", 0.1)
    descriptor = lock_registry(project, fcntl.LOCK_SH)
    report = registry.gc(force=True, grace=0)
    os.close(descriptor)
    assert set(segments(project)) == {young}
    assert "Others are writing" in report.text()
    assert registry.gc(force=True, grace=0).remarks == ()
    assert segments(project) == {}


def test_a_commit_waits_while_gc_removes(registry, project, monkeypatch):
    registry.commit(large(0), "net")
    monkeypatch.setattr(write_locks, "MAX_REMOVAL_SECONDS", 0.1)
    descriptor = lock_registry(project, fcntl.LOCK_EX)
    for model in (large(1), {"n": 1}):
        with pytest.raises(WriteFailed, match="Nothing was committed"):
            registry.commit(model, "net")
    os.close(descriptor)
    assert registry.commit(large(1), "net").version.number == 2


def test_a_commit_holds_its_lock_until_its_reference_has_moved(registry, project, monkeypatch):
    """Looked at where git is about to move the ref."""
    registry.commit({"n": 1}, "net")
    seen = []
    real = nbmodel.versioning.publish.commits.send

    def send(*args):
        with write_locks.for_removal(registry.context.store.root, "objects") as nobody:
            seen.append(nobody)
        return real(*args)

    monkeypatch.setattr(write_locks, "MAX_COMMIT_SECONDS", 0.05)
    monkeypatch.setattr("nbmodel.versioning.publish.commits.send", send)
    registry.commit(large(0), "net")
    with write_locks.for_removal(registry.context.store.root, "objects") as nobody:
        seen.append(nobody)
    assert seen == [False, True]


def test_a_file_system_without_locks_keeps_what_is_young(registry, project, monkeypatch):
    registry.commit(large(0), "net")
    forget(registry, project)

    def no_lock(descriptor, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", no_lock)
    assert registry.gc(force=True, grace=0).garbage == []
    registry.commit(large(1), "net")
    assert len(segments(project)) == 2


# -- the campaign ----------------------------------------------------------------


def test_gc_waits_for_a_lock_that_another_git_holds_briefly(registry, project):
    registry.commit(large(0), "net")
    lock = project / ".git/packed-refs.lock"
    lock.write_text("")
    timer = threading.Timer(0.3, lock.unlink)
    timer.start()
    assert registry.gc(force=True).removed
    timer.join()


WRITER = textwrap.dedent("""
    import json, os, sys, time, numpy as np, nbmodel
    from pathlib import Path
    from nbmodel.errors import NbModelError
    path, name, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    chance, parent = np.random.default_rng(seed), os.getppid()
    with nbmodel.open(path) as registry:
        while count and not Path(path, "stop").exists() and os.getppid() == parent:
            count -= 1
            # Most segments are those of others. One in ten is rare: it becomes garbage when its
            # branch is removed, and another writer may be about to use it again.
            values = 40 if chance.random() < 0.9 else 2000
            weights = np.full(1 << 17, float(chance.integers(0, values)))
            branch, begun = f"b{chance.integers(0, 999)}", time.monotonic()
            try:
                made = registry.commit({"w": weights}, name, branch=branch)
            except NbModelError:
                continue  # others moved the branch, or removed it: nothing was acknowledged
            event = [begun, time.monotonic(), "commit", made.version.commit, f"{name}:{branch}"]
            print(json.dumps(event), flush=True)
""")
READER = textwrap.dedent("""
    import os, sys, nbmodel
    from pathlib import Path
    from nbmodel.errors import NbModelError
    path, count, parent = sys.argv[1], 0, os.getppid()
    with nbmodel.open(path) as registry:
        def is_there(version):
            registry.context.index.refresh()
            return bool(registry.context.index.by_commit(version.commit))
        while not Path(path, "stop").exists() and os.getppid() == parent:
            for version in registry.list("", all_versions=True, limit=20):
                try:
                    weights = registry.checkout(f"{version.model}@{version.commit}")["w"]
                except NbModelError:
                    assert not is_there(version)  # another process removed its branch
                    continue
                assert (weights == weights[0]).all()
                count += 1
    print(count)
""")
COLLECTOR = textwrap.dedent("""
    import json, os, sys, time, nbmodel
    from pathlib import Path
    from nbmodel.errors import InvalidValue, ReferencesInDoubt
    path, grace, parent = sys.argv[1], float(sys.argv[2]), os.getppid()
    with nbmodel.open(path) as registry:
        while not Path(path, "stop").exists() and os.getppid() == parent:
            begun = time.monotonic()
            registry.context.index.refresh()
            deleted = [sight.ref for sight in registry.context.index.missing_refs()]
            try:
                report = registry.gc(force=True, grace=grace, forget=deleted)
            except (InvalidValue, ReferencesInDoubt):
                continue  # another process removed a branch or created it again
            names = [name for name, _, _ in report.garbage]
            print(json.dumps([begun, time.monotonic(), "sweep", *names]), flush=True)
            Path(path, "swept").touch()
""")


def start(code, *args):
    """A new process, and the file of its output."""
    printed = tempfile.TemporaryFile("w+")  # noqa: SIM115  a full pipe would stop it
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdout=printed, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return process, printed


def events_of(text):
    """Lines that are events: begin, end, what, and to what; a traceback is none."""
    events = []
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):
            events.append(json.loads(line))
    return [event for event in events if isinstance(event, list)]


def history(project, lost, events):
    """What is known of lost segments: who names each, and the events that touch it, in order."""
    lines = []
    for name in sorted(lost)[:SHOWN]:
        commits = git(project, "log", "--all", "--format=%H", "-S", name, "--", "payload").split()
        lines.append(f"segment {name}, named by {commits or 'what is no payload'}")
        touching = [event for event in events if {name, *commits} & set(event[3:])]
        for begin, end, what, *whom in sorted(touching):
            shown = name[:12] if what == "sweep" else " ".join(whom)
            lines.append(f"  {begin:.4f} to {end:.4f} {what} {shown}")
    return "\n".join(lines)


def last(events, count=40):
    """The last events, if it is unknown which of them matter."""
    return "\n".join(f"  {begin:.4f} to {end:.4f} {' '.join(map(str, rest))[:300]}"
                     for begin, end, *rest in sorted(events)[-count:])  # fmt: skip


def campaign(registry, project, writers, readers, count, seconds, grace, seed):
    """Acknowledged commits, segments removed, checkouts; none may be lost."""
    chance, events = random.Random(seed), []
    for number in range(3):
        registry.commit({"w": np.zeros(1 << 17)}, f"net{number}")
    until = time.time() + seconds
    writing = [start(WRITER, project, f"net{n % 3}", seed + n, count) for n in range(writers)]
    reading = [start(READER, project) for _ in range(readers)]
    collecting_ = start(COLLECTOR, project, grace)
    while time.time() < until and any(process.poll() is None for process, _ in writing):
        # A branch that is removed makes garbage, of which others may be about to use a part. gc
        # refuses while a branch disappears: mostly the next removal waits until a sweep is done.
        if chance.random() < 0.8:
            _wait_for_sweep(project, min(until, time.time() + 30))
        time.sleep(0.3 * chance.random())
        listed = git(project, "for-each-ref", "--format=%(refname)", "refs/heads/models").split()
        names = [name for name in listed if not name.endswith("/main")]
        with suppress(subprocess.CalledProcessError, IndexError):
            name, begun = chance.choice(names), time.monotonic()
            git(project, "update-ref", "-d", name)
            events.append([begun, time.monotonic(), "branch removed", name])
    (project / "stop").touch()
    outs = ended(writing, reading, collecting_)
    for process in (*(process for process, _ in writing), collecting_[0]):
        events += events_of(outs[process])
    counts = Counter(event[2] for event in events)
    acknowledged = {event[3] for event in events if event[2] == "commit"}
    reachable = set(git(project, "rev-list", "--all", "--", ".").split())
    named = set(segments_in_use(registry.context.git))
    lost = named - set(segments(project))
    happened = f"seed {seed}: {len(lost)} segments lost\n{history(project, lost, events)}"
    happened += f"\nthe last events:\n{last(events)}"
    for process, output in outs.items():
        assert process.returncode == 0, f"{output[-3000:]}\n{happened}"
    checked = sum(int(outs[process]) for process, _ in reading)
    removed = sum(len(event) - 3 for event in events if event[2] == "sweep")
    print(
        f"seed {seed}: grace {grace}, {counts['commit']} commits acknowledged, "
        f"{len(reachable & acknowledged)} of them reachable in the end, {checked} checkouts, "
        f"{counts['sweep']} sweeps, {removed} segments removed, "
        f"{counts['branch removed']} branches removed, {len(lost)} segments lost"
    )
    assert not lost, happened
    # Findings of removed branches are expected: the test removed them.
    findings = [f for f in registry.verify().findings if not f.where.startswith("refs/")]
    assert findings == [], f"{findings}\n{happened}"
    return counts["commit"], removed, checked


def _wait_for_sweep(project, until):
    """Wait until a sweep has ended, or until a time in seconds since the epoch."""
    (project / "swept").unlink(missing_ok=True)
    while time.time() < until and not (project / "swept").exists():
        time.sleep(0.02)


def ended(writing, reading, collecting_):
    """What each process printed, once it ended."""
    outs = {}
    for process, printed in (*writing, *reading, collecting_):
        process.wait(timeout=300)
        printed.seek(0)
        outs[process] = printed.read()
        printed.close()
    return outs


@pytest.mark.parametrize("grace", [0])
def test_gc_beside_writers_and_readers_loses_nothing(registry, project, grace):
    seed = int(os.environ.get("NBMODEL_SEED", "3"))
    assert campaign(registry, project, 2, 1, 4, 300, grace, seed)[0] == 8


@pytest.mark.stress
@pytest.mark.parametrize("grace", [0, 1e-9, gc.GRACE_DAYS])
def test_gc_beside_writers_and_readers_for_a_long_time(registry, project, grace):
    seed = int(os.environ.get("NBMODEL_SEED", time.time_ns() % 10**6))
    seconds = int(os.environ.get("NBMODEL_CAMPAIGN", "600"))
    committed, removed, checked = campaign(registry, project, 8, 4, 1 << 30, seconds, grace, seed)
    assert committed
    assert checked
    assert removed or grace == gc.GRACE_DAYS
