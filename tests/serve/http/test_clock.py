"""The time in the log is the present, or in a replay the time of the request."""

from __future__ import annotations

import time

import pytest

from nbmodel.errors import ServerFailed
from nbmodel.monitor.prediction_log.reader import open_log
from tests.serve.conftest import X, fitted

RECORDS = X.head(2).to_dict("records")
SPRING = "2013-04-01T12:00:00Z"
TENSOR = {"name": "x", "shape": [1, X.shape[1]], "datatype": "FP64", "data": X.iloc[0].tolist()}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "log"


def read(folder, question):
    with open_log(folder, "churn") as log:
        return log.rows(question)


def test_a_replay_logs_predictions_labels_and_the_shadow_at_their_own_time(serve, registry, folder):
    registry.commit(fitted(0.1), "churn", "C=0.1")
    client = serve("churn@prod", "--replay", "--shadow", "churn@2", "--log", str(folder))
    v2 = {"id": "v2", "inputs": [TENSOR], "parameters": {"time": "2013-04-02T01:00:00+02:00"}}
    answers = [
        client.ask("/predict", {"records": RECORDS, "id": "plain", "time": SPRING}),
        client.ask("/v2/models/churn/infer", v2),
        client.ask("/predict", {"records": RECORDS, "id": "now"}),
        client.ask("/feedback", {"labels": [{"id": "v2", "label": 1}], "time": "2013-04-03"}),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 202]
    client.server.stop()
    assert read(
        folder, "SELECT version, id, epoch(time) FROM predictions WHERE id != 'now/0' "
        "AND id != 'now/1' ORDER BY 1, 2",
    ) == [
        (version, identifier, moment)
        for version in ("churn@1", "churn@2")
        for identifier, moment in (
            ("plain/0", 1364817600.0), ("plain/1", 1364817600.0), ("v2", 1364857200.0),
        )
    ]  # fmt: skip
    assert read(folder, "SELECT id, epoch(time) FROM labels") == [("v2", 1364947200.0)]
    (late,) = read(folder, "SELECT min(epoch(time)) FROM predictions WHERE id LIKE 'now/%'")
    assert abs(late[0] - time.time()) < 60
    assert sorted(path.name for path in folder.rglob("date=*"))[0] == "date=2013-04-01"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/predict", {"records": RECORDS, "time": SPRING}),
        ("/v2/models/churn/infer", {"inputs": [TENSOR], "parameters": {"time": SPRING}}),
        ("/feedback", {"labels": [{"id": "a", "label": 1}], "time": SPRING}),
    ],
)
def test_without_replay_a_request_cannot_set_its_time(client, path, body):
    refused = client.ask(path, body)
    assert refused.status == 400
    assert "--replay" in refused.json["error"]


def test_an_invalid_time_is_refused(serve, folder):
    client = serve("churn@prod", "--replay", "--log", str(folder))
    for moment in ("yesterday", "7d", "", 5, 1.5e300, [], {}, True, "2013-13-01"):
        refused = client.ask("/predict", {"records": RECORDS, "time": moment})
        assert refused.status == 400
        assert "ISO 8601" in refused.json["error"]


def test_a_column_called_time_is_a_column(serve, registry):
    frame = X.iloc[:, :2].set_axis(["time", "size"], axis=1)
    model = fitted(1.0)
    model.fit(frame, X.index % 2)
    registry.commit(model, "clock", "two columns", data=frame)
    client = serve("clock@1")
    answer = client.ask("/predict", frame.head(1).to_dict("records")[0])
    assert answer.status == 200


def test_a_replay_without_a_log_is_refused(serve):
    with pytest.raises(ServerFailed, match="--replay"):
        serve("churn@prod", "--replay", "--no-log")
