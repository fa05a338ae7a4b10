"""Variables of a notebook that a commit may record: numbers as metrics, tables as data."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

MAX_METRICS = 20
MAX_DATA = 50


def metric_candidates(namespace: Mapping[str, Any]) -> dict[str, float]:
    """Variables that hold a number with a fraction, by name; at most `MAX_METRICS`."""
    found = {
        name: float(value)
        for name, value in list(namespace.items())
        if not name.startswith("_") and isinstance(value, Real) and _is_fraction(value)
    }
    return dict(list(found.items())[-MAX_METRICS:])


def data_candidates(namespace: Mapping[str, Any]) -> list[str]:
    """Names of variables that hold a table of two dimensions; at most `MAX_DATA`."""
    found = [
        name
        for name, value in list(namespace.items())
        if not name.startswith("_") and not isinstance(value, type) and _is_table(value)
    ]
    return found[-MAX_DATA:]


def _is_fraction(value: Real) -> bool:
    return type(value).__name__.startswith("float") and float("-inf") < value < float("inf")


def _is_table(value: object) -> bool:
    # Only the type is asked: an attribute of a user's object may run code.
    return (
        type(value).__name__ in {"DataFrame", "ndarray"} and len(getattr(value, "shape", ())) == 2
    )
