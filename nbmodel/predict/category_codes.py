"""Objects that go by a category's place among the categories: XGBoost.

Since XGBoost 3.1 a booster holds the names too and translates other orders, but up to 3.2 it cuts
names that are not ASCII at the wrong bytes (dmlc/xgboost pull request 12360). So it is given the
very categories that it was trained on, in their order, and a value beyond them is a missing one.
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 8


def uses_codes(model: Any) -> bool:
    """Whether an object takes a category by its place."""
    return any(
        kind.__module__.partition(".")[0] == "xgboost" for kind in type(_last(model)).__mro__
    )


def holds_names(model: Any) -> bool:
    """Whether such an object holds the names itself, so that a version may store all of them."""
    return hasattr(_booster(model), "get_categories")


def names_of(model: Any) -> dict[str, tuple[str, ...]]:
    """Names of the categories that such an object holds, by column, if they are not cut."""
    if not uses_codes(model) or not holds_names(model):
        return {}
    try:
        found = _booster(model).get_categories(export_to_arrow=True).to_arrow()
    except Exception:  # noqa: BLE001  an object's own code may raise anything
        return {}
    listed = {name: values.to_pylist() for name, values in found or () if values is not None}
    return {
        name: tuple(values)
        for name, values in listed.items()
        if all(isinstance(value, str) and value.isascii() for value in values)
    }


def _booster(model: Any) -> Any:
    last = _last(model)
    try:
        return last.get_booster() if hasattr(last, "get_booster") else last
    except Exception:  # noqa: BLE001  it is not fitted
        return last


def _last(model: Any) -> Any:
    """The part of an object that answers: past searches and pipelines."""
    for _ in range(MAX_DEPTH):
        steps = getattr(model, "steps", None)
        inner = steps[-1][1] if isinstance(steps, list) and steps else None
        inner = getattr(model, "best_estimator_", None) if inner is None else inner
        if inner is None:
            break
        model = inner
    return model
