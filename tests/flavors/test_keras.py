"""Keras: the parts of its archive are buffers, and are equal in every dump."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from nbmodel.errors import NbModelError
from nbmodel.flavors import pickling
from nbmodel.flavors.description import describe
from nbmodel.flavors.keras import FLAVOR, restore_saveable
from nbmodel.records import Column
from tests.flavors.other_process import elsewhere, notebook, reload
from tests.flavors.samples import X, Y, samples

NOTEBOOK = """
import keras

class Scale(keras.layers.Layer):
    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor

    def build(self, shape):
        self.weight = self.add_weight(shape=(shape[-1],), initializer="ones", name="weight")

    def call(self, x):
        return x * self.weight * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

@keras.saving.register_keras_serializable("mine")
class Registered(keras.layers.Layer):
    def call(self, x):
        return x + 1

class Net(keras.Model):
    def __init__(self, width, **options):
        super().__init__(**options)
        self.first = keras.layers.Dense(width)
        self.width = width
        self.blocks = [[keras.layers.Dense(width), keras.layers.Dense(1)]]

    def get_config(self):
        return {**super().get_config(), "width": self.width}

    def call(self, x):
        return self.blocks[0][1](self.blocks[0][0](self.first(x)))

def double_tanh(x):
    return keras.ops.tanh(x) * 2

def distance(true, predicted):
    return keras.ops.mean((true - predicted) ** 2)
"""


def _custom():
    names = notebook(NOTEBOOK)
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(8, activation=names["double_tanh"])(inputs)
    hidden = names["Registered"]()(names["Scale"](3.0)(hidden))
    hidden = keras.layers.Dropout(0.1, seed=1)(keras.layers.BatchNormalization()(hidden))
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer="adam", loss=names["distance"], metrics=["mae"])
    model.fit(X, Y[:, None], epochs=1, verbose=0)
    subclassed = names["Net"](4)
    subclassed(X)
    return model, subclassed


def _wide():
    model = keras.Sequential(
        [keras.layers.Input((6,)), keras.layers.Dense(400), keras.layers.Dense(400)]
    )
    model.compile(optimizer="sgd", loss="mse")
    return model


def test_every_variable_is_a_separate_buffer():
    model = _wide()
    sizes = sorted(len(buffer) for buffer in pickling.dump({"m": [model]}).buffers)
    assert sizes == [6 * 400 * 4, 400 * 400 * 4]  # the biases are small


def test_unchanged_variables_give_the_same_bytes():
    model = _wide()
    before = pickling.dump(model)
    before_bytes = [bytes(buffer) for buffer in before.buffers]
    again = pickling.dump(model)
    assert again.skeleton == before.skeleton  # no dates, no addresses
    model.layers[0].trainable = False
    model.compile(optimizer="sgd", loss="mse")
    model.fit(X, np.ones((200, 400)), epochs=1, verbose=0)
    after = [bytes(buffer) for buffer in pickling.dump(model).buffers]
    assert after[0] == before_bytes[0]
    assert after[1] != before_bytes[1]


def test_optimizer_continues_from_its_state():
    model, _ = _custom()
    again = reload(model)
    for one, other in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        assert np.array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))
    for each in (model, again):  # with dropout: the random states are restored too
        each.fit(X, Y[:, None], epochs=1, verbose=0, shuffle=False)
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_layers_shared_inside_a_model_stay_one():
    shared = keras.layers.Dense(6)
    inputs = keras.Input((6,))
    again = reload(keras.Model(inputs, shared(shared(inputs))))
    assert len([layer for layer in again.layers if isinstance(layer, keras.layers.Dense)]) == 1


def test_parts_other_than_models():
    optimizer, metric = reload([keras.optimizers.SGD(0.25), keras.metrics.Mean(name="m")])
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == 0.25
    assert metric.name == "m"


def test_lambda_layers_are_restored():
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Lambda(lambda x: x * 3)])
    assert np.array_equal(reload(model).predict(X, verbose=0), model.predict(X, verbose=0))


def test_description_of_a_model():
    description = describe(samples("keras")["net"])
    assert description.summary == "Sequential, 2 layers, 513 parameters"
    assert description.counts == {"layers": 2, "parameters": 513}
    assert description.params["optimizer"] == "Adam"
    assert description.params["loss"] == "mse"
    assert [column.shape for column in description.signature.inputs] == [(-1, 6)]
    output = description.signature.outputs[0]
    assert output == Column(output.name, "float32", (-1, 1))
    assert [path for path in description.arrays if path.endswith("kernel")]


def test_variables_that_do_not_fit_are_reported():
    model = _wide()
    _, (config, variables, assets, custom, seeds) = FLAVOR.reduce(model)
    broken = {path: {} for path in variables}
    with pytest.raises(NbModelError, match="cannot restore"):
        restore_saveable(config, broken, assets, custom, seeds)


def test_assets_stay_in_their_folder():
    _, (config, variables, _, custom, seeds) = FLAVOR.reduce(keras.layers.Dense(2))
    with pytest.raises(NbModelError, match="outside its folder"):
        restore_saveable(config, variables, {"../up": b""}, custom, seeds)


def test_predictions_in_another_process(tmp_path):
    model, subclassed = _custom()
    models = {"custom": {"models": [model]}, "subclassed": subclassed, "wide": _wide()}
    code = """
results["custom"] = objects["custom"]["models"][0].predict(data, verbose=0)
results["subclassed"] = objects["subclassed"].predict(data, verbose=0)
results["wide"] = objects["wide"].predict(data, verbose=0)
results["factor"] = objects["custom"]["models"][0].layers[2].factor
"""
    outputs = elsewhere(tmp_path, models, X, code)
    assert outputs["factor"] == 3.0
    for name, each in (("custom", model), ("subclassed", subclassed), ("wide", models["wide"])):
        assert np.array_equal(outputs[name], each.predict(X, verbose=0)), name
