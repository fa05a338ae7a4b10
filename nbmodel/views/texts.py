"""Texts and numbers of strangers, ready for strict JSON and for a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nbmodel import display

if TYPE_CHECKING:
    from collections.abc import Mapping

Answer = dict[str, Any]
Real = float | str
Pairs = list[tuple[str, Any]]

_NO_NUMBERS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_MAX_INTEGER = 1 << 1023  # a larger whole number is out of range for a double


def real(value: float) -> Real:
    """A number, or the name of what JSON has no number for."""
    if isinstance(value, int):
        return value if abs(value) < _MAX_INTEGER else ("Infinity" if value > 0 else "-Infinity")
    if math.isfinite(value):
        return value
    return _NO_NUMBERS.get(value, "NaN")


def reals(values: Mapping[str, float]) -> Pairs:
    """Numbers by name."""
    return [(display.visible(name), real(value)) for name, value in values.items()]


def texts(values: Mapping[str, Any]) -> Pairs:
    """Values by name, as text."""
    return [(display.visible(name), text(value)) for name, value in values.items()]


def text(value: object) -> str:
    """Any value as visible text; a number as Python writes it."""
    return display.visible(value)
