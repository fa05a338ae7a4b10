"""The average of Keras models, against numpy."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest

from nbmodel.errors import CannotMerge
from tests.merging.members import mean_of, merged

ROWS = np.random.default_rng(0).normal(size=(60, 3)).astype("f4")


def network(units=4, activation="relu", dtype=None, fit=True):
    model = keras.Sequential(
        [
            keras.layers.Input((3,)),
            keras.layers.Dense(units, activation=activation, dtype=dtype),
            keras.layers.BatchNormalization(dtype=dtype),
            keras.layers.Dropout(0.2, seed=None),
            keras.layers.Dense(1, dtype=dtype),
        ]
    )
    if fit:
        model.compile("sgd", "mse")
        model.fit(ROWS, ROWS.sum(axis=1), epochs=1, verbose=0)
    return model


def branched(order):
    """A functional model; the second layer gets the inputs, or what the first one answers."""
    inputs = keras.Input((3,))
    one = keras.layers.Dense(3)(inputs)
    two = keras.layers.Dense(3)(inputs if order == "side by side" else one)
    return keras.Model(inputs, keras.layers.Subtract()([one, two]))


@pytest.mark.parametrize("weights", [(), (100, 300)])
def test_every_weight_is_the_mean_of_numpy(weights):
    members = [network(), network()]
    before = [[w.copy() for w in member.get_weights()] for member in members]
    mean = merged("average", *members, weights=weights)
    for value, *old in zip(mean.get_weights(), *before, strict=True):
        np.testing.assert_allclose(value, mean_of(old, weights or None), rtol=1e-6, atol=1e-9)
    assert mean.predict(ROWS, verbose=0).shape == (60, 1)


def test_a_functional_model_is_compared_by_its_connections():
    members = [branched("side by side"), branched("side by side")]
    before = [member.get_weights() for member in members]
    mean = merged("average", *members)
    for value, *old in zip(mean.get_weights(), *before, strict=True):
        np.testing.assert_allclose(value, mean_of(old), rtol=1e-6, atol=1e-9)
    with pytest.raises(CannotMerge, match="the layers of churn@1 and churn@2 differ"):
        merged("average", branched("side by side"), branched("in turn"))


def test_bfloat16_stays():
    members = [network(dtype="bfloat16", fit=False) for _ in range(2)]
    before = [keras.ops.convert_to_numpy(keras.ops.cast(m.weights[0], "float32")) for m in members]
    mean = merged("average", *members)
    assert mean.weights[0].dtype == "bfloat16"
    value = keras.ops.convert_to_numpy(keras.ops.cast(mean.weights[0], "float32"))
    np.testing.assert_allclose(value, mean_of(before), rtol=2**-8)


def with_nan():
    model = network(fit=False)
    model.weights[0].assign(np.full((3, 4), np.nan))
    return model


class Words(keras.layers.Layer):
    """A layer with a vocabulary, which Keras stores as a file beside the weights."""

    def __init__(self, words, **kwargs):
        super().__init__(**kwargs)
        self._words = words

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {**super().get_config(), "words": None}

    def save_assets(self, dir_path):
        Path(dir_path, "words.txt").write_text("\n".join(self._words))


def of_words(*words):
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(1)(Words(words)(inputs)))


def test_what_layers_store_beside_their_weights_must_be_equal():
    assert isinstance(merged("average", of_words("a", "b"), of_words("a", "b")), keras.Model)
    with pytest.raises(CannotMerge, match="such as a vocabulary, differs in churn@1 and churn@2"):
        merged("average", of_words("a", "b"), of_words("b", "a"))


class Wrapped(keras.Model):
    """A model without a configuration: its argument is not one of JSON."""

    def __init__(self, activation, extra):
        super().__init__()
        self.dense = keras.layers.Dense(2, activation=activation)
        self.extra = extra

    def call(self, inputs):
        return self.dense(inputs)


def wrapped(activation):
    model = Wrapped(activation, object())
    model(ROWS)
    return model


def test_the_layers_of_a_model_without_a_configuration_are_compared():
    assert isinstance(merged("average", wrapped("relu"), wrapped("relu")), Wrapped)
    with pytest.raises(CannotMerge, match="the layers of churn@1 and churn@2 differ"):
        merged("average", wrapped("relu"), wrapped("tanh"))


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (lambda: network(units=5, fit=False), "has the shape"),
        (lambda: network(activation="tanh", fit=False), "layers of churn@1 and churn@2 differ"),
        (lambda: network(dtype="float64", fit=False), "differ|float32 and float64"),
        (lambda: branched("side by side"), "is a Sequential"),
        (with_nan, "not finite"),
        (
            lambda: keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)]),
            "has 8 weights, and churn@2 2",
        ),
    ],
)
def test_members_that_do_not_fit_together_are_refused(other, says):
    with pytest.raises(CannotMerge, match=says):
        merged("average", network(fit=False), other())
