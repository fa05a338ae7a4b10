"""Keras models: one batch at a time, which is what ``predict`` does without its progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nbmodel.predict.inputs import Inputs
from nbmodel.predict.methods import Call

INSTEAD: Mapping[str, str] = {"frame": "matrix", "polars": "matrix", "series": "matrix"}


def methods_of(model: Any, inputs: Inputs) -> dict[str, Call]:
    """`predict`; several outputs go by the names of the model's output layers."""
    names = list(getattr(model, "output_names", ()))
    order = [getattr(tensor, "name", "") for tensor in _inputs_of(model)]

    def predict(given: Any) -> Any:
        if isinstance(given, dict) and order and set(order) != set(given):
            given = [given[name] for name in inputs.names]  # by their order, as Keras does
        answer = model.predict_on_batch(given)
        if isinstance(answer, list | tuple) and len(answer) == len(names) > 1:
            return dict(zip(names, answer, strict=True))
        return answer

    return {"predict": predict}


def _inputs_of(model: Any) -> list[Any]:
    """Symbolic inputs of a functional model; none of a subclassed one."""
    return list(getattr(model, "inputs", None) or ())


@contextmanager
def for_inference(model: Any) -> Iterator[None]:
    """``predict`` runs without training behavior by itself."""
    del model
    yield
