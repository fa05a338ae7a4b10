"""A version's inputs: what a request must bring, and the rows that are made of it.

Rows are a matrix (rows x features) where every input is a number, else a mapping of
column to values: what estimators take as an array or as a DataFrame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.records import Signature

Matrix = np.ndarray[Any, np.dtype[Any]]
Rows = Matrix | dict[str, Matrix]

_SHOWN = 5  # names that an error lists


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
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1:
            raise InvalidInput(
                f"The columns have different lengths: {sorted(lengths)[:_SHOWN]}.",
                "Send one value of each column for each row.",
            )
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
            matrix = np.asarray(rows, dtype=np.float64)
        except (TypeError, ValueError):
            self._check_widths(rows)
            self._blame(rows)
            raise InvalidInput("A value is not a number.", "Send numbers.") from None
        if matrix.ndim < 2:
            self._check_widths(rows)
        return self.from_tensor(matrix)

    def _check_widths(self, rows: Sequence[Any]) -> None:
        for number, row in enumerate(rows):
            if not isinstance(row, list | tuple) or (self.names and len(row) != len(self.names)):
                raise InvalidInput(
                    f"Row {number} does not hold {len(self.names)} values.",
                    f"Send {_listed(self.names)} in this order." if self.names else "Send lists.",
                )

    def _blame(self, rows: Sequence[Any]) -> None:
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value is not None and not isinstance(value, int | float):
                    name = self.names[place] if self.names else str(place)
                    raise InvalidInput(
                        f"Row {number}, column {name!r}: {value!r:.60} is not a number.",
                        f"It is of type {self.kinds[place] if self.names else self.kinds[0]}.",
                    )

    def _column(self, name: str, kind: str, values: Matrix) -> Matrix:
        if not _is_number(kind):
            return values
        try:
            return values.astype(np.float64 if kind[0] == "f" or values.dtype == object else kind)
        except (TypeError, ValueError, OverflowError):
            raise InvalidInput(
                f"Column {name!r} holds what is not a number.", f"It is of type {kind}."
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
