"""Check the weights of members, and make them shares of the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

from nbmodel.errors import InvalidValue

SAMPLES = "samples"  # weights by the number of training rows of each member


def shares(weights: Sequence[float], members: Sequence[str]) -> tuple[float, ...]:
    """Return weights with the sum 1, one for each member.

    Parameters
    ----------
    weights : sequence of float
        Empty for equal shares.
    members : sequence of str
        References of the members, in the order of the weights.

    Raises
    ------
    InvalidValue
        If their number is wrong, or one is negative or not a finite number, or all are 0.
    """
    if not weights:
        return (1 / len(members),) * len(members)
    if len(weights) != len(members):
        raise InvalidValue(
            f"There are {_count(len(members), 'member')} and {_count(len(weights), 'weight')}.",
            f"Give one weight for each, in this order: {', '.join(members)}.",
        )
    for weight, member in zip(weights, members, strict=True):
        if not _is_number(weight) or weight < 0:
            raise InvalidValue(
                f"The weight of {member} is {weight!r}. A weight is a number of at least 0.",
                "Give a number for each member, such as its number of rows: --weights 100,200.",
            )
    total = sum(map(float, weights))
    if total == 0 or not math.isfinite(total):
        what = "All weights are 0." if total == 0 else "The sum of the weights is not finite."
        raise InvalidValue(what, "Give weights whose sum is a number above 0.")
    return tuple(float(weight) / total for weight in weights)


def _is_number(weight: object) -> bool:
    if not isinstance(weight, Real) or isinstance(weight, bool):
        return False
    try:
        return math.isfinite(weight)
    except OverflowError:  # a whole number beyond all floats
        return False


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
