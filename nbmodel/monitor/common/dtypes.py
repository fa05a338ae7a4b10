"""Values as they were when a version was trained: what a signature's dtypes say of numbers.

A model that was trained on single precision rounds what it is asked, and so must the monitor:
0.1 is another number in float32, and beyond the largest 0.1 of the training data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from nbmodel.monitor.common.optional import import_optional

# As numpy, pandas and pandas over Arrow name them.
_PRECISION: Mapping[str, Any] = {
    "float32": np.float32, "Float32": np.float32, "float[pyarrow]": np.float32,
    "Sparse[float32, nan]": np.float32, "Sparse[float32, 0.0]": np.float32,
    "float16": np.float16, "halffloat[pyarrow]": np.float16,
}  # fmt: skip
_DURATION_RE = re.compile(r"(?:timedelta64|duration)\[(s|ms|us|ns)\]", re.ASCII)
_TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # of one second


def precision(dtype: str) -> Any:
    """The numpy type that numbers of a dtype are rounded to; None for double precision."""
    return _PRECISION.get(dtype)


def round_to_dtype(array: Any, dtype: str) -> Any:
    """An Arrow array of numbers in the precision of a dtype; anything else as it is."""
    pyarrow = import_optional("pyarrow", "The prediction log")
    kind, chosen = array.type, precision(dtype)
    if chosen is None or not (pyarrow.types.is_float64(kind) or pyarrow.types.is_integer(kind)):
        return array
    if chosen is np.float16:
        numbers = array.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
        return pyarrow.array(numbers.astype(chosen).astype(np.float32), from_pandas=True)
    return array.cast(pyarrow.float32(), safe=False)


def units_per_second(dtype: str) -> float:
    """How many units of a duration's dtype make a second; 0 for what is no duration."""
    found = _DURATION_RE.match(dtype)
    return _TICKS[found[1]] if found else 0.0
