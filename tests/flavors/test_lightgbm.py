"""LightGBM: boosters are stored as text, anywhere in an object, and predict the same afterwards."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbmodel.errors import NbModelError
from nbmodel.flavors import pickling
from nbmodel.flavors.description import describe
from nbmodel.flavors.lightgbm import restore_booster
from nbmodel.records import Column
from tests.flavors.other_process import elsewhere, reload
from tests.flavors.samples import X, Y, samples

FRAME = pd.DataFrame({"city": pd.Categorical(list("abcd") * 50), "size": X[:, 0]})


def _early_stopped(**options):
    train = lightgbm.Dataset(X, Y, params={"verbose": -1})
    valid = lightgbm.Dataset(X[:50], 1 - Y[:50], reference=train)
    return lightgbm.train(
        {"objective": "binary", "verbose": -1},
        train,
        30,
        valid_sets=[valid],
        callbacks=[lightgbm.early_stopping(2, verbose=False)],
        **options,
    )


def test_text_is_one_buffer_and_the_wrapper_stays_python():
    model = samples("lightgbm")["classifier"]
    pickled = pickling.dump({"model": [model]})
    text = model.booster_.model_to_string(num_iteration=-1)
    assert [bytes(buffer) for buffer in pickled.buffers] == [text.encode()]


def test_best_iteration_and_parameters_survive():
    booster = _early_stopped()
    again = reload(booster)
    assert booster.best_iteration < 30
    assert again.best_iteration == booster.best_iteration
    assert again.best_score == booster.best_score
    assert again.params == booster.params
    assert again.feature_name() == booster.feature_name()
    assert np.array_equal(again.predict(X), booster.predict(X))


def test_training_continues_from_the_same_point():
    def continued(booster):
        data = lightgbm.Dataset(X, Y, params={"verbose": -1})
        params = {"objective": "binary", "verbose": -1, "num_threads": 1, "deterministic": True}
        return lightgbm.train(params, data, 3, init_model=booster).predict(X)

    booster = samples("lightgbm")["booster"]
    assert np.array_equal(continued(reload(booster)), continued(booster))


def test_pandas_categories_survive():
    model = lightgbm.LGBMClassifier(n_estimators=4, verbose=-1).fit(FRAME, Y)
    again = reload(model)
    assert again.booster_.pandas_categorical == model.booster_.pandas_categorical
    assert np.array_equal(again.predict_proba(FRAME), model.predict_proba(FRAME))


def test_booster_that_still_holds_its_training_data():
    booster = _early_stopped(keep_training_booster=True)
    again = reload(booster)
    assert np.array_equal(again.predict(X), booster.predict(X))
    assert "train_set" not in vars(again)


def test_wrapper_parameters_survive():
    model = lightgbm.LGBMRegressor(n_estimators=5, num_leaves=7, verbose=-1).fit(X, X[:, 0])
    assert reload(model).get_params() == model.get_params()


def test_description_of_boosters_and_wrappers():
    booster = describe(samples("lightgbm")["booster"])
    assert booster.summary == "Booster gbdt, 4 rounds"
    assert booster.params["objective"] == "binary"
    assert booster.counts == {"trees": 4, "rounds": 4}
    assert booster.signature.inputs == (Column("X", "float64", (-1, 6)),)
    wrapper = describe(lightgbm.LGBMClassifier(n_estimators=4, verbose=-1).fit(FRAME, Y))
    assert wrapper.summary == "LGBMClassifier gbdt, 4 rounds"
    assert wrapper.params["num_leaves"] == 31
    inputs = [(column.name, column.dtype) for column in wrapper.signature.inputs]
    assert inputs == [("city", ""), ("size", "")]  # one of them takes texts
    assert wrapper.signature.outputs[1].shape == (-1, 2)
    assert wrapper.arrays["splits"].sum() > 0


def test_damaged_text_is_reported():
    with pytest.raises(NbModelError, match="cannot read the stored booster"):
        restore_booster(b"tree\nversion=v4\n", lightgbm.Booster, {"params": {}})


def test_predictions_in_another_process(tmp_path):
    kinds = samples("lightgbm")
    models = {
        "booster": kinds["booster"],
        "classifier": kinds["classifier"],
        "nested": {"models": [make_pipeline(StandardScaler(), kinds["regressor"]).fit(X, Y)]},
    }
    code = """
results["booster"] = objects["booster"].predict(data)
results["classifier"] = objects["classifier"].predict_proba(data)
results["nested"] = objects["nested"]["models"][0].predict(data)
"""
    outputs = elsewhere(tmp_path, models, X, code)
    assert np.array_equal(outputs["booster"], models["booster"].predict(X))
    assert np.array_equal(outputs["classifier"], models["classifier"].predict_proba(X))
    assert np.array_equal(outputs["nested"], models["nested"]["models"][0].predict(X))
