"""What counts as equal in two members, above all the two copies of a class or a function."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from nbmodel.errors import CannotMerge
from nbmodel.merging.differences import difference, same_class
from tests.merging.members import merged

HEAD = "from sklearn.base import BaseEstimator, TransformerMixin\nimport numpy as np, functools\n"
CLASS = """
class Scale(TransformerMixin, BaseEstimator):
    FACTOR = 2
    def __init__(self, power=1):
        self.power = power
    def fit(self, X, y=None):
        self.rows_ = len(X)
        return self
    @staticmethod
    def root(X):
        return X
    @classmethod
    def shift(cls):
        return 1
    @property
    def weight(self):
        return 5
    def step(self, X, width=3, *, depth=4):
        return helper(X) * width
    def transform(self, X):
        return super().__sklearn_is_fitted__ if X is None else LIMIT * self.step(X)
def helper(X):
    return X * 7
LIMIT = 8
"""
X = np.random.default_rng(5).normal(size=(40, 2))
Y = X @ [1.0, 2.0]


def made_by(source, name):
    """What a cell of a notebook defines, as it comes out of a version."""
    return cloudpickle.loads(cloudpickle.dumps(defined_by(source, name)))


def defined_by(source, name):
    """What a cell of a notebook defines."""
    cell = {"__name__": "__main__"}
    exec(HEAD + source, cell)
    return cell[name]


def test_copies_of_one_class_are_the_same():
    one, two = made_by(CLASS, "Scale"), made_by(CLASS, "Scale")
    assert one is not two
    assert same_class(one, two)
    assert difference(one().fit(X), two().fit(X), "Scale") == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FACTOR = 2", "FACTOR = 3"),
        ("        return X\n", "        return -X\n"),
        ("return 1", "return -1"),
        ("return 5", "return -5"),
        ("width=3", "width=30"),
        ("depth=4", "depth=40"),
        ("X * 7", "X * 70"),
        ("LIMIT = 8", "LIMIT = 80"),
        ("TransformerMixin, BaseEstimator", "BaseEstimator"),
        ("FACTOR = 2", "FACTOR = 2\n    OTHER = 1"),
    ],
)  # fmt: skip
def test_classes_that_differ_in_anything_that_counts_are_two(old, new):
    one, two = made_by(CLASS, "Scale"), made_by(CLASS.replace(old, new), "Scale")
    assert not same_class(one, two)
    if "Mixin, Base" not in old:
        assert difference(one(), two(), "scale") == "scale (two definitions of Scale)"


FUNCTIONS = {
    "a variable around it": (
        "def outer(k):\n    def f(X):\n        return X * k\n    return f\nf = outer({0})"
    ),
    "a default": "def f(X, k={0}):\n    return X * k",
    "a keyword": "def f(X, *, k={0}):\n    return X * k",
    "a global variable": "k = {0}\ndef f(X):\n    return X * k",
    "a global variable of an inner function": (
        "k = {0}\ndef f(X):\n    return [x for x in X if (lambda: k)()]"
    ),
    "an attribute": "def f(X):\n    return X * f.k\nf.k = {0}",
    "a function that it calls": "def g(X):\n    return X * {0}\ndef f(X):\n    return g(X)",
    "an argument": "import operator\nf = functools.partial(operator.mul, {0})",
    "an object that it is a method of": (
        "class C:\n    def __init__(self, k):\n        self.k = k\n"
        "    def f(self, X):\n        return X * self.k\nf = C({0}).f"
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_functions_differ_by_all_that_they_use(source):
    one, same, other = (made_by(source.format(k), "f") for k in (2, 2, 30))
    assert difference(one, same, "f") == ""
    assert difference(one, other, "f") == "f"


def test_pipelines_with_other_functions_are_not_averaged():
    source = FUNCTIONS["a variable around it"]
    members = [
        make_pipeline(FunctionTransformer(made_by(source.format(k), "f")), Ridge()).fit(X, Y)
        for k in (2, 2, 30)
    ]
    mean = merged("average", *members[:2])
    np.testing.assert_allclose(mean.predict(X), members[0].predict(X))
    with pytest.raises(CannotMerge, match=r"functiontransformer\.func"):
        merged("average", *members)


class Named(dict):
    """A dict with attributes."""


def named(**attributes):
    result = Named(a=1)
    vars(result).update(attributes)
    return result


class Slots:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (named(k=1), named(k=1), named(k=2)),
        (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[0, 1]),
         np.ma.array([1, 2], mask=[1, 0])),
        (Slots(1), Slots(1), Slots(2)),
        (defaultdict(int, a=1), defaultdict(int, a=1), defaultdict(float, a=1)),
        (OrderedDict(a=1, b=2), OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
        ({3, 1, 2}, {1, 2, 3}, {1, 2}),
        (float("nan"), float("nan"), 1.0),
        (np.float64("nan"), np.float64("nan"), np.float64(1)),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), np.array([1.0, 2.0])),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
        (functools.partial(max, 1), functools.partial(max, 1), functools.partial(max, 2)),
        (DecisionTreeRegressor(random_state=0).fit(X, Y),
         DecisionTreeRegressor(random_state=0).fit(X, Y),
         DecisionTreeRegressor(random_state=0).fit(X, -Y)),
    ],
)  # fmt: skip
def test_objects_differ_by_all_that_pickle_would_store(one, same, other):
    assert difference(one, same, "x") == ""
    assert difference(one, other, "x")
    assert difference([one], [other], "x").startswith("x[0]")


def test_the_attribute_that_differs_is_named():
    one, two = StandardScaler().fit(X), StandardScaler().fit(X + 1)
    assert difference(one, two, "scaler") == "scaler.mean_"


def test_cached_properties_are_part_of_a_class():
    source = "class C:\n    @functools.cached_property\n    def cost(self):\n        return {0}"
    one, same, other = (defined_by(source.format(k), "C") for k in (2, 2, 30))
    assert same_class(one, same)
    assert not same_class(one, other)


def test_objects_that_refer_to_themselves_are_compared():
    members = []
    for _ in range(2):
        loop = [1]
        loop.append(loop)
        members.append(loop)
    assert difference(members[0], members[1], "x") == ""
