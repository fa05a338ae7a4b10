"""A request's rows to typed columns: one builder for records, for tensors and for the log.

Rows become one array where every column is a number, or where the input is one tensor;
otherwise a mapping of column to typed array. What does not fit is refused by name.
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
from nbmodel.predict.json_numbers import NULL_HINT, NotANumber, as_kind, fractions, numbers
from nbmodel.predict.request_checks import (
    as_records,
    check_lengths,
    check_names,
    check_shape,
    check_widths,
    named_tensor,
)
from nbmodel.predict.rows import Array, Rows

_WIDE = frozenset({"float64", "int64"})
_EXACT = float(2**53)  # whole numbers below are exact in float64


class Decoder:
    """Reads the rows of requests to one version.

    Parameters
    ----------
    inputs : Inputs
        What the version takes.

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
        """Of one tensor without a name, -1 for the batch and what may vary; else empty."""
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
        """Of the array of numbers: the columns' own if they share one, else float64."""
        found = {kind.dtype for kind in self.types}
        return found.pop() if len(found) == 1 else np.dtype("float64")

    @cached_property
    def fast(self) -> FastDecoder | None:
        """A reader of the commonest requests; None where columns are of other types."""
        width = self.shape[1] if len(self.shape) == 2 else len(self.names)
        fits = self.numeric and width > 1 and len(self.shape) in (0, 2)
        dtypes = [kind.dtype for kind in self.types]
        if not fits or not dtypes or not TYPES.issuperset(dtype.name for dtype in dtypes):
            return None
        return FastDecoder(self.names, dtypes, width)

    # -- what a request may bring ---------------------------------------------

    def from_records(self, records: Sequence[Any]) -> Rows:
        """Rows of JSON objects by column name, or of JSON lists in the order of the columns.

        A version that takes one column takes its values alone too: ``["a text", "another"]``.

        Raises
        ------
        InvalidInput
            If a column is missing, unknown or of the wrong kind; it names row and column.
        """
        if not records:
            raise InvalidInput("There are no rows.", "Send at least one record.")
        if self.fast is not None and (rows := self.fast.records(records)) is not None:
            return rows
        if self.loose:
            return self._from_loose(records)
        if isinstance(records[0], Mapping):
            return self._from_objects(records)
        if len(self.names) == 1 and not isinstance(records[0], list | tuple):
            return self._from_lists([[value] for value in records])
        return self._from_lists(records)

    def from_columns(self, given: Mapping[str, Array]) -> Rows:
        """Rows of one array a column.

        Raises
        ------
        InvalidInput
        """
        if self.loose:
            check_lengths(given, list(given))
            return self._from_loose(as_records(given))
        check_names(given, self.names)
        check_lengths(given, [column.name for column in self.inputs.columns if column.flat])
        return self._typed([given[name] for name in self.names])

    def from_tensor(self, values: Array) -> Rows:
        """Rows of one tensor, the batch first.

        Raises
        ------
        InvalidInput
        """
        wanted = (-1, len(self.names)) if self.names else self.shape
        if len(self.names) == 1 and values.ndim == 1:
            values = values.reshape(-1, 1)  # one value a row
        if values.ndim == 1 and len(wanted) == 2:
            values = values.reshape(1, -1)
        check_shape(values.shape, wanted)
        if self.names and not self.numeric:
            return self._typed([values[:, place] for place in range(len(self.names))])
        if self.names or not self.types or self.types[0].family is Family.NUMBER:
            return self._numbers(values)
        return self._one_tensor(values)

    # -- parts ----------------------------------------------------------------

    def _typed(self, values: Sequence[typed.Values]) -> Rows:
        parts = zip(self.inputs.columns, self.types, values, strict=True)
        decoded = {
            column.name: (
                typed.decode(column.name, kind, np.reshape(part, -1) if _is_array(part) else part)
                if column.flat
                else named_tensor(column.name, column.shape, kind, part)
            )
            for column, kind, part in parts
        }
        return self._stacked(decoded) if self.numeric and self.names else decoded

    def _stacked(self, decoded: dict[str, Array]) -> Rows:
        """One array of all columns, where nothing is lost by it."""
        for kind, values in zip(self.types, decoded.values(), strict=True):
            if kind.dtype != self.dtype and _is_inexact(values):
                return decoded
        dtype = np.result_type(self.dtype, *decoded.values())
        return np.stack([v.astype(dtype, copy=False) for v in decoded.values()], axis=1)

    def _numbers(self, values: Array) -> Rows:
        """An array of numbers that has the right shape, as its dtype has them."""
        if values.dtype.kind not in "fiub":
            raise InvalidInput(
                f"The inputs are numbers, not texts; {self._named(0)} is one of them.",
                "Send them as FP64.",
            )
        if not self.types:
            return values
        if self._narrow or (self._mixed and _is_inexact(values)):
            return self._typed([values[:, place] for place in range(len(self.names))])
        self._check_whole(values)
        wanted = self.dtype
        if values.dtype.kind == "f" and wanted.kind != "f" and np.isnan(values).any():
            wanted = np.dtype("float64")
        if self._mixed and values.dtype.kind == "f" and self._whole.size:
            values[:, self._whole] += 0.0  # whole numbers have no -0.0
        try:
            return as_kind(values, wanted.name)
        except NotANumber as odd:
            width = values.size // len(values)
            raise InvalidInput(
                f"Row {odd.place // width}, {self._named(odd.place % width)}: {odd.value!r:.60} "
                f"does not fit into {wanted.name}.",
                NULL_HINT,
            ) from None

    def _one_tensor(self, values: Array) -> Rows:
        """A tensor without a name whose values are no plain numbers."""
        flat = typed.decode("the input", self.types[0], values.reshape(-1))
        return flat.reshape(values.shape)

    def _from_objects(self, records: Sequence[Any]) -> Rows:
        if not self.names:
            raise InvalidInput(
                "The inputs of this version have no names.", "Send each row as a list of numbers."
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
                f"Row {odd.place // width}, {self._named(odd.place % width)}: "
                f"{odd.value!r:.60} is not a number.",
                NULL_HINT,
            ) from None
        except (ValueError, OverflowError):
            check_widths(rows, self.names)
            if self.names:  # it names the column
                return self._typed(list(zip(*rows, strict=True)))
            raise InvalidInput("The rows do not have one shape.", "Send them alike.") from None
        if matrix.ndim < 2:
            check_widths(rows, self.names)
        if self.names and matrix.dtype.kind == "f" and self._whole.size and _is_inexact(matrix):
            # numpy made floats of whole numbers that stand beside fractions.
            check_widths(rows, self.names)
            return self._typed(list(zip(*rows, strict=True)))
        return self.from_tensor(matrix)

    def _from_loose(self, records: Sequence[Any]) -> Rows:
        """Rows of objects whose keys may differ: what a DictVectorizer takes."""
        for number, record in enumerate(records):
            if not isinstance(record, Mapping):
                raise InvalidInput(
                    f"Row {number} is not an object.", 'Send rows such as {"city": "Rome"}.'
                )
        column = np.empty(len(records), dtype=object)
        column[:] = [dict(record) for record in records]
        return {self.inputs.names[0] if self.inputs.names else "record": column}

    def _named(self, place: int) -> str:
        return f"column {self.names[place]!r}" if self.names else f"value {place}"

    def _check_whole(self, values: Array) -> None:
        """Refuse fractions where the training data had whole numbers."""
        places = self._whole
        if not (self.names and len(places)):
            return
        odd = fractions(values[:, places])
        if odd.any():
            row, place = np.argwhere(odd)[0]
            column = int(places[place])
            raise InvalidInput(
                f"Row {row}, column {self.names[column]!r}: {values[row, column]} is not a whole "
                "number.",
                f"It is of type {self.types[column].dtype.name}.",
            )

    @cached_property
    def _whole(self) -> Array:
        """Places of the columns of whole numbers."""
        return np.flatnonzero([kind.dtype.kind in "iu" for kind in self.types])

    @cached_property
    def _mixed(self) -> bool:
        """Whether columns are of different types."""
        return bool(self.names) and any(kind.dtype != self.dtype for kind in self.types)

    @cached_property
    def _narrow(self) -> bool:
        """Whether a column among others of other types holds fewer values than float64."""
        return self._mixed and any(kind.dtype.name not in _WIDE for kind in self.types)


def _is_array(values: Any) -> bool:
    return isinstance(values, np.ndarray)


def _is_inexact(values: Array) -> bool:
    """Whether float64 cannot tell some of these numbers from their neighbors."""
    if values.dtype.kind == "b" or not values.size:
        return False
    with np.errstate(invalid="ignore"):
        return bool((np.abs(values) >= _EXACT).any())


def _objects(rows: Sequence[Any]) -> Array:
    return np.array([list(row) if isinstance(row, tuple) else row for row in rows], dtype=object)
