"""The parent: runs a target in a separate process, counts outcomes, writes failures as scripts."""

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
STARTUP_SECONDS = 600  # for imports, fits, and the last input, on a busy machine
SHRINK_SECONDS = 60
MAX_OUTPUT_BYTES = 1 << 20  # of a child
_ARTIFACTS = ("crash-*", "timeout-*", "oom-*", "last")
_ENVIRONMENT = {
    "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1", "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": "",
}  # fmt: skip


@dataclass
class Report:
    """The result of a process.

    Attributes
    ----------
    runs, edges, features, inputs : int
        Number of runs, the coverage, and the number of inputs that libFuzzer keeps.
    failure : str
        How it failed, with a script that repeats it; empty if it did not fail.
    counts : dict
        Outcomes of a replay by target.
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
    """Run a target under atheris for a number of seconds."""
    code, output = _child(seconds + STARTUP_SECONDS, "fuzz", name, folder, seconds, seed)
    report = Report()
    if matches := re.findall(r"stat::number_of_executed_units:\s*(\d+)", output):
        report.runs = int(matches[-1])
    if matches := re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", output):
        report.edges, report.features, report.inputs = map(int, matches[-1])
    artifacts = [file for pattern in _ARTIFACTS for file in folder.glob(pattern)]
    if code != 0:
        report.failure = _failure(name, artifacts[0] if artifacts else None, code, output, seed)
    return report


def replay(names: list[str], folder: Path, seed: int) -> Report:
    """Run the seeds of targets and a few plain changes of them."""
    code, output = _child(STARTUP_SECONDS, "replay", ",".join(names), folder, seed)
    if code == 0:
        return Report(counts=json.loads(output.splitlines()[-1]))
    name, last = folder / "name", folder / "input"
    file = last if last.exists() else None
    return Report(failure=_failure(name.read_text() if file else "?", file, code, output, seed))


def _child(timeout: float, *words: object) -> tuple[int, str]:
    """Run a child; return its exit status and the end of its output."""
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
        log.seek(max(0, log.seek(0, os.SEEK_END) - MAX_OUTPUT_BYTES))
        return code, log.read().decode(errors="replace")


def _failure(name: str, file: Path | None, code: int, output: str, seed: int) -> str:
    lines = [f"{name}, NBMODEL_SEED={seed}: exit {code}", *output.splitlines()[-25:]]
    if file is not None:
        end, small = _smallest(name, file)
        lines += [
            "",
            f"It ends with {end or 'nothing, when it is read alone'}:",
            script(name, small),
        ]
    return "\n".join(lines)


def _smallest(name: str, file: Path) -> tuple[str, bytes]:
    code, output = _child(SHRINK_SECONDS + STARTUP_SECONDS, "shrink", name, file, SHRINK_SECONDS)
    if code:
        return f"exit {code} of the shrinker", file.read_bytes()
    report = json.loads(output.splitlines()[-1])
    return report["end"], bytes.fromhex(report["input"])


def script(name: str, data: bytes) -> str:
    """Return a Python script that reads an input again."""
    return (
        "from base64 import b85decode\n"
        "from tests.fuzzing.table import reproduce\n\n"
        f"reproduce({name!r}, b85decode({b85encode(data)!r}))\n"
    )
