"""Voting and stacking ensembles over fitted members, against their definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from nbmodel.errors import CannotMerge
from tests.merging.members import merged

RNG = np.random.default_rng(11)
X = pd.DataFrame(RNG.normal(size=(200, 3)), columns=["a", "b", "c"])
NUMBERS = X.a * 2 - X.b + RNG.normal(size=200)
LABELS = pd.Series(np.array(["low", "mid", "top"])[np.digitize(NUMBERS, [-1, 1])])
HALF = slice(0, 100)


def classifiers():
    return [
        LogisticRegression().fit(X[HALF], LABELS[HALF]),
        make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(X, LABELS),
        RandomForestClassifier(5, random_state=0).fit(X[100:], LABELS[100:]),
    ]


@pytest.mark.parametrize("weights", [(), (1, 2, 5)])
def test_classifiers_vote_by_their_mean_probability(weights):
    members = classifiers()
    before = [member.predict(X) for member in members]
    ensemble = merged("vote", *members, weights=weights)
    mean = np.average([m.predict_proba(X) for m in members], axis=0, weights=weights or None)
    np.testing.assert_allclose(ensemble.predict_proba(X), mean)
    expected = np.array(["low", "mid", "top"])[mean.argmax(axis=1)]
    np.testing.assert_array_equal(ensemble.predict(X), expected)
    assert ensemble.classes_.tolist() == ["low", "mid", "top"]
    assert ensemble.feature_names_in_.tolist() == ["a", "b", "c"]
    for member, old in zip(members, before, strict=True):  # nothing was trained
        np.testing.assert_array_equal(member.predict(X), old)


def test_regressors_answer_with_their_mean():
    members = [Ridge().fit(X, NUMBERS), RandomForestRegressor(5, random_state=0).fit(X, NUMBERS)]
    ensemble = merged("vote", *members, weights=(3, 1))
    expected = 0.75 * members[0].predict(X) + 0.25 * members[1].predict(X)
    np.testing.assert_allclose(ensemble.predict(X), expected)


def test_members_without_probabilities_vote_by_majority_if_their_classes_are_numbers():
    codes = np.digitize(NUMBERS, [-1, 1])
    members = [
        LinearSVC().fit(X, codes),
        LinearSVC(C=0.001).fit(X, codes),
        DecisionTreeClassifier(max_depth=2).fit(X, codes),
    ]
    answers = np.array([member.predict(X) for member in members])
    expected = [np.bincount(column, minlength=3).argmax() for column in answers.T]
    np.testing.assert_array_equal(merged("vote", *members).predict(X), expected)


def without_fit():
    return [LogisticRegression(), LogisticRegression()]


@pytest.mark.parametrize("how", ["vote", "stack"])
@pytest.mark.parametrize(
    ("members", "says"),
    [
        (lambda: [*classifiers()[:1], Ridge().fit(X, NUMBERS)], "the kinds of churn@1 and churn@2"),
        (
            lambda: [
                LogisticRegression().fit(X, LABELS),
                LogisticRegression().fit(X, LABELS.replace("top", "high")),
            ],
            "the classes of churn@1 and churn@2 are not the same",
        ),
        (
            lambda: [
                LogisticRegression().fit(X, np.digitize(NUMBERS, [0])),
                LogisticRegression().fit(X, np.digitize(NUMBERS, [0]).astype(str)),
            ],
            r"not the same: \[0, 1\] and \['0', '1'\]",
        ),
        (
            lambda: [
                LogisticRegression().fit(X, LABELS),
                LogisticRegression().fit(X[["b", "a", "c"]], LABELS),
            ],
            "the columns, or their order",
        ),
        (
            lambda: [
                LogisticRegression().fit(X, LABELS),
                LogisticRegression().fit(X[["a", "b"]], LABELS),
            ],
            "the numbers of columns",
        ),
        (without_fit, "churn@1 is not fitted"),
        (lambda: [KMeans(2).fit(X), KMeans(2).fit(X)], "neither a classifier nor a regressor"),
        (lambda: ["a", "b"], "is a str, and not an estimator"),
        (
            lambda: [Ridge().fit(X, np.column_stack([NUMBERS, NUMBERS])) for _ in range(2)],
            "several outputs",
        ),
        (
            lambda: [
                MultiOutputClassifier(LogisticRegression()).fit(
                    X, np.column_stack([LABELS, LABELS])
                )
                for _ in range(2)
            ],
            "several outputs",
        ),
        (lambda: classifiers()[:1], "nothing to combine"),
    ],
)
def test_members_that_do_not_fit_together_are_refused(how, members, says):
    with pytest.raises(CannotMerge, match=says):
        merged(how, *members(), data=X, target=LABELS.tolist())


def test_a_majority_of_text_labels_is_refused():
    members = [LinearSVC().fit(X, LABELS), LinearSVC(C=0.1).fit(X, LABELS)]
    with pytest.raises(CannotMerge, match="churn@1 has no predict_proba") as refused:
        merged("vote", *members)
    assert "--how stack" in refused.value.hint


def test_a_stack_trains_its_final_estimator_only():
    members = classifiers()
    before = [member.predict(X) for member in members]
    ensemble = merged("stack", *members, data=X, target=LABELS.tolist())
    answers = np.hstack([member.predict_proba(X) for member in members])
    final = LogisticRegression().fit(answers, LABELS)
    np.testing.assert_array_equal(ensemble.predict(X), final.predict(answers))
    assert ensemble.classes_.tolist() == ["low", "mid", "top"]
    for member, old in zip(members, before, strict=True):
        np.testing.assert_array_equal(member.predict(X), old)


def test_a_stack_of_regressors():
    members = [Ridge().fit(X, NUMBERS), RandomForestRegressor(5, random_state=0).fit(X, NUMBERS)]
    ensemble = merged("stack", *members, data=X, target=NUMBERS.tolist())
    answers = np.column_stack([member.predict(X) for member in members])
    np.testing.assert_allclose(
        ensemble.predict(X), ensemble.final_estimator_.predict(answers), rtol=1e-9
    )


def test_a_stack_needs_rows_of_every_class():
    rows = LABELS != "top"
    with pytest.raises(CannotMerge, match="no row of the class 'top'"):
        merged("stack", *classifiers(), data=X[rows], target=LABELS[rows].tolist())
