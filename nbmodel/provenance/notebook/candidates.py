"""Variables of a notebook that a commit may record: numbers as metrics, tables as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MAX_METRICS = 20
MAX_DATA = 50
_FLOATS = frozenset(
    [("builtins", "float"), ("numpy", "float16"), ("numpy", "float32"), ("numpy", "float64")]
)
_TABLES = frozenset(
    [
        ("pandas", "DataFrame"), ("numpy", "ndarray"), ("polars", "DataFrame"),
        ("pyarrow", "Table"), ("scipy", "csr_matrix"), ("scipy", "csr_array"),
    ]
)  # fmt: skip


def metric_candidates(namespace: Mapping[str, Any]) -> dict[str, float]:
    """Variables that hold a number with a fraction, by name; at most `MAX_METRICS`."""
    numbers = {
        name: float(value)
        for name, value in list(namespace.items())
        if not name.startswith("_") and _class_of(value) in _FLOATS and math.isfinite(value)
    }
    return dict(list(numbers.items())[-MAX_METRICS:])


def data_candidates(namespace: Mapping[str, Any]) -> list[str]:
    """Names of variables that hold a table of two dimensions; at most `MAX_DATA`."""
    names = [
        name
        for name, value in list(namespace.items())
        if not name.startswith("_") and not isinstance(value, type) and _is_table(value)
    ]
    return names[-MAX_DATA:]


def _is_table(value: object) -> bool:
    # Only tables of known libraries are asked: an attribute of another object may run code.
    return _class_of(value) in _TABLES and len(getattr(value, "shape", ())) == 2


def _class_of(value: object) -> tuple[str, str]:
    """The library and the name of an object's class."""
    kind = type(value)
    return kind.__module__.partition(".")[0], kind.__name__
