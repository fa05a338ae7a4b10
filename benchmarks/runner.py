"""Starts the sides of a comparison and lets them run in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.machine import MIB

ROOT = Path(__file__).resolve().parent.parent


class SideFailed(Exception):
    """A side raised, or its process died; the text holds its traceback."""


class Worker:
    """One side, in a separate process; see `benchmarks.worker`.

    Parameters
    ----------
    target : str
        ``module:Class``; made in the process from `options`.
    environment : mapping of str to str
    python : Path
        The interpreter.
    """

    def __init__(
        self, target: str, environment: dict[str, str], python: Path, options: dict[str, Any]
    ) -> None:
        self.target = target
        self._noise = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the worker
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", target, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            env=environment,
            cwd=environment["HOME"],
            text=True,
        )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def call(self, method: str, **options: Any) -> Any:
        """Run a method in the process; return what it returns."""
        if self._process.stdin is None or self._process.stdout is None:
            raise SideFailed(f"{self.target} has no pipes")
        self._process.stdin.write(json.dumps({"method": method, "options": options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": self._last_words()}
        if "error" in answer:
            raise SideFailed(f"{self.target}.{method}\n{answer['error']}")
        return answer["result"]

    def _last_words(self) -> str:
        self._noise.seek(0)
        return f"its process ended:\n{self._noise.read()[-4000:]}"

    def close(self) -> None:
        """Let the process end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._noise.close()


@dataclass(frozen=True)
class Bench:
    """Where and how often to measure.

    Attributes
    ----------
    scratch : Path
        A folder on the disk that is measured; its own HOME, caches and registries.
    effort : float
        Factor on the number of rounds of every line.
    """

    scratch: Path
    effort: float = 1.0

    def in_turn(
        self, rounds: int, memory: int = 64 * MIB, **sides: Callable[[], list[float]]
    ) -> dict[str, list[float]]:
        """Samples of each side, taken A B A B; a first round warms up and is dropped.

        Parameters
        ----------
        rounds : int
            Before `effort`.
        memory : int
            Bytes that a side uses, files included; see `machine.settle`.
        **sides : callable
            Each returns one or more samples.
        """
        samples: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(max(1, round(rounds * self.effort)) + 1):
            for name, side in sides.items():
                machine.settle(self.scratch, memory)
                sample = side()
                if turn:
                    samples[name] += sample
        return samples

    def folder(self, name: str) -> str:
        """Path of a folder of the scratch folder; made if missing."""
        path = self.scratch / name
        path.mkdir(parents=True, exist_ok=True)
        return str(path)

    @contextmanager
    def worker(
        self, target: str, python: Path = Path(sys.executable), **options: Any
    ) -> Iterator[Worker]:
        """A side in a fresh process."""
        worker = Worker(target, self.environment(), python, options)
        try:
            yield worker
        finally:
            worker.close()

    def environment(self) -> dict[str, str]:
        """Variables of every side: a separate HOME, a git identity, this package."""
        home = Path(self.folder("home"))
        settings = home / ".gitconfig"
        if not settings.exists():
            settings.write_text(
                "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
            )
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GIT_", "NBMODEL_", "XDG_", "MLFLOW_"))
        }
        return inherited | {
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(settings),
            "GIT_CEILING_DIRECTORIES": str(self.scratch),
            "PYTHONPATH": str(ROOT),
        }
