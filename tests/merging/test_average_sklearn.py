"""The average of linear models, against numpy and against the mean of the answers."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from nbmodel.errors import CannotMerge
from tests.merging.members import mean_of, merged

RNG = np.random.default_rng(7)
X = RNG.normal(size=(240, 4))
NUMBERS = X @ [1.0, -2.0, 0.5, 3.0] + RNG.normal(size=240)
LABELS = np.array(["low", "mid", "top"])[np.digitize(NUMBERS, [-2, 2])]
PARTS = (slice(0, 50), slice(50, 120), slice(120, 240))
SIZES = [50, 70, 120]


def fitted(make, y):
    """One model for each part of the rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [make().fit(X[part], y[part]) for part in PARTS]


@pytest.mark.parametrize("weights", [(), SIZES])
@pytest.mark.parametrize(
    ("make", "y"),
    [
        (LogisticRegression, LABELS),
        (lambda: LogisticRegression(fit_intercept=False), LABELS == "top"),
        (RidgeClassifier, LABELS),
        (lambda: SGDClassifier(random_state=0), LABELS),
        (lambda: SGDClassifier(average=True, random_state=0), LABELS == "top"),
        (lambda: Perceptron(random_state=0), LABELS),
        (LinearSVC, LABELS),
        (LinearRegression, NUMBERS),
        (Ridge, np.column_stack([NUMBERS, -NUMBERS])),
        (lambda: Ridge(fit_intercept=False), NUMBERS),
        (Lasso, NUMBERS),
        (ElasticNet, NUMBERS),
        (HuberRegressor, NUMBERS),
        (QuantileRegressor, NUMBERS),
        (LinearSVR, NUMBERS),
        (lambda: SGDRegressor(random_state=0), NUMBERS),
        (PoissonRegressor, np.abs(NUMBERS)),
    ],
    ids=lambda value: getattr(value, "__name__", "") or None,
)
def test_the_mean_of_the_numbers_is_that_of_numpy(make, y, weights):
    members = fitted(make, y)
    mean = merged("average", *members, weights=weights)
    for name in ("coef_", "intercept_"):
        values = [getattr(member, name) for member in members]
        exact = mean_of(values, weights or None)
        np.testing.assert_allclose(getattr(mean, name), exact, rtol=1e-12, atol=1e-15)
        assert np.asarray(getattr(mean, name)).dtype == np.asarray(values[0]).dtype
        assert type(getattr(mean, name)) is type(values[0])
    shares = weights or None
    ask = "decision_function" if hasattr(mean, "decision_function") else "predict"
    answers = [getattr(member, ask)(X) for member in members]
    if isinstance(mean, PoissonRegressor):  # its predictions are the exponentials
        answers = [np.log(answer) for answer in answers]
        expected = np.exp(np.average(answers, axis=0, weights=shares))
    else:
        expected = np.average(answers, axis=0, weights=shares)
    np.testing.assert_allclose(getattr(mean, ask)(X), expected, rtol=1e-9, atol=1e-9)


def test_the_members_do_not_change():
    members = fitted(Ridge, NUMBERS)
    before = [member.coef_.copy() for member in members]
    merged("average", *members)
    for member, coefficients in zip(members, before, strict=True):
        np.testing.assert_array_equal(member.coef_, coefficients)


def test_training_goes_on_from_the_mean():
    members = fitted(lambda: SGDClassifier(average=5, random_state=0), LABELS)
    mean = merged("average", *members)
    assert mean.t_ == max(member.t_ for member in members)
    assert mean.n_iter_ == max(member.n_iter_ for member in members)
    mean.partial_fit(X, LABELS)
    assert mean.score(X, LABELS) > 0.5


def test_what_describes_one_fit_alone_is_not_in_the_mean():
    mean = merged("average", *fitted(LinearRegression, NUMBERS))
    assert not hasattr(mean, "singular_")
    assert not hasattr(mean, "rank_")


def test_single_precision_stays_and_is_rounded_once():
    members = [Ridge().fit(X[part].astype("f4"), NUMBERS[part].astype("f4")) for part in PARTS]
    mean = merged("average", *members, weights=SIZES)
    assert mean.coef_.dtype == np.float32
    np.testing.assert_array_equal(mean.coef_, mean_of([m.coef_ for m in members], SIZES))


# -- pipelines -------------------------------------------------------------------

FRAME = pd.DataFrame({"age": X[:, 0], "city": np.where(X[:, 1] > 0, "Rome", "Oslo")})


def test_a_pipeline_with_the_same_preparation_is_averaged():
    scaler = StandardScaler().fit(X)
    members = [
        make_pipeline(scaler, LogisticRegression()).fit(X, LABELS),
        make_pipeline(scaler, LogisticRegression(C=0.1)).fit(X, LABELS),
    ]
    mean = merged("average", *members)
    np.testing.assert_allclose(
        mean.decision_function(X), sum(m.decision_function(X) for m in members) / 2, rtol=1e-9
    )
    assert mean.steps[0][0] == "standardscaler"


def test_a_pipeline_whose_scaler_saw_other_rows_is_refused():
    members = fitted(lambda: make_pipeline(StandardScaler(), Ridge()), NUMBERS)
    with pytest.raises(CannotMerge, match=r"\(standardscaler\.(mean|n_samples_seen)_\)") as refused:
        merged("average", *members)
    assert "Fit the steps before the model once" in refused.value.hint


def test_encoders_of_text_columns_must_know_the_same_categories():
    def made(frame):
        encoder = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
        return make_pipeline(encoder, Ridge()).fit(frame, frame.age)

    same = merged("average", made(FRAME), made(FRAME))
    np.testing.assert_allclose(same.predict(FRAME), made(FRAME).predict(FRAME))
    with pytest.raises(CannotMerge, match="prepare their rows differently"):
        merged("average", made(FRAME), made(FRAME.assign(city=FRAME.city.replace("Rome", "Pisa"))))


def test_functions_of_a_pipeline_are_compared_by_what_they_do():
    def made(function):
        return make_pipeline(FunctionTransformer(function), Ridge()).fit(X, NUMBERS)

    merged("average", made(lambda rows: rows * 2), made(lambda rows: rows * 2))
    with pytest.raises(CannotMerge, match=r"functiontransformer\.func"):
        merged("average", made(lambda rows: rows * 2), made(lambda rows: rows * 3))


# -- what does not fit together ----------------------------------------------------


def frames(*columns):
    return [Ridge().fit(pd.DataFrame(X, columns=list(names)), NUMBERS) for names in columns]


@pytest.mark.parametrize(
    ("members", "says"),
    [
        (lambda: frames("abcd", "abdc"), "the columns, or their order"),
        (lambda: [Ridge().fit(X, NUMBERS), Ridge().fit(X[:, :3], NUMBERS)], "numbers of columns"),
        (
            lambda: [
                LogisticRegression().fit(X, LABELS),
                LogisticRegression().fit(X, np.where(LABELS == "top", "high", LABELS)),
            ],
            r"the classes of churn@1 and churn@2 are not the same: \['low', 'mid', 'top'\]",
        ),
        (
            lambda: [
                RidgeClassifier().fit(X, LABELS), RidgeClassifier().fit(X, LABELS == "low")
            ],
            "the classes",
        ),
        (lambda: [Ridge().fit(X, NUMBERS), Lasso().fit(X, NUMBERS)], "is a Ridge, and churn@2 is"),
        (
            lambda: [
                SGDClassifier(loss="hinge").fit(X, LABELS),
                SGDClassifier(loss="log_loss").fit(X, LABELS),
            ],
            "the parameter loss is 'hinge' in churn@1 and 'log_loss' in churn@2",
        ),
        (
            lambda: [
                Ridge().fit(X.astype("f4"), NUMBERS.astype("f4")), Ridge().fit(X, NUMBERS)
            ],
            "coef_ of churn@1 is float32, and coef_ of churn@2 float64",
        ),
        (
            lambda: [Ridge().fit(X, NUMBERS), Ridge().fit(X, np.column_stack([NUMBERS] * 2))],
            "coef_ of churn@1 has the shape",
        ),
        (lambda: [Ridge().fit(X, NUMBERS), Ridge()], "is not in both churn@1 and churn@2"),
        (lambda: [Ridge(), Ridge()], "coef_ is not in both"),
        (lambda: fitted(RandomForestClassifier, LABELS), "is a RandomForestClassifier"),
        (lambda: fitted(LinearDiscriminantAnalysis, LABELS), "is a LinearDiscriminantAnalysis"),
        (lambda: fitted(RidgeCV, NUMBERS), "is a RidgeCV"),
        (
            lambda: [
                SGDClassifier(random_state=n).fit(X, LABELS).sparsify() for n in range(2)
            ],
            "is sparse",
        ),
        (lambda: [{"a": 1}, {"a": 2}], "is a dict"),
        (lambda: [Ridge().fit(X, NUMBERS)], "nothing to average"),
    ],
)  # fmt: skip
def test_members_that_do_not_fit_together_are_refused(members, says):
    with pytest.raises(CannotMerge, match=says) as refused:
        merged("average", *members())
    assert refused.value.what.startswith("Nothing was merged")


def test_a_member_whose_training_diverged_is_named():
    good, bad = Ridge().fit(X, NUMBERS), Ridge().fit(X, NUMBERS)
    bad.coef_[1] = np.nan
    with pytest.raises(CannotMerge, match="coef_ of churn@2 has values that are not finite"):
        merged("average", good, bad)
