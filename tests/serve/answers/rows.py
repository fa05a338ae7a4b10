"""Rows as a notebook passes them to a model, and the same rows as JSON values.

The values are written as a client would: null for what is missing, ISO 8601 for dates and
durations, numbers and booleans as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Column:
    """One named input: a JSON value for each row, and the shape of one of them."""

    name: str
    values: list[Any]
    shape: tuple[int, ...] = ()
    datatype: str = ""

    @property
    def whole(self) -> bool:
        """Whether bytes can carry it: they have no null, but floats have NaN."""
        return self.kind in ("FP64", "FP32") or None not in self.flat

    @property
    def flat(self) -> list[Any]:
        """Its values, row by row."""
        values = self.values
        for _ in self.shape:
            values = [value for row in values for value in row]
        return values

    @property
    def kind(self) -> str:
        """Its datatype in the Open Inference Protocol v2."""
        return self.datatype or datatype_of(self.flat)


@dataclass(frozen=True)
class Frame:
    """A pandas or polars DataFrame."""

    value: Any

    def __len__(self) -> int:
        return len(self.value)

    def take(self, places: Sequence[int]) -> Frame:
        rows = list(places)
        return Frame(self.value.iloc[rows] if hasattr(self.value, "iloc") else self.value[rows])

    @property
    def named(self) -> bool:
        """Whether a JSON object can hold a row: no name occurs twice."""
        names = [str(name) for name in self.value.columns]
        return len(set(names)) == len(names)

    def columns(self) -> list[Column]:
        if hasattr(self.value, "iloc"):
            series = [self.value.iloc[:, place] for place in range(self.value.shape[1])]
        else:
            series = list(self.value)
        return [Column(str(one.name), [plain(value) for value in one.to_list()]) for one in series]


@dataclass(frozen=True)
class Matrix:
    """An array without names, or a sparse matrix; the batch first."""

    value: Any
    named = False

    def __len__(self) -> int:
        return self.value.shape[0]

    def take(self, places: Sequence[int]) -> Matrix:
        return Matrix(self.value[list(places)])

    def columns(self) -> list[Column]:
        dense = self.value.toarray() if hasattr(self.value, "toarray") else self.value
        values = np.asarray(dense)
        return [
            Column("X", _nested(values), values.shape[1:], _DATATYPES.get(values.dtype.name, ""))
        ]


@dataclass(frozen=True)
class Values:
    """One-dimensional input: a list, an array or a Series; `name` where it has none itself."""

    value: Any
    name: str = "X"
    named = True

    def __len__(self) -> int:
        return len(self.value)

    def take(self, places: Sequence[int]) -> Values:
        rows = list(places)
        if isinstance(self.value, list):
            return Values([self.value[place] for place in rows], self.name)
        return Values(self.value.take(rows), self.name)

    def columns(self) -> list[Column]:
        name = getattr(self.value, "name", None) or self.name
        return [Column(name, [plain(value) for value in self.value])]


@dataclass(frozen=True)
class Objects:
    """A list of dicts, which need not have the same keys."""

    value: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.value)

    def take(self, places: Sequence[int]) -> Objects:
        return Objects([self.value[place] for place in places])


@dataclass(frozen=True)
class Tensors:
    """Several arrays by name; `whole` makes of them what the model takes."""

    value: Mapping[str, np.ndarray]
    named = True

    def __len__(self) -> int:
        return len(next(iter(self.value.values())))

    def take(self, places: Sequence[int]) -> Tensors:
        return Tensors({name: values[list(places)] for name, values in self.value.items()})

    def columns(self) -> list[Column]:
        return [
            Column(name, _nested(values), values.shape[1:], _DATATYPES[values.dtype.name])
            for name, values in self.value.items()
        ]


Rows = Frame | Matrix | Values | Objects | Tensors

_DATATYPES = {
    "bool": "BOOL",
    **{
        f"{sign}int{bits}": f"{sign.upper()}INT{bits}"
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
    "float32": "FP32",
    "float64": "FP64",
}
_OF_TYPES = {
    frozenset({bool}): "BOOL",
    frozenset({int}): "INT64",
    frozenset({float}): "FP64",
    frozenset({int, float}): "FP64",
    frozenset({str}): "BYTES",
    frozenset(): "BYTES",
}


def datatype_of(values: Sequence[Any]) -> str:
    """The protocol's datatype for JSON values; empty where they are not of one kind."""
    kinds = frozenset(type(value) for value in values if value is not None)
    if kinds == {int} and any(value is not None and value >= 2**63 for value in values):
        return "UINT64"
    return _OF_TYPES.get(kinds, "")


def plain(value: Any) -> Any:
    """One value as JSON has it."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, date):  # datetimes and timestamps too
        return value.isoformat()
    if isinstance(value, timedelta | np.timedelta64):
        return pd.Timedelta(value).isoformat()
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else pd.Timestamp(value).isoformat()
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, str | int | float) else str(value)


def _nested(values: np.ndarray) -> list[Any]:
    if values.ndim == 1:
        return [plain(value) for value in values]
    return [_nested(row) for row in values]
