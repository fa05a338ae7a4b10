"""Values of parameters, metrics and tags in the forms that a search compares.

`labextension/src/view/offline/facts.ts` makes the same forms for a static page.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from nbmodel.index.folding import fold

if TYPE_CHECKING:
    from nbmodel.records import Scalar

Number = int | float

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_MAX_DIGITS = 20  # of a whole number of 64 bits with its sign


def clean(text: str) -> str:
    """`text` without lone surrogates, which UTF-8, and so SQLite, cannot store."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def number_of(text: str) -> Number | None:
    """The number that `text` is, or None. A whole number is exact if it has 64 bits at most."""
    if not _NUMBER.fullmatch(text):
        return None
    if len(text) <= _MAX_DIGITS and text.lstrip("+-").isdigit() and _fits(number := int(text)):
        return number
    return float(text)


def _fits(number: int) -> bool:
    """Whether SQLite can store a whole number."""
    return -(1 << 63) <= number < 1 << 63


def fact_of(value: Scalar) -> tuple[Number | None, str | None]:
    """``(number, text)`` of a value: how it can be compared.

    What no query can spell as a number has a text too: infinities, NaN and very large numbers.
    """
    if isinstance(value, str):
        return number_of(value), fold(clean(value))
    if value is None or isinstance(value, bool):
        return None, str(value).lower()
    if isinstance(value, int) and _fits(value):
        return value, None
    number = float_of(value)
    is_plain = isinstance(value, float) and math.isfinite(value)
    return (None if math.isnan(number) else number), None if is_plain else str(value)


def float_of(value: float) -> float:
    """A number as a float; infinite if it is larger than any."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
