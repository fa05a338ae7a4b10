"""The prediction log has what a server scored, and the labels that came later."""

from __future__ import annotations

import os
import signal

import pytest

from nbmodel.errors import ServerFailed
from nbmodel.monitor.prediction_log.reader import open_log
from tests.serve.conftest import X, fitted
from tests.waiting import until


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "log ü"


def read(folder, question):
    with open_log(folder, "churn") as log:
        return log.rows(question)


def test_rows_outputs_and_labels_are_logged_by_id(serve, folder):
    client = serve("churn@prod", "--log", str(folder))
    first = client.ask("/predict", {"records": X.head(1).to_dict("records"), "id": "ann"})
    two = client.ask("/predict", {"records": X.iloc[1:3].to_dict("records"), "id": "bob"})
    assert (first.status, two.status) == (200, 200)
    labels = [{"id": "bob", "label": [1, 0]}, {"id": "ann", "label": 0}]
    feedback = client.ask("/feedback", labels)
    assert (feedback.status, feedback.json) == (202, {"model": "churn", "labels": 3})
    client.server.stop()
    rows = read(
        folder,
        'SELECT id, version, stage, "in.mean area", "out.predict", latency > 0 '
        "FROM predictions ORDER BY id",
    )
    wanted = fitted(1.0).predict(X.head(3)).tolist()
    assert [row[0] for row in rows] == ["ann", "bob/0", "bob/1"]
    assert {row[1:3] for row in rows} == {("churn@1", "prod")}
    assert [row[3] for row in rows] == X["mean area"].head(3).tolist()
    assert [row[4] for row in rows] == wanted
    assert all(row[5] for row in rows)
    assert read(folder, "SELECT id, value FROM labels ORDER BY id") == [
        ("ann", 0.0), ("bob/0", 1.0), ("bob/1", 0.0),
    ]  # fmt: skip


def test_a_killed_server_leaves_a_readable_log(serve, folder):
    client = serve("churn@prod", "--log", str(folder))
    for number in range(40):
        client.ask("/predict", {"records": [X.iloc[number].to_dict()], "id": f"n{number}"})
    until(lambda: 'nbmodel_log_rows_total{model="churn",state="written"} 40.0'
          in client.ask("/metrics").body.decode())  # fmt: skip
    client.ask("/predict", {"records": [X.iloc[0].to_dict()], "id": "last"})
    os.kill(client.server.pid, signal.SIGKILL)
    client.server.process.wait()
    (count,) = read(folder, "SELECT count(*) FROM predictions")[0]
    assert count in (40, 41)


def test_columns_are_redacted(serve, folder):
    words = ("--redact", "mean radius", "--redact", "churn:mean texture=hash", "--keep", "90d")
    client = serve("churn@prod", "--log", str(folder), *words)
    assert client.ask("/predict", {"records": X.head(3).to_dict("records")}).status == 200
    client.server.stop()
    with open_log(folder, "churn") as log:
        assert "in.mean area" in log.columns
        assert not [name for name in log.columns if name.startswith("in.mean radius")]
        hashes = log.rows('SELECT "in.mean texture.sha256" FROM predictions')
    assert len(hashes) == 3
    assert not {str(value) for value in X["mean texture"].head(3)} & {text for (text,) in hashes}


def test_only_the_sampled_rows_are_logged(serve, folder):
    client = serve("churn@prod", "--log", str(folder), "--sample", "50%")
    records = X.sample(200, replace=True, random_state=0).to_dict("records")
    assert client.ask("/predict", {"records": records}).status == 200
    client.server.stop()
    ((count,),) = read(folder, "SELECT count(*) FROM predictions")
    assert 60 < count < 140  # 1e-8 by chance


def test_redacting_an_unknown_column_is_an_error(serve, folder):
    with pytest.raises(ServerFailed, match=r"(?s)mean radios.*Did you mean mean radius"):
        serve("churn@prod", "--log", str(folder), "--redact", "mean radios")


def test_a_row_that_is_refused_does_not_ask_to_start_the_server_again(serve):
    server = serve("churn@prod", "--no-log").server
    with pytest.raises(ServerFailed, match="refused the request: Row 0") as caught:
        server.predict([{**X.iloc[0].to_dict(), X.columns[0]: "big"}])
    assert "start it again" not in str(caught.value)
    assert len(server.predict(X[:2].to_dict("records"))["predict"]) == 2


def test_without_a_log_feedback_is_refused(serve):
    client = serve("churn@prod", "--no-log")
    refused = client.ask("/feedback", {"id": "ann", "label": 1})
    assert refused.status == 400
    assert "--no-log" in refused.json["error"]


@pytest.mark.parametrize(
    "body", [[], {}, {"id": 3, "label": 1}, {"id": "a"}, {"id": "a", "label": {}}, "x", 7]
)
def test_invalid_feedback_is_refused(client, body):
    assert client.ask("/feedback", body).status == 400


def test_the_shadow_is_logged_and_does_not_answer(serve, registry, folder):
    registry.commit(fitted(0.1), "churn", "C=0.1")
    client = serve("churn@1", "--shadow", "churn@2", "--log", str(folder))
    answers = [client.ask("/predict", X.iloc[[n]].to_dict("records")).version for n in range(5)]
    assert set(answers) == {"churn@1"}
    client.server.stop()
    rows = read(folder, "SELECT version, count(*) FROM predictions GROUP BY 1 ORDER BY 1")
    assert rows == [("churn@1", 5), ("churn@2", 5)]


def test_a_log_that_cannot_be_written_is_reported_and_scoring_goes_on(serve, tmp_path):
    """As on a full disk: there is a file in the place of a folder of the log."""
    root = tmp_path / "log"
    root.mkdir()
    (root / "model=churn").write_text("in the way")
    client = serve("churn@prod", "--log", str(root), "--watch", "off")

    def reports(line):
        return line in client.ask("/metrics").body.decode()

    answers = [client.ask("/predict", X.iloc[[n]].to_dict("records")) for n in range(5)]
    assert {answer.status for answer in answers} == {200}
    until(lambda: reports('nbmodel_log_failing{model="churn"} 1.0'))
    assert client.ask("/predict", X.iloc[[5]].to_dict("records")).status == 200
    assert "Scoring continues" in (tmp_path / "serve-0.log").read_text()
    (root / "model=churn").unlink()
    until(
        lambda: (
            reports('state="written"} 6.0') and reports('nbmodel_log_failing{model="churn"} 0.0')
        )
    )
    client.server.stop()
    assert read(root, "SELECT count(DISTINCT id) FROM predictions") == [(6,)]
