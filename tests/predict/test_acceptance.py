"""Synthetic rows, the outputs for them, and when two outputs count as equal."""

from __future__ import annotations

import json
import random
import warnings

import numpy as np
import pandas
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from nbmodel.errors import InvalidValue, WrongRows
from nbmodel.predict import acceptance as files
from nbmodel.predict import agreement, input_detection, outputs
from nbmodel.predict.acceptance_recording import record
from nbmodel.predict.acceptance_replay import replay
from nbmodel.predict.predictor import Predictor, without_side_effects
from nbmodel.provenance.data.profile import profile

X, Y = load_breast_cancer(return_X_y=True, as_frame=True)
LINEAR = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
RNG = np.random.default_rng(0)
PEOPLE = pandas.DataFrame(
    {
        "city": RNG.choice(["Rome", "Oslo", None], 300),
        "age": RNG.integers(18, 90, 300).astype(float),
        "name": [f"person number {n}" for n in range(300)],
        "born": pandas.Timestamp("2000-01-01")
        + pandas.to_timedelta(RNG.integers(0, 9000, 300), "D"),
    }
)
TREE = make_pipeline(
    make_column_transformer((OneHotEncoder(), ["city"]), ("passthrough", ["age"])),
    DecisionTreeClassifier(random_state=0),
).fit(PEOPLE, PEOPLE.age > 50)


def proof_of(model, table, **options):
    return record(model, input_detection.inputs_of(model, table), profile(table), **options)


def test_acceptance_rows_agree_with_their_model_before_and_after_storage():
    made = proof_of(LINEAR, X)
    assert made.count == 32
    assert set(made.answers) == {"predict", "predict_proba", "decision_function"}
    again = files.loads(files.dumps(made), "churn@1")
    assert again.inputs == made.inputs
    assert again.noise == made.noise
    for method, answers in made.answers.items():
        for name, values in answers.items():
            assert agreement.exact(values, again.answers[method][name])
    assert replay(again, Predictor(LINEAR, again.inputs)) == ([], True)
    assert len(files.dumps(made)) < files.MAX_FILE_BYTES


def test_the_same_rows_are_drawn_each_time():
    assert proof_of(TREE, PEOPLE).rows == proof_of(TREE, PEOPLE).rows


def test_no_row_and_no_text_of_the_training_data_is_stored():
    made = proof_of(TREE, PEOPLE)
    text = files.dumps(made).decode()
    assert not any(name in text for name in PEOPLE["name"])
    assert set(made.rows["city"]) == {"Rome", "Oslo", None}
    real = set(PEOPLE[["age", "born"]].itertuples(index=False, name=None))
    drawn = {
        (age, pandas.Timestamp(born))
        for age, born in zip(made.rows["age"], made.rows["born"], strict=True)
    }
    assert not drawn & real


def test_words_of_texts_come_from_the_vocabulary():
    texts = [f"secret{n} good bad" for n in range(40)]
    model = make_pipeline(TfidfVectorizer(min_df=2), LogisticRegression()).fit(texts, [0, 1] * 20)
    made = proof_of(model, texts)
    words = {word for text in made.rows["X"] for word in text.split()}
    assert words == {"good", "bad"}


def test_another_model_differs_and_the_first_difference_is_named():
    made = proof_of(LINEAR, X)
    other = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(X, Y)
    gaps, exact = replay(made, Predictor(other, made.inputs))
    assert not exact
    assert {gap.output for gap in gaps} >= {"predict_proba", "decision_function"}
    assert "predict_proba, row 0: " in str(next(g for g in gaps if g.output == "predict_proba"))


def test_a_model_with_random_outputs_is_compared_by_shape():
    model = DummyClassifier(strategy="uniform").fit(X, Y)
    made = proof_of(model, X, data=X)
    assert made.random == ("predict",)
    assert replay(made, Predictor(model, made.inputs)) == ([], False)
    fewer = DummyClassifier(strategy="uniform").fit(X, [0, 1, 2] * 189 + [0, 1])
    gaps, _ = replay(made, Predictor(fewer, made.inputs))
    assert [gap.output for gap in gaps] == ["predict_proba"]


def test_a_model_whose_outputs_depend_on_the_batch_is_detected():
    model = FunctionTransformer(lambda frame: frame - frame.mean()).fit(X)
    made = proof_of(model, X)
    assert made.batch_dependent == ("transform",)
    assert replay(made, Predictor(model, made.inputs))[0] == []


def test_rows_that_the_model_refuses_are_stored_as_refusals():
    def positive(frame):
        if (frame["mean radius"] < 10).any():
            raise ValueError("a radius below 10")
        return frame

    model = FunctionTransformer(positive).fit(X[X["mean radius"] > 10])
    made = proof_of(model, X)
    refused = [n for n, value in enumerate(made.rows["mean radius"]) if value < 10]
    assert [refusal.row for refusal in made.refusals] == refused
    assert made.refusals[0].reason == "ValueError: a radius below 10"
    assert len(made.answers["transform"]["transform"]) == 32 - len(refused)
    assert files.loads(files.dumps(made), "x@1").refusals == made.refusals


def test_a_model_that_refuses_every_row_is_not_proved():
    def never(_):
        raise TypeError("no rows today")

    made = proof_of(FunctionTransformer(never), X)
    assert not made.count
    assert made.why == "the object refuses its rows: TypeError: no rows today"


def test_a_slow_model_gets_its_rows_later():
    model = RandomForestClassifier(5, random_state=0).fit(X, Y)
    made = proof_of(model, X, budget=0.0)
    assert not made.count
    assert made.seconds > 0
    assert made.why.startswith("scoring rows would take ")


def test_scoring_leaves_no_trace():
    torch.manual_seed(3)
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(), torch.nn.Linear(4, 1))
    module[0].eval()
    state = np.random.RandomState(7)
    dummy = DummyClassifier(strategy="uniform", random_state=state).fit(X, Y)
    before = (
        random.getstate(), torch.get_rng_state(), np.random.get_state()[1].tolist(),
        state.get_state()[1].tolist(), warnings.filters[:], [m.training for m in module.modules()],
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        made = proof_of(module, torch.randn(50, 4).numpy())
        assert made.random == ()  # dropout is off
        proof_of(dummy, X)
        with without_side_effects(dummy):
            random.random()
            np.random.rand()
            torch.rand(1)
    torch_state = torch.get_rng_state()
    after = (
        random.getstate(), torch_state, np.random.get_state()[1].tolist(),
        state.get_state()[1].tolist(), warnings.filters[:], [m.training for m in module.modules()],
    )  # fmt: skip
    assert seen == []
    assert after[0] == before[0]
    assert after[2:] == before[2:]
    torch.manual_seed(3)
    torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(), torch.nn.Linear(4, 1))
    torch.randn(50, 4)
    assert torch.equal(torch_state, torch.get_rng_state())


def test_several_targets_keep_their_own_outputs_and_classes():
    targets = np.c_[Y, RNG.integers(0, 3, len(Y))]
    model = MultiOutputClassifier(LogisticRegression()).fit(X.iloc[:, :4], targets)
    made = proof_of(model, X.iloc[:, :4])
    assert set(made.answers["predict_proba"]) == {"predict_proba.0", "predict_proba.1"}
    assert made.answers["predict_proba"]["predict_proba.1"].shape == (32, 3)
    assert made.classes == {"predict_proba.0": ("0", "1"), "predict_proba.1": ("0", "1", "2")}


def test_outputs_of_another_length_are_refused():
    with pytest.raises(WrongRows, match="predict returned 1 rows for 3"):
        outputs.named_arrays("predict", np.array(["a"]), 3)
    with pytest.raises(WrongRows):
        outputs.named_arrays("predict", 5.0, 1)


@pytest.mark.parametrize(
    ("expected", "got", "noise", "same"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 8 * 2**-51], 0.0, True),  # 8 units in the last place
        ([1.0, 2.0], [1.0, 2.0 + 10 * 2**-51], 0.0, False),
        ([1.0, 2.0], [1.0, 2.0 + 0.9e-9], 1e-10, True),  # 10 times the noise
        ([1.0, 2.0], [1.0, 2.0 + 1.1e-9], 1e-10, False),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0, True),
        ([np.nan, 1.0], [1.0, 1.0], 1.0, False),
        (["01", "1"], ["01", "1"], 0.0, True),
        (["01", "1"], ["1", "1"], 0.0, False),
        ([0, 1], [0, 1], 0.0, True),
        ([0, 1], [0, 2], 100.0, False),  # labels are equal or they are not
    ],
)
def test_which_outputs_count_as_equal(expected, got, noise, same):
    one, other = np.array(expected), np.array(got)
    within = agreement.tolerance(one, noise)
    assert (agreement.difference("predict", one, other, within) is None) is same


def test_the_tolerance_does_not_apply_to_shapes():
    gap = agreement.difference("p", np.ones((2, 2)), np.ones(2), np.inf, shape_only=True)
    assert gap is not None
    assert str(gap) == "p, its shape: (2,) instead of (2, 2)"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(format=99),
        lambda d: d.pop("inputs"),
        lambda d: d["inputs"].update(kind="shell"),
        lambda d: d["inputs"]["columns"].append(d["inputs"]["columns"][0]),
        lambda d: d["rows"].update(extra=[1]),
        lambda d: d.update(rows=5),
        lambda d: d["answers"]["predict"]["predict"].update(shape=[31]),
        lambda d: d["answers"]["predict"]["predict"].update(dtype="O8,junk"),
        lambda d: d["answers"]["predict"].clear() or d["answers"]["predict"].update(p=5),
        lambda d: d.update(noise=None),
        lambda d: d.update(refusals=[[1, 2]]),
    ],
)
def test_an_invalid_file_of_another_person_is_refused(change):
    document = json.loads(files.dumps(proof_of(LINEAR, X)))
    change(document)
    with pytest.raises(InvalidValue, match=r"acceptance\.json of churn@1 cannot be read"):
        files.loads(json.dumps(document).encode(), "churn@1")


def test_a_wide_input_gets_fewer_rows():
    wide = np.random.default_rng(0).normal(size=(60, 3000)).astype("float32")
    model = StandardScaler().fit(wide)
    made = proof_of(model, wide)
    assert 0 < made.count < 32
    assert len(files.dumps(made)) <= files.MAX_FILE_BYTES


def test_without_a_profile_rows_come_from_the_fitted_object():
    for model in (LINEAR, TREE, LINEAR.fit(X.to_numpy(), Y)):
        made = record(model, input_detection.inputs_of(model, None), {})
        assert made.count == 32, made.why
    LINEAR.fit(X, Y)


def codes(frame):
    return frame.assign(grade=frame["grade"].cat.codes)


def test_a_type_that_a_request_cannot_restore_is_noticed_at_commit():
    """Codes of a category follow all of its values; rare ones are not stored."""
    grades = [f"rare {n}" for n in range(50)] + ["z", "a"] * 50
    data = pandas.DataFrame({"grade": pandas.Categorical(grades), "n": np.arange(150.0)})
    model = FunctionTransformer(codes).fit(data)
    made = proof_of(model, data, data=data)
    assert not made.count
    assert made.why == "a request cannot contain the rows that it was trained on"
    assert made.detail.startswith("transform, row 0: ")
    common = data[50:].assign(grade=data["grade"][50:].cat.remove_unused_categories())
    assert proof_of(model, common, data=common).count == 32


def test_rows_of_the_training_data_agree_for_each_kind_of_input():
    texts = pandas.Series(["good one", "bad one"] * 20, name="text")
    words = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [0, 1] * 20)
    for model, data in (
        (LINEAR, X),
        (TREE, PEOPLE),
        (words, texts),
        (words, list(texts)),
    ):
        made = proof_of(model, data, data=data)
        assert made.count == 32, made.why


def test_the_names_of_outputs_do_not_depend_on_the_rows_of_a_batch():
    whole = pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    gap = pandas.DataFrame({"a": [1.0, None], "b": [0.5, 1.5]})
    assert list(outputs.named_arrays("transform", whole, 2)) == ["transform"]
    assert list(outputs.named_arrays("transform", gap, 2)) == ["transform"]
    nullable = whole.astype({"a": "Int64"})
    assert outputs.named_arrays("transform", nullable, 2)["transform"].tolist() == [
        [1, 0.5],
        [2, 1.5],
    ]


def test_outputs_with_the_same_name_are_all_stored():
    frame = pandas.DataFrame([["x", 1], ["y", 2]], columns=["a", "a"])
    arrays = outputs.named_arrays("transform", frame, 2)
    assert {name: values.tolist() for name, values in arrays.items()} == {
        "transform.a": ["x", "y"], "transform.a~2": [1, 2],
    }  # fmt: skip
    assert list(outputs.named_arrays("predict", {1: np.ones(2), "1": np.zeros(2)}, 2)) == [
        "predict.1", "predict.1~2",
    ]  # fmt: skip


ANSWERS_OF_KINDS = [
    np.array([1.0, np.nan]), np.array([1, 2]), np.array([True, False]), np.array(["a", "b"]),
    np.array(["2020-01-01", "NaT"], "M8[D]"), np.array([1, "NaT"], "m8[s]"),
    np.array([(), None], object), np.array([1j, 2]), np.array([(1, 2), (3, 4)], "i4,f8"),
]  # fmt: skip


@pytest.mark.parametrize("expected", ANSWERS_OF_KINDS, ids=lambda values: str(values.dtype))
def test_outputs_of_two_types_are_compared_without_an_error(expected):
    for actual in ANSWERS_OF_KINDS:
        differs = agreement.difference("predict", expected, actual, 0.0) is not None
        assert differs == (actual is not expected), actual.dtype
        assert agreement.exact(expected, actual) == (actual is expected)
