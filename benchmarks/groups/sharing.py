"""A team's registry: push, pull and clone beside git, git-lfs and DVC doing the same work."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import nbmodel
from benchmarks import peers, registries, synthetic_registry
from benchmarks.measurements import Line
from benchmarks.models import SEED
from benchmarks.runner import Bench, Worker

ARRAYS, VALUES = 64, 2 << 20  # 16 MiB each
SIZE = ARRAYS * VALUES * 8
NEEDED = 2 * SIZE  # bytes of files that a push reads and writes
MODEL = "weights"
MEMORY = "/dev/shm"  # a file system of its own: git-lfs makes links on one disk, and copies nothing
PULLED = (10, 100)  # models, versions of each
CLONED = (1000, 100)


class Pusher:
    """Pushes 1 GiB to a folder; each side is a method, and each push goes to an empty remote."""

    def __init__(self, folder: str, dvc: str, remotes: str) -> None:
        self.folder, self.remotes = Path(folder), Path(remotes)
        self.dvc = dvc
        self.random = np.random.default_rng(SEED)
        self.weights = {f"layer{n:02}": self.random.random(VALUES) for n in range(ARRAYS)}
        self.registry = registries.fresh(self.folder / "ours")
        self.registry.commit(self.weights, MODEL)
        self._count = 0
        for name in ("lfs", "dvc"):
            self._files(self.folder / name)
        self._begin_lfs(self.folder / "lfs")
        self._begin_dvc(self.folder / "dvc")

    # -- an empty remote ---------------------------------------------------------

    def ours(self) -> list[float]:
        """Arrays, then all references."""
        git, store = self._bare(), self.remotes / f"store-{self._count}"
        if any(remote.name == "origin" for remote in self.registry.remotes().remotes):
            self.registry.remove_remote("origin")
        self.registry.add_remote("origin", str(git), str(store))
        begin = time.perf_counter()
        result = self.registry.push()
        seconds = time.perf_counter() - begin
        if result.array_bytes < SIZE:
            raise AssertionError(f"only {result.array_bytes} bytes were sent")
        self._only_last("store-*", "bare-*")
        return [seconds]

    def git_lfs(self) -> list[float]:
        """``git lfs push``: the arrays alone."""
        work, remote = self.folder / "lfs", self._bare()
        _run("git", "remote", "set-url", "origin", remote.as_uri(), cwd=work)
        seconds = _run("git", "lfs", "push", "--all", "origin", cwd=work)
        sent = sum(path.stat().st_size for path in remote.rglob("*") if path.is_file())
        if sent < SIZE:
            raise AssertionError(f"only {sent} bytes were sent")
        self._only_last("bare-*")
        return [seconds]

    def dvc_push(self) -> list[float]:
        """``dvc push`` of a folder with the same arrays."""
        work = self.folder / "dvc"
        self._count += 1
        store = self.remotes / f"dvc-store-{self._count}"
        _run(self.dvc, "remote", "modify", "local", "url", str(store), cwd=work)
        seconds = _run(self.dvc, "push", "-q", cwd=work)
        self._only_last("dvc-store-*")
        return [seconds]

    # -- one array changed -------------------------------------------------------

    def ours_again(self) -> list[float]:
        """The remote has all but one array."""
        self._change()
        self.registry.commit(self.weights, MODEL)
        begin = time.perf_counter()
        self.registry.push()
        return [time.perf_counter() - begin]

    def sent_again(self) -> list[int]:
        """Bytes of arrays that such a push sends."""
        self._change()
        self.registry.commit(self.weights, MODEL)
        return [self.registry.push().array_bytes]

    def dvc_again(self) -> list[float]:
        """The same with DVC."""
        name = self._change()
        work = self.folder / "dvc"
        np.save(work / "weights" / f"{name}.npy", self.weights[name])
        _run(self.dvc, "add", "-q", "weights", cwd=work)
        return [_run(self.dvc, "push", "-q", cwd=work)]

    def _change(self) -> str:
        name = f"layer{self.random.integers(ARRAYS):02}"
        self.random.random(out=self.weights[name])
        return name

    # -- repositories ------------------------------------------------------------

    def _files(self, work: Path) -> None:
        (work / "weights").mkdir(parents=True)
        _run("git", "init", "-q", cwd=work)
        for name, array in self.weights.items():
            np.save(work / "weights" / f"{name}.npy", array)

    def _begin_lfs(self, work: Path) -> None:
        _run("git", "lfs", "install", "--local", cwd=work)
        _run("git", "lfs", "track", "weights/*", cwd=work)
        _run("git", "add", ".", cwd=work)
        _run("git", "commit", "-qm", "Weights", cwd=work)
        _run("git", "remote", "add", "origin", "none", cwd=work)

    def _begin_dvc(self, work: Path) -> None:
        _run(self.dvc, "init", "-q", cwd=work)
        _run(self.dvc, "config", "core.analytics", "false", cwd=work)
        _run(self.dvc, "add", "-q", "weights", cwd=work)
        _run(self.dvc, "remote", "add", "-d", "local", "none", cwd=work)

    def _bare(self) -> Path:
        self._count += 1
        path = self.remotes / f"bare-{self._count}.git"
        _run("git", "init", "-q", "--bare", str(path), cwd=self.folder)
        return path

    def _only_last(self, *patterns: str) -> None:
        """Remove the remotes of earlier pushes."""
        for pattern in patterns:
            for path in self.remotes.glob(pattern):
                if not path.name.removesuffix(".git").endswith(f"-{self._count}"):
                    shutil.rmtree(path)


class Receiver:
    """Receives versions without arrays from a repository on this disk, by ``file://``."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.few, self.many = self.folder / "few.git", self.folder / "many.git"
        synthetic_registry.make(self.few, *PULLED)
        synthetic_registry.make(self.many, *CLONED)

    def pull(self) -> list[float]:
        """Pull 1,000 versions into a registry that has none."""
        with registries.fresh(self.folder / "puller") as registry:
            registry.add_remote("origin", self.few.as_uri())
            begin = time.perf_counter()
            registry.pull()
            return [time.perf_counter() - begin]

    def clone(self) -> list[float]:
        """Clone 100,000 versions and list the models."""
        place = self.folder / "clone"
        shutil.rmtree(place, ignore_errors=True)
        begin = time.perf_counter()
        nbmodel.clone(self.many.as_uri(), place).models.html()
        return [time.perf_counter() - begin]

    def git_clone(self) -> list[float]:
        """``git clone`` of all references."""
        place = self.folder / "git-clone"
        shutil.rmtree(place, ignore_errors=True)
        return [_run("git", "clone", "-q", "--mirror", self.many.as_uri(), str(place))]


def _run(*command: str, cwd: Path | None = None) -> float:
    """Seconds that a command takes, from its start to its end."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return seconds


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = bench.folder("sharing")
    dvc = str(peers.dvc().with_name("dvc"))
    pusher = "benchmarks.groups.sharing:Pusher"
    with bench.worker(pusher, folder=folder, dvc=dvc, remotes=folder) as side:
        lines = [*_first(bench, side), *_again(bench, side)]
    shutil.rmtree(folder)
    Path(folder).mkdir()
    with (
        TemporaryDirectory(dir=MEMORY) as remotes,
        bench.worker(pusher, folder=folder, dvc=dvc, remotes=remotes) as side,
    ):
        lines += _first(bench, side, " in memory, to which no link leads", "-memory")
    shutil.rmtree(folder)
    Path(folder).mkdir()
    with bench.worker("benchmarks.groups.sharing:Receiver", folder=folder) as side:
        lines += _received(bench, side)
    shutil.rmtree(folder)
    return lines


def _first(bench: Bench, side: Worker, where: str = "", suffix: str = "") -> list[Line]:
    seconds = bench.in_turn(
        5,
        NEEDED,
        lfs=lambda: side.call("git_lfs"),
        dvc=lambda: side.call("dvc_push"),
        ours=lambda: side.call("ours"),
    )
    work = f"1 GiB in 64 arrays: push to a folder{where}"
    ours, lfs, dvc = (seconds[name] for name in ("ours", "lfs", "dvc"))
    return [
        Line(f"push-lfs{suffix}", work, "s", ours, "git lfs push", lfs, 1.2),
        Line(f"push-dvc{suffix}", work, "s", ours, "dvc push", dvc, 0.5),
    ]


def _again(bench: Bench, side: Worker) -> list[Line]:
    seconds = bench.in_turn(
        5,
        dvc=lambda: side.call("dvc_again"),
        ours=lambda: side.call("ours_again"),
    )
    sent: list[Any] = side.call("sent_again")
    work = "the same after one array changed"
    return [
        Line("push-again", work, "s", seconds["ours"], "dvc push", seconds["dvc"], 0.1),
        Line("push-sent", f"{work}: bytes sent", "B", sent, "changed", [SIZE / ARRAYS], 1.1),
    ]


def _received(bench: Bench, side: Worker) -> list[Line]:
    pulled = bench.in_turn(5, ours=lambda: side.call("pull"))["ours"]
    cloned = bench.in_turn(
        3, NEEDED, git=lambda: side.call("git_clone"), ours=lambda: side.call("clone")
    )
    work = "clone of 100,000 versions without arrays, to the first list"
    return [
        Line("pull", "pull of 1,000 new versions without arrays", "s", pulled, target=2.0),
        Line("clone", work, "s", cloned["ours"], target=60.0),
        Line("clone-git", work, "s", cloned["ours"], "git clone --mirror", cloned["git"], 2.0),
    ]
