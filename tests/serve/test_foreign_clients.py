"""The clients of kserve and MLServer, in separate environments, call a real server."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from tests.serve.conftest import X, fitted

SCRIPTS = Path(__file__).parent / "foreign"
ROWS = X.head(4)
LABELS = fitted(1.0).predict(ROWS).tolist()
SHARES = fitted(1.0).predict_proba(ROWS)

# The environments are installed again only when their pins change.
pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pythons():
    """Interpreters with kserve and with MLServer, installed in parallel."""
    wanted = {"kserve": peers.kserve_client, "mlserver": peers.mlserver_client}
    with ThreadPoolExecutor() as pool:
        made = {name: pool.submit(make) for name, make in wanted.items()}
    return {name: future.result() for name, future in made.items()}


def run(python, script, arguments):
    done = subprocess.run(
        [python, SCRIPTS / script], input=json.dumps(arguments), capture_output=True, text=True,
        env=dict(os.environ, NO_PROXY="127.0.0.1"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_kserves_client(client, pythons):
    address = client.server.address
    results = run(pythons["kserve"], "kserve_client.py", [address, ROWS.to_numpy().tolist()])
    assert (results["live"], results["ready"], results["model ready"]) == (True, True, True)
    assert results["other ready"] is False
    assert results["json"] == ["json", "predict", LABELS]
    assert results["bytes"] == ["bytes", "predict", LABELS]
    assert results["outputs"]["predict"] == LABELS
    assert np.allclose(results["outputs"]["predict_proba"], SHARES, rtol=1e-12)
    assert results["half"] == fitted(1.0).predict(ROWS.astype("float16").astype(float)).tolist()
    assert "The request has no inputs" in results["refused"]


def test_mlservers_codecs(client, pythons):
    arguments = [client.server.address, ROWS.to_numpy().tolist(), list(X.columns)]
    results = run(pythons["mlserver"], "mlserver_client.py", arguments)
    assert results["server"] == "nbmodel"
    assert results["inputs"] == [[name, "FP64"] for name in X.columns]
    assert results["numpy"] == LABELS
    assert results["pandas"] == LABELS
    assert np.allclose(results["probabilities"], SHARES, rtol=1e-12)


@pytest.mark.parametrize("how", [[], ["--binary-data"]])
def test_mlservers_batch_command(client, pythons, tmp_path, how):
    """``mlserver infer`` uses Triton's client, with tensors as bytes or as JSON."""
    requests = tmp_path / "requests.jsonl"
    answers = tmp_path / "answers.jsonl"
    tensors = [
        {"inputs": [{"name": "x", "shape": [1, 30], "datatype": "FP64", "data": row}]}
        for row in ROWS.to_numpy().tolist()
    ]
    requests.write_text("".join(json.dumps(tensor) + "\n" for tensor in tensors))
    address = client.server.address.removeprefix("http://")
    words = ["-u", address, "-m", "churn", "-i", requests, "-o", answers, *how]
    done = subprocess.run(
        [Path(pythons["mlserver"]).parent / "mlserver", "infer", *words],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    responses = [json.loads(line) for line in answers.read_text().splitlines()]
    responses.sort(key=lambda response: response["parameters"]["batch_index"])
    assert [response["outputs"][0]["data"] for response in responses] == [
        [label] for label in LABELS
    ]
