"""Modules of torch: they get tensors, and run without gradients."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import Call

INSTEAD: Mapping[str, str] = {"frame": "matrix", "polars": "matrix", "series": "matrix"}


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """Return `predict`, the forward pass of the module."""
    floating = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    whole = {column.name for column in inputs.columns if column.dtype.startswith(("int", "uint"))}
    by_keyword = _takes_keywords(model, inputs)

    def as_tensor(values: Any, name: str) -> torch.Tensor:
        tensor = torch.as_tensor(np.ascontiguousarray(values))
        if name in whole or tensor.dtype is torch.bool:
            return tensor
        return tensor.to(floating)

    def predict(container: Any) -> Any:
        with torch.inference_mode():
            if not isinstance(container, dict):
                return model(as_tensor(container, inputs.names[0] if inputs.one_tensor else ""))
            tensors = {name: as_tensor(values, name) for name, values in container.items()}
            return model(**tensors) if by_keyword else model(*tensors.values())

    return {"predict": predict}


def _takes_keywords(model: Any, inputs: Inputs) -> bool:
    """Whether inputs are passed by the names of the arguments of ``forward``, or in order."""
    return set(inputs.names) <= set(inspect.signature(model.forward).parameters)


@contextmanager
def for_inference(model: Any) -> Iterator[None]:
    """Set evaluation mode, and restore the mode of every submodule."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
