"""Every compiled class gives the outputs of its model bit for bit, or leaves rows to the model."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)

from nbmodel.predict.compiled import NotCompiled, agrees, compile_scorer, sklearn_forests
from nbmodel.predict.compiled.table import _FAMILIES

METHODS = ("predict", "predict_proba", "decision_function")
BEFORE = {
    "alone": (),
    "standard": (StandardScaler(),),
    "clipped": (SimpleImputer(), MinMaxScaler(clip=True), Normalizer()),
    "partial": (RobustScaler(with_scaling=False), "passthrough", StandardScaler(with_mean=False)),
    "largest": (MaxAbsScaler(), MinMaxScaler((-1, 3))),
}
NO_ESTIMATORS = {"scalers", "pipelines"}
FAST = {"n_estimators": 20, "min_samples_leaf": 3, "max_iter": 200, "n_jobs": 1}
ESTIMATORS = [
    pytest.param(module, name, id=name)
    for family, modules in _FAMILIES.items()
    if family not in NO_ESTIMATORS
    for module, names in modules.items()
    for name in names
]


def estimator(module, name):
    made = getattr(importlib.import_module(module), name)()
    known = made.get_params()
    return made.set_params(**{key: value for key, value in FAST.items() if key in known})


def wild(x):
    """Rows as the training data had them, rows far outside, and zeros."""
    rng = np.random.default_rng(7)
    far = x[:48] * rng.normal(1, 4, x[:48].shape)
    return np.concatenate([x[:80], far, np.zeros((2, x.shape[1]))])


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(("module", "name"), ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_each_estimator_and_pipeline_agrees_bit_for_bit(module, name, before):
    made = estimator(module, name)
    kind = made.__sklearn_tags__().estimator_type
    if kind == "regressor":
        sets = [datasets.load_diabetes(return_X_y=True)]
    else:
        x, y = datasets.load_breast_cancer(return_X_y=True)
        sets = [(x, np.array(["bad", "good"])[y]), datasets.load_wine(return_X_y=True)]
    for x, y in sets:
        model = make_pipeline(*BEFORE[before], made) if BEFORE[before] else made
        model.fit(x, y)
        scorers = compile_scorer(model)
        assert set(scorers) == {method for method in METHODS if hasattr(model, method)}
        for method, scorer in scorers.items():
            assert agrees(scorer, getattr(model, method), [wild(x)]), method


@pytest.mark.parametrize("steps", [steps for steps in BEFORE.values() if steps])
def test_transformers_agree(steps):
    x, _ = datasets.load_wine(return_X_y=True)
    model = make_pipeline(*steps).fit(x)
    assert agrees(compile_scorer(model)["transform"], model.transform, [wild(x)])


# -- what is left to the model ---------------------------------------------------


@pytest.fixture(scope="module")
def models():
    x, y = datasets.load_wine(return_X_y=True)
    forest = RandomForestClassifier(5, random_state=0)
    return {
        "linear": LogisticRegression(max_iter=200).fit(x, y),
        "scaled": make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y),
        "clipped": make_pipeline(MinMaxScaler(clip=True), LogisticRegression()).fit(x, y),
        "imputed": make_pipeline(SimpleImputer(), StandardScaler(), forest).fit(x, y),
        "forest": forest.fit(x, y),
    }


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["linear", "scaled", "clipped", "imputed", "forest"])
def test_rows_with_missing_or_infinite_values_go_to_the_model(models, name, value):
    x, _ = datasets.load_wine(return_X_y=True)
    for column in range(x.shape[1]):
        rows = x[:4].copy()
        rows[2, column] = value
        for scorer in compile_scorer(models[name]).values():
            with pytest.raises(NotCompiled):
                scorer(rows)


def test_a_coefficient_of_zero_does_not_hide_an_infinite_value(models):
    model = LogisticRegression()
    model.__dict__ |= vars(models["linear"]) | {"coef_": np.zeros((3, 13))}
    rows = np.zeros((1, 13))
    assert compile_scorer(model)["predict"](rows).shape == (1,)
    rows[0, 5] = np.inf
    with pytest.raises(NotCompiled):
        compile_scorer(model)["predict"](rows)


def test_values_beyond_float32_go_to_the_forest_itself(models):
    rows = np.full((1, 13), 1e39)
    with pytest.raises(NotCompiled):
        compile_scorer(models["forest"])["predict"](rows)
    with pytest.raises(ValueError, match="too large"):
        models["forest"].predict(rows)


@pytest.mark.parametrize(
    "rows",
    [np.zeros((1, 12)), np.zeros((1, 14)), np.zeros(13), np.zeros((1, 13, 1)), np.zeros((0, 13)),
     np.zeros((1, 13), np.float32), np.zeros((1, 13), np.int64), np.zeros((1, 13), object)],
)  # fmt: skip
def test_rows_of_another_shape_or_type_go_to_the_model(models, rows):
    for model in models.values():
        for scorer in compile_scorer(model).values():
            with pytest.raises(NotCompiled):
                scorer(rows)


def test_a_scorer_does_not_change_its_rows(models):
    x, _ = datasets.load_wine(return_X_y=True)
    for model in models.values():
        rows = x[:3].copy()
        for scorer in compile_scorer(model).values():
            scorer(rows)
        assert (rows == x[:3]).all()


class Careful(LogisticRegression):
    def predict(self, X):
        return super().predict(X)[::-1]


class Chatty(Pipeline):
    pass


def test_only_known_classes_are_compiled(models):
    x, y = datasets.load_wine(return_X_y=True)
    several = RandomForestRegressor(3).fit(x, np.stack([y, y], axis=1))
    replaced = LogisticRegression(max_iter=200).fit(x, y)
    replaced.predict = lambda X: np.zeros(len(X))
    unknown = Pipeline([("a", Careful())]).fit(x, y)
    for model in (
        Careful().fit(x, y), Chatty([("a", LogisticRegression())]).fit(x, y), several, replaced,
        unknown, LogisticRegression(), object(), None, {"a": 1},
    ):  # fmt: skip
        assert compile_scorer(model) == {}


def test_a_scorer_with_other_outputs_is_not_used(models):
    x, _ = datasets.load_wine(return_X_y=True)
    predict = compile_scorer(models["linear"])["decision_function"]
    own = models["linear"].decision_function
    assert agrees(predict, own, [x])
    assert not agrees(lambda rows: np.nextafter(predict(rows), 1e9), own, [x])
    assert not agrees(lambda rows: predict(rows).astype(np.float32), own, [x])
    assert not agrees(lambda rows: predict(rows)[:, :1], own, [x])
    assert not agrees(lambda rows: predict(np.nan_to_num(rows)), own, [x, x * np.nan])
    assert not agrees(predict, own, [])
    assert not agrees(predict, own, [x * np.nan])


# -- forests ---------------------------------------------------------------------


@pytest.mark.parametrize("trees", [1, 2, 3, 7, 64, 65])
def test_rows_on_the_thresholds_reach_the_same_leaf(trees):
    x, y = datasets.load_diabetes(return_X_y=True)
    model = RandomForestRegressor(trees, min_samples_leaf=4, random_state=1).fit(x, y)
    on = np.zeros((3 * trees, x.shape[1]))
    for number, each in enumerate(model.estimators_):
        inner = each.tree_.feature >= 0
        for feature, limit in zip(
            each.tree_.feature[inner], each.tree_.threshold[inner], strict=True
        ):
            on[3 * number : 3 * number + 3, feature] = (
                limit, np.nextafter(limit, 9), np.nextafter(limit, -9),
            )  # fmt: skip
    assert agrees(compile_scorer(model)["predict"], model.predict, [on, x])


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_JOINED_NODES", 10), ("MAX_REPEATED_VALUES", 500)]
)
def test_large_forests_and_batches_agree_too(monkeypatch, limit, value):
    monkeypatch.setattr(sklearn_forests, limit, value)
    x, y = datasets.load_wine(return_X_y=True)
    model = RandomForestClassifier(9, min_samples_leaf=3, random_state=2).fit(x, y)
    for method, scorer in compile_scorer(model).items():
        assert agrees(scorer, getattr(model, method), [x])


def test_sums_of_negative_zeros_are_those_of_the_forest():
    x = np.arange(20.0).reshape(-1, 1)
    model = RandomForestRegressor(3, random_state=0).fit(x, np.full(20, -0.0))
    outputs = compile_scorer(model)["predict"](x)
    assert outputs.tobytes() == model.predict(x).tobytes()
