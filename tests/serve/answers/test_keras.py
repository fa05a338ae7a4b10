"""Keras: sequential, functional with several inputs and outputs, subclassed."""

from __future__ import annotations

import numpy as np

from tests.serve.answers.cases import Case, Cases
from tests.serve.answers.compare import differences
from tests.serve.answers.data import matrix, numbers
from tests.serve.answers.rows import Frame, Matrix, Tensors

CASES = Cases()
A = (matrix() / 1000).astype(np.float32)
B = (matrix(5, seed=7) / 1000).astype(np.float32)
WORDS = np.arange(240).reshape(60, 4) % 11
NEW_ROWS = np.array([[0, 10, 3, 3], [1, 2, 3, 4], [9, 9, 9, 9]])


def keras_case(model, data, rows, names=()):
    def ask(method, inputs):
        values = inputs if isinstance(inputs, dict) else np.asarray(inputs)
        return model.predict(values, verbose=0)

    return Case(model, data, rows, call=ask, names={"predict": names} if names else {})


@CASES.add
def sequential():
    import keras

    layers = [keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)]
    return keras_case(keras.Sequential(layers), A, Matrix(B))


@CASES.add
def sequential_on_frame():
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "softmax")])
    return keras_case(model, numbers(), Frame(numbers(5, seed=7) / 1000))


@CASES.add
def words():
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int64"),
            layers.Embedding(11, 3),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    return keras_case(model, WORDS, Matrix(NEW_ROWS))


@CASES.add
def images():
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)]
    )
    pictures = np.random.default_rng(0).random((9, 6, 6, 1), np.float32)
    return keras_case(model, pictures, Matrix(pictures[:3] / 2))


@CASES.add
def two_inputs():
    import keras

    layers = keras.layers
    tokens = keras.Input((4,), dtype="int64", name="tokens")
    values = keras.Input((4,), name="values")
    mean = layers.GlobalAveragePooling1D()(layers.Embedding(11, 3)(tokens))
    model = keras.Model([tokens, values], layers.Dense(2)(layers.concatenate([mean, values])))
    data = {"tokens": WORDS, "values": A[:60]}
    return keras_case(model, data, Tensors({"tokens": NEW_ROWS, "values": B[:3]}))


@CASES.add
def dict_of_outputs():
    import keras

    inputs = keras.Input((4,))
    outputs = {"mean": keras.layers.Dense(1)(inputs), "kind": keras.layers.Dense(3)(inputs)}
    return keras_case(keras.Model(inputs, outputs), A, Matrix(B))


@CASES.add
def list_of_outputs():
    import keras

    inputs = keras.Input((4,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(3)(inputs)])
    names = [f"predict.{name}" for name in model.output_names]
    return keras_case(model, A, Matrix(B), names)


@CASES.add
def subclassed():
    import keras

    class Twice(keras.Model):
        def __init__(self, width, **settings):
            super().__init__(**settings)
            self.width = width
            self.line = keras.layers.Dense(width)

        def call(self, x):
            return 2 * self.line(x)

        def get_config(self):
            return {**super().get_config(), "width": self.width}

    model = Twice(3)
    model(A[:2])
    return keras_case(model, A, Matrix(B))


def test_every_kind_of_request_gets_the_outputs_of_the_notebook(served, case):
    assert differences(served, case) == {}
