"""Models that take a category by its code, which is its index among the categories: XGBoost.

Since XGBoost 3.1 a booster also stores the names of categories and translates other orders. But up
to 3.2 it cuts names that are not ASCII at the wrong bytes (dmlc/xgboost pull request 12360). So a
booster gets the categories of its training data in their order, and other values are missing.
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 8


def uses_codes(model: Any) -> bool:
    """Whether a model takes a category by its code."""
    return any(
        kind.__module__.partition(".")[0] == "xgboost" for kind in type(_last(model)).__mro__
    )


def holds_names(model: Any) -> bool:
    """Whether a model stores the names of categories, so that its version may store all of them."""
    return hasattr(_booster(model), "get_categories")


def names_of(model: Any) -> dict[str, tuple[str, ...]]:
    """List the names of categories in a model by column, if XGBoost has not cut them.

    Returns
    -------
    names : dict of str to tuple of str
    """
    if not uses_codes(model) or not holds_names(model):
        return {}
    try:
        table = _booster(model).get_categories(export_to_arrow=True).to_arrow()
    except Exception:  # noqa: BLE001  the code of a model may raise anything
        return {}
    listed = {name: values.to_pylist() for name, values in table or () if values is not None}
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
    """Return the last step of searches and pipelines, which predicts."""
    for _ in range(MAX_DEPTH):
        steps = getattr(model, "steps", None)
        inner = steps[-1][1] if isinstance(steps, list) and steps else None
        inner = getattr(model, "best_estimator_", None) if inner is None else inner
        if inner is None:
            break
        model = inner
    return model
