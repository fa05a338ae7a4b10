"""Sparse matrices: requests are dense, the object gets CSR."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from nbmodel.predict.column_types import ColumnType
from nbmodel.predict.frames import Build, arrays
from nbmodel.predict.inputs import Inputs
from nbmodel.predict.rows import Rows


def types_of(inputs: Inputs) -> tuple[ColumnType, ...]:
    """How the values of each column are read: dtypes are numpy's."""
    return arrays.types_of(inputs)


def builder(inputs: Inputs) -> Build:
    """A function from rows to a CSR matrix."""
    del inputs

    def sparse(rows: Rows) -> Any:
        dense = np.stack(list(rows.values()), axis=1) if isinstance(rows, dict) else rows
        return scipy.sparse.csr_matrix(dense)

    return sparse
