"""Fitted models among a notebook's objects, told without importing any framework."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbmodel import plugins


def fitted_models(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Variables that hold a fitted model, with their objects; each object once or more."""
    for name, value in list(namespace.items()):
        if not name.startswith("_") and is_fitted(value):
            yield name, value


def is_fitted(obj: object) -> bool:
    """Whether an object is a model of a framework that is imported already, and fitted."""
    if isinstance(obj, type) or not plugins.is_imported(type(obj)):
        return False
    try:
        flavor = plugins.framework_of(type(obj))
        weakref.ref(obj)  # what cannot be watched cannot be told from its successor
        return flavor is not None and _READY.get(flavor.name, _predicts)(obj)
    except Exception:  # noqa: BLE001 - a strange object of the user is no model, and no error
        return False


def _named(obj: object, package: str, name: str) -> bool:
    """Whether a class of that name and package is among an object's ancestors."""
    return any(
        parent.__name__ == name and parent.__module__.partition(".")[0] == package
        for parent in type(obj).__mro__
    )


def _estimator(obj: Any) -> bool:
    """scikit-learn's convention: what was learned has a name that ends in an underscore."""
    if not (hasattr(type(obj), "fit") and hasattr(type(obj), "get_params")):
        return False
    state = vars(obj)
    if any(name.endswith("_") and not name.startswith("_") for name in state):
        return True
    for value in state.values():  # a pipeline learns nothing itself, its last step does
        if isinstance(value, list) and value and isinstance(value[-1], tuple):
            return any(_estimator(part) for part in value[-1] if hasattr(part, "__dict__"))
    return False


def _booster(package: str) -> Callable[[Any], bool]:
    def ready(obj: Any) -> bool:
        if hasattr(type(obj), "get_params"):  # the wrappers in scikit-learn's manner
            return vars(obj).get("_Booster") is not None
        return _named(obj, package, "Booster")

    return ready


def _module(obj: Any) -> bool:
    """A torch module that has parameters: a loss or an activation is no model."""
    return _named(obj, "torch", "Module") and next(iter(obj.parameters()), None) is not None


def _keras_model(obj: Any) -> bool:
    return _named(obj, "keras", "Model")


def _predicts(obj: Any) -> bool:
    return callable(getattr(type(obj), "predict", None))


_READY: dict[str, Callable[[Any], bool]] = {
    "sklearn": _estimator,
    "xgboost": _booster("xgboost"),
    "lightgbm": _booster("lightgbm"),
    "torch": _module,
    "keras": _keras_model,
}
