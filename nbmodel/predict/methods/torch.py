"""torch modules: evaluated without gradients, tensors in and out."""

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
    """`predict` is the module's forward pass."""
    floating = next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)
    whole = {column.name for column in inputs.columns if column.dtype.startswith(("int", "uint"))}
    by_keyword = _takes_keywords(model, inputs)

    def tensor(values: Any, name: str) -> torch.Tensor:
        found = torch.as_tensor(np.ascontiguousarray(values))
        if name in whole or found.dtype is torch.bool:
            return found
        return found.to(floating)

    def predict(given: Any) -> Any:
        with torch.inference_mode():
            if not isinstance(given, dict):
                return model(tensor(given, inputs.names[0] if inputs.one_tensor else ""))
            tensors = {name: tensor(values, name) for name, values in given.items()}
            return model(**tensors) if by_keyword else model(*tensors.values())

    return {"predict": predict}


def _takes_keywords(model: Any, inputs: Inputs) -> bool:
    """Whether the inputs go by the names of the arguments of ``forward``; else by their order."""
    return set(inputs.names) <= set(inspect.signature(model.forward).parameters)


@contextmanager
def for_inference(model: Any) -> Iterator[None]:
    """Evaluation mode; the mode of every submodule is restored."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
