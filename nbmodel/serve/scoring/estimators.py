"""scikit-learn's conventions: arrays where they do as well as DataFrames, which cost more."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from nbmodel.serve.schema import Matrix, Rows, Schema

METHODS = ("predict", "predict_proba", "decision_function", "transform")


def methods_of(
    model: Any, schema: Schema, sample: Rows | None
) -> dict[str, Callable[[Rows], Matrix]]:
    """The methods that the model has."""
    found = {name: m for name in METHODS if callable(m := getattr(model, name, None))}
    convert = _converter(next(iter(found.values()), None), schema, sample)
    return {name: _calling(method, convert) for name, method in found.items()}


def _calling(
    method: Callable[[Any], Any], convert: Callable[[Rows], Any]
) -> Callable[[Rows], Matrix]:
    def call(rows: Rows) -> Matrix:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs = method(convert(rows))
        if hasattr(outputs, "toarray"):
            outputs = outputs.toarray()
        return np.asarray(outputs)

    return call


def _converter(
    method: Callable[[Any], Any] | None, schema: Schema, sample: Rows | None
) -> Callable[[Rows], Any]:
    """To what the model takes: the array itself if that gives what a DataFrame gives."""
    if not schema.names:
        return lambda rows: rows
    frame = _framing(schema)
    if method is None or sample is None or isinstance(sample, dict):
        return frame
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            same = np.array_equal(
                np.asarray(method(sample)), np.asarray(method(frame(sample))), equal_nan=False
            )
    except Exception:  # noqa: BLE001  a model that needs names raises anything on an array
        return frame
    return (lambda rows: rows) if same else frame


def _framing(schema: Schema) -> Callable[[Rows], Any]:
    pandas = import_module("pandas")
    kinds = {n: k for n, k in zip(schema.names, schema.kinds, strict=True) if k and k != "object"}

    def frame(rows: Rows) -> Any:
        if isinstance(rows, dict):
            return pandas.DataFrame(rows)
        return pandas.DataFrame(rows, columns=list(schema.names)).astype(kinds, errors="ignore")

    return frame
