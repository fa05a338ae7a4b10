"""Situations that users reported, with the right outputs, and similar ones."""

from __future__ import annotations

import json
import time

import lightgbm
import numpy as np
import pandas as pd
import pytest
import torch
import xgboost
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, TargetEncoder
from sklearn.tree import DecisionTreeRegressor

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.rows import Frame, Matrix, Values
from tests.serve.answers.ways import Request

CASES = Cases()
SHOPS = pd.DataFrame({"city": ["Ulm", "Köln", None] * 10, "age": [20, 20, 20, 40, 40, 40] * 5})
SALES = np.array([10.2, 20.2, 100.2, 10.4, 20.4, 100.4] * 5)
NOBODY = {"city": None, "age": 40}
ENCODERS = {
    "one_hot": OneHotEncoder(handle_unknown="ignore"),
    "one_hot_strict": OneHotEncoder(),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "means": TargetEncoder(cv=2, random_state=0),
    "imputed": make_pipeline(
        SimpleImputer(strategy="constant", fill_value="nowhere", missing_values=np.nan),
        OneHotEncoder(),
    ),
}
TEXTS = ["a great film", "a bad film", "great", "bad", "great fun", "bad taste"] * 4
MOODS = np.array(["praise", "blame"] * 12)


def of_shops(encoder, **records):
    parts = make_column_transformer((encoder, ["city"]), remainder="passthrough")
    model = make_pipeline(parts, DecisionTreeRegressor(random_state=0)).fit(SHOPS, SALES)
    return Case(model, records.get("data", SHOPS), Frame(SHOPS.head(2)))


CASES |= {name: lambda encoder=encoder: of_shops(encoder) for name, encoder in ENCODERS.items()}


@CASES.add
def without_data():
    return of_shops(ENCODERS["one_hot"], data=None)


@CASES.add
def with_target():
    return of_shops(ENCODERS["one_hot"], data=SHOPS.assign(sales=SALES))


@CASES.add
def moods():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, MOODS)
    return Case(model, TEXTS, Values(TEXTS[:2]))


@CASES.add
def moods_without_data():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, MOODS)
    return Case(model, None, Values(TEXTS[:2], "text"))


@CASES.add
def reviews():
    texts = pd.Series(TEXTS, name="review")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, MOODS)
    return Case(model, texts, Values(texts.head(2)))


@CASES.add
def two_targets():
    targets = np.stack([[0, 1] * 15, [0, 1, 2] * 10], axis=1)
    model = RandomForestClassifier(3, random_state=0).fit(SHOPS[["age"]], targets)
    return Case(model, SHOPS[["age"]], Frame(SHOPS[["age"]].head(2)))


@CASES.add
def categories():
    frame = SHOPS.astype({"city": "category"})
    model = lightgbm.LGBMRegressor(
        n_estimators=9,
        min_child_samples=1,
        min_data_per_group=1,
        cat_smooth=0,
        verbose=-1,
        n_jobs=1,
    )
    return Case(model.fit(frame, SALES), frame, Frame(frame.head(2)))


@CASES.add
def categories_by_place():
    frame = SHOPS.astype({"city": "category"})
    model = xgboost.XGBRegressor(n_estimators=9, n_jobs=1, enable_categorical=True)
    return Case(model.fit(frame, SALES), frame, Frame(frame.head(2)))


@CASES.add
def hours():
    frame = pd.DataFrame({"at": pd.date_range("2024-06-01", periods=48, freq="h")})
    return timed(frame, Frame(frame.head(2)))


@CASES.add
def hours_in_berlin():
    times = pd.date_range("2024-06-01", periods=48, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"at": times})
    return timed(frame, Frame(frame.head(2)))


def timed(frame, rows):
    def hour(frame):
        return frame["at"].dt.hour.to_frame()

    model = make_pipeline(FunctionTransformer(hour), LinearRegression())
    return Case(model.fit(frame, frame["at"].dt.hour * 2.0), frame, rows)


@CASES.add
def numbers_only():
    model = LinearRegression().fit(SHOPS[["age"]], SALES)
    return Case(model, SHOPS[["age"]], Frame(SHOPS[["age"]].head(2)))


@CASES.add
def whole_words():
    model = torch.nn.Sequential(torch.nn.Embedding(7, 2), torch.nn.Flatten())
    words = np.zeros((4, 3), np.int64)
    return Case(
        model, words, Matrix(words[:1]), call=lambda _, records: model(torch.tensor(records))
    )


@CASES.add
def own_names():
    frame = pd.DataFrame({"records": np.arange(9.0), "inputs": np.arange(9.0) ** 2})
    model = LinearRegression().fit(frame, frame["records"])
    return Case(model, frame, Frame(frame.head(2)))


@CASES.add
def batch_size():
    class Counter:
        """Slow enough that requests wait for it; without data, so that nothing is known of it."""

        def predict(self, rows):
            time.sleep(0.02)
            return [len(rows)] * len(rows)

    return Case(Counter(), None, Frame(SHOPS[["age"]].head(2)))


@CASES.add
def fewer_answers():
    class Adults:
        def predict(self, frame):
            return frame["age"][frame["age"] > 30].to_numpy()

    frame = SHOPS[["age"]]
    return Case(Adults(), frame, Frame(frame.tail(2)))


def response_to(served, name, body):
    assert name not in served.failed, served.failed[name]
    return served.ask(name, Request("/predict/{}", json.dumps(body).encode(), {}))


def predicted(served, name, body):
    answer = response_to(served, name, body)
    assert answer.status == 200, answer.body
    return answer.json["predict"]


def refusal(served, name, body, status):
    answer = response_to(served, name, body)
    assert answer.status == status, answer.body
    return answer.json["error"]


@pytest.mark.parametrize("name", [*ENCODERS, "without_data", "with_target"])
def test_a_missing_text_answers_the_same_whatever_shares_its_batch(served, name):
    assert predicted(served, name, [NOBODY]) == pytest.approx([100.4])
    assert predicted(served, name, NOBODY) == pytest.approx([100.4])
    both = [NOBODY, {"city": "Köln", "age": 40}, {"city": "Ulm", "age": 20}]
    assert predicted(served, name, both) == pytest.approx([100.4, 20.4, 10.2])
    requests = [Request("/predict/{}", json.dumps([one]).encode(), {}) for one in both * 4]
    got = [answer.json["predict"][0] for answer in served.ask_together(name, requests)]
    assert got == pytest.approx([100.4, 20.4, 10.2] * 4)


@pytest.mark.parametrize(
    ("name", "column"), [("moods", "X"), ("moods_without_data", "text"), ("reviews", "review")]
)
def test_three_texts_get_three_answers(served, name, column):
    words = ["bad bad", "a great great film", "bad fun"]
    wanted = list(served.cases[name].model.predict(words))
    assert len(set(wanted)) == 2
    assert predicted(served, name, [{column: word} for word in words]) == wanted
    assert predicted(served, name, [[word] for word in words]) == wanted
    body = {"inputs": [{"name": column, "shape": [3], "datatype": "BYTES", "data": words}]}
    answer = served.ask(name, Request("/v2/models/{}/infer", json.dumps(body).encode(), {}))
    assert answer.json["outputs"][0]["data"] == wanted
    requests = [
        Request("/predict/{}", json.dumps([{column: word}]).encode(), {}) for word in words * 6
    ]
    got = [answer.json["predict"] for answer in served.ask_together(name, requests)]
    assert got == [[label] for label in wanted * 6]


def test_each_target_has_its_output(served):
    assert "two_targets" not in served.failed, served.failed
    body = {"records": [{"age": 20}, {"age": 40}, {"age": 20}], "method": "predict_proba"}
    answer = response_to(served, "two_targets", body).json
    assert np.shape(answer["predict_proba.0"]) == (3, 2)
    assert np.shape(answer["predict_proba.1"]) == (3, 3)
    assert np.shape(predicted(served, "two_targets", body["records"])) == (3, 2)
    one = {"name": "age", "shape": [2], "datatype": "INT64", "data": [20, 40]}
    wanted = {"inputs": [one], "outputs": [{"name": "predict_proba.1"}]}
    got = served.ask("two_targets", Request("/v2/models/{}/infer", json.dumps(wanted).encode(), {}))
    assert [(o["name"], o["shape"]) for o in got.json["outputs"]] == [("predict_proba.1", [2, 3])]
    described = json.loads(served.server.ask("/v2/models/two_targets"))["outputs"]
    shapes = {output["name"]: output["shape"] for output in described}
    assert shapes["predict"] == [-1, 2]
    assert (shapes["predict_proba.0"], shapes["predict_proba.1"]) == ([-1, 2], [-1, 3])


@pytest.mark.parametrize("name", ["categories", "categories_by_place"])
def test_an_unknown_category_counts_as_missing(served, name):
    model, kind = served.cases[name].model, SHOPS["city"].astype("category").dtype
    records = [{"city": "Ulm", "age": 20}, {"city": "東京", "age": 40}, NOBODY]
    frame = pd.DataFrame({"city": pd.Series(["Ulm", None, None], dtype=kind), "age": [20, 40, 40]})
    wanted = model.predict(frame)
    assert predicted(served, name, records) == pytest.approx(wanted)
    assert wanted[1] == wanted[2] != wanted[0]


@pytest.mark.parametrize("value", [3, True, ["Ulm"], {"name": "Ulm"}])
def test_a_category_of_another_type_is_named(served, value):
    error = refusal(
        served, "categories", [{"city": "Ulm", "age": 2}, {"city": value, "age": 2}], 400
    )
    assert "'city'" in error
    assert "Row 1" in error


@pytest.mark.parametrize(
    ("name", "value", "hour"),
    [
        ("hours", "2024-06-03T17:45:00", 17),
        ("hours", "2024-06-03 17:45", 17),
        ("hours", "2024-06-03", 0),
        ("hours", 1_717_436_700_000, 17),  # milliseconds since 1970
        ("hours_in_berlin", 1_717_436_700_000, 19),
        ("hours_in_berlin", "2024-06-03T17:45:00", 17),
        ("hours_in_berlin", "2024-06-03T17:45:00+02:00", 17),
        ("hours_in_berlin", "2024-06-03T17:45:00Z", 19),
        ("hours_in_berlin", "2024-12-03T17:45:00Z", 18),
        ("hours_in_berlin", "2024-06-03T17:45:00-05:00", 0),
    ],
)
def test_dates_keep_their_zone(served, name, value, hour):
    assert predicted(served, name, [{"at": value}]) == pytest.approx([2 * hour], abs=1e-9)


def test_a_text_that_is_not_a_date_is_named(served):
    error = refusal(served, "hours", [{"at": "2024-06-03"}, {"at": "yesterday"}], 400)
    assert "'at'" in error
    assert "yesterday" in error


def test_inputs_without_data_are_not_described_as_numbers(served):
    described = json.loads(served.server.ask("/v2/models/without_data"))["inputs"]
    assert {one["name"]: one["datatype"] for one in described}["city"] == "BYTES"


def test_the_target_is_not_an_input(served):
    described = json.loads(served.server.ask("/v2/models/with_target"))["inputs"]
    assert [one["name"] for one in described] == ["city", "age"]
    assert any("sales" in warning for warning in served.warnings["with_target"])


def test_whole_numbers_are_described_and_returned_as_integers(served):
    described = json.loads(served.server.ask("/v2/models/whole_words"))["inputs"]
    assert [one["datatype"] for one in described] == ["INT64"]
    got = predicted(served, "whole_words", [[0, 6, 3]])
    with torch.inference_mode():
        wanted = served.cases["whole_words"].model(torch.tensor([[0, 6, 3]]))
    assert np.array(got) == pytest.approx(wanted.numpy())
    assert refusal(served, "whole_words", [[0, 1.5, 3]], 400)
    assert "Look at their values" not in refusal(served, "whole_words", [[0, 7, 3]], 422)


def test_a_column_can_have_the_name_of_a_part_of_a_request(served):
    rows = [{"records": 2.0, "inputs": 4.0}, {"records": 3.0, "inputs": 9.0}]
    assert predicted(served, "own_names", rows) == pytest.approx([2.0, 3.0])
    assert predicted(served, "own_names", {"records": rows}) == pytest.approx([2.0, 3.0])


def test_a_refused_value_says_why(served):
    error = refusal(served, "one_hot_strict", [{"city": "東京", "age": 40}], 422)
    assert "東京" in error
    assert "Look at their values" not in error


def test_a_missing_number_that_the_model_cannot_take_is_named(served):
    error = refusal(served, "numbers_only", [{"age": 20}, {"age": None}], 422)
    assert "'age'" in error
    assert "Row 1" in error
    assert "Look at their values" not in error


def test_a_request_that_shares_a_batch_with_a_refused_one_is_answered(served):
    rows = [[{"age": 20}], [{"age": None}], [{"age": 40}]] * 3
    requests = [Request("/predict/{}", json.dumps(one).encode(), {}) for one in rows]
    got = [answer.status for answer in served.ask_together("numbers_only", requests)]
    assert got == [200, 422, 200] * 3


def test_outputs_with_fewer_rows_than_the_request_are_refused(served):
    assert predicted(served, "fewer_answers", [{"age": 40}, {"age": 50}]) == [40, 50]
    rows = [[{"age": 20}], [{"age": 41}], [{"age": 42}, {"age": 20}], [{"age": 43}]] * 3
    requests = [Request("/predict/{}", json.dumps(one).encode(), {}) for one in rows]
    got = served.ask_together("fewer_answers", requests)
    assert [answer.status == 200 for answer in got] == [False, True, False, True] * 3
    assert [answer.json["predict"] for answer in got if answer.status == 200] == [[41], [43]] * 3
    assert "rows" in got[0].json["error"]


def test_requests_that_arrive_together_share_a_batch(served):
    requests = [Request("/predict/{}", json.dumps([[n]]).encode(), {}) for n in range(24)]
    got = [answer.json["predict"][0] for answer in served.ask_together("batch_size", requests)]
    assert max(got) > 1
