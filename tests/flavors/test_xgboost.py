"""XGBoost: boosters are buffers, anywhere in an object, and predict the same afterwards."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbmodel.errors import NbModelError
from nbmodel.flavors import pickling
from nbmodel.flavors.description import describe
from nbmodel.flavors.xgboost import restore_booster
from nbmodel.records import Column
from tests.flavors.other_process import elsewhere, notebook, reload
from tests.flavors.samples import X, Y, samples

NAMES = list("abcdef")


def _early_stopped():
    data = xgboost.DMatrix(X, Y, feature_names=NAMES)
    return xgboost.train(
        {"objective": "binary:logistic", "max_depth": 2},
        data,
        30,
        evals=[(xgboost.DMatrix(X[:50], 1 - Y[:50], feature_names=NAMES), "valid")],
        early_stopping_rounds=2,
        verbose_eval=False,
    )


def test_parameters_that_were_not_set_are_defaults():
    described = describe(xgboost.XGBRegressor(max_depth=3, missing=float("nan")))
    set_first = [name for name in described.params if name not in described.defaults]
    assert len(described.params) > 30
    assert set_first == ["max_depth"]


def test_snapshot_is_one_buffer_and_the_wrapper_stays_python():
    model = xgboost.XGBClassifier(n_estimators=20).fit(X, Y)
    pickled = pickling.dump({"model": [model]})
    assert [len(buffer) for buffer in pickled.buffers] == [
        len(model.get_booster().__getstate__()["handle"])
    ]
    assert len(pickled.skeleton) < 4096


def test_attributes_names_and_configuration_survive():
    booster = _early_stopped()
    again = reload(booster)
    assert again.best_iteration == booster.best_iteration
    assert again.best_score == booster.best_score
    assert again.feature_names == NAMES
    assert again.save_config() == booster.save_config()
    assert again.save_raw("json") == booster.save_raw("json")


def test_training_continues_from_the_same_point():
    def continued(booster):
        data = xgboost.DMatrix(X, Y, feature_names=NAMES)
        return xgboost.train({"max_depth": 2}, data, 3, xgb_model=booster).save_raw("json")

    booster = _early_stopped()
    assert continued(reload(booster)) == continued(booster)


def test_wrapper_parameters_survive():
    model = xgboost.XGBRegressor(n_estimators=5, max_depth=3, gamma=0.1).fit(X, X[:, 0])
    assert reload(model).get_params() == pytest.approx(model.get_params(), nan_ok=True)


def test_one_booster_in_two_places_stays_one():
    booster = samples("xgboost")["booster"]
    first, second = reload([booster, {"same": booster}])
    assert first is second["same"]


def test_subclass_with_more_attributes():
    names = notebook("import xgboost\nclass Mine(xgboost.Booster):\n    note = None\n")
    mine = names["Mine"](model_file=samples("xgboost")["booster"])
    mine.note = "kept"
    again = reload(mine)
    assert type(again).__name__ == "Mine"
    assert again.note == "kept"
    assert again.save_raw("json") == mine.save_raw("json")


def test_description_of_boosters_and_wrappers():
    booster = describe(samples("xgboost")["booster"])
    assert booster.summary == "Booster gbtree, 4 rounds"
    assert booster.params["max_depth"] == 2
    assert booster.params["objective"] == "reg:squarederror"
    assert booster.counts == {"rounds": 4, "trees": 4}
    assert [column.name for column in booster.signature.inputs] == NAMES
    wrapper = describe(samples("xgboost")["classifier"])
    assert wrapper.summary == "XGBClassifier gbtree, 5 rounds"
    assert wrapper.params["n_estimators"] == 5
    assert wrapper.signature.inputs == (Column("X", "float32", (-1, 6)),)
    assert wrapper.signature.outputs[0] == Column("label", "int64", (-1,))
    assert len(wrapper.arrays["gain"]) == 6
    assert len(describe(samples("xgboost")["linear"]).arrays["coefficients"]) == 6


def test_categories_are_named_in_the_signature():
    frame = pd.DataFrame({"city": pd.Categorical(list("abcd") * 50), "size": X[:, 0]})
    model = xgboost.XGBClassifier(n_estimators=2, enable_categorical=True).fit(frame, Y)
    dtypes = [column.dtype for column in describe(model).signature.inputs]
    assert dtypes == ["category", "float64"]
    assert np.array_equal(reload(model).predict_proba(frame), model.predict_proba(frame))


def test_damaged_snapshot_is_reported():
    with pytest.raises(NbModelError, match="cannot read the stored booster"):
        restore_booster(b"not a snapshot at all")


def test_predictions_in_another_process(tmp_path):
    kinds = samples("xgboost")
    models = {
        "booster": kinds["booster"],
        "dart": kinds["dart"],
        "linear": kinds["linear"],
        "classifier": kinds["classifier"],
        "nested": {"models": [make_pipeline(StandardScaler(), kinds["regressor"]).fit(X, Y)]},
    }
    code = """
import xgboost
frame = xgboost.DMatrix(data, feature_names=list("abcdef"))
for name in ("booster", "dart", "linear"):
    results[name] = objects[name].predict(frame)
results["classifier"] = objects["classifier"].predict_proba(data)
results["nested"] = objects["nested"]["models"][0].predict(data)
"""
    outputs = elsewhere(tmp_path, models, X, code)
    frame = xgboost.DMatrix(X, feature_names=NAMES)
    expected = {name: models[name].predict(frame) for name in ("booster", "dart", "linear")}
    expected["classifier"] = models["classifier"].predict_proba(X)
    expected["nested"] = models["nested"]["models"][0].predict(X)
    assert outputs.keys() == expected.keys()
    for name, values in expected.items():
        assert np.array_equal(outputs[name], values), name
