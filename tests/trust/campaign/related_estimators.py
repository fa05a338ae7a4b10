"""Estimators of the same kind or family as the original, to replace it.

The same class is fitted on different data or with a different option, or all its fitted arrays get
a different shape. Another class of the same base is fitted on different data.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from tests.trust.campaign.hostile_values import NotApplicable, Place
from tests.trust.campaign.relative_values import add, options

_ROWS = 60


def _X(width: int, rows: int = _ROWS) -> np.ndarray:
    return np.random.default_rng(width).uniform(0, 4, (rows, width))


def _classes(count: int) -> np.ndarray:
    return np.arange(_ROWS) % count


DATA: Mapping[str, Callable[[], tuple[Any, Any]]] = {
    "one class": lambda: (_X(5), _classes(1)),
    "two classes": lambda: (_X(5), _classes(2)),
    "five classes": lambda: (_X(5), _classes(5)),
    "names of classes": lambda: (_X(5), np.array(["a", "b", "c"])[_classes(3)]),
    "numbers": lambda: (_X(5), _X(5)[:, 0] + 0.5),
    "two outputs": lambda: (_X(5), np.stack([_classes(2), _classes(3)], axis=1)),
    "three numbers": lambda: (_X(5), _X(3) + 0.5),
    "one feature": lambda: (_X(1), _classes(2)),
    "two features": lambda: (_X(2), _classes(2)),
    "forty features": lambda: (_X(40), _classes(2)),
    "one row": lambda: (_X(5, 1), np.zeros(1, int)),
    "two rows": lambda: (_X(5, 2), np.arange(2)),
    "categories": lambda: (np.floor(_X(3)).astype("U1").astype(object), _classes(2)),
}


def _fitted(estimator: Any, data: str) -> Any:
    X, y = DATA[data]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "fit") and not isinstance(value, type)


def _refitted(data: str, place: Place) -> Any:
    """Fit the same estimator with the same parameters on different data."""
    from sklearn.base import clone

    if not _is_estimator(place.old):
        raise NotApplicable
    return _fitted(clone(place.old), data)


def _settings(estimator: Any) -> Iterator[tuple[str, Any]]:
    for name, value in sorted(estimator.get_params(deep=False).items()):
        for option in options(estimator, name):
            if option != value:
                yield name, option


def _set_otherwise(number: int, data: str, place: Place) -> Any:
    """Fit the same class with a different option of one parameter."""
    from sklearn.base import clone

    if not _is_estimator(place.old):
        raise NotApplicable
    name, option = list(_settings(place.old))[number]
    other = clone(place.old).set_params(**{name: option})
    # An option may need another parameter, such as the constant of a first prediction.
    if option in other.get_params(deep=False):
        other.set_params(**{option: 0})
    return _fitted(other, data)


def _reshaped(change: Callable[[Any], Any], place: Place) -> Any:
    """Copy an estimator, with a different shape of all fitted arrays, as in one fit."""
    if not hasattr(place.old, "__dict__"):
        raise NotApplicable
    other = copy.copy(place.old)
    arrays = {n: v for n, v in vars(other).items() if isinstance(v, np.ndarray) and v.size}
    if not arrays:
        raise NotApplicable
    vars(other).update({name: change(value) for name, value in arrays.items()})
    return other


@cache
def _family() -> Mapping[str, tuple[type, ...]]:
    """List estimators with a quick fit by their common base class."""
    from sklearn import base, cluster, dummy, linear_model, neighbors, preprocessing, tree

    return {
        base.ClassifierMixin.__name__: (
            dummy.DummyClassifier, tree.DecisionTreeClassifier, tree.ExtraTreeClassifier,
            linear_model.LogisticRegression, neighbors.KNeighborsClassifier,
        ),
        base.RegressorMixin.__name__: (
            dummy.DummyRegressor, tree.DecisionTreeRegressor, tree.ExtraTreeRegressor,
            linear_model.Ridge, neighbors.KNeighborsRegressor,
        ),
        base.ClusterMixin.__name__: (cluster.KMeans, cluster.BisectingKMeans, cluster.DBSCAN),
        base.TransformerMixin.__name__: (
            preprocessing.StandardScaler, preprocessing.OneHotEncoder,
            preprocessing.OrdinalEncoder, preprocessing.KBinsDiscretizer,
        ),
    }  # fmt: skip


def _of_same_base(number: int, data: str, place: Place) -> Any:
    """Fit another estimator of the same base class on different data."""
    if not _is_estimator(place.old):
        raise NotApplicable
    bases = {parent.__name__ for parent in type(place.old).__mro__}
    kinds = [kind for name, kinds in _family().items() if name in bases for kind in kinds]
    others = [kind for kind in kinds if kind is not type(place.old)]
    return _fitted(others[number](), data)


for _data in DATA:
    add("estimator", f"fitted on {_data}", partial(_refitted, _data))
for _number in range(4):
    for _data in ("one class", "two classes", "five classes"):
        add(
            "estimator",
            f"set otherwise {_number}, {_data}",
            partial(_set_otherwise, _number, _data),
        )
    for _data in ("two classes", "numbers", "two features"):
        add("estimator", f"kin {_number}, {_data}", partial(_of_same_base, _number, _data))
add("estimator", "its arrays empty", partial(_reshaped, lambda old: old[:0].copy()))
add("estimator", "its arrays a row fewer", partial(_reshaped, lambda old: old[:-1].copy()))
add("estimator", "its arrays an axis more", partial(_reshaped, lambda old: old[None, None].copy()))
add("estimator", "its arrays doubled", partial(_reshaped, lambda old: np.concatenate([old, old])))
