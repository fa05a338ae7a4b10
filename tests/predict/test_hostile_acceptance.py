"""Acceptance rows of odd models are exact, and hostile files of them are refused."""

from __future__ import annotations

import contextlib
import copy
import json
import sys
import time

import numpy as np
import pandas
import pytest
from sklearn.feature_extraction.text import HashingVectorizer

from nbmodel.errors import InvalidInput, InvalidValue
from nbmodel.predict import acceptance as files
from nbmodel.predict import input_detection
from nbmodel.predict.acceptance_recording import record
from nbmodel.predict.acceptance_replay import replay
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.frames import builder
from nbmodel.predict.inputs import InputColumn, Inputs
from nbmodel.predict.predictor import Predictor
from nbmodel.provenance.data.profile import profile

X = np.random.default_rng(0).normal(size=(200, 3))


class Model:
    """Answers with a function."""

    def __init__(self, predict):
        self.predict = predict


def proof_of(predict, data=X, **options):
    model = Model(predict)
    return record(
        model, input_detection.inputs_of(model, data), profile(data), data=data, **options
    )


ANSWERS = {
    "NA": lambda x: np.array([pandas.NA if v > 0 else 1 for v in x[:, 0]], dtype=object),
    "bytes": lambda x: np.array([b"a" if v > 0 else b"bc" for v in x[:, 0]]),
    "durations": lambda x: (x[:, 0] * 1e9).astype("timedelta64[ns]"),
    "days": lambda x: np.array(["NaT" if v > 0 else 3 for v in x[:, 0]], "timedelta64[D]"),
    "ages of the world": lambda x: (x[:, 0] * 1e17).astype("timedelta64[s]"),
    "records": lambda x: np.array([(1, v) for v in x[:, 0]], dtype=[("a", int), ("b", float)]),
    "dicts": lambda x: [{"a": bool(v > 0)} for v in x[:, 0]],
    "long double": lambda x: x[:, 0].astype(np.longdouble) / 3,
    "big end first": lambda x: x[:, 0].astype(">f8"),
    "huge": lambda x: np.array([10**30] * len(x), dtype=object),
    "infinite": lambda x: np.where(x[:, 0] > 0, np.inf, -np.inf),
    "surrogates": lambda x: np.array(["\ud800"] * len(x), dtype=object),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_odd_outputs_are_read_back_from_the_file(name):
    made = proof_of(ANSWERS[name])
    assert (made.count, made.random) == (32, ())
    again = files.loads(files.dumps(made), "odd@1")
    predictor = Predictor(Model(ANSWERS[name]), again.inputs)
    assert replay(again, predictor) == ([], True)


def test_print_options_do_not_round_stored_values():
    with np.printoptions(legacy="1.13"):
        made = proof_of(lambda x: (x[:, 0] / 3).astype(np.float32))
        text = files.dumps(made)
    again = files.loads(text, "odd@1").answers["predict"]["predict"]
    assert again.tobytes() == made.answers["predict"]["predict"].tobytes()


def test_true_is_not_one():
    made = proof_of(lambda x: np.array([True] * len(x), dtype=object))
    whole = Predictor(Model(lambda x: np.array([1] * len(x), dtype=object)), made.inputs)
    assert [gap.row for gap in replay(made, whole)[0]] == [0]


SECRET = "alice@example.com"


@pytest.mark.parametrize(
    ("values", "predict"),
    [
        ([[SECRET]] * 20, lambda x: np.zeros(len(x))),
        ([(SECRET,)] * 20, lambda x: [str(type(v)) + SECRET for v in x["tags"]]),
    ],
    ids=["a list that no request holds", "an answer that shows the row"],
)
def test_no_value_of_the_data_is_stored_as_a_reason(values, predict):
    table = pandas.DataFrame({"a": range(20), "tags": pandas.Series(values, dtype=object)})
    made = proof_of(predict, table)
    assert made.count == 0
    assert SECRET in made.detail
    assert SECRET not in files.dumps(made).decode()


def test_slow_rows_are_not_all_scored_within_the_time_limit():
    scored = []

    def slow(rows):
        scored.append(len(rows))
        time.sleep(0.005 * len(rows))
        return rows[:, 0]

    made = proof_of(slow, budget=0.05)
    assert (made.count, sum(scored)) == (0, 9)
    milliseconds = int(made.why.removeprefix("scoring rows would take ").removesuffix(" ms"))
    assert milliseconds > 50  # all calls together, so that it is above the budget


def test_very_wide_outputs_end_the_scoring_early():
    texts = ["good bad ugly", "bad", "good"] * 20
    model = HashingVectorizer().fit(texts)
    made = record(model, input_detection.inputs_of(model, texts), profile(texts), data=texts)
    assert (made.count, made.why) == (0, "the answers to one row are too large to keep")


def test_what_a_model_writes_to_standard_error_is_not_shown(capsys):
    proof_of(lambda x: (print("noise", file=sys.stderr), x[:, 0])[1])
    assert capsys.readouterr().err == ""


def test_an_object_whose_attributes_fail_is_committed():
    class Odd(Model):
        @property
        def categories_(self):
            raise ValueError(SECRET)

    made = record(Odd(lambda x: x[:, 0]), input_detection.inputs_of(object(), X), profile(X))
    assert SECRET not in files.dumps(made).decode()


GOOD = files.to_json(proof_of(lambda x: x[:, 0]))
HOSTILE = {
    "dtype V": ("answers", {"predict": {"predict": {"dtype": "V999999999", "shape": [1],
                                                   "values": [1]}}}),
    "dtype U": ("answers", {"predict": {"predict": {"dtype": "U999999999", "shape": [1],
                                                   "values": ["a"]}}}),
    "dtype array": ("answers", {"predict": {"predict": {"dtype": "(9999,9999)f8", "shape": [1],
                                                       "values": [1]}}}),
    "dtype list": ("answers", {"predict": {"predict": {"dtype": [["a", "i4"]], "shape": [32],
                                                      "values": [1] * 32}}}),
    "dtype null": ("answers", {"predict": {"predict": {"dtype": None, "shape": [32],
                                                      "values": [1] * 32}}}),
    "shape": ("answers", {"predict": {"predict": {"dtype": "float64", "shape": [32, 10**9],
                                                 "values": [1] * 32}}}),
    "many methods": ("answers", {f"m{n}": {} for n in range(50_000)}),
    "many refusals": ("refusals", [[0, "", ""]] * 50_000),
    "all refused": ("refusals", [[n, "predict", ""] for n in range(32)]),
    "no answers": ("answers", {}),
    "no outputs": ("answers", {"predict": {}}),
    "rows of dicts": ("rows", {"X": {str(n): 1 for n in range(32)}}),
    "rows of text": ("rows", "x" * 32),
    "many rows": ("rows", [[1, 2, 3]] * 20_000),
    "no rows": ("rows", []),
    "nested": ("rows", json.loads("[" * 400 + "]" * 400)),
    "alone": ("alone", float("inf")),
    "noise": ("noise", {"predict": "x"}),
    "inputs": ("inputs", {"kind": "exec", "columns": []}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name):
    key, value = HOSTILE[name]
    document = {**copy.deepcopy(GOOD), key: value}
    with pytest.raises(InvalidValue, match=r"acceptance\.json of them@1 cannot be read"):
        files.loads(json.dumps(document).encode(), "them@1")


@pytest.mark.parametrize("kind", ["frame", "polars", "matrix", "series"])
@pytest.mark.parametrize(
    "dtype", ["Sparse[foo, x]", "Sparse[float64, x]", "-" * 5000 + "1", "Decimal(99,99)", "f8,i4"]
)
def test_a_hostile_type_is_refused_or_unknown(kind, dtype):
    inputs = Inputs(kind=kind, columns=(InputColumn(name="a", dtype=dtype),))
    with contextlib.suppress(InvalidInput):
        assert callable(builder(inputs))
        assert Decoder(inputs)


@pytest.mark.parametrize("kind", ["frame", "polars", "matrix", "series"])
@pytest.mark.parametrize(
    "odd",
    [
        {"name": "a\ud800"},
        {"label": "\udfff"},
        {"label": ("a", "\ud800")},
        {"dtype": "category", "categories": ("b", "\ud800")},
    ],
)
def test_a_name_or_a_category_that_utf_8_cannot_hold_is_refused(kind, odd):
    inputs = Inputs(kind=kind, columns=(InputColumn(**{"name": "a", "dtype": "object", **odd}),))
    with pytest.raises(InvalidInput, match="not valid Unicode text"):
        builder(inputs)
    with pytest.raises(InvalidInput, match="not valid Unicode text"):
        Decoder(inputs)
