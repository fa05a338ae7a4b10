"""The weighted mean of numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbmodel.errors import CannotMerge

_BLOCK = 1 << 16  # numbers at a time: the sums of a large array need little memory


def weighted_mean(arrays: Sequence[Any], weights: Sequence[float], names: Sequence[str]) -> Any:
    """Return the mean in the dtype of the arrays; it is computed in float64.

    Parameters
    ----------
    arrays : sequence of ndarray
    weights : sequence of float
        With the sum 1.
    names : sequence of str
        What each array is, for messages: ``coef_ of churn@3``.

    Raises
    ------
    CannotMerge
        If their shapes or dtypes differ, or their mean is not finite.
    """
    first = arrays[0]
    for array, name in zip(arrays[1:], names[1:], strict=True):
        if array.shape != first.shape:
            raise CannotMerge(
                f"{names[0]} has the shape {list(first.shape)}, and {name} {list(array.shape)}"
            )
        if array.dtype != first.dtype:
            raise CannotMerge(
                f"{names[0]} is {first.dtype}, and {name} {array.dtype}",
                "Train all members with the same dtype.",
            )
    if all(np.array_equal(first, array) for array in arrays[1:]):
        return first.copy()  # also infinite values, such as those of a mask
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    mean = np.empty(first.size, first.dtype)
    for start in range(0, first.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        total = sum(
            part[block].astype(np.result_type(part.dtype, np.float64)) * weight
            for part, weight in zip(flat, weights, strict=True)
        )
        mean[block] = total
    if not np.isfinite(mean).all():
        raise not_finite(names, [bool(np.isfinite(array).all()) for array in arrays])
    return mean.reshape(first.shape)


def not_finite(names: Sequence[str], finite: Sequence[bool]) -> CannotMerge:
    """Return the error for a mean that is not finite; it names the member that is to blame."""
    name = next((n for n, good in zip(names, finite, strict=True) if not good), "")
    if not name:
        return CannotMerge(f"the mean of {names[0]} and others is too large for its dtype")
    return CannotMerge(
        f"{name} has values that are not finite",
        "Its training diverged. Leave it out, or train it again.",
    )
