"""One row from a served model against what HTTP itself costs: rates, tails, log, start.

The sides run in turn. The limit is an application that does nothing under the same uvicorn;
the server before these improvements comes from git's history.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from benchmarks import load, models, registries, servers
from benchmarks.load import Burst
from benchmarks.measurements import Line
from benchmarks.runner import ROOT, Bench, Worker
from benchmarks.servers import Running, Side

BEFORE = "d81e51c"  # the commit that was measured first
FOREST = "forest"
CONNECTIONS = (1, 8, 64)
SECONDS = 2  # of one burst
LOGGING_SECONDS = 4  # longer than the log's writer waits between two parts
SHARES = {8: 0.25, 64: 0.35}  # of the limit's requests a second
FRAMEWORK = "import sklearn.linear_model, sklearn.pipeline, sklearn.preprocessing"
TIMED = f"import time; begin = time.perf_counter(); {FRAMEWORK}; print(time.perf_counter() - begin)"

Bursts = Mapping[str, Mapping[int, list[Burst]]]


def measure(bench: Bench) -> list[Line]:
    """The lines of this group."""
    folder = Path(bench.folder("answering"))
    registry = _registry(folder / "kept", bench.environment())
    columns, tensor, records = (_body(folder, *each) for each in _bodies())
    served = partial(_served, folder, registry)
    logged = ("--log", str(folder / "log"), "--watch", "off")
    ours = served(columns, logged)
    sides = {
        "bare": _bare(folder, columns),
        "columns": ours,
        "tensor": served(tensor, logged),
        "records": served(records, logged, path=f"/predict/{servers.MODEL}"),
    }
    lines = _rates(_bursts(bench, sides, CONNECTIONS, SECONDS))
    lines += _forests(bench, folder, registry, records)
    lines += _logging(bench, {"logged": ours, "silent": served(columns, ("--no-log",))})
    return [*lines, *_starts(bench, ours)]


# -- sides -------------------------------------------------------------------


class Publisher:
    """Commits the models, with the nbmodel that its process finds."""

    def __init__(self, folder: str) -> None:
        x, y = models.breast_cancer()
        forest = RandomForestClassifier(models.TREES, random_state=models.SEED, n_jobs=-1)
        with registries.fresh(Path(folder)) as registry:
            for name, model in ((servers.MODEL, models.pipeline()), (FOREST, forest.fit(x, y))):
                registry.commit(model, name, data=x)
                registry.promote(f"{name}@1", "prod")
            self._path = str(registry.path)

    def path(self) -> str:
        """Of the registry."""
        return self._path


def _registry(folder: Path, environment: dict[str, str]) -> Path:
    target = "benchmarks.groups.answering:Publisher"
    publisher = Worker(target, environment, Path(sys.executable), {"folder": str(folder)})
    try:
        return Path(publisher.call("path"))
    finally:
        publisher.close()


def _bodies() -> list[tuple[str, Any]]:
    """One row as a tensor a column, as one tensor, as a record."""
    names = [str(name) for name in load_breast_cancer().feature_names]
    row = servers.row()
    kind = "FP64"
    each = [
        {"name": name, "shape": [1], "datatype": kind, "data": [value]}
        for name, value in zip(names, row, strict=True)
    ]
    whole = {"name": "rows", "shape": [1, len(row)], "datatype": kind, "data": row}
    record = dict(zip(names, row, strict=True))
    return [("columns", {"inputs": each}), ("tensor", {"inputs": [whole]}), ("records", [record])]


def _body(folder: Path, name: str, document: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document))
    return path


def _served(
    folder: Path, registry: Path, body: Path, words: tuple[str, ...],
    model: str = servers.MODEL, path: str = "", variables: Mapping[str, str] | None = None,
) -> Side:  # fmt: skip
    command = (sys.executable, "-m", "nbmodel.cli", "--repo", registry, "serve", f"{model}#prod")
    return Side(
        "nbmodel serve",
        lambda ports: [*command, "--host", load.HOST, "--port", str(ports[0]), *words],
        ready="/v2/health/ready",
        path=path or f"/v2/models/{model}/infer",
        body=body,
        read=lambda document: document["outputs"][0]["data"][0],
        folder=folder,
        variables=variables or {},
    )


def _bare(folder: Path, body: Path) -> Side:
    return Side(
        "a bare ASGI application",
        lambda ports: [sys.executable, "-m", "benchmarks.bare_side", str(ports[0])],
        ready="/",
        path="/",
        body=body,
        read=lambda document: document["outputs"][0]["data"][0],
        folder=folder,
    )


def _before(folder: Path) -> Path:
    """An earlier version of the package, from git's history."""
    place = folder / "before"
    packed = subprocess.run(
        ["git", "-C", ROOT, "archive", BEFORE, "nbmodel"], capture_output=True, check=True
    )
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place


# -- bursts ------------------------------------------------------------------


def _bursts(
    bench: Bench, sides: Mapping[str, Side], connections: tuple[int, ...], seconds: int,
    rounds: int = 5,
) -> Bursts:  # fmt: skip
    """Of each side, by connections; the sides run in turn, the first round warms up."""
    counted: dict[str, dict[int, list[Burst]]] = {name: {} for name in sides}
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(servers.running(bench, side)) for name, side in sides.items()
        }
        for count in connections:
            every: dict[str, list[Burst]] = {name: [] for name in sides}
            turns: dict[str, Callable[[], list[float]]] = {
                name: partial(_once, server, count, seconds, every[name])
                for name, server in started.items()
            }
            samples = bench.in_turn(rounds, **turns)
            for name, bursts in every.items():
                counted[name][count] = bursts[-len(samples[name]) :]
    return counted


def _once(server: Running, connections: int, seconds: int, into: list[Burst]) -> list[float]:
    side = server.side
    burst = load.burst(server.port, side.path, side.body, connections, seconds)
    into.append(burst)
    return [burst.rate]


WAYS = {"columns": "a tensor a column", "tensor": "one tensor", "records": "a record"}


def _rates(bursts: Bursts) -> list[Line]:
    lines = []
    for way, words in WAYS.items():
        for count, share in SHARES.items():
            lines.append(
                Line(f"answering-rate-{way}-{count}",
                     f"one row of 30 columns ({words}), logged, {count} connections", "requests/s",
                     [b.rate for b in bursts[way][count]], "a bare ASGI application",
                     [b.rate for b in bursts["bare"][count]], share, at_least=True)
            )  # fmt: skip
        eight = bursts[way][8]
        lines += [
            Line(f"answering-p99-{way}", f"the same ({words}), 8 connections: 99% within", "s",
                 [b.p99 for b in eight], target=0.010),
            Line(f"answering-tail-{way}", "the same against half within", "s",
                 [b.p99 for b in eight], "p50", [b.p50 for b in eight], 5.0),
            Line(f"answering-alone-{way}", f"the same ({words}), 1 connection: half within", "s",
                 [b.p50 for b in bursts[way][1]], target=0.00035),
        ]  # fmt: skip
    return lines


def _forests(bench: Bench, folder: Path, registry: Path, body: Path) -> list[Line]:
    """One row through 200 trees, compared with the earlier server."""
    side = partial(_served, folder, body=body, model=FOREST, path=f"/predict/{FOREST}")
    # Its own registry: what is committed today may be of a format that it cannot read.
    variables = {"PYTHONPATH": f"{_before(folder)}:{ROOT}"}
    older = _registry(folder / "older", bench.environment() | variables)
    sides = {
        "now": side(registry, words=("--no-log",)),
        "before": side(older, words=("--no-log",), variables=variables),
    }
    bursts = _bursts(bench, sides, (8,), SECONDS)
    rates = {name: [b.rate for b in bursts[name][8]] for name in sides}
    return [
        Line("answering-forest", f"one row, forest of {models.TREES} trees, 8 connections",
             "requests/s", rates["now"], f"nbmodel {BEFORE}", rates["before"], 4.0, at_least=True)
    ]  # fmt: skip


def _logging(bench: Bench, sides: Mapping[str, Side]) -> list[Line]:
    bursts = _bursts(bench, sides, (8, 64), LOGGING_SECONDS, rounds=8)
    return [
        Line(f"answering-log-{count}", f"one row over {count} connections, every prediction logged",
             "requests/s", [b.rate for b in bursts["logged"][count]], "without the log",
             [b.rate for b in bursts["silent"][count]], 0.95, at_least=True)
        for count in (8, 64)
    ]  # fmt: skip


# -- start -------------------------------------------------------------------


def _starts(bench: Bench, ours: Side) -> list[Line]:
    """Start to ready without what the import of the model's own framework takes."""

    def ready() -> list[float]:
        with servers.running(bench, ours) as server:
            return [server.seconds]

    def framework() -> list[float]:
        environment = bench.environment()
        process = subprocess.run(
            [sys.executable, "-c", TIMED], env=environment, capture_output=True, check=True
        )
        return [float(process.stdout)]

    seconds = bench.in_turn(8, ready=ready, framework=framework)
    own = [a - b for a, b in zip(seconds["ready"], seconds["framework"], strict=True)]
    return [
        Line("answering-start",
             f"start to ready beyond importing scikit-learn ({median(seconds['framework']):.2f} s)",
             "s", own, target=0.6),
    ]  # fmt: skip
