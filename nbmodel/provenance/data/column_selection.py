"""Which columns of a table are described, logged and watched: one list, decided here.

A profile, a prediction log and the monitor each see a table in their own way: a data frame with
the target in it, rows of a request, names in a signature. They agree because a column is chosen
by its name alone, and a place of an unnamed array by the array's shape alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np

MAX_COLUMNS = 1_000
_MOST_NAMES = 10_000  # places of one part that get a name before some are chosen
_ALL_NAMES = 200_000  # of all parts together: a stranger's signature may have any number

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One column of a table whose parts are flattened.

    Attributes
    ----------
    name : str
    part : int
        Number of the part that it is in.
    index : int
        Where, in a flattened row of the part.
    """

    name: str
    part: int
    index: int


def width_of(shape: Shape) -> int:
    """How many columns a part flattens to; `shape` is that of one row."""
    return math.prod(shape)


def places(parts: Sequence[tuple[str, Shape]], bare: bool = False) -> tuple[Place, ...]:
    """The columns that are described, in their order: all, or `MAX_COLUMNS` of them.

    Parameters
    ----------
    parts : sequence of (str, tuple of int)
        Name and shape of one row of each; an empty shape is a single column.
    bare : bool
        There is one part, without a name of its own: columns go by their numbers, and where
        there are too many those that are evenly spaced are chosen.
    """
    return _places(tuple(parts), bare)


@lru_cache(64)
def _places(parts: tuple[tuple[str, Shape], ...], bare: bool) -> tuple[Place, ...]:
    most = MAX_COLUMNS if bare else min(_MOST_NAMES, max(1, _ALL_NAMES // max(1, len(parts))))
    every = [
        Place(_name(name, shape, int(index), bare), number, int(index))
        for number, (name, shape) in enumerate(parts)
        for index in (_spaced(width_of(shape), most) if shape else (0,))
    ]
    if len(every) <= MAX_COLUMNS:
        return tuple(every)
    # By a digest of the name: the choice stays the same where other columns come or go.
    ranked = sorted(range(len(every)), key=lambda number: (_digest(every[number].name), number))
    return tuple(every[number] for number in sorted(ranked[:MAX_COLUMNS]))


def _spaced(width: int, most: int) -> Any:
    return np.unique(np.linspace(0, max(width - 1, 0), min(width, most)).astype(np.int64))


def _name(name: str, shape: Shape, index: int, bare: bool) -> str:
    if not shape:
        return name
    place = ",".join(str(int(n)) for n in np.unravel_index(index, shape))
    return place if bare else f"{name}[{place}]"


def _digest(name: str) -> bytes:
    return blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest()
