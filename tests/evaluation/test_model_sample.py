"""The sample of a model: its task, its answers and the true answers, for models of all kinds."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import xgboost
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.svm import LinearSVC

from nbmodel.errors import InvalidValue, ScoringFailed
from nbmodel.evaluation.labeled_data import labeled_data
from nbmodel.evaluation.model_sample import sample_of

RNG = np.random.default_rng(3)
X = pd.DataFrame(RNG.normal(size=(120, 3)), columns=["age", "income", "height"])
NOISY = X["age"] + RNG.normal(size=len(X))
TWO = pd.Series(np.where(NOISY > 0, "yes", "no"), name="churned")
RELEVANCE = NOISY.round().clip(0, 3).astype(int)
FLAGS = X[["age", "income"]] > 0
CLASSIFIER = LogisticRegression().fit(X, TWO)


def sample(model, target=None, data=X, task="", **given):
    return sample_of(model, labeled_data(data, target, **given), "churn@1", task)


def test_a_classifier_with_two_text_classes():
    result = sample(CLASSIFIER, TWO)
    assert (result.task, result.classes) == ("binary", ("no", "yes"))
    assert result.scores_are_probabilities
    np.testing.assert_array_equal(result.scores, CLASSIFIER.predict_proba(X))
    np.testing.assert_array_equal(result.labels(result.predicted), CLASSIFIER.predict(X))
    np.testing.assert_array_equal(result.labels(result.actual), TWO)


@pytest.mark.parametrize(
    "target",
    [
        TWO.astype("category"),
        TWO.astype("string[pyarrow]"),
        TWO.tolist(),
        pl.Series(TWO.tolist()),
        TWO.to_frame(),
    ],
    ids=["category", "arrow", "list", "polars", "frame"],
)
def test_the_container_of_the_target_does_not_matter(target):
    np.testing.assert_array_equal(sample(CLASSIFIER, target).actual, TWO == "yes")


def test_nullable_booleans():
    model = LogisticRegression().fit(X, TWO == "yes")
    result = sample(model, (TWO == "yes").astype("boolean"))
    assert result.classes == (False, True)


def test_margins_are_not_probabilities():
    model = LinearSVC().fit(X, TWO)
    result = sample(model, TWO)
    assert not result.scores_are_probabilities
    np.testing.assert_array_equal(result.scores[:, 1], model.decision_function(X))


def test_several_outputs_of_a_regression_have_the_names_of_the_target():
    model = LinearRegression().fit(X, X[["age", "height"]])
    result = sample(model, X[["age", "height"]])
    assert (result.task, result.outputs) == ("regression", ("age", "height"))


@pytest.mark.parametrize(
    "model",
    [RandomForestClassifier(5, random_state=0), MultiOutputClassifier(LogisticRegression())],
    ids=lambda model: type(model).__name__,
)
def test_several_labels(model):
    model.fit(X, FLAGS)
    result = sample(model, FLAGS)
    assert (result.task, result.classes) == ("multilabel", ("age", "income"))
    expected = np.column_stack([table[:, 1] for table in model.predict_proba(X)])
    np.testing.assert_array_equal(result.scores, expected)


def test_several_outputs_with_several_classes_are_not_numbers():
    target = np.column_stack([RELEVANCE, RELEVANCE])
    model = RandomForestClassifier(3, random_state=0).fit(X, target)
    with pytest.raises(InvalidValue, match="several classes for each of several outputs"):
        sample(model, target)


@pytest.mark.parametrize(
    ("outlier", "others"),
    [(-1, 1), (1, 0), (True, False)],
    ids=["scikit-learn", "number", "boolean"],
)
def test_an_anomaly_has_a_high_score(outlier, others):
    is_odd = np.abs(X["age"]) > 1.8
    model = IsolationForest(random_state=0).fit(X)
    result = sample(model, [outlier if odd else others for odd in is_odd])
    assert result.task == "anomaly"
    np.testing.assert_array_equal(result.actual, is_odd)
    np.testing.assert_array_equal(result.predicted, model.predict(X) == -1)
    np.testing.assert_array_equal(result.scores[:, -1], -model.decision_function(X))


def test_a_clustering_needs_no_true_answers():
    model = KMeans(3, n_init=1, random_state=0).fit(X)
    result = sample(model)
    assert (result.task, result.actual) == ("clustering", None)
    assert sample(model, TWO).actual.tolist() == (TWO == "yes").astype(int).tolist()


def test_a_ranking_needs_queries():
    queries = np.repeat(["a", "b", "c"], 40)
    models = [
        lightgbm.LGBMRanker(n_estimators=3, verbose=-1).fit(X, RELEVANCE, group=[40, 40, 40]),
        xgboost.XGBRanker(n_estimators=3).fit(X, RELEVANCE, qid=np.repeat([0, 1, 2], 40)),
    ]
    for model in models:
        result = sample(model, RELEVANCE, groups=queries)
        assert result.task == "ranking"
        np.testing.assert_array_equal(result.groups, np.repeat([0, 1, 2], 40))
        np.testing.assert_allclose(result.predicted, model.predict(X))
    with pytest.raises(InvalidValue, match="which rows belong to one query"):
        sample(models[0], RELEVANCE, task="ranking")


def test_one_output_of_a_booster_may_be_a_probability():
    flags = (TWO == "yes").astype(int)
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(X, flags), 3)
    with pytest.raises(InvalidValue, match="--task binary"):
        sample(booster, flags)
    result = sample(booster, flags, task="binary")
    np.testing.assert_allclose(result.scores[:, 1], booster.predict(xgboost.DMatrix(X)))
    assert sample(booster, flags, task="regression").task == "regression"


def test_margins_of_a_booster_are_not_taken_for_probabilities():
    flags = (TWO == "yes").astype(int)
    booster = xgboost.train({"objective": "binary:logitraw"}, xgboost.DMatrix(X, flags), 3)
    with pytest.raises(InvalidValue, match="not probabilities of class 1"):
        sample(booster, flags, task="binary")


def test_a_network_with_one_output_for_each_class():
    data = X.to_numpy(dtype="float32")
    network = torch.nn.Linear(3, 4)
    result = sample(network, RELEVANCE, data)
    assert (result.task, result.classes) == ("multiclass", (0, 1, 2, 3))
    assert not result.scores_are_probabilities
    softmax = torch.nn.Sequential(network, torch.nn.Softmax(dim=1))
    assert sample(softmax, RELEVANCE, data).scores_are_probabilities


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "no true answers"),
        (TWO[:50], "120 rows and 50 true answers"),
        (TWO.where(X["age"] < 1), "values of the target are missing"),
        (TWO.replace("yes", "maybe"), "'maybe'"),
        (TWO.sample(frac=1, random_state=0), "in a different order"),
        ("churn", "no column 'churn'"),
    ],
    ids=["none", "short", "missing", "another class", "another order", "no column"],
)
def test_a_target_that_does_not_fit(target, message):
    with pytest.raises(InvalidValue, match=message):
        sample(CLASSIFIER, target)


def test_a_model_that_answers_with_nan():
    class Broken(LinearRegression):
        def predict(self, rows):
            return np.full(len(rows), np.nan)

    with pytest.raises(ScoringFailed, match="120 of 120 answers are NaN"):
        sample(Broken().fit(X, X["age"]), X["age"])


def test_a_classifier_of_one_class():
    model = RandomForestClassifier(2).fit(X, ["yes"] * len(X))
    with pytest.raises(InvalidValue, match="rows of one class, 'yes'"):
        sample(model, ["yes"] * len(X))


def test_an_unknown_task_gets_a_suggestion():
    with pytest.raises(InvalidValue, match="Did you mean regression"):
        sample(CLASSIFIER, TWO, task="regressionn")
