"""The objects under attack: one of each allowed class, and of each way to fit it.

A subject is made when its turn comes, so a short campaign imports and fits little.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

FAMILIES = ("sklearn", "lightgbm", "xgboost", "torch", "scipy", "numpy")


@dataclass(frozen=True)
class Subject:
    """An object and the data that its methods get, by the name of the parameter."""

    name: str
    obj: Any
    data: Mapping[str, Any] = field(default_factory=dict)


Maker = Callable[[], Subject]


@cache
def makers(families: tuple[str, ...] = FAMILIES) -> dict[str, Maker]:
    """Makers of all subjects by name, ``family/Class-variant``."""
    return {
        f"{family}/{name}": partial(_named, f"{family}/{name}", make)
        for family in families
        for name, make in _FAMILIES[family]()
    }


def _named(name: str, make: Callable[[], tuple[Any, Mapping[str, Any]]]) -> Subject:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        obj, data = make()
    return Subject(name, obj, data)


Row = tuple[str, Callable[[], tuple[Any, Mapping[str, Any]]]]

# -- scikit-learn ------------------------------------------------------------


def _sklearn() -> Iterator[Row]:
    from sklearn.utils import all_estimators

    from tests import estimators

    for name, kind in all_estimators():
        for place, recipe in enumerate(estimators.recipes(name, kind)):
            label = f"{name}-{recipe.label or recipe.data}" if place else name
            yield label, partial(_fitted, kind, recipe)
            if name in _CACHING:
                yield f"{label}-fresh", partial(_fitted, kind, recipe, fresh=True)


# What they answered once is part of their state: before that, other attributes count.
_CACHING = ("MultiLabelBinarizer",)


def _fitted(kind: type, recipe: Any, *, fresh: bool = False) -> tuple[Any, Mapping[str, Any]]:
    from tests import estimators

    estimator, X, _ = estimators.fit(kind, recipe)
    if fresh:
        estimator.fit(X)
        X = X * 20  # numpy does not give back what is smaller than 1 KiB: nothing checks it
    y = estimators.DATA[recipe.data]()[1]
    return estimator, _columns(_with_unknown(estimator, X), y)


def _with_unknown(estimator: Any, X: Any) -> Any:
    """The data with a category that was not there, for estimators that take one."""
    holds_names = isinstance(X, np.ndarray) and X.dtype.hasobject
    if not holds_names or not hasattr(estimator, "transform"):
        return X
    other = X.copy()
    other[::9] = "zzz"
    try:
        estimator.transform(other)
    except ValueError:
        return X
    return other


def _columns(X: Any, y: Any) -> dict[str, Any]:
    """What scikit-learn's methods call their arguments."""
    data = dict.fromkeys(("X", "raw_documents", "raw_X", "T", "K", "Xs", "X_test"), X)
    # Encoders of targets call what they take `y`.
    return data | dict.fromkeys(("y", "Y", "y_true"), X if y is None else y)


# -- LightGBM, XGBoost -------------------------------------------------------

_RNG = np.random.default_rng(7)
_X = _RNG.normal(size=(80, 5))
_Y = (_X[:, 0] + _X[:, 1] > 0).astype(int)
_Y3 = np.arange(80) % 3


def _lightgbm() -> Iterator[Row]:
    import lightgbm

    quiet = {"verbose": -1, "num_threads": 1}
    wrapper = {"n_estimators": 3, "num_leaves": 4, "verbose": -1, "n_jobs": 1}

    def booster(params: dict[str, Any], y: Any = _Y) -> tuple[Any, Mapping[str, Any]]:
        frame = lightgbm.Dataset(_X, y, params=quiet)
        made = lightgbm.train({"objective": "binary", "num_leaves": 4, **quiet, **params}, frame, 3)
        return made, {"data": _X}

    def fitted(kind: Any, y: Any, **params: Any) -> tuple[Any, Mapping[str, Any]]:
        return kind(**wrapper, **params).fit(_X, y), _columns(_X, y)

    def frame() -> tuple[Any, Mapping[str, Any]]:
        import pandas as pd

        data = pd.DataFrame({"a": pd.Categorical(list("abcd") * 20), "b": _X[:, 0]})
        return lightgbm.LGBMClassifier(**wrapper).fit(data, _Y), _columns(data, _Y)

    yield "Booster", partial(booster, {})
    yield "Booster-classes", partial(booster, {"objective": "multiclass", "num_class": 3}, _Y3)
    yield "LGBMClassifier", partial(fitted, lightgbm.LGBMClassifier, _Y)
    yield (
        "LGBMClassifier-three",
        partial(
            fitted, lightgbm.LGBMClassifier, np.array(list("abc"))[_Y3], class_weight="balanced"
        ),
    )
    yield "LGBMClassifier-frame", frame
    yield (
        "LGBMRegressor",
        partial(fitted, lightgbm.LGBMRegressor, _X[:, 0], boosting_type="dart", extra_trees=True),
    )
    yield (
        "LGBMRanker",
        lambda: (
            lightgbm.LGBMRanker(**wrapper).fit(_X, _Y, group=[40, 40]),
            {**_columns(_X, _Y), "group": [40, 40]},
        ),
    )
    yield "LGBMModel-unfitted", lambda: (lightgbm.LGBMRegressor(**wrapper), _columns(_X, _X[:, 1]))


def _xgboost() -> Iterator[Row]:
    import xgboost

    wrapper = {"n_estimators": 3, "max_depth": 2, "n_jobs": 1}

    def booster(**params: Any) -> tuple[Any, Mapping[str, Any]]:
        data = xgboost.DMatrix(_X, _Y, nthread=1)
        made = xgboost.train({"max_depth": 2, "nthread": 1, **params}, data, 3)
        return made, {"data": data}

    def fitted(kind: Any, y: Any, **params: Any) -> tuple[Any, Mapping[str, Any]]:
        return kind(**wrapper, **params).fit(_X, y), _columns(_X, y)

    yield "Booster", booster
    yield "Booster-linear", partial(booster, booster="gblinear")
    yield "XGBClassifier", partial(fitted, xgboost.XGBClassifier, _Y)
    yield "XGBClassifier-three", partial(fitted, xgboost.XGBClassifier, _Y3, subsample=0.9)
    yield "XGBRegressor", partial(fitted, xgboost.XGBRegressor, _X[:, 0], colsample_bynode=0.8)
    yield "XGBRegressor-two", partial(fitted, xgboost.XGBRegressor, _X[:, :2])
    yield "XGBRFRegressor", partial(fitted, xgboost.XGBRFRegressor, _X[:, 0])
    yield "XGBRFClassifier", partial(fitted, xgboost.XGBRFClassifier, _Y)
    yield (
        "XGBRanker",
        lambda: (
            xgboost.XGBRanker(**wrapper).fit(_X, _Y, group=[40, 40]),
            {**_columns(_X, _Y), "group": [40, 40]},
        ),
    )
    yield (
        "XGBClassifier-stop",
        lambda: (
            xgboost.XGBClassifier(**wrapper, early_stopping_rounds=2, eval_metric=["logloss"]).fit(
                _X, _Y, eval_set=[(_X, _Y)], verbose=False
            ),
            _columns(_X, _Y),
        ),
    )


# -- torch -------------------------------------------------------------------


def _torch() -> Iterator[Row]:
    import torch

    from tests.trust.campaign.torch_modules import examples

    def made(make: Callable[[], Any], inputs: tuple[Any, ...]) -> tuple[Any, Mapping[str, Any]]:
        torch.manual_seed(0)
        return make(), {"forward": inputs}

    torch.set_num_threads(1)
    # Its optimizers import the compiler, which asks the system for the user's name.
    torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], 0.1).step()
    for name, (make, inputs) in examples().items():
        yield name, partial(made, make, inputs)
    yield "Tensor", lambda: (torch.arange(12.0).reshape(3, 4), {})
    yield "Tensor-view", lambda: (torch.arange(40.0)[3:].reshape(37)[::2].reshape(19, 1).T, {})
    yield "Tensor-bool", lambda: (torch.ones(5, dtype=torch.bool), {})


# -- scipy, numpy ------------------------------------------------------------


def _scipy() -> Iterator[Row]:
    from scipy import interpolate, sparse, stats

    dense = np.where(_X > 0.5, _X, 0.0)
    for kind in ("csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "csc_array", "coo_array"):
        yield kind, partial(lambda kind: (getattr(sparse, kind)(dense), {}), kind)
    yield "BSpline", lambda: (interpolate.make_interp_spline(np.arange(9.0), _X[:9]), {"x": _X[0]})
    for name, args in (("uniform", (0, 2)), ("loguniform", (1e-3, 1)), ("randint", (1, 9))):
        yield (
            name,
            partial(
                lambda name, args: (getattr(stats, name)(*args), {"x": 1, "q": 0.5, "k": 1}),
                name,
                args,
            ),
        )
    yield "norm", lambda: (stats.norm, {"x": 1.0, "q": 0.5})


def _numpy() -> Iterator[Row]:
    names = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
    for name in names:
        yield (
            f"Generator-{name}",
            partial(lambda name: (np.random.Generator(getattr(np.random, name)(3)), {}), name),
        )
    yield "RandomState", lambda: (np.random.RandomState(3), {})
    yield "SeedSequence", lambda: (np.random.SeedSequence(5, spawn_key=(1,)), {})
    yield "ndarray", lambda: (np.arange(12.0).reshape(3, 4), {})
    yield "ndarray-large", lambda: (np.arange(6000.0).reshape(60, 100), {})
    yield "ndarray-objects", lambda: (np.array([1, "a", None, 2.5], object), {})
    yield "ndarray-records", lambda: (np.zeros(4, [("a", "i4"), ("b", "f8")]), {})
    yield "ndarray-text", lambda: (np.array(["a", "bb"]), {})
    yield "ndarray-times", lambda: (np.array(["2020-01-01"], "M8[D]"), {})
    yield "matrix", lambda: (np.matrix([[1.0, 2.0]]), {})
    yield "MaskedArray", lambda: (np.ma.masked_array([1.0, 2.0], [True, False]), {})
    yield "scalar", lambda: ([np.float32(2.5), np.int64(3), np.datetime64("2020-01-01", "D")], {})


_FAMILIES: Mapping[str, Callable[[], Iterator[Row]]] = {
    "sklearn": _sklearn,
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "torch": _torch,
    "scipy": _scipy,
    "numpy": _numpy,
}
