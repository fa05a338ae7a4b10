"""Cross-validation: folds as scikit-learn makes them, and models that cannot be refitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from lightgbm import LGBMClassifier, LGBMRanker
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)

from nbmodel.errors import InvalidValue, ScoringFailed
from nbmodel.evaluation.folds import cross_validate
from nbmodel.evaluation.labeled_data import labeled_data
from nbmodel.evaluation.settings import SPLIT_NAMES, EvaluationSettings
from nbmodel.evaluation.sklearn_folds import SPLITS

RNG = np.random.default_rng(9)
X = pd.DataFrame(RNG.normal(size=(90, 2)), columns=["age", "income"])
NUMBERS = X["age"] * 3 + RNG.normal(size=90)
LABELS = pd.Series(np.where(NUMBERS > 0, "left", "stayed"))
TEAMS = np.repeat(np.arange(9), 10)


def validated(model, target, *, data=X, groups=None, **settings):
    options = EvaluationSettings(**{"cv": 3, "rounds": 0, **settings})
    options.check()
    rows = labeled_data(data, target, groups=groups)
    return cross_validate(model, rows, "churn@1", options).evaluation


def test_the_table_of_splits_is_complete():
    assert tuple(SPLITS) == SPLIT_NAMES


def test_classes_are_stratified_and_the_folds_those_of_scikit_learn():
    model = LogisticRegression().fit(X[:10], LABELS[:10])
    result = validated(model, LABELS, seed=4, metrics=("roc_auc", "accuracy"))
    folds = StratifiedKFold(3, shuffle=True, random_state=4)
    expected = cross_val_score(LogisticRegression(), X, LABELS, cv=folds, scoring="roc_auc")
    assert [fold["roc_auc"] for fold in result.folds] == pytest.approx(expected)
    assert result.metrics["roc_auc"].value == pytest.approx(expected.mean())
    assert result.metrics["roc_auc"].low < expected.mean() < result.metrics["roc_auc"].high
    assert (result.protocol, result.rows) == ("cv", 90)


@pytest.mark.parametrize(
    ("split", "folds"),
    [
        ("grouped", GroupKFold(3)),
        ("time", TimeSeriesSplit(3)),
        ("shuffled", KFold(3, shuffle=True, random_state=0)),
    ],
)
def test_other_splits_are_those_of_scikit_learn(split, folds):
    model = LinearRegression().fit(X, NUMBERS)
    result = validated(model, NUMBERS, groups=TEAMS, split=split, metrics=("r2",))
    expected = cross_val_score(LinearRegression(), X, NUMBERS, cv=folds, groups=TEAMS)
    assert [fold["r2"] for fold in result.folds] == pytest.approx(expected)


def test_groups_are_kept_together_without_a_word():
    model = LogisticRegression().fit(X, LABELS)
    grouped = validated(model, LABELS, groups=TEAMS)
    named = validated(model, LABELS, groups=TEAMS, split="grouped")
    assert grouped.folds == named.folds
    assert grouped.task == "binary"


def test_the_model_is_not_changed():
    model = LogisticRegression().fit(X, LABELS)
    before = model.coef_.copy()
    validated(model, LABELS)
    np.testing.assert_array_equal(model.coef_, before)


@pytest.mark.parametrize(
    "convert", [lambda x: x.to_numpy(), pl.from_pandas, lambda x: x.to_numpy().tolist()]
)
def test_rows_in_other_containers(convert):
    model = LogisticRegression().fit(convert(X), LABELS)
    expected = [fold["accuracy"] for fold in validated(LogisticRegression(), LABELS).folds]
    result = validated(model, LABELS.tolist(), data=convert(X))
    assert [fold["accuracy"] for fold in result.folds] == pytest.approx(expected)


def test_another_library_with_text_classes_and_missing_values():
    rows = X.mask(RNG.random(X.shape) < 0.1)
    model = LGBMClassifier(n_estimators=4, verbose=-1).fit(rows, LABELS)
    assert len(validated(model, LABELS, data=rows).folds) == 3


def test_a_fold_of_one_class_has_no_area():
    # In order of time, the last rows are all of one class.
    labels = pd.Series(["left", "stayed"] * 20 + ["left"] * 50)
    result = validated(LogisticRegression().fit(X, labels), labels, split="time")
    assert "roc_auc" not in result.metrics
    assert "folds have no value" in " ".join(result.remarks)
    assert len(result.folds) == 3


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (torch.nn.Linear(2, 2), "cannot be fitted again"),
        (KMeans(2), "A clustering is not cross-validated"),
        (LGBMRanker(), "A ranking is not cross-validated"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models_that_are_not_refitted(model, message):
    task = {"KMeans": "clustering", "LGBMRanker": "ranking"}.get(type(model).__name__, "")
    with pytest.raises(InvalidValue, match=message):
        validated(model, LABELS, task=task)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cv": 1}, "1 folds is not possible"),
        ({"cv": 1000}, "2 to 100"),
        ({"split": "groupd"}, "no split 'groupd'"),
        ({"split": "grouped"}, "groups of the rows are unknown"),
        ({"cv": 0, "split": "time"}, "needs a cross-validation"),
    ],
    ids=str,
)
def test_folds_that_are_not_possible(settings, message):
    with pytest.raises(InvalidValue, match=message):
        validated(LogisticRegression().fit(X, LABELS), LABELS, **settings)


def test_fewer_rows_than_folds():
    with pytest.raises(InvalidValue, match="2 rows cannot be divided into 3 folds"):
        validated(LinearRegression().fit(X, NUMBERS), NUMBERS[:2], data=X[:2])


def test_a_fit_that_fails_names_its_fold():
    class Failing(LogisticRegression):
        def fit(self, rows, target):
            raise MemoryError("too large")

    with pytest.raises(ScoringFailed, match=r"Fold 1 of churn@1.*cannot be fitted, MemoryError"):
        validated(Failing(), LABELS, task="binary")


def test_no_interval_is_wider_than_the_metric():
    # Two folds with different accuracies have a very wide interval.
    target = pd.Series(np.where(X["age"] > -0.2, "left", "stayed"))
    result = validated(LogisticRegression().fit(X, target), target, cv=2)
    assert result.folds[0] != result.folds[1]
    for name in ("accuracy", "roc_auc", "f1"):
        estimate = result.metrics[name]
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1, name
    assert result.metrics["log_loss"].low >= 0
