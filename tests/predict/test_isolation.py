"""No call of a model changes the inputs or the outputs of another call."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbmodel.predict import input_detection, outputs
from nbmodel.predict.acceptance_recording import record
from nbmodel.predict.predictor import Predictor
from nbmodel.provenance.data.profile import profile
from nbmodel.serve.inference.batching import Batcher

X = np.random.default_rng(0).normal(3, 2, (200, 4))
Y = (X[:, 0] > 3).astype(int)


class Model:
    """Answers with a function."""

    def __init__(self, predict):
        self.predict = predict


def doubled_in_place(rows):
    rows *= 2
    return rows[:, 0]


def marked(rows):
    for row in rows:
        row["seen"] = 1
    return [len(row) for row in rows]


class Reused:
    """Answers in a buffer that the next call writes to."""

    def __init__(self):
        self.buffer = np.zeros(1000)

    def predict(self, rows):
        self.buffer[: len(rows)] = rows[:, 0]
        return self.buffer[: len(rows)]


def test_a_pipeline_that_scales_in_place_answers_each_method_from_the_same_rows():
    model = make_pipeline(StandardScaler(copy=False), LogisticRegression()).fit(X.copy(), Y)
    predictor = Predictor(model, input_detection.inputs_of(model, X))
    rows = predictor.decoder.from_records(X[:3].tolist())
    before = rows.copy()
    predictor.answer("predict", rows)
    assert np.array_equal(rows, before)
    assert np.array_equal(
        predictor.answer("predict_proba", rows)["predict_proba"], model.predict_proba(X[:3].copy())
    )
    made = record(model, predictor.inputs, profile(X), data=X)
    assert (made.count, made.random, made.batch_dependent) == (32, (), ())


def test_a_model_cannot_change_the_objects_of_a_request():
    records = [{"a": 1.0}, {"b": 2.0}]
    predictor = Predictor(Model(marked), input_detection.inputs_of(object(), records))
    rows = predictor.decoder.from_records(records)
    for _ in range(2):
        assert predictor.answer("predict", rows)["predict"].tolist() == [2, 2]


def test_outputs_do_not_share_the_memory_of_the_model():
    predictor = Predictor(Reused(), input_detection.inputs_of(object(), X))
    first = predictor.answer("predict", X[:1])["predict"]
    predictor.answer("predict", X[1:2])
    assert first.tolist() == X[:1, 0].tolist()


@pytest.mark.parametrize("model", [Reused(), Model(doubled_in_place)], ids=["buffer", "in place"])
@pytest.mark.parametrize("quick_rows", [0, 100])
def test_each_client_gets_the_outputs_of_its_rows(model, quick_rows):
    predictor = Predictor(model, input_detection.inputs_of(object(), X))

    async def ask():
        with ThreadPoolExecutor(1) as thread:
            batcher = Batcher(
                lambda rows: predictor.answer("predict", rows), thread, quick_rows, max_batch_rows=2
            )
            return await asyncio.gather(*(batcher.submit(X[n : n + 1]) for n in range(9)))

    scale = 2 if isinstance(model, Model) else 1
    outputs = [answer["predict"].tolist() for answer in asyncio.run(ask())]
    assert outputs == (scale * X[:9, :1]).tolist()


class Panic(BaseException):
    """What polars and other extensions of Rust raise."""


@pytest.mark.parametrize("error", [Panic("at the disco"), SystemExit(3)])
def test_an_error_outside_of_exception_does_not_end_the_batch(error):
    def predict(rows):
        if (rows[:, 0] < 0).any():
            raise error
        return rows[:, 0]

    predictor = Predictor(Model(predict), input_detection.inputs_of(object(), X))

    async def ask(value):
        with ThreadPoolExecutor(1) as thread:
            batcher = Batcher(lambda rows: predictor.answer("predict", rows), thread)
            bad, good = (np.full((1, 4), v) for v in (-1.0, value))
            outcomes = await asyncio.gather(
                batcher.submit(bad), batcher.submit(good), return_exceptions=True
            )
            return [*outcomes, await batcher.submit(good)]

    refused, answered, later = asyncio.run(ask(5.0))
    assert type(error).__name__ in str(refused)
    assert (answered["predict"], later["predict"]) == ([5.0], [5.0])


def test_ctrl_c_is_not_sent_as_an_output():
    def predict(rows):
        raise KeyboardInterrupt

    predictor = Predictor(Model(predict), input_detection.inputs_of(object(), X))
    with pytest.raises(KeyboardInterrupt):
        record(predictor.model, predictor.inputs, profile(X))


def test_sorted_outputs_are_returned_in_the_order_of_the_rows():
    table = pandas.DataFrame({"a": [3.0, 1.0, 2.0], "b": [1.0, 2.0, 3.0]})
    ranked = table.sort_values("a")
    assert outputs.named_arrays("predict", ranked["b"], 3)["predict"].tolist() == [1.0, 2.0, 3.0]
    assert (
        outputs.named_arrays("transform", ranked, 3)["transform"].tolist()
        == table.to_numpy().tolist()
    )
    keyed = pandas.Series([1.0, 2.0, 3.0], index=[7, 9, 8])  # names that are not row numbers
    assert outputs.named_arrays("predict", keyed, 3)["predict"].tolist() == [1.0, 2.0, 3.0]


def test_masked_values_are_missing():
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    assert outputs.to_lists(outputs.named_arrays("predict", masked, 2)["predict"])[0] == 1.0
    assert np.isnan(outputs.named_arrays("predict", masked, 2)["predict"][1])
    whole = np.ma.masked_array([1, 2], [False, True])
    assert outputs.to_lists(outputs.named_arrays("predict", whole, 2)["predict"]) == [1, None]
