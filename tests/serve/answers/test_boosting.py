"""LightGBM, XGBoost and CatBoost: wrappers and boosters, categories, ranking, several classes."""

from __future__ import annotations

import catboost
import lightgbm
import numpy as np
import pandas as pd
import xgboost

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.data import CITIES, classes, incomes, matrix, numbers, people, target
from tests.serve.answers.rows import Frame, Matrix

CASES = Cases()
X, Y, Y3 = numbers(), target(), classes()
NEW_ROWS = numbers(5, seed=7)
A, B = matrix(), matrix(5, seed=7)
SOFT = ("predict", "predict_proba")
QUIET = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}
SMALL = {"n_estimators": 4, "n_jobs": 1, "verbose": -1, "min_child_samples": 2}
CITY = pd.CategoricalDtype(CITIES[:3])
PEOPLE, INCOMES = people().astype({"city": CITY}), incomes(people())
STRANGERS = pd.DataFrame(
    {"city": pd.Series(["Köln", None, "Ulm"]).astype(CITY), "age": [40, 40, 18]}
)
GROUPS = [20] * 6


@CASES.add
def lightgbm_classifier():
    model = lightgbm.LGBMClassifier(**SMALL).fit(X, np.array(["x", "y", "z"])[Y3])
    return Case(model, X, Frame(NEW_ROWS), SOFT)


@CASES.add
def lightgbm_regressor():
    model = lightgbm.LGBMRegressor(**SMALL).fit(A, A[:, 0])
    return Case(model, A, Matrix(np.where(B % 1 > 0.6, np.nan, B)))


@CASES.add
def lightgbm_categories():
    model = lightgbm.LGBMRegressor(**SMALL).fit(PEOPLE, INCOMES)
    # A category that was never seen is a missing one, as in LightGBM itself.
    rows = STRANGERS.assign(city=["Köln", None, "東京"]).astype({"city": "category"})
    return Case(model, PEOPLE, Frame(rows))


@CASES.add
def lightgbm_booster():
    data = lightgbm.Dataset(PEOPLE, INCOMES, params=QUIET)
    return Case(lightgbm.train(QUIET, data, 4), PEOPLE, Frame(STRANGERS))


@CASES.add
def lightgbm_booster_of_classes():
    data = lightgbm.Dataset(A, Y3, params=QUIET)
    model = lightgbm.train({**QUIET, "objective": "multiclass", "num_class": 3}, data, 4)
    return Case(model, A, Matrix(B))


@CASES.add
def lightgbm_ranker():
    model = lightgbm.LGBMRanker(**SMALL).fit(X, Y3, group=GROUPS)
    return Case(model, X, Frame(NEW_ROWS))


@CASES.add
def xgboost_classifier():
    model = xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(X, Y3)
    return Case(model, X, Frame(NEW_ROWS.mask(NEW_ROWS.to_numpy() % 1 > 0.6)), SOFT)


@CASES.add
def xgboost_categories():
    model = xgboost.XGBRegressor(n_estimators=4, n_jobs=1, enable_categorical=True)
    return Case(model.fit(PEOPLE, INCOMES), PEOPLE, Frame(STRANGERS))


KIND = pd.CategoricalDtype(["Alt", *CITIES[:2], "Beta", CITIES[2]])


def rare_categories():
    """Some categories in one or two rows each, which a version does not show, and ö among them."""
    frame = people().astype({"city": KIND})
    frame.loc[:2, "city"] = ["Alt", "Beta", "Alt"]
    labels = INCOMES.copy()
    labels[:3] = 500.0
    rows = pd.DataFrame({"city": pd.Series(["Beta", *CITIES[:3], "Alt", None]).astype(KIND)})
    return frame, labels, rows.assign(age=40)


@CASES.add
def xgboost_rare_categories():
    frame, labels, rows = rare_categories()
    model = xgboost.XGBRegressor(n_estimators=9, n_jobs=1, enable_categorical=True)
    return Case(model.fit(frame, labels), frame, Frame(rows))


@CASES.add
def xgboost_categories_without_data():
    kind = pd.CategoricalDtype(["Trier", "Ulm", "Bonn"])
    frame = pd.DataFrame({"city": pd.Series(["Ulm", "Bonn", "Trier"] * 40).astype(kind)})
    model = xgboost.XGBRegressor(n_estimators=9, n_jobs=1, enable_categorical=True)
    rows = pd.DataFrame({"city": pd.Series(["Bonn", None, "Ulm", "Trier"]).astype(kind)})
    return Case(model.fit(frame, [1.0, 2.0, 3.0] * 40), None, Frame(rows))


@CASES.add
def lightgbm_rare_categories():
    frame, labels, rows = rare_categories()
    model = lightgbm.LGBMRegressor(**SMALL, min_data_per_group=1, cat_smooth=0)
    return Case(model.fit(frame, labels), frame, Frame(rows))


@CASES.add
def xgboost_two_targets():
    model = xgboost.XGBRegressor(n_estimators=4, n_jobs=1).fit(A, A[:, :2])
    return Case(model, A, Matrix(B))


@CASES.add
def xgboost_ranker():
    model = xgboost.XGBRanker(n_estimators=4, n_jobs=1).fit(X, Y3, group=GROUPS)
    return Case(model, X, Frame(NEW_ROWS))


def booster(data, labels, rows, scored, **settings):
    def ask(method, rows):
        return getattr(model, method)(xgboost.DMatrix(rows, enable_categorical=True))

    matrix = xgboost.DMatrix(data, labels, enable_categorical=True)
    model = xgboost.train({"nthread": 1, **settings}, matrix, 4)
    return Case(model, data, rows(scored), call=ask)


@CASES.add
def xgboost_booster():
    scored = NEW_ROWS.mask(NEW_ROWS.to_numpy() % 1 > 0.6)
    return booster(X, Y, Frame, scored, objective="binary:logistic")


@CASES.add
def xgboost_booster_of_categories():
    return booster(PEOPLE, INCOMES, Frame, STRANGERS)


@CASES.add
def xgboost_booster_of_classes():
    return booster(A, Y3, Matrix, B, objective="multi:softprob", num_class=3)


@CASES.add
def xgboost_booster_of_labels():
    return booster(X, Y3, Frame, NEW_ROWS, objective="multi:softmax", num_class=3)


@CASES.add
def xgboost_linear_booster():
    return booster(X / 1000, A[:, 0], Frame, NEW_ROWS / 1000, booster="gblinear")


@CASES.add
def catboost_classifier():
    model = catboost.CatBoostClassifier(
        iterations=5, depth=2, thread_count=1, verbose=False, allow_writing_files=False
    )
    frame = people().fillna({"city": "nowhere"}).assign(share=A[:, 0])
    model.fit(frame, np.array(["low", "middle", "high"])[Y3], cat_features=["city"])
    rows = pd.DataFrame(
        {"city": ["Köln", "東京", "nowhere"], "age": [40, 18, 3], "share": [0.1, None, -2.0]}
    )
    return Case(model, frame, Frame(rows), SOFT)


@CASES.add
def catboost_regressor():
    model = catboost.CatBoostRegressor(
        iterations=5, depth=2, thread_count=1, verbose=False, allow_writing_files=False
    )
    rows = Matrix(np.where(B % 1 > 0.6, np.nan, B))
    return Case(model.fit(A, A[:, 0]), A, rows)


@CASES.add
def catboost_categories():
    model = catboost.CatBoostRegressor(
        iterations=5, depth=2, thread_count=1, verbose=False, allow_writing_files=False
    )
    kind = pd.CategoricalDtype([*CITIES, "nowhere"])
    frame = people().fillna({"city": "nowhere"}).astype({"city": kind})
    rows = pd.DataFrame({"city": ["Köln", "東京", "nowhere"], "age": [40, 18, 3]})
    model.fit(frame, INCOMES, cat_features=["city"])
    return Case(model, frame, Frame(rows.astype({"city": kind})))


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
