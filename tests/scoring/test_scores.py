"""Metrics of models, against those of scikit-learn; what is ambiguous is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from nbmodel.errors import InvalidValue, ScoringFailed
from nbmodel.scoring.formulas import area_under_roc
from nbmodel.scoring.scores import score
from nbmodel.scoring.targets import values_of

RNG = np.random.default_rng(5)
X = RNG.normal(size=(150, 3))
NUMBERS = X @ [1.0, 2.0, -1.0] + RNG.normal(size=150)
TWO = np.where(NUMBERS > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(NUMBERS, [-1, 1])]


def scores(model, target, data=X):
    return score(model, data, values_of(target), "churn@1")


def expected_of(model, y, binary):
    answer, chances = model.predict(X), model.predict_proba(X)
    kind = {"pos_label": model.classes_[1]} if binary else {"average": "macro"}
    auc = (
        metrics.roc_auc_score(y, chances[:, 1])
        if binary
        else metrics.roc_auc_score(y, chances, multi_class="ovr")
    )
    return {
        "roc_auc": auc,
        "accuracy": metrics.accuracy_score(y, answer),
        "f1": metrics.f1_score(y, answer, **kind),
        "precision": metrics.precision_score(y, answer, **kind),
        "recall": metrics.recall_score(y, answer, **kind),
        "log_loss": metrics.log_loss(y, chances, labels=model.classes_),
    }


@pytest.mark.parametrize(("y", "binary"), [(TWO, True), (THREE, False)])
@pytest.mark.parametrize("kind", [LogisticRegression, lambda: DecisionTreeClassifier(max_depth=2)])
def test_a_classifier_with_text_labels(kind, y, binary):
    model = kind().fit(X[:75], y[:75])
    computed = scores(model, y)
    assert list(computed) == ["roc_auc", "accuracy", "f1", "precision", "recall", "log_loss"]
    assert computed == pytest.approx(expected_of(model, y, binary))


def test_a_classifier_without_probabilities():
    model = LinearSVC().fit(X, TWO)
    computed = scores(model, TWO)
    assert computed["roc_auc"] == pytest.approx(
        metrics.roc_auc_score(TWO, model.decision_function(X))
    )
    assert "log_loss" not in computed
    assert "roc_auc" not in scores(LinearSVC().fit(X, THREE), THREE)


def test_rows_that_lack_a_class_have_no_area():
    model = LogisticRegression().fit(X, THREE)
    rows = THREE != "b"
    computed = score(model, X[rows], values_of(THREE[rows]), "churn@1")
    assert "roc_auc" not in computed
    assert computed["accuracy"] == pytest.approx((model.predict(X[rows]) == THREE[rows]).mean())


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        lambda y: y.reshape(-1, 1),
        pd.Series,
        lambda y: pd.Series(y, dtype="string"),
        lambda y: pd.Series(y, dtype="string[pyarrow]"),
        lambda y: pd.Series(y, dtype="category"),
        lambda y: pd.DataFrame({"y": y}),
        pl.Series,
        lambda y: pl.DataFrame({"y": y}),
    ],
)
def test_labels_in_every_container(container):
    model = LogisticRegression().fit(X, THREE)
    assert scores(model, container(THREE)) == scores(model, THREE)


@pytest.mark.parametrize(
    "container",
    [
        list,
        lambda y: pd.Series(y, dtype="Float64"),
        lambda y: pd.Series(y, dtype="float64[pyarrow]"),
        lambda y: torch.tensor(y),
        lambda y: y.reshape(-1, 1),
    ],
)
def test_numbers_in_every_container(container):
    model = LinearRegression().fit(X[:75], NUMBERS[:75])
    answer = model.predict(X)
    assert scores(model, container(NUMBERS)) == pytest.approx(
        {
            "rmse": metrics.root_mean_squared_error(NUMBERS, answer),
            "mae": metrics.mean_absolute_error(NUMBERS, answer),
            "r2": metrics.r2_score(NUMBERS, answer),
        }
    )


def test_several_outputs_of_a_regression():
    y = np.column_stack([NUMBERS, NUMBERS**2])
    model = LinearRegression().fit(X, y)
    answer = model.predict(X)
    assert scores(model, pd.DataFrame(y)) == pytest.approx(
        {
            "rmse": metrics.root_mean_squared_error(y, answer),
            "mae": metrics.mean_absolute_error(y, answer),
            "r2": metrics.r2_score(y, answer),
        }
    )


def test_whole_numbers_are_numbers_for_a_regressor_and_nullable_ones_too():
    whole = np.round(NUMBERS).astype(int)
    model = LinearRegression().fit(X, whole)
    expected = metrics.root_mean_squared_error(whole, model.predict(X))
    for target in (whole, pd.Series(whole, dtype="Int64"), whole.tolist()):
        assert scores(model, target)["rmse"] == pytest.approx(expected)


def test_rows_with_text_and_missing_values():
    frame = pd.DataFrame({"city": np.where(X[:, 0] > 0, "Rome", "Oslo")})
    frame.loc[3, "city"] = None
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    model.fit(frame, TWO)
    computed = scores(model, TWO, frame)
    assert computed["accuracy"] == pytest.approx((model.predict(frame) == TWO).mean())


def test_a_model_that_answers_with_nan_has_nan_scores():
    model = LinearRegression().fit(X, NUMBERS)
    model.coef_[0] = np.nan
    computed = scores(model, NUMBERS)
    assert math.isnan(computed["rmse"])
    assert math.isnan(area_under_roc(np.array([True, False]), np.array([np.nan, 0.0])))


def test_a_network_for_numbers_and_one_for_classes():
    torch.manual_seed(0)
    one, three = nn.Linear(3, 1), nn.Linear(3, 3)
    rows = torch.tensor(X, dtype=torch.float32)
    with torch.no_grad():
        expected = metrics.root_mean_squared_error(NUMBERS, one(rows).numpy()[:, 0])
        largest = three(rows).numpy().argmax(axis=1)
    assert scores(one, NUMBERS, X.astype("f4"))["rmse"] == pytest.approx(expected)
    codes = np.digitize(NUMBERS, [-1, 1])
    computed = scores(three, codes, X.astype("f4"))
    assert computed["accuracy"] == pytest.approx(metrics.accuracy_score(codes, largest))


@pytest.mark.parametrize(
    ("model", "target", "says"),
    [
        (lambda: LogisticRegression().fit(X, TWO), [*TWO[:-1], "maybe"], "'maybe'"),
        (
            lambda: LogisticRegression().fit(X, (TWO == "yes").astype(int).astype(str)),
            (TWO == "yes").astype(int),
            "labels that are not classes",
        ),
        (lambda: LogisticRegression().fit(X, TWO), [*TWO[:-1], None], "1 of 150 values"),
        (
            lambda: LinearRegression().fit(X, NUMBERS),
            pd.Series(NUMBERS, dtype="Float64").mask(pd.Series(NUMBERS > 2)),
            "are missing",
        ),
        (lambda: LinearRegression().fit(X, NUMBERS), np.r_[np.nan, NUMBERS[1:]], "1 of 150"),
        (lambda: LinearRegression().fit(X, NUMBERS), np.r_[np.inf, NUMBERS[1:]], "infinite"),
        (lambda: LinearRegression().fit(X, NUMBERS), TWO, "not numbers, such as"),
        (lambda: LinearRegression().fit(X, NUMBERS), TWO == "yes", "not numbers, such as"),
        (lambda: LinearRegression().fit(X, NUMBERS), NUMBERS[:-1], "150 rows and 149 true"),
        (
            lambda: LinearRegression().fit(X, NUMBERS),
            np.column_stack([NUMBERS, NUMBERS]),
            r"shape \[150, 1\], and the target has the shape \[150, 2\]",
        ),
        (lambda: KMeans(3).fit(X), np.digitize(NUMBERS, [-1, 1]), "is a clusterer"),
        (
            lambda: MultiOutputClassifier(LogisticRegression()).fit(
                X, np.column_stack([TWO, THREE])
            ),
            np.column_stack([TWO, THREE]),
            "several outputs, which cannot",
        ),
        (lambda: nn.Linear(3, 1), (TWO == "yes").astype(int), "has one output"),
        (lambda: LinearRegression().fit(X, NUMBERS), "y_test", "The target is a str"),
        (lambda: LinearRegression().fit(X, NUMBERS), [], "no rows"),
    ],
)
def test_what_has_no_right_answer_is_refused(model, target, says):
    with pytest.raises(InvalidValue, match=says):
        scores(model(), target, X.astype("f4"))


def test_a_model_that_cannot_take_the_rows_says_so():
    model = LogisticRegression().fit(X, TWO)
    with pytest.raises(ScoringFailed, match=r"churn@1 could not score these rows: ValueError"):
        scores(model, TWO, X[:, :2])
