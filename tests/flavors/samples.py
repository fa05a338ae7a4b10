"""One small object of each kind of each flavor, made on request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

RNG = np.random.default_rng(7)
X = RNG.normal(size=(200, 6))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


@cache
def samples(flavor: str) -> dict[str, Any]:
    """Fitted and unfitted objects of a flavor by name."""
    return _MAKERS[flavor]()


def _sklearn() -> dict[str, Any]:
    from sklearn.cluster import KMeans
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    columns = ColumnTransformer([("scaled", StandardScaler(), [0, 1])], remainder="passthrough")
    return {
        "pipeline": make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(X, Y),
        "forest": RandomForestClassifier(7, random_state=0).fit(X, Y),
        "boosting": HistGradientBoostingClassifier(max_iter=5).fit(X, Y),
        "svm": SVC().fit(X, Y),
        "clusters": KMeans(3, n_init=1, random_state=0).fit(X),
        "regressor": LinearRegression().fit(X, X[:, :2]),
        "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2).fit(X, Y),
        "columns": make_pipeline(columns, LogisticRegression()).fit(X, Y),
        "unfitted": make_pipeline(StandardScaler(), SVC()),
    }


def _xgboost() -> dict[str, Any]:
    import xgboost

    data = xgboost.DMatrix(X, Y, feature_names=list("abcdef"))
    return {
        "booster": xgboost.train({"max_depth": 2, "eta": 0.3}, data, 4),
        "linear": xgboost.train({"booster": "gblinear"}, data, 4),
        "dart": xgboost.train({"booster": "dart", "rate_drop": 0.5}, data, 4),
        "classifier": xgboost.XGBClassifier(n_estimators=5, max_depth=2).fit(X, Y),
        "regressor": xgboost.XGBRegressor(n_estimators=5).fit(X, X[:, 0]),
        "unfitted": xgboost.XGBClassifier(),
        "empty": xgboost.Booster(),
    }


def _lightgbm() -> dict[str, Any]:
    import lightgbm

    quiet = {"verbose": -1}
    return {
        "booster": lightgbm.train({"objective": "binary", **quiet}, lightgbm.Dataset(X, Y), 4),
        "classifier": lightgbm.LGBMClassifier(n_estimators=5, **quiet).fit(X, Y),
        "regressor": lightgbm.LGBMRegressor(n_estimators=5, **quiet).fit(X, X[:, 0]),
        "unfitted": lightgbm.LGBMClassifier(),
    }


def _torch() -> dict[str, Any]:
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    net(torch.as_tensor(X, dtype=torch.float32)).sum().backward()
    optimizer.step()
    return {
        "net": net,
        "optimizer": optimizer,
        "recurrent": nn.LSTM(6, 8, 2),
        "images": nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten()),
        "tensor": torch.arange(2000.0),
        "parameter": nn.Parameter(torch.ones(3, dtype=torch.bfloat16)),
        "lazy": nn.LazyLinear(3),
        "scripted": torch.jit.script(nn.Sequential(nn.Linear(6, 2), nn.ReLU())),
    }


def _keras() -> dict[str, Any]:
    import keras

    keras.utils.set_random_seed(0)
    net = keras.Sequential(
        [keras.layers.Input((6,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(1)]
    )
    net.compile(optimizer="adam", loss="mse")
    net.fit(X, Y, epochs=1, verbose=0)
    return {
        "net": net,
        "layer": keras.layers.Dense(3),
        "unbuilt": keras.Sequential([keras.layers.Dense(3)]),
        "optimizer": keras.optimizers.SGD(0.1),
        "metric": keras.metrics.Mean(),
    }


@dataclass
class Bundle:
    """A dataclass as users write them around a model."""

    threshold: float
    weights: Any
    inner: Any = None


class Hostile:
    """An object whose every special method fails."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __len__(self) -> int:
        raise RuntimeError("len")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __reduce__(self) -> Any:
        return Hostile, ()


def _python() -> dict[str, Any]:
    def threshold(x: Any) -> Any:
        return x > 0.5

    loop: list[Any] = [1.0]
    loop.append(loop)
    return {
        "dict": {"a": 1, "weights": np.arange(3.0), "list": [np.ones(2), "text"]},
        "bundle": Bundle(0.5, np.ones(4), {"deep": Bundle(0.1, np.zeros(2))}),
        "function": threshold,
        "class": Bundle,
        "array": np.arange(5),
        "number": 3,
        "loop": loop,
        "set": {1, 2},
        "objects": np.array([{}, None], dtype=object),
    }


_MAKERS = {
    "sklearn": _sklearn,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "torch": _torch,
    "keras": _keras,
    "python": _python,
}
