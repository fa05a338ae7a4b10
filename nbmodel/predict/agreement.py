"""Whether two answers are the same: equal labels and shapes, and numbers within the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.predict.column_values import encode
from nbmodel.predict.rows import Array

NOISE_FACTOR = 10  # times the noise that was measured at commit
_OBJECTS = "OSUTV"  # kinds of dtypes for texts and objects
MIN_ULPS = 8  # units in the last place that are always tolerated, at the scale of the output


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first place where two answers differ.

    Attributes
    ----------
    output : str
        Name of the output.
    row : int
        -1 if the shapes or types differ.
    expected, actual : object
        The two values, or the two shapes.
    """

    output: str
    row: int
    expected: Any
    actual: Any

    def __str__(self) -> str:
        where = f"row {self.row}" if self.row >= 0 else "its shape"
        return f"{self.output}, {where}: {_short(self.actual)} instead of {_short(self.expected)}"


def tolerance(answers: Array, noise: float) -> float:
    """Return how far a number of an output may be from the expected one.

    Parameters
    ----------
    answers : ndarray
        All expected answers. The rounding of a sum depends on its largest term.
    noise : float
        Largest difference between rows that were answered alone and together at commit.
        Infinite if answers depend on the other rows; then the same rows are sent together.
    """
    if answers.dtype.kind not in "fc":
        return 0.0
    finite = np.abs(answers[np.isfinite(answers)])
    minimum = MIN_ULPS * float(np.spacing(finite.max(initial=0.0)))
    return max(minimum, NOISE_FACTOR * noise) if np.isfinite(noise) else minimum


def cancellation(answers: Array) -> float:
    """Return the rounding error of a small root of a difference of squares, as in a distance.

    It is the root of the machine epsilon at the scale of the largest answer. Source: N. J. Higham,
    Accuracy and Stability of Numerical Algorithms, 2nd edition, section 1.7.
    """
    if answers.dtype.kind not in "fc":
        return 0.0
    finite = np.abs(answers[np.isfinite(answers)])
    return float(np.sqrt(np.finfo(answers.dtype).eps) * finite.max(initial=0.0))


def difference(
    output: str, expected: Array, actual: Array, within: float, *, shape_only: bool = False
) -> Difference | None:
    """Find the first row where an answer differs from the expected one; None if they agree.

    Parameters
    ----------
    output : str
    expected, actual : ndarray
        Rows first.
    within : float
        See `tolerance`.
    shape_only : bool
        Whether only shapes are compared, because the model answers at random.
    """
    if expected.shape != actual.shape:
        return Difference(output=output, row=-1, expected=expected.shape, actual=actual.shape)
    if shape_only or not expected.size:
        return None
    same = _same(expected, actual, within)
    if same.all():
        return None
    row = int(np.argwhere(~same)[0][0])
    return Difference(output=output, row=row, expected=expected[row], actual=actual[row])


def exact(expected: Array, actual: Array) -> bool:
    """Whether two answers are equal bit for bit."""
    if expected.shape != actual.shape:
        return False
    if expected.dtype.kind in _OBJECTS and actual.dtype.kind in _OBJECTS:
        return bool(_equal_objects(expected, actual).all())
    if expected.dtype != actual.dtype:
        return False
    return expected.tobytes() == actual.tobytes()


def spread(together: Array, alone: Array) -> float:
    """Return the largest difference of two answers; infinite if labels or shapes differ."""
    if together.shape != alone.shape:
        return float("inf")
    if together.dtype.kind not in "fc" or alone.dtype.kind not in "fc":
        return 0.0 if _same(together, alone, 0.0).all() else float("inf")
    with np.errstate(invalid="ignore"):
        gap = np.abs(together - alone)
    both = np.isnan(together) & np.isnan(alone)
    gap = np.where(both | (together == alone), 0.0, gap)
    return float("inf") if np.isnan(gap).any() else float(gap.max(initial=0.0))


def _same(expected: Array, actual: Array, within: float) -> Array:
    if expected.dtype.kind in "fc" and actual.dtype.kind in "fciu":
        return _close(expected, actual, within)
    if expected.dtype.kind in _OBJECTS or actual.dtype.kind in _OBJECTS:
        return _equal_objects(expected, actual)
    result: Array = np.asarray(expected == actual)
    if expected.dtype.kind in "mM" and actual.dtype.kind in "mM":
        result |= np.isnat(expected) & np.isnat(actual)
    return result


def _close(expected: Array, actual: Array, within: float) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(expected - actual) <= within
    both = np.isnan(expected) & np.isnan(actual)
    close: Array = near | both | (expected == actual)
    return close


def _equal_objects(expected: Array, actual: Array) -> Array:
    """Compare objects by their values in JSON: texts, numbers, truth values, null."""
    pairs = zip(encode(expected.reshape(-1)), encode(actual.reshape(-1)), strict=True)
    equal = np.array(
        [a == b and isinstance(a, bool) == isinstance(b, bool) for a, b in pairs], dtype=bool
    )
    return equal.reshape(expected.shape)


def _short(value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    text = np.array2string(value, threshold=6) if isinstance(value, np.ndarray) else repr(value)
    return " ".join(text.split())[:120]
