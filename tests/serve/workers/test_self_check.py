"""A server scores the acceptance rows through its own HTTP code before it is ready."""

from __future__ import annotations

import html
import json

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.preprocessing import FunctionTransformer

from nbmodel import records
from nbmodel.errors import ServerFailed
from nbmodel.predict import acceptance as files
from nbmodel.predict import agreement
from nbmodel.repo import notes
from nbmodel.serve.inference import slots as slots_of
from nbmodel.serve.workers import self_check
from nbmodel.versioning import acceptance as proof
from nbmodel.versioning import snapshot
from nbmodel.versioning.resolve import resolve
from tests.serve.conftest import X, Y, fitted
from tests.waiting import until


def proof_in(client, model="churn"):
    return client.ask(f"/v2/models/{model}").json["parameters"]["proof"]


def falsified(registry, model):
    """Commit a version whose acceptance rows have the outputs of another version."""
    made = registry.commit(model, "churn")
    context = registry.context
    inputs = proof.of_version(context, snapshot.read(context, resolve(context, "churn@1"))).inputs
    other = proof.record(fitted(0.0001), inputs, {})
    attached = {"acceptance": files.to_json(other)}
    note = records.Note(context.identity.person, 1, "rows", attached=attached)
    notes.add(context.git, made.version.commit, note)
    return made.version.ref


def test_a_server_repeats_the_acceptance_rows(registry, serve):
    client = serve("churn@prod")
    proof = proof_in(client)
    assert proof["state"] == "proved"
    assert proof["rows"] == 32
    line = 'nbmodel_proof_info{model="churn",role="primary",state="proved",version="churn@1"} 1.0'
    assert line in client.ask("/metrics").body.decode()
    counted = client.ask("/metrics").body.decode()
    assert 'nbmodel_predictions_total{model="churn"' not in counted  # the proof is not counted


def test_a_version_without_acceptance_rows_is_served_and_reported(registry, serve):
    registry.commit(fitted(1.0), "bare")
    client = serve("bare@1")
    assert proof_in(client, "bare") == {
        "state": "not proved", "rows": 0, "bit_for_bit": False,
        "detail": "the version has no acceptance rows",
    }  # fmt: skip
    assert client.ask("/predict/bare", X.head(2).to_dict("records")).status == 200


def test_a_version_with_different_outputs_does_not_start(registry, serve):
    reference = falsified(registry, fitted(1.0))
    with pytest.raises(ServerFailed, match="does not answer its acceptance rows") as refused:
        serve(reference)
    assert "predict_proba, row 0: [" in str(refused.value)
    client = serve(reference, "--accept-differences")
    proof = proof_in(client)
    assert proof["state"] == "differs"
    assert "decision_function, row 0: " in proof["detail"]
    assert 'state="differs"' in client.ask("/metrics").body.decode()


def test_a_server_keeps_its_version_if_the_stage_moves_to_a_different_one(registry, serve):
    client = serve("churn@prod")
    reference = falsified(registry, fitted(1.0))
    registry.promote(reference, "prod", "worse")
    why = until(lambda: client.ask("/v2/models/churn").json["parameters"].get("problem"))
    assert "does not answer its acceptance rows" in why
    assert 'nbmodel_follow_failing{model="churn"} 1.0' in client.ask("/metrics").body.decode()
    answer = client.ask("/predict", X.head(1).to_dict("records"))
    assert (answer.status, answer.version) == (200, "churn@1")


def test_a_random_model_is_proved_by_the_shape_of_its_outputs(registry, serve):
    registry.commit(DummyClassifier(strategy="uniform").fit(X, Y), "coin", data=X)
    registry.verify_acceptance("coin")
    proof = proof_in(serve("coin@1"), "coin")
    assert (proof["state"], proof["bit_for_bit"]) == ("proved", False)


def test_requests_are_not_mixed_if_outputs_depend_on_the_batch(registry, serve):
    registry.commit(FunctionTransformer(centered).fit(X), "mean", data=X)
    registry.verify_acceptance("mean")
    client = serve("mean@1", "--trust")
    assert proof_in(client, "mean")["state"] == "proved"
    alone = client.ask("/predict/mean", X.head(1).to_dict("records")).json["transform"]
    assert alone == [[0.0] * 30]


def centered(frame):
    return frame - frame.mean()


ODD = {
    "infinite": lambda frame: np.where(frame.iloc[:, 0] > 14, np.inf, -1.0),
    "durations": lambda frame: frame.iloc[:, 0].to_numpy().astype("timedelta64[s]"),
    "dates": lambda frame: frame.iloc[:, 0].to_numpy().astype("int64").astype("datetime64[D]"),
    "truth": lambda frame: (frame.iloc[:, 0] > 14).to_numpy(),
    "texts": lambda frame: np.where(frame.iloc[:, 0] > 14, "01", "1"),
    "dicts": lambda frame: np.array([{"size": float(v)} for v in frame.iloc[:, 0]], dtype=object),
    "huge": lambda frame: np.array([10**30] * len(frame), dtype=object),
}


@pytest.mark.parametrize("name", ODD)
def test_a_value_that_json_writes_differently_is_not_a_difference(registry, serve, name):
    registry.commit(FunctionTransformer(ODD[name]).fit(X), "odd", data=X)
    assert proof_in(serve("odd@1", "--trust"), "odd")["state"] == "proved"


@pytest.mark.parametrize(
    ("expected", "sent"),
    [
        (np.array([1]), [1.7]), (np.array([1]), ["1"]), (np.array([True]), [0.7]),
        (np.array([1.5]), ["1.5"]), (np.array(["1"]), [1]), (np.array(["01"]), ["1"]),
        (np.array([1.0, 2.0]), [1.0]), (np.array([[1.0, 2.0]]), [[1.0, 2.0, 3.0]]),
    ],
)  # fmt: skip
def test_another_type_or_shape_is_a_difference(expected, sent):
    wanted = self_check._to_array(self_check._through_json(expected), expected)
    got = self_check._to_array(sent, expected)
    assert agreement.difference("predict", wanted, got, 0.0) is not None


def test_a_version_that_differs_is_loaded_once_and_another_one_takes_over(registry, monkeypatch):
    loads = []
    load = slots_of.load

    def counted(registry, reference, executor, **options):
        loads.append(reference)
        return load(registry, reference, executor, **options)

    monkeypatch.setattr(slots_of, "load", counted)
    slots = slots_of.Slots(registry, [slots_of.ServingPlan("churn@prod")], check=self_check.prove)
    slot = slots["churn"]
    registry.promote(falsified(registry, fitted(1.0)), "prod", "worse")
    reasons = [slots._update(slot, "primary") for _ in range(3)]
    assert len(set(reasons)) == 1
    assert "does not answer its acceptance rows" in reasons[0]
    assert len(loads) == 2
    better = registry.commit(fitted(0.5), "churn", data=X).version.ref
    registry.promote(better, "prod", "better")
    assert (slots._update(slot, "primary"), slot.primary.reference) == ("", better)
    slots.close()


def test_an_error_of_a_version_does_not_stop_the_server(registry, monkeypatch):
    slots = slots_of.Slots(registry, [slots_of.ServingPlan("churn@prod")])
    slot = slots["churn"]
    better = registry.commit(fitted(0.5), "churn", data=X).version.ref
    registry.promote(better, "prod", "better")
    monkeypatch.setattr(slots, "_load", lambda reference: 1 / 0)
    assert slots._update(slot, "primary").startswith(
        "churn@prod cannot be loaded: ZeroDivisionError"
    )
    monkeypatch.undo()
    monkeypatch.setattr(slots_of, "RETRY_SECONDS", 0.0)
    slot.rejected.clear()
    assert (slots._update(slot, "primary"), slot.primary.reference) == ("", better)
    slots.close()


def test_the_page_shows_a_request_that_the_server_answers(registry, serve):
    client = serve("churn@prod")
    page = html.unescape(client.ask("/").body.decode())
    row = json.loads(page.partition("curl -d '")[2].partition("'")[0])
    assert client.ask("/predict/churn", row).status == 200
