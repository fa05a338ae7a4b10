"""The parent: a target in a process of its own, its counts, and a failure as a script."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from base64 import b85encode
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
MORE_S = 240  # for imports, fits, and the last input
SHRINK_S = 60
MOST_READ = 1 << 20  # bytes of what a child prints
_ARTIFACTS = ("crash-*", "timeout-*", "oom-*", "last")
_ENVIRONMENT = {
    "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1", "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": "",
}  # fmt: skip


@dataclass
class Report:
    """What a process came to.

    Attributes
    ----------
    runs, edges, features, inputs : int
        How often the target ran, what it reached, and what of it libFuzzer keeps.
    failure : str
        How it failed, and a script that shows it again; empty if it did not.
    counts : dict
        Of a replay: outcomes by target.
    """

    runs: int = 0
    edges: int = 0
    features: int = 0
    inputs: int = 0
    failure: str = ""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.runs:,} runs, {self.edges:,} edges, {self.features:,} features, "
            f"{self.inputs:,} inputs kept"
        )


def fuzz(name: str, folder: Path, seconds: int, seed: int) -> Report:
    """Run a target under atheris for so many seconds."""
    code, said = _child(seconds + MORE_S, "fuzz", name, folder, seconds, seed)
    report = Report()
    if found := re.findall(r"stat::number_of_executed_units:\s*(\d+)", said):
        report.runs = int(found[-1])
    if found := re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said):
        report.edges, report.features, report.inputs = map(int, found[-1])
    artifacts = [file for pattern in _ARTIFACTS for file in folder.glob(pattern)]
    if code != 0:
        report.failure = _failure(name, artifacts[0] if artifacts else None, code, said, seed)
    return report


def replay(names: list[str], folder: Path, seed: int) -> Report:
    """The seeds of targets and a few plain changes of them."""
    code, said = _child(MORE_S, "replay", ",".join(names), folder, seed)
    if code == 0:
        return Report(counts=json.loads(said.splitlines()[-1]))
    name, last = folder / "name", folder / "input"
    file = last if last.exists() else None
    return Report(failure=_failure(name.read_text() if file else "?", file, code, said, seed))


def _child(timeout: float, *words: object) -> tuple[int, str]:
    """Exit status, and what was printed last."""
    with tempfile.TemporaryFile() as log:
        try:
            code = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "tests.fuzzing", *map(str, words)],
                env={**os.environ, **_ENVIRONMENT},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            log.write(b"\nit did not end")
            code = -1
        log.seek(max(0, log.seek(0, os.SEEK_END) - MOST_READ))
        return code, log.read().decode(errors="replace")


def _failure(name: str, file: Path | None, code: int, said: str, seed: int) -> str:
    lines = [f"{name}, NBMODEL_SEED={seed}: exit {code}", *said.splitlines()[-25:]]
    if file is not None:
        end, small = _smallest(name, file)
        lines += [
            "",
            f"It ends with {end or 'nothing, when it is read alone'}:",
            script(name, small),
        ]
    return "\n".join(lines)


def _smallest(name: str, file: Path) -> tuple[str, bytes]:
    code, said = _child(SHRINK_S + MORE_S, "shrink", name, file, SHRINK_S)
    if code:
        return f"exit {code} of the shrinker", file.read_bytes()
    found = json.loads(said.splitlines()[-1])
    return found["end"], bytes.fromhex(found["input"])


def script(name: str, data: bytes) -> str:
    """Python that reads an input again."""
    return (
        "from base64 import b85decode\n"
        "from tests.fuzzing.table import reproduce\n\n"
        f"reproduce({name!r}, b85decode({b85encode(data)!r}))\n"
    )
