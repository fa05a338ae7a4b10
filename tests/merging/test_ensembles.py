"""Voting and stacking ensembles over fitted members, against their definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVR, LinearSVC
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


SEVERAL = np.column_stack([NUMBERS, -NUMBERS])
KINDS = np.column_stack([X.a > 0, X.b > 0, X.c > 0]).astype(int)
TEXTS = X.assign(kind=np.where(X.a > 0, "on", "off"))


def with_text(estimator):
    """A pipeline that takes no row of zeros."""
    encode = OneHotEncoder(handle_unknown="error")
    columns = ColumnTransformer([("kind", encode, ["kind"])], remainder="passthrough")
    return make_pipeline(columns, estimator)


@pytest.mark.parametrize("how", ["vote", "stack"])
@pytest.mark.parametrize(
    ("estimator", "target"),
    [
        (KNeighborsRegressor(), SEVERAL),
        (KNeighborsRegressor(), SEVERAL[:, :1]),
        (RandomForestRegressor(3), SEVERAL),
        (KernelRidge(), SEVERAL),
        (MultiOutputRegressor(Ridge()), SEVERAL),
        (RegressorChain(Ridge()), SEVERAL),
        (GridSearchCV(Ridge(), {"alpha": [1, 2]}), SEVERAL),
        (TransformedTargetRegressor(Ridge()), SEVERAL),
        (make_pipeline(make_pipeline(Ridge())), SEVERAL),
        (OneVsRestClassifier(LogisticRegression()), KINDS),
        (RidgeClassifier(), KINDS),
        (MLPClassifier((3,), max_iter=3), KINDS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models_that_answer_with_lists_are_refused_in_any_wrapping(how, estimator, target):
    members = [clone(estimator).fit(X, target) for _ in range(2)]
    assert members[0].predict(X).ndim == 2
    with pytest.raises(CannotMerge, match="answers each row with a list"):
        merged(how, *members, data=X, target=LABELS.tolist())
    if target.shape[1] > 1:
        hidden = [with_text(clone(estimator)).fit(TEXTS, target) for _ in range(2)]
        with pytest.raises(CannotMerge, match="answers each row with a list"):
            merged(how, *hidden, data=TEXTS, target=LABELS.tolist())


@pytest.mark.parametrize("wrap", [lambda estimator: estimator, with_text])
def test_one_output_is_not_taken_for_several(wrap):
    rows, codes = TEXTS if wrap is with_text else X, np.digitize(NUMBERS, [-1, 1])
    search = GridSearchCV(Ridge(), {"alpha": [1]})
    for estimator in (SVR(kernel="linear"), KNeighborsRegressor(), KernelRidge(),
                      TransformedTargetRegressor(Ridge()), search):  # fmt: skip
        members = [wrap(clone(estimator)).fit(rows, NUMBERS) for _ in range(2)]
        answers = merged("vote", *members).predict(rows)
        np.testing.assert_allclose(answers, members[0].predict(rows))
    for estimator in (MLPClassifier((3,), max_iter=3, random_state=0), RandomForestClassifier(3),
                      OneVsRestClassifier(LogisticRegression())):  # fmt: skip
        members = [wrap(clone(estimator)).fit(rows, codes) for _ in range(2)]
        mean = np.mean([member.predict_proba(rows) for member in members], axis=0)
        np.testing.assert_allclose(merged("vote", *members).predict_proba(rows), mean)


def test_a_majority_of_floats_is_refused_because_it_could_not_answer():
    members = [LinearSVC(C=c).fit(X, (NUMBERS > 0).astype(float)) for c in (1, 0.1)]
    with pytest.raises(CannotMerge, match="whole numbers"):
        merged("vote", *members)
    truths = [LinearSVC(C=c).fit(X, NUMBERS > 0) for c in (1, 1)]
    np.testing.assert_array_equal(merged("vote", *truths).predict(X), truths[0].predict(X))


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
