"""Any Python object: which of its attributes are described, and which are not read."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from nbmodel.flavors.description import describe
from tests.flavors.other_process import elsewhere, notebook
from tests.flavors.samples import Bundle, samples

NOTEBOOK = """
import numpy as np

OFFSET = 3.0

class Mean:
    def fit(self, values):
        self.mean_ = values.mean(axis=0)
        return self

    def predict(self, values):
        return shift(values - self.mean_)

def shift(values):
    return values + OFFSET
"""


class Lazy:
    """Attributes that are computed on access."""

    def __init__(self):
        self.rate = 0.5
        self.weights = np.ones(3)
        self.accessed = []

    def __getattr__(self, name):
        self.accessed.append(name)
        raise AttributeError(name)


class Slotted:
    __slots__ = ("empty", "rate", "weights")

    def __init__(self):
        self.rate = 0.5
        self.weights = np.ones(3)


def test_dict_of_values_arrays_and_models():
    description = describe({"note": "x", "w": np.ones(2), "model": samples("sklearn")["pipeline"]})
    assert description.flavor == "python"
    assert description.summary == "dict of 3 items (Pipeline)"
    assert description.params["note"] == "x"
    assert description.params["model.logisticregression__C"] == 0.5
    assert "model.steps.logisticregression.coef_" in description.arrays
    assert "w" in description.arrays


def test_list_of_models_of_two_frameworks():
    description = describe([samples("xgboost")["classifier"], samples("torch")["net"]])
    assert description.summary == "list of 2 items (XGBClassifier, Sequential)"
    assert {"0.gain", "1.0.weight"} <= set(description.arrays)


def test_frameworks_inside_a_pipeline():
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(samples("sklearn")["pipeline"], samples("xgboost")["classifier"])
    description = describe(pipeline)
    assert description.counts["trees"] == 5
    assert "steps.xgbclassifier.gain" in description.arrays


def test_dataclass_and_named_tuple():
    description = describe(Bundle(0.5, np.ones(4), {"deep": Bundle(0.1, np.zeros(2))}))
    assert description.params["threshold"] == 0.5
    assert description.params["inner.deep.threshold"] == 0.1
    assert set(description.arrays) == {"weights", "inner.deep.weights"}
    Point = namedtuple("Point", ["x", "y"])
    point = Point(1, np.ones(2))
    assert set(describe(point).arrays) == {"y"}


def test_functions_and_classes():
    names = notebook(NOTEBOOK)
    assert describe(names["shift"]).summary == "function shift"
    assert describe(names["Mean"]).summary == "class Mean"
    assert describe(len).summary == "function len"


def test_attributes_are_read_past_the_class():
    lazy = Lazy()
    description = describe(lazy)
    assert description.params == {"rate": 0.5}
    assert set(description.arrays) == {"weights"}
    assert lazy.accessed == []
    slotted = describe(Slotted())
    assert slotted.params == {"rate": 0.5}
    assert set(slotted.arrays) == {"weights"}


def test_numbers_of_a_list_are_not_parameters():
    assert describe(list(range(1000))).params == {}
    assert describe(3).params == {"value": 3}


def test_notebook_objects_in_another_process(tmp_path):
    names = notebook(NOTEBOOK)
    values = np.arange(12.0).reshape(4, 3)
    mean = names["Mean"]().fit(values)
    code = """
results["mean"] = objects["all"]["mean"].predict(data)
results["shift"] = objects["all"]["shift"](data)
results["kind"] = type(objects["all"]["mean"]).__name__
"""
    outputs = elsewhere(tmp_path, {"all": {"mean": mean, "shift": names["shift"]}}, values, code)
    assert np.array_equal(outputs["mean"], mean.predict(values))
    assert np.array_equal(outputs["shift"], values + 3)
    assert outputs["kind"] == "Mean"
