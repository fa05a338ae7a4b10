"""The parent of a campaign: start the child, read its lines, go on after a crash or a hang."""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.trust.campaign.guard import ROOT

# Says at once when compiled code wrote beside its memory; else that is a crash only by chance.
_HEAP_CHECKS = "libc_malloc_debug.so.0"
SILENCE_S = 90  # without a line from the child
MAX_FAILURES = 2000
# Sites are numbered in an order that hashes of texts take part in.
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg",
}  # fmt: skip


def _environment(*, heap: bool) -> dict[str, str]:
    """Of a child; with glibc's checks of the heap, if that is wanted and there are any."""
    try:
        if not heap:
            return {**os.environ, **_ENVIRONMENT}
        ctypes.CDLL(_HEAP_CHECKS)
    except OSError:
        return {**os.environ, **_ENVIRONMENT}
    checks = {"LD_PRELOAD": _HEAP_CHECKS, "MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "165"}
    return {**os.environ, **_ENVIRONMENT, **checks}


def seed() -> int:
    """The seed of a campaign, from the environment."""
    return int(os.environ.get("NBMODEL_SEED", "9"))


def size(default: int) -> int:
    """How many attempts, from the environment."""
    return int(os.environ.get("NBMODEL_CAMPAIGN", default))


@dataclass
class Failure:
    """An attempt that ended in what may not happen."""

    index: int
    outcome: str
    text: str
    use: str
    detail: str
    attempt: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.outcome} | {self.text} | at {self.use} | {self.detail}"


@dataclass
class Report:
    """Counts of outcomes and the failures among them."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    filtered: bool = True

    def __str__(self) -> str:
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.counts.items()))


Command = Callable[[int, int], list[str]]


def run(
    command: Command,
    begin: int,
    end: int,
    failures: tuple[str, ...],
    a_child: int = 1000,
    *,
    heap: bool = False,
) -> Report:
    """Make the attempts from `begin` to `end`, at most `a_child` of them in one process.

    Parameters
    ----------
    command : callable
        The child's arguments for attempts from one index to another.
    begin, end : int
    failures : tuple of str
        Outcomes that may not happen, besides ``crash`` and ``hang``.
    a_child : int
    heap : bool
        Whether the heap of a child is checked (what that costs was not measured).
    """
    report = Report()
    index = begin
    while index < end and len(report.failures) < MAX_FAILURES:
        index = _run_child(command, index, min(end, index + a_child), failures, report, heap=heap)
    return report


def fails(script: str, failures: tuple[str, ...]) -> bool:
    """Whether the script of an attempt ends in what may not happen."""
    try:
        child = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            env=_environment(heap=True),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=2 * SILENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    said = child.stdout.splitlines()
    return child.returncode != 0 or (len(said) > 1 and said[-2] in failures)


def printed(*arguments: str) -> str:
    """What a helper of a campaign prints; how it ended, if it did not end well."""
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        env=_environment(heap=False),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return child.stdout if child.returncode == 0 else f"exit {child.returncode}: {child.stderr}"


def _run_child(
    command: Command, begin: int, end: int, failures: tuple[str, ...], report: Report, *, heap: bool
) -> int:
    """Run one child; the index to go on with."""
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command(begin, end)],
            env=_environment(heap=heap),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        at = Failure(begin - 1, "", "", "start", "")
        silent = False
        try:
            for fact in _facts(child):
                _note(fact, at, report, failures)
        except TimeoutError:
            silent = True
        finally:
            child.kill()
            code = child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if at.index >= end - 1 and at.outcome == "done":
            return end
        _end(at, code, silent, log, report)
    return at.index + 1


def _note(fact: dict[str, Any], at: Failure, report: Report, failures: tuple[str, ...]) -> None:
    if "start" in fact:
        at.index, at.use, at.text, at.outcome, at.attempt = fact["start"], "plan", "", "", {}
    elif "attempt" in fact:
        at.attempt, at.text = fact["attempt"], fact["text"]
    elif "use" in fact:
        at.use = fact["use"]
    elif "filtered" in fact:
        report.filtered = report.filtered and fact["filtered"]
    elif "end" in fact:
        outcome = fact["outcome"]
        report.counts[outcome] += 1
        if outcome in failures:
            detail = fact["detail"]
            report.failures.append(Failure(at.index, outcome, at.text, at.use, detail, at.attempt))
        at.outcome = "done"


def _end(at: Failure, code: int, silent: bool, log: Any, report: Report) -> None:
    """The child ended, or was ended, within an attempt."""
    log.seek(0)
    said = log.read()[-4000:].decode(errors="replace")
    if at.index < 0 or at.outcome == "done" or not at.text:
        raise RuntimeError(f"the child ended between attempts, {code}: {said}")
    outcome = "crash"
    if silent or code == -signal.SIGXCPU:
        outcome = "hang"
    elif code == -signal.SIGSYS:
        outcome = "socket or process"
    report.counts[outcome] += 1
    detail = f"exit {code}: {_last_lines(said)}"
    report.failures.append(Failure(at.index, outcome, at.text, at.use, detail, at.attempt))


def _last_lines(said: str) -> str:
    """The innermost frames of the traceback, or what was printed last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    frames = [line for line in lines if line.startswith("File ")]
    return " < ".join(frames[:4]) if frames else " ".join(lines[-3:])[:300]


def _facts(child: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """The child's lines, until it ends.

    Raises
    ------
    TimeoutError
        If it says nothing for long.
    """
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(SILENCE_S):
                raise TimeoutError
            data = os.read(descriptor, 1 << 16)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield json.loads(line)
