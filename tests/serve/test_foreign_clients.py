"""kserve's and MLServer's own clients, in environments of their own, call a real server."""

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

# Installed anew only when their pins change.
pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pythons():
    """Interpreters with kserve and with MLServer, installed in parallel."""
    wanted = {"kserve": peers.kserve_client, "mlserver": peers.mlserver_client}
    with ThreadPoolExecutor() as pool:
        made = {name: pool.submit(make) for name, make in wanted.items()}
    return {name: future.result() for name, future in made.items()}


def run(python, script, given):
    done = subprocess.run(
        [python, SCRIPTS / script], input=json.dumps(given), capture_output=True, text=True,
        env=dict(os.environ, NO_PROXY="127.0.0.1"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_kserves_client(client, pythons):
    address = client.server.address
    told = run(pythons["kserve"], "kserve_client.py", [address, ROWS.to_numpy().tolist()])
    assert (told["live"], told["ready"], told["model ready"]) == (True, True, True)
    assert told["other ready"] is False
    assert told["json"] == ["json", "predict", LABELS]
    assert told["bytes"] == ["bytes", "predict", LABELS]
    assert told["outputs"]["predict"] == LABELS
    assert np.allclose(told["outputs"]["predict_proba"], SHARES, rtol=1e-12)
    assert told["half"] == fitted(1.0).predict(ROWS.astype("float16").astype(float)).tolist()
    assert "The request has no inputs" in told["refused"]


def test_mlservers_codecs(client, pythons):
    given = [client.server.address, ROWS.to_numpy().tolist(), list(X.columns)]
    told = run(pythons["mlserver"], "mlserver_client.py", given)
    assert told["server"] == "nbmodel"
    assert told["inputs"] == [[name, "FP64"] for name in X.columns]
    assert told["numpy"] == LABELS
    assert told["pandas"] == LABELS
    assert np.allclose(told["probabilities"], SHARES, rtol=1e-12)


@pytest.mark.parametrize("how", [[], ["--binary-data"]])
def test_mlservers_batch_command(client, pythons, tmp_path, how):
    """``mlserver infer`` uses Triton's client, with tensors as bytes or as JSON."""
    asked = tmp_path / "asked.jsonl"
    answers = tmp_path / "answers.jsonl"
    tensors = [
        {"inputs": [{"name": "x", "shape": [1, 30], "datatype": "FP64", "data": row}]}
        for row in ROWS.to_numpy().tolist()
    ]
    asked.write_text("".join(json.dumps(tensor) + "\n" for tensor in tensors))
    address = client.server.address.removeprefix("http://")
    words = ["-u", address, "-m", "churn", "-i", asked, "-o", answers, *how]
    done = subprocess.run(
        [Path(pythons["mlserver"]).parent / "mlserver", "infer", *words],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    found = [json.loads(line) for line in answers.read_text().splitlines()]
    found.sort(key=lambda one: one["parameters"]["batch_index"])
    assert [one["outputs"][0]["data"] for one in found] == [[label] for label in LABELS]
