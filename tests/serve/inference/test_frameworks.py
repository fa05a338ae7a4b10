"""Each framework's models give the same outputs over HTTP as in the process that fitted them."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import pytest

import nbmodel
from tests.fixtures.servers import serving
from tests.serve.conftest import X, Y

ROWS = X.head(5)


def keras_model():
    import keras

    model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    return model, model.predict(ROWS.to_numpy(), verbose=0)


def torch_module():
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(30, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    with torch.inference_mode():
        return model, model(torch.tensor(ROWS.to_numpy(), dtype=torch.float32)).numpy()


def lightgbm_booster():
    import lightgbm

    data = lightgbm.Dataset(X, Y, free_raw_data=False)
    model = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 3)
    return model, model.predict(ROWS)


def xgboost_booster():
    import xgboost

    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(X, Y), 3)
    return model, model.predict(xgboost.DMatrix(ROWS))


MODELS = {
    "keras_model": keras_model,
    "torch_module": torch_module,
    "lightgbm_booster": lightgbm_booster,
    "xgboost_booster": xgboost_booster,
}


@pytest.fixture(scope="module")
def served(isolated_home, tmp_path_factory):
    """One server of all models, and the outputs of each in this process."""
    folder = tmp_path_factory.mktemp("frameworks")
    outputs = {}
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("KERAS_BACKEND", "torch")
        registry = stack.enter_context(nbmodel.open(folder, create=True))
        for name, make in MODELS.items():
            model, outputs[name] = make()
            registry.commit(model, name, data=X)
        arguments = (*(f"{name}@1" for name in MODELS), "--no-log")
        server = serving(registry.path, *arguments, log=folder / "serve.log")
        yield stack.enter_context(server), outputs


@pytest.mark.parametrize("name", MODELS)
def test_tensors_get_the_outputs_of_this_process(served, name):
    client, outputs = served
    flat = ROWS.to_numpy().reshape(-1).tolist()
    tensor = {"name": "x", "shape": [5, 30], "datatype": "FP64", "data": flat}
    answer = client.ask(f"/v2/models/{name}/infer", {"inputs": [tensor]})
    assert answer.status == 200, answer.body
    (output,) = answer.json["outputs"]
    assert output["shape"] == list(outputs[name].shape)
    assert np.allclose(output["data"], outputs[name].reshape(-1), rtol=1e-6)
    declared = client.ask(f"/v2/models/{name}").json["outputs"][0]
    assert (declared["name"], declared["datatype"]) == ("predict", output["datatype"])


@pytest.mark.parametrize("name", MODELS)
def test_records_get_the_outputs_of_this_process(served, name):
    client, outputs = served
    answer = client.ask(f"/predict/{name}", ROWS.to_numpy().tolist())
    assert answer.status == 200, answer.body
    assert np.allclose(answer.json["predict"], outputs[name], rtol=1e-6)


def test_a_server_of_several_models_requires_a_name(served):
    client, _ = served
    refused = client.ask("/predict", ROWS.to_numpy().tolist())
    assert refused.status == 404
    assert "torch_module" in refused.json["error"]


def test_an_unknown_key_beside_the_records_is_refused(served):
    client, _ = served
    body = {"records": ROWS.to_dict("records"), "methd": "predict"}
    refused = client.ask("/predict/torch_module", body)
    assert refused.status == 400
    assert "unknown key 'methd'" in refused.json["error"]
