"""Decodes the rows of a request to typed columns: records, tensors, and rows of the log.

Rows become one array if every column is a number, or if the input is one tensor. Otherwise they
become a mapping from column to typed array. An error names the row and column that do not fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict import column_values as typed
from nbmodel.predict.column_types import ColumnType, Family
from nbmodel.predict.fast_decoder import TYPES, FastDecoder
from nbmodel.predict.frames import types_of
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.json_numbers import (
    NULL_HINT,
    NotANumber,
    as_kind,
    fractions,
    is_inexact,
    numbers,
)
from nbmodel.predict.request_checks import (
    as_records,
    check_lengths,
    check_names,
    check_shape,
    check_widths,
    dict_column,
    named_tensor,
)
from nbmodel.predict.rows import Array, Rows

_WIDE = frozenset({"float64", "int64"})


class Decoder:
    """Decodes the rows of requests to one version.

    Parameters
    ----------
    inputs : Inputs
        The inputs of the version.

    Raises
    ------
    InvalidInput
        If a column has a type that no request can express.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.names = () if inputs.one_tensor else inputs.names
        self.types: tuple[ColumnType, ...] = types_of(inputs)
        self.loose = inputs.kind == "records"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decoder) and self.inputs == other.inputs

    def __hash__(self) -> int:
        return hash(self.inputs)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The shape of one tensor without a name, with -1 for variable axes; else empty."""
        return self.inputs.columns[0].shape if self.inputs.one_tensor else ()

    @cached_property
    def numeric(self) -> bool:
        """Whether rows are one array of numbers."""
        flat = all(column.flat for column in self.inputs.columns)
        return not self.inputs.columns or (
            (flat or self.inputs.one_tensor)
            and not self.loose
            and all(kind.family is Family.NUMBER for kind in self.types)
        )

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the array: that of the columns if they share one, else float64."""
        dtypes = {kind.dtype for kind in self.types}
        return dtypes.pop() if len(dtypes) == 1 else np.dtype("float64")

    @cached_property
    def fast(self) -> FastDecoder | None:
        """The decoder of the most common requests; None if columns have other types."""
        width = self.shape[1] if len(self.shape) == 2 else len(self.names)
        fits = self.numeric and width > 1 and len(self.shape) in (0, 2)
        dtypes = [kind.dtype for kind in self.types]
        if not fits or not dtypes or not TYPES.issuperset(dtype.name for dtype in dtypes):
            return None
        return FastDecoder(self.names, dtypes, width)

    # -- what a request may bring ---------------------------------------------

    def from_records(self, records: Sequence[Any]) -> Rows:
        """Decode JSON objects by column name, or JSON lists in the order of the columns.

        A version with one column also accepts its values alone: ``["a text", "another"]``.

        Raises
        ------
        InvalidInput
            If a column is missing, unknown or has the wrong type. The error names row and
            column.
        """
        if not records:
            raise InvalidInput("There are no rows.", "Send at least one record.")
        if self.fast is not None and (rows := self.fast.records(records)) is not None:
            return rows
        if self.loose:
            return {self._dict_name: dict_column(records)}
        if isinstance(records[0], Mapping):
            return self._from_objects(records)
        if len(self.names) == 1 and not isinstance(records[0], list | tuple):
            return self._from_lists([[value] for value in records])
        return self._from_lists(records)

    def from_columns(self, columns: Mapping[str, Array]) -> Rows:
        """Decode one array for each column.

        Raises
        ------
        InvalidInput
        """
        if self.loose:
            check_lengths(columns, list(columns))
            return {self._dict_name: dict_column(as_records(columns))}
        check_names(columns, self.names)
        check_lengths(columns, [column.name for column in self.inputs.columns if column.flat])
        return self._typed([columns[name] for name in self.names])

    def from_tensor(self, values: Array) -> Rows:
        """Decode one tensor, with the batch as first axis.

        Raises
        ------
        InvalidInput
        """
        expected_shape = (-1, len(self.names)) if self.names else self.shape
        if len(self.names) == 1 and values.ndim == 1:
            values = values.reshape(-1, 1)  # one value a row
        if values.ndim == 1 and len(expected_shape) == 2:
            values = values.reshape(1, -1)
        check_shape(values.shape, expected_shape)
        if self.names and not self.numeric:
            return self._typed([values[:, index] for index in range(len(self.names))])
        if self.names or not self.types or self.types[0].family is Family.NUMBER:
            return self._numbers(values)
        return self._one_tensor(values)

    # -- parts ----------------------------------------------------------------

    def _typed(self, values: Sequence[typed.Values]) -> Rows:
        parts = zip(self.inputs.columns, self.types, values, strict=True)
        decoded = {
            column.name: (
                typed.decode(
                    column.name,
                    kind,
                    np.reshape(part, -1) if isinstance(part, np.ndarray) else part,
                )
                if column.flat
                else named_tensor(column.name, column.shape, kind, part)
            )
            for column, kind, part in parts
        }
        return self._stacked(decoded) if self.numeric and self.names else decoded

    def _stacked(self, decoded: dict[str, Array]) -> Rows:
        """Join all columns to one array, unless that would lose digits."""
        for kind, values in zip(self.types, decoded.values(), strict=True):
            if kind.dtype != self.dtype and is_inexact(values):
                return decoded
        dtype = np.result_type(self.dtype, *decoded.values())
        return np.stack([v.astype(dtype, copy=False) for v in decoded.values()], axis=1)

    def _numbers(self, values: Array) -> Rows:
        """Convert an array of numbers of the right shape to its dtype."""
        if values.dtype.kind not in "fiub":
            raise InvalidInput(
                f"The inputs are numbers, not texts; {self._name_of(0)} is one of them.",
                "Send them as FP64.",
            )
        if not self.types:
            return values
        if self._narrow or (self._mixed and is_inexact(values)):
            return self._typed([values[:, index] for index in range(len(self.names))])
        self._check_whole(values)
        dtype = self.dtype
        if values.dtype.kind == "f" and dtype.kind != "f" and np.isnan(values).any():
            dtype = np.dtype("float64")
        if self._mixed and values.dtype.kind == "f" and self._whole.size:
            values[:, self._whole] += 0.0  # whole numbers have no -0.0
        try:
            return as_kind(values, dtype.name)
        except NotANumber as odd:
            width = values.size // len(values)
            raise InvalidInput(
                f"Row {odd.index // width}, {self._name_of(odd.index % width)}: {odd.value!r:.60} "
                f"does not fit into {dtype.name}.",
                NULL_HINT,
            ) from None

    def _one_tensor(self, values: Array) -> Rows:
        """Decode a tensor without a name whose values are not plain numbers."""
        flat = typed.decode("the input", self.types[0], values.reshape(-1))
        return flat.reshape(values.shape)

    def _from_objects(self, records: Sequence[Any]) -> Rows:
        if not self.names:
            raise InvalidInput(
                "The inputs of this version have no names.", "Send each row as a list of numbers."
            )
        names = self.names
        for number, record in enumerate(records):
            if not isinstance(record, Mapping) or len(record) != len(names):
                self._refuse_record(number, record)
        try:
            rows = [[record[name] for name in names] for record in records]
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
        check_names(record, self.names, f"Row {number}: ")

    def _from_lists(self, rows: Sequence[Any]) -> Rows:
        if self.names and not self.numeric:
            check_widths(rows, self.names)
            return self._typed(list(zip(*rows, strict=True)))
        try:
            matrix = numbers(rows)
        except NotANumber as odd:
            if not self.numeric:
                return self.from_tensor(_objects(rows))
            check_widths(rows, self.names)
            width = len(rows[0])
            raise InvalidInput(
                f"Row {odd.index // width}, {self._name_of(odd.index % width)}: "
                f"{odd.value!r:.60} is not a number.",
                NULL_HINT,
            ) from None
        except (ValueError, OverflowError):
            check_widths(rows, self.names)
            if self.names:  # it names the column
                return self._typed(list(zip(*rows, strict=True)))
            raise InvalidInput(
                "The rows do not have one shape.", "Send rows of one shape."
            ) from None
        if matrix.ndim < 2:
            check_widths(rows, self.names)
        if self.names and matrix.dtype.kind == "f" and self._whole.size and is_inexact(matrix):
            # numpy converted whole numbers to floats, because there are fractions beside them.
            check_widths(rows, self.names)
            return self._typed(list(zip(*rows, strict=True)))
        return self.from_tensor(matrix)

    @property
    def _dict_name(self) -> str:
        return self.inputs.names[0] if self.inputs.names else "record"

    def _name_of(self, index: int) -> str:
        return f"column {self.names[index]!r}" if self.names else f"value {index}"

    def _check_whole(self, values: Array) -> None:
        """Refuse fractions where the training data had whole numbers."""
        indices = self._whole
        if not (self.names and len(indices)):
            return
        odd = fractions(values[:, indices])
        if odd.any():
            row, index = np.argwhere(odd)[0]
            column = int(indices[index])
            raise InvalidInput(
                f"Row {row}, column {self.names[column]!r}: {values[row, column]} is not a whole "
                "number.",
                f"It is of type {self.types[column].dtype.name}.",
            )

    @cached_property
    def _whole(self) -> Array:
        """Indices of the columns of whole numbers."""
        return np.flatnonzero([kind.dtype.kind in "iu" for kind in self.types])

    @cached_property
    def _mixed(self) -> bool:
        """Whether columns are of different types."""
        return bool(self.names) and any(kind.dtype != self.dtype for kind in self.types)

    @cached_property
    def _narrow(self) -> bool:
        """Whether columns have different types, and one has a smaller range than float64."""
        return self._mixed and any(kind.dtype.name not in _WIDE for kind in self.types)


def _objects(rows: Sequence[Any]) -> Array:
    return np.array([list(row) if isinstance(row, tuple) else row for row in rows], dtype=object)
