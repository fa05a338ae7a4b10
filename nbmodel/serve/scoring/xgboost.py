"""XGBoost boosters, which take a DMatrix or, without a copy, an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbmodel.serve.schema import Matrix, Rows, Schema


def methods_of(
    model: Any, schema: Schema, sample: Rows | None
) -> dict[str, Callable[[Rows], Matrix]]:
    """`predict` without building a DMatrix."""
    del schema, sample

    def predict(rows: Rows) -> Matrix:
        found: Matrix = model.inplace_predict(rows, validate_features=False)
        return found

    return {"predict": predict}
