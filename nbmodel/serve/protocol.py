"""Open Inference Protocol v2: tensors of JSON to arrays, and back.

Source: Open Inference Protocol, "Inference REST protocol" (kserve/open-inference-protocol).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.records import Column
from nbmodel.serve.schema import Matrix, Rows, Schema

DATATYPES: dict[str, str] = {
    "BOOL": "bool",
    **{f"UINT{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
}
_OF_DTYPE = {dtype: name for name, dtype in DATATYPES.items()}


def read_inputs(schema: Schema, document: Any) -> Rows:
    """Rows of an inference request.

    One tensor of all features, or one tensor a column.

    Raises
    ------
    InvalidInput
        If a tensor is malformed, or does not fit the version's inputs; it names it.
    """
    inputs = document.get("inputs") if isinstance(document, Mapping) else None
    if not isinstance(inputs, list) or not inputs:
        raise InvalidInput("The request has no inputs.", 'Send {"inputs": [{"name", ...}]}.')
    tensors = dict(_read_tensor(tensor) for tensor in inputs)
    if len(tensors) < len(inputs):
        raise InvalidInput("Two inputs have one name.", "Name each input once.")
    names = schema.names
    if len(tensors) == 1 and (len(names) != 1 or names[0] not in tensors):
        return schema.from_tensor(next(iter(tensors.values())))
    return schema.from_columns(tensors)


def _read_tensor(tensor: Any) -> tuple[str, Matrix]:
    try:
        name, shape, kind, data = (tensor[k] for k in ("name", "shape", "datatype", "data"))
    except (KeyError, TypeError):
        raise InvalidInput(
            "An input lacks name, shape, datatype or data.",
            'Send {"name": "x", "shape": [1, 4], "datatype": "FP64", "data": [...]}.',
        ) from None
    dtype = DATATYPES.get(kind) if isinstance(kind, str) else None
    if not isinstance(name, str) or dtype is None:
        raise InvalidInput(
            f"Input {name!r:.60} has the datatype {kind!r:.60}.",
            f"Use one of {', '.join(DATATYPES)}.",
        )
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise InvalidInput(f"Input {name!r:.60} has no valid shape.", "Send whole numbers.")
    try:
        values = np.asarray(data, dtype=dtype)
        return name, values.reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"The data of input {name!r:.60} are not {kind} of shape {shape}: {error}.",
            "Send as many values as the shape says.",
        ) from None


def tensor(name: str, values: Matrix) -> dict[str, Any]:
    """An array as an output tensor; its data are flat, row by row."""
    kind = _OF_DTYPE.get(values.dtype.name, "BYTES")
    flat = values.reshape(-1)
    data = flat.tolist() if kind in ("BYTES", "FP16") else np.ascontiguousarray(flat)
    return {
        "name": name,
        "shape": list(values.shape),
        "datatype": kind,
        "data": [str(value) for value in data] if kind == "BYTES" else data,
    }


def metadata(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Columns of a signature as the protocol's metadata tensors."""
    return [
        {
            "name": column.name or f"input-{number}",
            "datatype": _OF_DTYPE.get(column.dtype, "BYTES" if column.dtype else "FP64"),
            "shape": list(column.shape) or [-1],
        }
        for number, column in enumerate(columns)
    ]
