"""A version's inputs: what a request must bring, and the rows that are made of it.

Rows are a matrix (rows x features) where every input is a number, else a mapping of
column to values: what estimators take as an array or as a DataFrame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.records import Signature
from nbmodel.serve.numbers import MISSING, NotANumber, as_kind, fractions, numbers

Matrix = np.ndarray[Any, np.dtype[Any]]
Rows = Matrix | dict[str, Matrix]

_SHOWN = 5  # names that an error lists
_TEXTS = frozenset({"str", "string"})  # of pandas; an ``object`` may be anything


@dataclass(frozen=True, slots=True)
class Schema:
    """What one version takes.

    Attributes
    ----------
    names : tuple of str
        Columns in order; empty for a tensor without names.
    kinds : tuple of str
        numpy dtype names, empty where unknown.
    shape : tuple of int
        Of a tensor without names, -1 for the batch and for what may vary; empty if unknown.
    """

    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    @classmethod
    def of(cls, signature: Signature) -> Schema:
        """The schema that a signature tells."""
        inputs = signature.inputs
        if len(inputs) == 1 and len(inputs[0].shape) > 1:
            return cls((), (inputs[0].dtype,), inputs[0].shape)
        return cls(tuple(c.name for c in inputs), tuple(c.dtype for c in inputs))

    @property
    def numeric(self) -> bool:
        """Whether rows are a matrix of numbers."""
        return all(_is_number(kind) for kind in self.kinds)

    def from_records(self, records: Sequence[Any]) -> Rows:
        """Rows of JSON objects by column name, or of JSON lists in the order of the columns.

        Raises
        ------
        InvalidInput
            If a column is missing, unknown or of the wrong kind; it names row and column.
        """
        if not records:
            raise InvalidInput("There are no rows.", "Send at least one record.")
        if isinstance(records[0], Mapping):
            return self._from_objects(records)
        return self._from_lists(records)

    def from_columns(self, columns: Mapping[str, Matrix]) -> Rows:
        """Rows of one array a column."""
        self._check_names(columns)
        for name, values in columns.items():
            if values.ndim == 0 or values.size != len(values):
                raise InvalidInput(
                    f"Column {name!r} has the shape {list(values.shape)}.",
                    "Send one value for each row: [rows] or [rows, 1].",
                )
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1:
            raise InvalidInput(
                f"The columns have different lengths: {sorted(lengths)[:_SHOWN]}.",
                "Send one value of each column for each row.",
            )
        if lengths == {0}:
            raise InvalidInput("There are no rows.", "Send one value of each column at least.")
        found = {
            name: self._column(name, kind, columns[name].reshape(-1))
            for name, kind in zip(self.names, self.kinds, strict=True)
        }
        if self.numeric:
            return np.stack(list(found.values()), axis=1)
        return found

    def from_tensor(self, values: Matrix) -> Rows:
        """Rows of one tensor, the batch first."""
        if self.names:
            wanted: tuple[int, ...] = (-1, len(self.names))
        else:
            wanted = self.shape
        if values.ndim == 1 and len(wanted) == 2:
            values = values.reshape(1, -1)
        _check_shape(values.shape, wanted)
        if self.names and not self.numeric:
            return self.from_columns({n: values[:, i] for i, n in enumerate(self.names)})
        if values.dtype == object:
            raise InvalidInput(
                f"The inputs are numbers, not texts; {self._named(0)} is one of them.",
                "Send them as FP64.",
            )
        self._check_whole(values)
        return values

    # -- parts -----------------------------------------------------------------

    def _from_objects(self, records: Sequence[Any]) -> Rows:
        if not self.names:
            raise InvalidInput(
                "This version's inputs have no names.", "Send each row as a list of numbers."
            )
        wanted = self.names
        for number, record in enumerate(records):
            if not isinstance(record, Mapping) or len(record) != len(wanted):
                self._refuse_record(number, record)
        try:
            rows = [[record[name] for name in wanted] for record in records]
        except KeyError:
            for number, record in enumerate(records):
                self._refuse_record(number, record)
            raise
        return self._from_lists(rows)

    def _refuse_record(self, number: int, record: Any) -> None:
        if not isinstance(record, Mapping):
            raise InvalidInput(
                f"Row {number} is not an object like the first.",
                "Send all rows as objects, or all as lists.",
            )
        self._check_names(record, f"Row {number}: ")

    def _check_names(self, given: Mapping[str, Any], where: str = "") -> None:
        missing = [name for name in self.names if name not in given]
        extra = [name for name in given if name not in self.names]
        if missing or extra:
            told = [f"missing {_listed(missing)}"] if missing else []
            told += [f"unknown {_listed(extra)}"] if extra else []
            raise InvalidInput(
                f"{where}The columns do not fit: {'; '.join(told)}.",
                f"Send exactly {_listed(self.names)}.",
            )

    def _from_lists(self, rows: Sequence[Any]) -> Rows:
        if self.names and not self.numeric:
            self._check_widths(rows)
            values = list(zip(*rows, strict=True))
            return {
                name: self._column(name, kind, _objects(column))
                for name, kind, column in zip(self.names, self.kinds, values, strict=True)
            }
        try:
            matrix = numbers(rows).astype(np.float64, copy=False)
        except NotANumber as odd:
            self._check_widths(rows)
            width = len(rows[0])
            raise InvalidInput(
                f"Row {odd.place // width}, {self._named(odd.place % width)}: "
                f"{odd.value!r:.60} is not a number.",
                MISSING,
            ) from None
        except ValueError:
            self._check_widths(rows)
            raise InvalidInput("The rows do not have one shape.", "Send them alike.") from None
        if matrix.ndim < 2:
            self._check_widths(rows)
        return self.from_tensor(matrix)

    def _named(self, place: int) -> str:
        return f"column {self.names[place]!r}" if self.names else f"value {place}"

    def _check_whole(self, values: Matrix) -> None:
        """Refuse fractions where the training data had whole numbers."""
        places = _whole(self.kinds)
        if not (self.names and len(places)):
            return
        odd = fractions(values[:, places])
        if odd.any():
            row, place = np.argwhere(odd)[0]
            column = int(places[place])
            raise InvalidInput(
                f"Row {row}, column {self.names[column]!r}: {values[row, column]} is not a whole "
                "number.",
                f"It is of type {self.kinds[column]}.",
            )

    def _check_widths(self, rows: Sequence[Any]) -> None:
        for number, row in enumerate(rows):
            if not isinstance(row, list | tuple) or (self.names and len(row) != len(self.names)):
                raise InvalidInput(
                    f"Row {number} does not hold {len(self.names)} values.",
                    f"Send {_listed(self.names)} in this order." if self.names else "Send lists.",
                )

    def _column(self, name: str, kind: str, values: Matrix) -> Matrix:
        if not _is_number(kind):
            return _texts(name, kind, values)
        try:
            if values.dtype.kind not in "fiub":
                values = numbers(values.tolist())
            wanted = "float64" if kind[:1] in ("f", "") else kind
            gaps = values.dtype.kind == "f" and np.isnan(values).any()
            return as_kind(values, "float64") if gaps else as_kind(values, wanted)
        except NotANumber as odd:
            raise InvalidInput(
                f"Row {odd.place}, column {name!r}: {odd.value!r:.60} is not a number of type "
                f"{kind or 'float64'}.",
                MISSING,
            ) from None


def rows_in(rows: Rows) -> int:
    """How many rows there are."""
    return len(rows) if not isinstance(rows, dict) else len(next(iter(rows.values())))


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several requests as one batch."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    if isinstance(first, dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in first}
    return np.concatenate(parts)  # type: ignore[arg-type]


def _is_number(kind: str) -> bool:
    return kind.startswith(("int", "uint", "float", "bool")) or not kind


@lru_cache
def _whole(kinds: tuple[str, ...]) -> Matrix:
    """Places of the columns of whole numbers."""
    return np.flatnonzero([kind.startswith(("int", "uint")) for kind in kinds])


def _texts(name: str, kind: str, values: Matrix) -> Matrix:
    """Values of a column that is not one of numbers."""
    allowed = (str, type(None)) if kind in _TEXTS else (str, int, float, type(None), np.generic)
    for row, value in enumerate(values):
        if not isinstance(value, allowed):
            what = "a text" if kind in _TEXTS else "a text or a number"
            raise InvalidInput(f"Row {row}, column {name!r}: {value!r:.60} is not {what}.", MISSING)
    return values


def _objects(values: Sequence[Any]) -> Matrix:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _check_shape(found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    fits = not wanted or (
        len(found) == len(wanted)
        and all(w in (-1, f) for f, w in zip(found[1:], wanted[1:], strict=True))
    )
    if not fits or not found or not found[0]:
        raise InvalidInput(
            f"The shape {list(found)} does not fit {list(wanted)}.",
            "Send one row at least, with every feature.",
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
