"""Sparse matrices: requests are dense, and the model gets CSR."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from nbmodel.predict.column_types import ColumnType
from nbmodel.predict.frames import Build, arrays
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import Rows


def types_of(inputs: Inputs) -> tuple[ColumnType, ...]:
    """Return how the values of each column are decoded, by dtypes of numpy."""
    return arrays.types_of(inputs)


def builder(inputs: Inputs) -> Build:
    """Make a function from rows to a CSR matrix."""
    del inputs

    def sparse(rows: Rows) -> Any:
        dense = np.stack(list(rows.values()), axis=1) if isinstance(rows, dict) else rows
        return scipy.sparse.csr_matrix(dense)

    return sparse
