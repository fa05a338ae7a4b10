"""A model that could not be loaded is refused at commit, with the part at fault and advice."""

from __future__ import annotations

import os
import random
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from nbmodel.errors import NotLoadable, NotPicklable
from nbmodel.versioning import loadable
from tests.flavors.other_process import notebook

X = np.linspace(0, 1, 30, dtype="float32").reshape(10, 3)
Y = X[:, :1]

KERAS = """
import keras

class Bare(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(1)
    def call(self, x):
        return self.inner(x)

class Closed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.inner = keras.layers.Dense(units)
    def call(self, x):
        return self.inner(x)

class Unnamed(keras.Model):  # its layer comes back as a mere configuration
    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner
    def call(self, x):
        return self.inner(x)
    def get_config(self):
        return {"inner": keras.saving.serialize_keras_object(self.inner)}

class Open(keras.Model):
    def __init__(self, units=1, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = keras.layers.Dense(units)
    def call(self, x):
        return self.inner(x)
    def get_config(self):
        return {**super().get_config(), "units": self.units}

class Double(keras.layers.Layer):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor
    def call(self, x):
        return x * self.factor

class Applied(keras.layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function
    def call(self, x):
        return self.function(x)

class Times(keras.layers.Layer):
    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
    def call(self, x):
        return x * self.factor

class Weighted(keras.losses.Loss):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight
    def call(self, true, predicted):
        return keras.ops.mean((true - predicted) ** 2) * self.weight

class Counted(keras.metrics.Metric):
    def __init__(self, name="counted"):
        super().__init__(name=name)
        self.total = self.add_variable((), "zeros", name="total")
    def update_state(self, true, predicted, sample_weight=None):
        self.total.assign_add(1.0)
    def result(self):
        return self.total

def squares(true, predicted):
    return keras.ops.mean((true - predicted) ** 2)

def layers(*between):
    return keras.Sequential([keras.layers.Dense(2), *between, keras.layers.Dense(1)])
"""
K = notebook(KERAS)


def fitted(model, loss="mse", metrics=()):
    model.compile("sgd", loss=loss, metrics=list(metrics))
    model.fit(X, Y, verbose=0)
    return model


REFUSED = {
    "a model without arguments": (lambda: fitted(K["Bare"]()), "Bare"),
    "a model with arguments": (lambda: fitted(K["Closed"](1)), "Closed"),
    "a layer": (lambda: fitted(K["layers"](K["Double"](2))), "Double"),
    "a layer inside a model": (lambda: fitted(K["layers"](K["layers"](K["Double"](2)))), "Double"),
    "a loss": (lambda: fitted(K["layers"](), K["Weighted"](2.0)), "Weighted"),
    "a metric": (lambda: fitted(K["layers"](), metrics=[K["Counted"]()]), "Counted"),
}
ACCEPTED = {
    "a model": lambda: fitted(K["Open"](1)),
    "a layer": lambda: fitted(K["layers"](K["Times"](3))),
    "a Lambda layer": lambda: fitted(K["layers"](keras.layers.Lambda(lambda x: x * 2))),
    "a loss": lambda: fitted(K["layers"](), K["squares"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_keras_class_that_does_not_come_back_is_named(registry, case):
    make, name = REFUSED[case]
    with pytest.raises((NotLoadable, NotPicklable)) as caught:
        registry.commit(make(), "net")
    assert f"Let {name}.__init__ take **kwargs" in caught.value.hint
    assert list(registry.list()) == []


def test_a_keras_layer_that_would_come_back_without_its_weights(registry):
    with pytest.raises(NotLoadable, match="did not make a part for the weights of 'inner'"):
        registry.commit(fitted(K["Unnamed"](keras.layers.Dense(1))), "net")


def test_a_keras_argument_that_has_no_configuration(registry):
    model = fitted(K["layers"](K["Applied"](lambda x: x + 1)))
    with pytest.raises((NotPicklable, NotLoadable)) as caught:
        registry.commit(model, "net")
    assert "get_config()" in caught.value.hint


def test_a_large_keras_model_is_tried_by_its_configuration(registry, monkeypatch):
    monkeypatch.setattr(loadable, "MAX_TRIAL_BYTES", 100)
    with pytest.raises(NotLoadable, match=r"Let Bare\.__init__ take"):
        registry.commit(fitted(K["Bare"]()), "net")
    registry.commit(fitted(K["Open"](1)), "net")


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_model_that_loads_again_is_committed(registry, case):
    model = ACCEPTED[case]()
    registry.commit(model, "net")
    again = registry.checkout("net")
    assert (again.predict(X, verbose=0) == model.predict(X, verbose=0)).all()


PYTHON = """
import collections, dataclasses, enum, threading

class Argument:
    def __init__(self, a): self.a = a
    def __reduce__(self): return Argument, ()
class State:
    def __getstate__(self): return {"a": 1}
    def __setstate__(self, state): self.b = state["missing"]
class New:
    def __new__(cls, a): return super().__new__(cls)
class Attribute:
    def __init__(self): self.inner = {"k": 1}
    def __getattr__(self, name): return self.inner[name]
class Error(Exception):
    def __init__(self, a, b): super().__init__(a)
class Text(str):
    def __new__(cls, a, b): return super().__new__(cls, a)

class Slots:
    __slots__ = ("f",)
    def __init__(self): self.f = lambda x: x + 1
    def predict(self, x): return self.f(x)
class Color(enum.Enum):
    RED = 1
class Flags(enum.Flag):
    A = 1
    B = 2
@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int = 1
Point = collections.namedtuple("Point", "a b")
class Old:
    def predict(self, x): return "old"
old = Old()
class Old:
    def predict(self, x): return "new"
"""
P = notebook(PYTHON)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ((lambda: P["Argument"](1)), r"^model could not .* missing 1 required"),
        ((lambda: {"m": [1, P["Argument"](1)]}), r"^model\['m'\]\[1\] could not"),
        ((lambda: P["State"]()), "KeyError: 'missing'"),
        ((lambda: P["New"](1)), r"New\.__new__"),
        ((lambda: P["Attribute"]()), "RecursionError"),
        ((lambda: P["Error"](1, 2)), "missing 1 required"),
        ((lambda: P["Text"]("a", "b")), "missing 1 required"),
    ],
)
def test_a_class_that_refuses_its_own_state_is_named(registry, model, words):
    with pytest.raises(NotLoadable, match=words):
        registry.commit(model(), "model")
    assert list(registry.list()) == []


def test_classes_of_the_notebook_load_again(registry):
    model = {
        "slots": P["Slots"](), "color": P["Color"].RED, "flags": P["Flags"](3),
        "frozen": P["Frozen"](5), "point": P["Point"](1, 2), "old": P["old"],
        "script": torch.jit.script(torch.nn.Linear(3, 1)),
    }  # fmt: skip
    registry.commit(model, "model")
    again = registry.checkout("model")
    assert again["slots"].predict(1) == 2
    assert (again["color"].name, again["flags"].value) == ("RED", 3)
    assert (again["frozen"].x, tuple(again["point"])) == (5, (1, 2))
    assert again["old"].predict(1) == "old"
    assert torch.equal(again["script"](torch.ones(3)), model["script"](torch.ones(3)))


def test_the_notebooks_own_classes_stay_as_they_are(registry):
    """A load in the same process once replaced their methods by the version's."""
    names = notebook("LIMIT = 1\nclass Model:\n    def predict(self): return LIMIT\n")
    model = names["Model"]()
    method = names["Model"].predict
    registry.commit(model, "model")
    loaded = registry.checkout("model")
    assert names["Model"].predict is method
    names["LIMIT"] = 2
    assert (model.predict(), loaded.predict()) == (2, 1)
    names["Model"].predict = lambda self: 3
    assert (model.predict(), loaded.predict(), registry.checkout("model").predict()) == (3, 1, 1)


def test_the_trial_load_leaves_no_trace(registry, capsys):
    names = notebook("""
import random, numpy as np
class Model:
    def __init__(self): self.w = np.zeros(2000)
    def __setstate__(self, state):
        print("loading")
        random.random(); np.random.rand()
        self.__dict__.update(state)
        self.w += 1
""")
    model = names["Model"]()
    random.seed(3)
    np.random.seed(3)
    before = random.getstate(), np.random.get_state()[1].tolist()
    registry.commit(model, "model")
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert (model.w == 0).all()
    assert "loading" not in capsys.readouterr().out
    assert (registry.checkout("model").w == 1).all()


def test_models_without_own_code_are_not_loaded_for_trial(registry, pipeline, monkeypatch):
    monkeypatch.setattr(loadable, "load", lambda *_: pytest.fail("it was loaded"))
    registry.commit(pipeline, "churn")
    registry.commit({"a": np.arange(5), "b": [torch.nn.Linear(2, 1)]}, "dict")
    assert "keras" in sys.modules
    registry.commit(K["layers"](), "net")
