"""Fitted models among the variables of a notebook. No framework is imported to find them."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any

from nbmodel import plugins
from nbmodel.flavors.base import FittedCheck


def fitted_models(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Variables that hold a fitted model, with their objects. An object may have several names."""
    for name, value in list(namespace.items()):
        if not name.startswith("_") and is_fitted(value):
            yield name, value


def is_fitted(obj: object) -> bool:
    """Whether an object is a model of a framework that is imported already, and fitted."""
    if isinstance(obj, type) or not plugins.is_imported(type(obj)):
        return False
    try:
        flavor = plugins.framework_of(type(obj))
        weakref.ref(obj)  # without one, another object at the same address would look the same
        if isinstance(flavor, FittedCheck):
            return flavor.is_fitted(obj)
        return callable(getattr(type(obj), "predict", None))
    except Exception:  # noqa: BLE001  an object of the user may raise anything; it is not a model
        return False
