"""A server answers its acceptance rows over its own HTTP code before it is ready."""

from __future__ import annotations

import time

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.preprocessing import FunctionTransformer

from nbmodel import records
from nbmodel.errors import ServerFailed
from nbmodel.predict import acceptance as files
from nbmodel.repo import notes
from nbmodel.versioning import proof, snapshot
from nbmodel.versioning.resolve import resolve
from tests.serve.conftest import X, Y, fitted


def proof_in(client, model="churn"):
    return client.ask(f"/v2/models/{model}").json["parameters"]["proof"]


def falsified(registry, model):
    """Commit a version that carries the answers of another one."""
    made = registry.commit(model, "churn")
    context = registry.context
    inputs = proof.of_version(context, snapshot.read(context, resolve(context, "churn@1"))).inputs
    other = proof.prove(fitted(0.0001), inputs, {})
    attached = {"acceptance": files.to_json(other)}
    note = records.Note(context.identity.person, 1, "rows", attached=attached)
    notes.add(context.git, made.version.commit, note)
    return made.version.ref


def test_a_server_is_proved(registry, serve):
    client = serve("churn#prod")
    found = proof_in(client)
    assert found["state"] == "proved"
    assert found["rows"] == 32
    line = 'nbmodel_proof_info{model="churn",role="primary",state="proved",version="churn@1"} 1.0'
    assert line in client.ask("/metrics").body.decode()
    counted = client.ask("/metrics").body.decode()
    assert 'nbmodel_predictions_total{model="churn"' not in counted  # the proof is no traffic


def test_a_version_without_rows_works_and_says_so(registry, serve):
    registry.commit(fitted(1.0), "bare")
    client = serve("bare@1")
    assert proof_in(client, "bare") == {
        "state": "not proved", "rows": 0, "bit_for_bit": False,
        "detail": "the version has no acceptance rows",
    }  # fmt: skip
    assert client.ask("/predict/bare", X.head(2).to_dict("records")).status == 200


def test_a_version_that_answers_otherwise_does_not_start(registry, serve):
    reference = falsified(registry, fitted(1.0))
    with pytest.raises(ServerFailed, match="does not answer its acceptance rows") as refused:
        serve(reference)
    assert "predict_proba, row 0: [" in str(refused.value)
    client = serve(reference, "--accept-differences")
    found = proof_in(client)
    assert found["state"] == "differs"
    assert "decision_function, row 0: " in found["detail"]
    assert 'state="differs"' in client.ask("/metrics").body.decode()


def test_a_stage_that_moves_to_such_a_version_stays_with_the_old_one(registry, serve):
    client = serve("churn#prod")
    reference = falsified(registry, fitted(1.0))
    registry.promote(reference, "prod", "worse")
    deadline = time.monotonic() + 60
    while not (why := client.ask("/v2/models/churn").json["parameters"].get("problem")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "does not answer its acceptance rows" in why
    assert 'nbmodel_follow_failing{model="churn"} 1.0' in client.ask("/metrics").body.decode()
    answer = client.ask("/predict", X.head(1).to_dict("records"))
    assert (answer.status, answer.version) == (200, "churn@1")


def test_a_model_that_answers_at_random_is_proved_by_shape(registry, serve):
    registry.commit(DummyClassifier(strategy="uniform").fit(X, Y), "coin", data=X)
    found = proof_in(serve("coin@1"), "coin")
    assert (found["state"], found["bit_for_bit"]) == ("proved", False)


def test_requests_are_not_mixed_where_answers_depend_on_the_batch(registry, serve):
    registry.commit(FunctionTransformer(centered).fit(X), "mean", data=X)
    client = serve("mean@1", "--trust")
    assert proof_in(client, "mean")["state"] == "proved"
    alone = client.ask("/predict/mean", X.head(1).to_dict("records")).json["transform"]
    assert alone == [[0.0] * 30]


def centered(frame):
    return frame - frame.mean()
