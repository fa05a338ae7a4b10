"""Keras models: they are called with one batch, as ``predict`` does without its progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import Call

INSTEAD: Mapping[str, str] = {"frame": "matrix", "polars": "matrix", "series": "matrix"}


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """Return `predict`; several outputs have the names of the output layers."""
    names = list(getattr(model, "output_names", ()))
    order = [getattr(tensor, "name", "") for tensor in _inputs_of(model)]

    def predict(container: Any) -> Any:
        if isinstance(container, dict) and order and set(order) != set(container):
            container = [container[name] for name in inputs.names]  # in their order, as in Keras
        answer = model.predict_on_batch(container)
        if isinstance(answer, list | tuple) and len(answer) == len(names) > 1:
            return dict(zip(names, answer, strict=True))
        return answer

    return {"predict": predict}


def _inputs_of(model: Any) -> list[Any]:
    """Return the symbolic inputs of a functional model; none of a subclass."""
    return list(getattr(model, "inputs", None) or ())


@contextmanager
def for_inference(model: Any) -> Iterator[None]:
    """Do nothing: ``predict`` always runs in inference mode."""
    del model
    yield
