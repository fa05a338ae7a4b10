"""The servers that are compared: how each is started, asked and ended.

All serve one model, a scaler and a logistic regression fitted to the arrays of the
breast-cancer data, with one worker and otherwise as they come: logs go to a file.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib

from benchmarks import models, peers
from benchmarks.load import HOST
from benchmarks.runner import Bench

MODEL = "churn"
START = 120.0  # seconds that a server may take to be ready
LOOK = 0.005  # seconds between two looks whether it is
V2 = f"/v2/models/{MODEL}/infer"


class ServerFailed(Exception):
    """A server ended, was not ready in time, or answered wrongly; with the end of its log."""


@dataclass(frozen=True)
class Side:
    """One server program.

    Attributes
    ----------
    name : str
        As the table has it.
    command : callable
        The words that start it on some ports; those after the first are for what else it opens.
    ready : str
        What answers 200 once the model can be asked.
    path : str
        Where rows go.
    body : Path
        One row, as this server takes it.
    read : callable
        The class in its answer.
    python : Path
        Its environment's interpreter; the programs beside it are found first.
    variables : mapping of str to str
        Added to the environment.
    folder : Path
        Where it runs.
    """

    name: str
    command: Callable[[list[int]], list[str | Path]]
    ready: str
    path: str
    body: Path
    read: Callable[[Any], int]
    folder: Path
    python: Path = Path(sys.executable)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A server that is ready; `seconds` from the start of its process."""

    side: Side
    port: int
    seconds: float


@contextmanager
def running(bench: Bench, side: Side) -> Iterator[Running]:
    """Start a server, wait until it is ready, end it and what it started.

    Raises
    ------
    ServerFailed
        If it ends, or is not ready in time.
    """
    ports = _free_ports(3)
    environment = bench.environment() | {"DO_NOT_TRACK": "true"} | dict(side.variables)
    environment["PATH"] = f"{side.python.parent}:{environment['PATH']}"
    log = side.folder / f"{side.body.stem}-{ports[0]}.log"
    with log.open("wb") as output:
        begin = time.monotonic()
        process = subprocess.Popen(
            side.command(ports), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=environment, cwd=side.folder, start_new_session=True,
        )  # fmt: skip
    try:
        yield Running(side, ports[0], _until_ready(process, side, ports[0], log) - begin)
    finally:
        _end(process)


def answer(server: Running) -> int:
    """What it makes of the row.

    Raises
    ------
    ServerFailed
        If the answer is not a class.
    """
    line = http.client.HTTPConnection(HOST, server.port, timeout=30)
    headers = {"content-type": "application/json"}
    line.request("POST", server.side.path, server.side.body.read_bytes(), headers)
    got = line.getresponse()
    text = got.read()
    line.close()
    try:
        return int(server.side.read(json.loads(text)))
    except (ValueError, LookupError, TypeError) as error:
        answer = text[:1000].decode(errors="replace")
        raise ServerFailed(f"{server.side.name} answered {got.status}: {answer}") from error


def _until_ready(process: subprocess.Popen[bytes], side: Side, port: int, log: Path) -> float:
    """When it said so first."""
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        line = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            line.request("GET", side.ready)
            if line.getresponse().status == 200:
                return time.monotonic()
        except (OSError, http.client.HTTPException):
            pass  # it does not listen yet
        finally:
            line.close()
        time.sleep(LOOK)
    output = log.read_text(errors="replace")[-3000:]
    raise ServerFailed(f"{side.name} was not ready:\n{output}")


def _end(process: subprocess.Popen[bytes], patience: float = 20.0) -> None:
    """The process and all that it started. They are in a separate session."""
    for what in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, what)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _free_ports(count: int) -> list[int]:
    doors = [socket.socket() for _ in range(count)]
    for door in doors:
        door.bind((HOST, 0))
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports


# -- the programs ------------------------------------------------------------


def nbmodel(folder: Path, registry: Path, *words: str) -> Side:
    """``nbmodel serve``, which logs what it predicts unless it is told not to."""
    command = (
        sys.executable, "-m", "nbmodel.cli", "--repo", registry, "serve", f"{MODEL}#prod",
    )  # fmt: skip
    return Side(
        "nbmodel serve",
        lambda ports: [*command, "--host", HOST, "--port", str(ports[0]), *words],
        ready="/v2/health/ready",
        path=V2,
        body=_body(folder, "nbmodel", _tensor()),
        read=lambda document: document["outputs"][0]["data"][0],
        folder=folder,
    )


def others(bench: Bench, folder: Path) -> dict[str, Side]:
    """The peers, by a short name; their models are written to `folder`."""
    file = folder / "model.joblib"
    joblib.dump(fitted(1.0), file)
    return {
        "mlflow": _mlflow(bench, folder),
        "mlserver": _mlserver(folder, file),
        "bentoml": _bentoml(folder, file),
        "kserve": _kserve(folder, file),
    }


def fitted(strength: float) -> Any:
    """The model, fitted to arrays: no server has to name columns."""
    x, y = models.breast_cancer()
    return models.pipeline_of(x.to_numpy(), y, strength)


def _mlflow(bench: Bench, folder: Path) -> Side:
    python = peers.mlflow()
    with bench.worker("benchmarks.mlflow_side:MlflowWriter", python) as writer:
        writer.call("save", folder=str(folder / "mlflow"))
    return Side(
        "mlflow models serve",
        lambda ports: [
            python.with_name("mlflow"), "models", "serve", "-m", folder / "mlflow",
            "-h", HOST, "-p", str(ports[0]), "--env-manager", "local",
        ],
        ready="/ping",
        path="/invocations",
        body=_body(folder, "mlflow", {"inputs": [row()]}),
        read=lambda document: document["predictions"][0],
        folder=folder,
        python=python,
    )  # fmt: skip


def _mlserver(folder: Path, file: Path) -> Side:
    python = peers.mlserver()
    place = folder / "mlserver"
    place.mkdir()
    settings = {
        "name": MODEL,
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(file), "version": "1"},
    }
    (place / "model-settings.json").write_text(json.dumps(settings))

    def command(ports: list[int]) -> list[str | Path]:
        ways = ("http_port", "grpc_port", "metrics_port")
        options = {"host": HOST, **dict(zip(ways, ports, strict=True))}
        (place / "settings.json").write_text(json.dumps(options))
        return [python.with_name("mlserver"), "start", place]

    return Side(
        "MLServer", command, ready=f"/v2/models/{MODEL}/ready", path=V2,
        body=_body(folder, "mlserver", _tensor()),
        read=lambda document: document["outputs"][0]["data"][0],
        folder=place, python=python,
    )  # fmt: skip


def _bentoml(folder: Path, file: Path) -> Side:
    python = peers.bentoml()
    return Side(
        "BentoML",
        lambda ports: [
            python.with_name("bentoml"), "serve", "benchmarks.bentoml_side:Churn",
            "--host", HOST, "--port", str(ports[0]),
        ],
        ready="/readyz",
        path="/predict",
        body=_body(folder, "bentoml", {"rows": [row()]}),
        read=lambda document: document[0],
        folder=folder,
        python=python,
        variables={
            "BENCH_MODEL": str(file), "BENTOML_HOME": str(folder / "bentoml"),
            "BENTOML_DO_NOT_TRACK": "True",
        },
    )  # fmt: skip


def _kserve(folder: Path, file: Path) -> Side:
    python = peers.kserve()
    return Side(
        "kserve",
        lambda ports: [
            python, "-m", "benchmarks.kserve_side",
            "--http_port", str(ports[0]), "--grpc_port", str(ports[1]),
        ],
        ready=f"/v2/models/{MODEL}/ready",
        path=V2,
        body=_body(folder, "kserve", _tensor()),
        read=lambda document: document["outputs"][0]["data"][0],
        folder=folder,
        python=python,
        variables={"BENCH_MODEL": str(file)},
    )  # fmt: skip


# -- one row -----------------------------------------------------------------


def row() -> list[float]:
    """The first of the breast-cancer data."""
    x, _ = models.breast_cancer()
    return [float(value) for value in x.iloc[0]]


def _tensor() -> dict[str, Any]:
    """An inference request of the Open Inference Protocol v2."""
    values = row()
    tensor = {"name": "rows", "shape": [1, len(values)], "datatype": "FP64", "data": values}
    return {"inputs": [tensor]}


def _body(folder: Path, name: str, document: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document))
    return path
