"""Interrupts a verb at the N-th system call of a kind: kills it, or lets the call fail.

Each verb runs in a fork of a process that has imported everything. strace is attached to it, or
runs each git that it starts. Afterwards nbmodel and stock git check the registry.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import git as gitpython

import nbmodel
from nbmodel.errors import NbModelError
from nbmodel.repo import locks
from nbmodel.repo.location import Location
from tests.faults import registry_template, verbs

KILLED = ("fsync,fdatasync", "rename,renameat,renameat2", "link,linkat", "openat", "write,pwrite64",
          "unlink,unlinkat", "ftruncate", "mkdir,mkdirat", "chmod,fchmod", "close")  # fmt: skip
REFUSED = ("fsync,fdatasync", "rename,renameat,renameat2", "link,linkat", "unlink,unlinkat")
ERRORS = ("EIO", "ENOSPC", "EDQUOT")
WRITERS = "*fast-import*|*update-ref*|*mktag*|*pack-refs*|*repack*|*hash-object*|*init*"
PATIENCE_S = 100
SHIM = """#!/bin/sh
case "$*" in
  {writers}) exec {strace} {git} "$@" ;;
esac
exec {git} "$@"
"""


class Hang(Exception):
    """An interrupted verb does not end."""


@dataclass(frozen=True)
class Interruption:
    """The call of a verb that is interrupted.

    Attributes
    ----------
    verb : str
    where : {"python", "alone", "git", "moment", "full"}
        The calls of the process of nbmodel and all that it starts; those of its main thread; or
        those of each git that writes. With "moment", the process is killed after `when` seconds.
        With "full", the disk has `when` KiB left.
    call : str
    how : str
        A signal, or the name of an error.
    when : float
    later : bool
        Whether all later calls are interrupted too.
    """

    verb: str
    where: str
    call: str
    how: str
    when: float
    later: bool = False

    def strace(self) -> list[str]:
        """Return the command line of strace."""
        done = f"signal={self.how}" if self.how.startswith("SIG") else f"error={self.how}"
        inject = f"inject={self.call}:{done}:when={self.when:.0f}{'+' if self.later else ''}"
        follow = [] if self.where == "alone" else ["-f"]
        traced = ["-qq", "-o", os.devnull, "-e", f"trace={self.call}", "-e", inject]
        return ["strace", *follow, *traced]

    def script(self) -> str:
        """Return a command line that repeats it."""
        words = (self.verb, self.where, self.call, self.how, self.when, int(self.later))
        return "python -m tests.faults.interruptions " + " ".join(repr(str(word)) for word in words)


class InterruptedRegistry:
    """A registry in which verbs are interrupted; each begins with the same state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = registry_template.build(folder, "half")
        self.cache = Location(self.project / ".git").cache
        shutil.copytree(self.project, folder / "whole")
        shutil.copytree(self.cache, folder / "cache")
        self.counts: Counter = Counter()
        self.failures: list[str] = []

    def interrupt(self, interruption: Interruption) -> list[str]:
        """Interrupt once, and list what is wrong afterwards."""
        registry_template.copy(self.folder / "whole", self.project)
        registry_template.copy(self.folder / "cache", self.cache)
        shutil.rmtree(self.folder / "other", ignore_errors=True)
        (self.folder / "other").mkdir()
        try:
            out, err = self._run(interruption)
        except Hang as error:
            return [str(error)]
        said = _said(out)
        wrong = [*self._truth(interruption, said, out, err), *self._next(interruption.verb)]
        self.counts["interruptions"] += 1
        self.counts[said[0]] += 1
        return wrong

    def judge(self, interruption: Interruption) -> None:
        """Interrupt once; note a failure as a script, if possible of a smaller interruption."""
        wrong = self.interrupt(interruption)
        if wrong:
            self.counts["failures"] += 1
            self.failures.append(self._smaller(interruption, wrong))

    def _smaller(self, interruption: Interruption, wrong: list[str]) -> str:
        """Return the script of one call if that fails too, else of the whole interruption.

        At a random moment, or with a race of threads for the N-th call, it may not fail again. Then
        the script repeats the interruption, and the first failure is shown.
        """
        tries = (
            [replace(interruption, later=False), interruption]
            if interruption.later
            else [interruption]
        )
        for tried in tries:
            if again := self.interrupt(tried):
                return f"{tried.script()}\n  " + "\n  ".join(again)
        return f"{interruption.script()}\n  seen once, and not again:\n  " + "\n  ".join(wrong)

    def _run(self, interruption: Interruption) -> tuple[str, str]:
        files = [self.folder / "out", self.folder / "err"]
        for path in files:  # a child may be killed before it opens them
            path.write_text("")
        filler = self.project / "filler"
        if interruption.where == "full":
            _fill(filler, interruption.when)
        go, start = os.pipe()
        child = os.fork()
        if child == 0:
            _run_interrupted(interruption, self.project, self.folder, files, go, start)
        os.close(go)
        tracer = None
        if interruption.where in ("python", "alone"):
            tracer = subprocess.Popen([*interruption.strace(), "-p", str(child)])
            while not _is_traced(child) and tracer.poll() is None:
                time.sleep(0.001)
        os.write(start, b"g")
        os.close(start)
        if interruption.where == "moment":
            time.sleep(interruption.when)
            os.kill(child, signal.SIGKILL)
        _wait(child)
        if tracer is not None:
            tracer.wait(PATIENCE_S)
        filler.unlink(missing_ok=True)
        return files[0].read_text(), files[1].read_text()

    def _truth(self, interruption: Interruption, said: list[str], out: str, err: str):
        """Check that acknowledged work is there, and refused work only if the error says so."""
        if interruption.verb in verbs.MADE:
            there = verbs.is_there(self.project, interruption.verb)
            if said[0] == "done" and not there:
                yield f"acknowledged and lost: {said}"
            if said[0] == "refused" and there and "there" not in said[2]:
                yield f"refused though it is there: {said}"
        if "Traceback" in err:
            yield f"an error that is not ours: {err[-1500:]}"
        if said[0] == "silent" and not interruption.how.startswith("SIG"):
            yield f"it says nothing: {out[-300:]} {err[-300:]}"

    def _next(self, verb: str):
        """Check that the next command works, files are complete, and verify names leftovers."""
        git_dir = self.project / ".git"
        standing = {lock.ref for lock in locks.find(git_dir)}
        try:
            with nbmodel.open(self.project) as registry:
                if verb == "gc":
                    registry.gc(force=True)
                if verb == "purge":
                    yield from _finished_purge(registry)
                registry.commit({"n": 1}, "churn")
                registry.commit({"n": 1}, "fresh")
                registry.promote("churn@latest", "prod")
                registry.annotate("churn@1", "after")
                verified = registry.verify()
                if not verified:
                    yield f"torn: {verified.text()}"
                left = {lock.ref for lock in locks.find(git_dir)}
                self.counts["locks left"] += len(standing)
                self.counts["locks cleared at once"] += len(standing - left)
                if left:
                    yield f"locks stay, {verified.text()}"
        except NbModelError as error:
            yield f"the next command fails: {error}"
        except Exception:  # noqa: BLE001  what is not ours is what is looked for
            yield f"the next command fails: {traceback.format_exc()[-1500:]}"
        done = subprocess.run(
            ["git", "-C", str(self.project), "fsck", "--strict", "--no-dangling", "--no-progress"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"git fsck: {done.stdout}{done.stderr}"
        if list(git_dir.glob("packed-refs.*")):
            yield f"left: {[path.name for path in git_dir.glob('packed-refs.*')]}"


def _finished_purge(registry):
    """A half-purged version is not damaged, and a repetition removes the rest."""
    before = registry.verify()
    if not before:
        yield f"a half-purged version is damaged: {before.text()}"
    registry.delete("churn@4", "struck")
    (segment,) = registry.show("churn@4").manifest.payload.segments
    if registry.context.store.has(segment):
        yield "a repeated purge has not removed the segment"
    for number in (1, 2, 3):
        registry.checkout(f"churn@{number}")


def _run_interrupted(
    interruption: Interruption, project: Path, folder: Path, files: list[Path], go: int, start: int
) -> None:
    """In the forked process: wait for the tracer, do the verb, end."""
    status = 1
    try:
        os.close(start)
        for number, path in enumerate(files, 1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdout = os.fdopen(os.dup(1), "w")
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
        if interruption.where == "git":
            shim = folder / "git"
            real = shutil.which("git")
            words = " ".join(interruption.strace())
            shim.write_text(SHIM.format(writers=WRITERS, strace=words, git=real))
            shim.chmod(0o755)
            gitpython.Git.GIT_PYTHON_GIT_EXECUTABLE = str(shim)
        os.read(go, 1)
        with suppress(Exception):
            verbs.run(interruption.verb, project)
        status = 0
    finally:
        os._exit(status)


def _is_traced(pid: int) -> bool:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("TracerPid:"):
                return line.split()[1] != "0"
    return False


def _wait(child: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise Hang(f"it hangs: no end after {PATIENCE_S} s")
        time.sleep(0.002)


def _said(out: str) -> list[str]:
    lines = [line for line in out.splitlines() if line.startswith("[")]
    return json.loads(lines[-1]) if lines else ["silent", "", ""]


# The maximum number of calls of a kind in one process; later ones do not occur.
DEPTH = {"fsync,fdatasync": 14, "rename,renameat,renameat2": 6, "link,linkat": 5,
         "unlink,unlinkat": 8, "ftruncate": 3, "mkdir,mkdirat": 8, "chmod,fchmod": 6,
         "openat": 150, "write,pwrite64": 60, "close": 200}  # fmt: skip


def drawn(choice: random.Random, kinds: tuple[str, ...], how: tuple[str, ...]) -> Interruption:
    """Draw an interruption at any call of any verb; each kind of call is equally likely."""
    call = choice.choice(kinds)
    # Most interruptions are early, at calls that every process makes; some are late.
    depth = DEPTH[call]
    when = 1 + int(depth * choice.random() ** 2)
    where = choice.choice(["python", "alone", "git"])
    verb = choice.choice(list(verbs.VERBS))
    return Interruption(verb, where, call, choice.choice(how), when, choice.random() < 0.2)


def killed(folder: Path, count: int, seed: str) -> tuple[Counter, list[str]]:
    """Kill verbs at system calls, and a fifth of them at random moments."""
    interrupted, choice = InterruptedRegistry(folder), random.Random(seed)
    for _ in range(count):
        interruption = drawn(choice, KILLED, ("SIGKILL",))
        if choice.random() < 0.2:
            interruption = Interruption(
                interruption.verb, "moment", "", "SIGKILL", 0.3 * choice.random()
            )
        interrupted.judge(interruption)
    return interrupted.counts, interrupted.failures


def refused(folder: Path, count: int, seed: str) -> tuple[Counter, list[str]]:
    """Let the system refuse calls of verbs."""
    interrupted, choice = InterruptedRegistry(folder), random.Random(seed)
    for _ in range(count):
        interrupted.judge(drawn(choice, REFUSED, ERRORS))
    return interrupted.counts, interrupted.failures


def full(folder: Path, count: int, seed: str) -> tuple[Counter, list[str]]:
    """Run verbs on a full disk."""
    choice = random.Random(seed)
    interruptions = [
        Interruption(choice.choice(list(verbs.VERBS)), "full", "", "ENOSPC",
               choice.choice([0, 4, 8, 16, 24, 32, 64]))
        for _ in range(count)
    ]  # fmt: skip
    return _on_a_small_disk(folder, interruptions)


def _on_a_small_disk(folder: Path, interruptions: list[Interruption]) -> tuple[Counter, list[str]]:
    """Interrupt in a separate mount namespace, with the registry on a disk of 8 MiB."""
    command = ["unshare", "-m", sys.executable, "-m", "tests.faults.interruptions", str(folder)]
    words = json.dumps([astuple(interruption) for interruption in interruptions])
    done = subprocess.run(command, input=words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    counts, failures = json.loads(done.stdout.splitlines()[-1])
    return Counter(counts), failures


def _on_this_disk(folder: Path, interruptions: list[Interruption]) -> None:
    small = folder / "project"
    small.mkdir(parents=True)
    interrupted = InterruptedRegistry(folder / "made")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], check=True)
    interrupted.project = (
        small / "here"
    )  # with the index of another folder, so it is built each time
    interrupted.cache = Location(interrupted.project / ".git").cache
    for interruption in interruptions:
        interrupted.judge(interruption)
    print(json.dumps([interrupted.counts, interrupted.failures]))


def _fill(path: Path, left_kib: float) -> None:
    """Fill a disk, except for a number of KiB."""
    with path.open("wb", buffering=0) as file:
        chunk = bytes(4096)
        with suppress(OSError):
            while file.write(chunk) == len(chunk):
                pass
        file.truncate(max(0, file.tell() - int(left_kib) * 1024))


def main() -> None:
    """Show the result of one interruption; with a folder, run those of standard input there."""
    if len(sys.argv) == 2:
        _on_this_disk(Path(sys.argv[1]), [Interruption(*words) for words in json.load(sys.stdin)])
        return
    verb, where, call, how, when, later = sys.argv[1:]
    interruption = Interruption(verb, where, call, how, float(when), later == "1")
    from tests.faults.campaign import place

    with place() as folder:
        if where == "full":
            print("\n".join(_on_a_small_disk(folder / "disk", [interruption])[1]) or "all is well")
            return
        interrupted = InterruptedRegistry(folder)
        wrong = interrupted.interrupt(interruption)
        print((folder / "out").read_text(), (folder / "err").read_text())
        print("\n".join(wrong) or "all is well")


if __name__ == "__main__":
    main()
