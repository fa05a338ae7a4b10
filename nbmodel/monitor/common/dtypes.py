"""The dtypes of a signature: the precision of its numbers and the unit of its durations.

A model that was trained in single precision rounds its inputs, so monitoring must round too.
In float32, 0.1 is a slightly larger number: it would lie outside a range that ends at 0.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from nbmodel.monitor.common.optional import import_optional

# Names of dtypes in numpy, in pandas and in pandas with Arrow.
_PRECISION: Mapping[str, Any] = {
    "float32": np.float32, "Float32": np.float32, "float[pyarrow]": np.float32,
    "Sparse[float32, nan]": np.float32, "Sparse[float32, 0.0]": np.float32,
    "float16": np.float16, "halffloat[pyarrow]": np.float16,
}  # fmt: skip
_DURATION_RE = re.compile(r"(?:timedelta64|duration)\[(s|ms|us|ns)\]", re.ASCII)
_TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in one second


def precision(dtype: str) -> Any:
    """Return the numpy type that numbers of a dtype are rounded to; None for double precision."""
    return _PRECISION.get(dtype)


def round_to_dtype(array: Any, dtype: str) -> Any:
    """Round an Arrow array of numbers to the precision of a dtype; leave other arrays unchanged."""
    pyarrow = import_optional("pyarrow", "The prediction log")
    kind, target = array.type, precision(dtype)
    if target is None or not (pyarrow.types.is_float64(kind) or pyarrow.types.is_integer(kind)):
        return array
    if target is np.float16:
        numbers = array.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
        return pyarrow.array(numbers.astype(target).astype(np.float32), from_pandas=True)
    return array.cast(pyarrow.float32(), safe=False)


def units_per_second(dtype: str) -> float:
    """Return how many units of a duration's dtype make one second; 0 for any other dtype."""
    match = _DURATION_RE.match(dtype)
    return _TICKS[match[1]] if match else 0.0
