"""Decodes the most common requests to a matrix in one pass: all columns are float64 or int64.

For anything else (a text, a value out of range, an extra name) the result is None. Then the decoder
reads the request value by value, and reports the error. So both accept the same requests, and give
the same values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from nbmodel.predict.rows import Array

_EXACT = float(2**53)  # whole numbers below are exact in float64
_PLAIN = frozenset({int, float, bool, type(None)})
TYPES = frozenset({"float64", "int64"})
_TENSOR = 4  # keys of a tensor: name, shape, datatype, data


class FastDecoder:
    """Decodes requests to a version whose columns are all float64 or int64.

    Parameters
    ----------
    names : sequence of str
        Names of at least two columns; empty for one tensor.
    dtypes : sequence of numpy.dtype
        Dtypes of the columns, or of the tensor.
    width : int
        Number of columns, or of values in a row.
    """

    def __init__(self, names: Sequence[str], dtypes: Sequence[np.dtype[Any]], width: int) -> None:
        self._names = names
        self._pick = itemgetter(*names) if names else None
        self._width = width
        self._whole: Any = [n for n, dtype in enumerate(dtypes) if dtype.kind == "i"]
        if not names and self._whole:
            self._whole = slice(None)
        self._kinds = ["INT64" if dtype.kind == "i" else "FP64" for dtype in dtypes]
        self._dtype = dtypes[0] if len(set(dtypes)) == 1 else np.dtype("float64")

    def records(self, records: Sequence[Any]) -> Array | None:
        """Decode JSON objects by column name."""
        pick = self._pick
        if pick is None:
            return None
        try:
            rows = [
                pick(record)
                for record in records
                if type(record) is dict and len(record) == self._width
            ]
        except KeyError:
            return None
        return self._matrix(rows, len(records)) if len(rows) == len(records) else None

    def inputs(self, inputs: Sequence[Any]) -> Array | None:
        """Decode the tensors of an inference request in JSON."""
        try:
            if len(inputs) == 1:
                return self._joint_tensor(inputs[0])
            if len(inputs) == len(self._names):
                return self._column_tensors(inputs)
        except (LookupError, TypeError):  # malformed
            pass
        return None

    def _joint_tensor(self, tensor: Mapping[str, Any]) -> Array | None:
        """Decode one tensor of all columns."""
        shape, data = tensor["shape"], tensor["data"]
        if (
            len(tensor) != _TENSOR
            or tensor["datatype"] != "FP64"
            or type(tensor["name"]) is not str
            or len(shape) != 2
            or not all(type(n) is int for n in shape)
            or shape[1] != self._width
            or type(data) is not list
        ):
            return None
        if len(data) == shape[0] * self._width:
            return self._matrix(data, shape[0])
        return self._matrix(data, shape[0]) if len(data) == shape[0] else None

    def _column_tensors(self, tensors: Sequence[Mapping[str, Any]]) -> Array | None:
        """Decode one tensor for each column, usually in the order of the columns."""
        if tensors[0]["name"] != self._names[0]:
            by_name = {tensor["name"]: tensor for tensor in tensors}
            if len(by_name) != self._width:
                return None
            tensors = [by_name[name] for name in self._names]
        shape = tensors[0]["shape"]
        rows = shape[0]
        if type(shape) is not list or shape not in ([rows], [rows, 1]):
            return None
        columns = []
        for name, kind, tensor in zip(self._names, self._kinds, tensors, strict=True):
            own, data, datatype = tensor["shape"], tensor["data"], tensor["datatype"]
            if (
                tensor["name"] != name
                or (datatype != "FP64" and datatype != kind)
                or own != shape
                or type(own[0]) is not int
                or type(own[-1]) is not int
                or type(data) is not list
                or len(data) != rows
                or len(tensor) != _TENSOR
            ):
                return None
            columns.append(data)
        if rows == 1:
            return self._matrix([data[0] for data in columns], 1)
        return self._matrix(list(zip(*columns, strict=True)), rows)

    def _matrix(self, values: list[Any], rows: int) -> Array | None:
        """Make a matrix (rows x columns) of values in rows."""
        if not rows:
            return None
        try:
            matrix = np.array(values)
            if (
                matrix.dtype.kind == "O"
                and matrix.ndim <= 2
                and _PLAIN.issuperset(map(type, matrix.reshape(-1).tolist()))
            ):
                matrix = matrix.astype(np.float64)  # null is NaN
        except (ValueError, OverflowError):  # ragged, or a number too large
            return None
        if matrix.dtype.kind not in "fiub" or matrix.ndim > 2 or matrix.size != rows * self._width:
            return None
        if matrix.ndim == 2 and matrix.shape != (rows, self._width):
            return None
        matrix = matrix.reshape(rows, self._width)
        if matrix.dtype.kind != "f":
            matrix = matrix.astype(np.float64)
        return self._typed(matrix) if self._whole else matrix

    def _typed(self, matrix: Array) -> Array | None:
        """Return the matrix if its whole numbers have no gaps or fractions and are exact."""
        whole = matrix[:, self._whole]
        with np.errstate(invalid="ignore"):
            if not ((np.abs(whole) < _EXACT) & (whole == np.floor(whole))).all():
                return None
        if self._dtype.kind != "f":
            return matrix.astype(self._dtype)
        matrix[:, self._whole] = whole + 0.0  # whole numbers have no -0.0
        return matrix
