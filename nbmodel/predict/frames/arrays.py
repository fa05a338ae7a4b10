"""numpy arrays, lists of values, lists of dicts, and several arrays by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.predict import column_types
from nbmodel.predict.column_types import ColumnType
from nbmodel.predict.frames import Build
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import Array, Rows, columns_by_name


def types_of(inputs: Inputs) -> tuple[ColumnType, ...]:
    """Return how the values of each column are decoded, by dtypes of numpy."""
    return tuple(column_types.of_numpy(column) for column in inputs.columns)


def builder(inputs: Inputs) -> Build:
    """Make a function from rows to the container of `inputs`."""
    names = inputs.names

    def matrix(rows: Rows) -> Any:
        if not isinstance(rows, dict):
            return _marked(rows, inputs)
        if len(rows) == 1:
            values = next(iter(rows.values()))
            return values.reshape(-1, 1) if inputs.columns[0].flat else values
        return np.stack(list(rows.values()), axis=1)

    def values(rows: Rows) -> Any:
        flat = rows if not isinstance(rows, dict) else next(iter(rows.values()))
        return _marked(flat.reshape(-1), inputs).tolist()

    def records(rows: Rows) -> Any:
        return [dict(record) for record in values(rows)]

    def tensors(rows: Rows) -> Any:
        return dict(columns_by_name(rows, names))

    return {"matrix": matrix, "list": values, "records": records, "tensors": tensors}[inputs.kind]


def _marked(values: Array, inputs: Inputs) -> Array:
    """Replace missing values by NaN, if the training data had NaN."""
    if not values.dtype.hasobject or inputs.columns[0].missing != "nan":
        return values
    marked = values.copy()
    marked[values == None] = np.nan  # noqa: E711  each value is compared
    return marked
