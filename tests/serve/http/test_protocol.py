"""Open Inference Protocol v2 and plain records, sent to a real server."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.serve.conftest import X, fitted
from tests.waiting import until

ROW = X.iloc[[0]]


def tensor(values, name="x", datatype="FP64"):
    array = np.asarray(values)
    return {
        "name": name,
        "shape": list(array.shape),
        "datatype": datatype,
        "data": array.reshape(-1).tolist(),
    }


def test_the_server_describes_its_models(client):
    assert client.ask("/v2").json["name"] == "nbmodel"
    assert client.ask("/v2/health/live").status == 200
    assert client.ask("/v2/health/ready").status == 200
    description = client.ask("/v2/models/churn").json
    assert description["name"] == "churn"
    assert description["versions"] == ["1"]
    assert [column["name"] for column in description["inputs"]] == list(X.columns)
    assert {column["datatype"] for column in description["inputs"]} == {"FP64"}
    assert description["parameters"]["methods"][0] == "predict"
    assert client.ask("/v2/models/churn/ready").json["ready"] is True
    assert client.ask("/v2/models/churn/versions/1/ready").status == 200


def test_one_tensor_and_one_tensor_a_column_give_what_the_model_gives(client):
    rows = X.head(7)
    wanted = fitted(1.0).predict(rows).tolist()
    whole = client.ask("/v2/models/churn/infer", {"inputs": [tensor(rows)], "id": "mine"})
    assert whole.status == 200
    assert whole.json["id"] == "mine"
    assert whole.json["model_version"] == "1"
    assert whole.version == "churn@1"
    (output,) = whole.json["outputs"]
    assert (output["datatype"], output["shape"], output["data"]) == ("INT64", [7], wanted)
    columns = [tensor(rows[name], name) for name in X.columns]
    split = client.ask("/v2/models/churn/infer", {"inputs": columns})
    assert split.json["outputs"][0]["data"] == wanted


def test_a_method_is_chosen_by_parameter(client):
    body = {"inputs": [tensor(ROW)], "parameters": {"method": "predict_proba"}}
    (output,) = client.ask("/v2/models/churn/infer", body).json["outputs"]
    wanted = fitted(1.0).predict_proba(ROW)
    assert output["shape"] == [1, 2]
    assert np.allclose(output["data"], wanted.reshape(-1), rtol=1e-12)
    body["parameters"]["method"] = "fit"
    refused = client.ask("/v2/models/churn/infer", body)
    assert refused.status == 400
    assert "predict_proba" in refused.json["error"]


def test_rows_can_be_sent_as_records(client):
    answer = client.ask("/predict", X.head(3).to_dict("records"))
    assert answer.status == 200
    assert answer.json["version"] == "churn@1"
    assert answer.json["predict"] == fitted(1.0).predict(X.head(3)).tolist()
    record = ROW.iloc[0].to_dict()
    chosen = client.ask("/predict/churn", {"records": record, "method": "predict_proba"})
    assert len(chosen.json["predict_proba"][0]) == 2


def without(name):
    return {key: value for key, value in ROW.iloc[0].to_dict().items() if key != name}


CODES = {
    400: {"invalid-input", "method-missing"},
    404: {"not-found"},
    422: {"scoring-failed"},
}


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/v2/models/nope/infer", {"inputs": [tensor(ROW)]}, 404, "nope"),
        ("/v2/models/churn/versions/9/infer", {"inputs": [tensor(ROW)]}, 404, "'9'"),
        ("/v2/models/churn/infer", {"inputs": [tensor(ROW.iloc[:, :4])]}, 400, "shape"),
        ("/v2/models/churn/infer", {"inputs": []}, 400, "no inputs"),
        ("/v2/models/churn/infer", {"inputs": [{"name": "x"}]}, 400, "datatype"),
        ("/v2/models/churn/infer", {"inputs": [tensor(ROW, datatype="FP8")]}, 400, "FP8"),
        ("/v2/models/churn/infer", {"inputs": [tensor(ROW) | {"shape": [2, 30]}]}, 400, "shape"),
        ("/v2/models/churn/infer", {"inputs": [tensor(ROW) | {"shape": [-1]}]}, 400, "shape"),
        ("/v2/models/churn/infer", [1], 400, "no inputs"),
        ("/v2/models/churn/infer", "{", 400, "not JSON"),
        ("/v2/models/churn/infer", b"\xff\xfe", 400, "not JSON"),
        ("/predict", [], 400, "no rows"),
        ("/predict", [without("mean area")], 400, "mean area"),
        ("/predict", [ROW.iloc[0].to_dict() | {"sql": 1}], 400, "sql"),
        ("/predict", [ROW.iloc[0].to_dict() | {"mean area": "big"}], 400, "mean area"),
        ("/predict", [ROW.iloc[0].to_dict() | {"mean area": None}], 422, "NaN"),
        ("/predict", 3, 400, "no records"),
        ("/predict", [[1.0] * 30] * 10_001, 400, "10001 rows"),
        ("/predict", "[" * 100_000, 400, "not JSON"),
        ("/nothing", {}, 404, "/openapi.json"),
    ],
)
def test_a_refusal_says_why(client, path, body, status, message):
    answer = client.ask(path, body)
    assert answer.status == status
    assert message in answer.json["error"]
    assert answer.json["code"] in CODES[status]


def test_a_model_that_is_not_served_has_the_code_of_its_class(client):
    answer = client.ask("/v2/models/other")
    assert (answer.status, answer.json["code"]) == (404, "not-found")


def test_the_description_has_the_statuses_that_an_endpoint_answers(client):
    paths = client.ask("/openapi.json").json["paths"]
    for path in ("/v2/models/churn", "/v2/models/churn/ready", "/predict/churn"):
        (operation,) = paths[path].values()
        assert {"401", "404"} <= operation["responses"].keys()
    for path in ("/v2/health/live", "/v2/health/ready"):
        assert "401" not in paths[path]["get"]["responses"]  # probes have no token
    assert "404" not in paths["/v2"]["get"]["responses"]


def test_a_body_that_is_too_large_is_refused(client):
    for size in (10_000_000, 50_000_000):  # more than fits into any buffer on the way
        assert client.ask("/predict", b"[" + b" " * size + b"]").status == 413


def test_the_description_lists_every_path_that_answers(client):
    document = client.ask("/openapi.json").json
    assert "/v2/models/churn/infer" in document["paths"]
    for path, verbs in document["paths"].items():
        for verb in verbs:
            body = None if verb == "get" else {}
            assert client.ask(path.format(version="1"), body).status in (200, 400)
    page = client.ask("/")
    assert "churn@1" in page.body.decode()
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_metrics_count_requests_and_rows(serve):
    client = serve("churn@prod")
    client.ask("/predict", X.head(3).to_dict("records"))
    client.ask("/predict", [])
    text = client.ask("/metrics").body.decode()
    assert 'nbmodel_predictions_total{model="churn",version="churn@1"} 3.0' in text
    assert 'code="400"' in text
    assert 'nbmodel_served_info{model="churn",version="churn@1"} 1.0' in text


INFER = "/v2/models/churn/infer"


def infer(client, **more):
    return client.ask(INFER, {"inputs": [tensor(ROW)], **more})


def test_outputs_are_chosen_by_name(client):
    named = [{"name": "predict_proba"}, {"name": "predict"}]
    outputs = infer(client, outputs=named).json["outputs"]
    assert [output["name"] for output in outputs] == ["predict_proba", "predict"]
    assert [output["shape"] for output in outputs] == [[1, 2], [1]]
    declared = {output["name"]: output for output in client.ask("/v2/models/churn").json["outputs"]}
    for output in outputs:
        assert declared[output["name"]]["datatype"] == output["datatype"]
        assert declared[output["name"]]["shape"] == [-1, *output["shape"][1:]]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"outputs": [{"name": "fit"}]}, "fit"),
        ({"outputs": "predict"}, "list of names"),
        ({"outputs": [{"name": "predict"}] * 2}, "the same name"),
        ({"outputs": [{"name": "predict"}], "parameters": {"method": "transform"}}, "one or the"),
        ({"parameters": []}, "not an object"),
        ({"parameters": {"method": 3}}, "not a text"),
        ({"id": 3}, "The id 3"),
        ({"id": "x" * 1000}, "256"),
    ],
)
def test_an_invalid_request_is_refused(client, more, message):
    answer = infer(client, **more)
    assert answer.status == 400
    assert message in answer.json["error"]


DATA = ROW.to_numpy().reshape(-1).tolist()


@pytest.mark.parametrize(
    ("datatype", "data", "message"),
    [
        ("FP64", ["1.5", *DATA[1:]], "value 0: '1.5' is not FP64"),
        ("FP64", [*DATA[:29], {}], "value 29"),
        ("FP64", DATA[:29], "shape"),
        ("FP64", [[*DATA]], None),
        ("FP64", 3, "lacks data"),
        ("FP32", [1e300, *DATA[1:]], "is not FP32"),
        ("FP16", DATA, None),
        ("INT64", [1.5] * 30, "1.5 is not INT64"),
        ("INT64", [1.0] * 30, None),
        ("UINT8", [-1] * 30, "-1 is not UINT8"),
        ("UINT8", [256] * 30, "256 is not UINT8"),
        ("BOOL", [True] * 30, None),
        ("BOOL", [2] * 30, "2 is not BOOL"),
        ("BYTES", ["a"] * 30, "column 'mean radius'"),
        ("BYTES", [1] * 30, "not a text"),
    ],
)
def test_the_data_must_have_their_datatype(client, datatype, data, message):
    tensor = {"name": "x", "shape": [1, 30], "datatype": datatype, "data": data}
    answer = client.ask(INFER, {"inputs": [tensor]})
    assert answer.status == (400 if message else 200)
    assert message is None or message in answer.json["error"]


def test_not_a_number_is_null(client):
    refused = client.ask("/predict", '[{"mean area": NaN}]')
    assert refused.status == 400
    assert "send null" in refused.json["error"]


def test_a_tensor_may_come_as_bytes(client):
    values = X.head(3).to_numpy()
    tensor = {"name": "x", "shape": [3, 30], "datatype": "FP64"}
    document = json.dumps(
        {
            "inputs": [tensor | {"parameters": {"binary_data_size": values.nbytes}}],
            "outputs": [{"name": "predict_proba", "parameters": {"binary_data": True}}],
        }
    ).encode()
    header = {"Inference_Header_Content_Length": str(len(document))}
    answer = client.ask(INFER, document + values.tobytes(), **header)
    assert answer.status == 200
    cut = int(answer.headers["inference-header-content-length"])
    (output,) = json.loads(answer.body[:cut])["outputs"]
    assert output["parameters"]["binary_data_size"] == len(answer.body) - cut
    outputs = np.frombuffer(answer.body[cut:]).reshape(output["shape"])
    assert np.allclose(outputs, fitted(1.0).predict_proba(X.head(3)), rtol=1e-12)
    for wrong in (b"", values.tobytes()[:-1], values.tobytes() + b"x"):
        refused = client.ask(INFER, document + wrong, **header)
        assert refused.status == 400
        assert "bytes" in refused.json["error"]
    header["Inference_Header_Content_Length"] = str(10**9)
    assert client.ask(INFER, document, **header).status == 400


def test_a_wrong_http_method_is_refused_with_the_allowed_ones(client):
    assert client.ask(INFER).headers["allow"] == "POST"
    assert set(client.ask("/v2", {}).headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_refused_request_is_not_logged(serve):
    client = serve("churn@prod", "--watch", "off")
    client.ask("/predict", [without("mean area")])
    client.ask("/predict", [ROW.iloc[0].to_dict() | {"mean area": None}])
    client.ask(INFER, {"inputs": [tensor(ROW)], "outputs": [{"name": "fit"}]})
    client.ask("/predict", ROW.to_dict("records"))
    until(lambda: 'state="written"} 1.0' in client.ask("/metrics").body.decode())
    text = client.ask("/metrics").body.decode()
    assert 'nbmodel_predictions_total{model="churn",version="churn@1"} 1.0' in text
