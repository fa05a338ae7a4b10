"""Texts and numbers of strangers, ready for strict JSON and for a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nbmodel import display
from nbmodel.index.values import float_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Answer = dict[str, Any]
Real = float | str
Pairs = list[tuple[str, Any]]

_NO_NUMBERS = {math.inf: "Infinity", -math.inf: "-Infinity"}


def real(value: float) -> Real:
    """A number, or the name of what JSON has no number for."""
    number = float_of(value)
    return value if math.isfinite(number) else _NO_NUMBERS.get(number, "NaN")


def reals(values: Mapping[str, float]) -> Pairs:
    """Numbers by name."""
    return [(display.visible(name), real(value)) for name, value in values.items()]


def texts(values: Mapping[str, Any]) -> Pairs:
    """Values by name, as text."""
    return [(display.visible(name), text(value)) for name, value in values.items()]


def text(value: object) -> str:
    """Any value as visible text; a number as Python writes it."""
    return display.visible(value)
