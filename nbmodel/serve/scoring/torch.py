"""torch modules: evaluated without gradients, tensors in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nbmodel.serve.schema import Matrix, Rows, Schema


def methods_of(
    model: Any, schema: Schema, sample: Rows | None
) -> dict[str, Callable[[Rows], Matrix]]:
    """`predict` is the module's forward pass."""
    del schema, sample
    model.eval()
    kind = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)

    def predict(rows: Rows) -> Matrix:
        with torch.inference_mode():
            found: Matrix = model(torch.as_tensor(rows).to(kind)).numpy()
        return found

    return {"predict": predict}
