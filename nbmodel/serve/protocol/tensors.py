"""Tensors of the Open Inference Protocol v2, in JSON or as bytes, to arrays and back.

Sources: Open Inference Protocol, "Inference REST protocol" (kserve/open-inference-protocol);
Triton, "Binary Tensor Data Extension".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict.column_values import encode
from nbmodel.predict.json_numbers import NULL_HINT, NotANumber, as_kind, numbers, whole_numbers
from nbmodel.predict.rows import Array as Matrix
from nbmodel.records import Column
from nbmodel.serve.protocol import binary
from nbmodel.serve.protocol.binary import DATATYPES, TailReader

_DATATYPE_OF = {dtype: name for name, dtype in DATATYPES.items()}


def encode_tensor(
    name: str, values: Matrix, *, as_bytes: bool = False
) -> tuple[dict[str, Any], bytes]:
    """Encode an array.

    Returns
    -------
    document : dict
        The output tensor, its values in row-major order.
    tail : bytes
        What follows the JSON; empty unless `as_bytes`.
    """
    kind = _datatype(values.dtype)
    document: dict[str, Any] = {"name": name, "shape": list(values.shape), "datatype": kind}
    flat = np.ascontiguousarray(values).reshape(-1)
    texts = list(map(_text, encode(flat))) if kind == "BYTES" else []
    if as_bytes:
        blob = (
            binary.encode_texts([text or "" for text in texts])
            if kind == "BYTES"
            else binary.encode(flat)
        )
        return document | {"parameters": {"binary_data_size": len(blob)}}, blob
    document["data"] = texts if kind == "BYTES" else flat.tolist() if kind == "FP16" else flat
    return document, b""


@lru_cache
def _datatype(dtype: np.dtype[Any]) -> str:
    return _DATATYPE_OF.get(dtype.name, "BYTES")


def describe(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Describe columns of a signature as the protocol's metadata tensors."""
    return [
        {
            "name": column.name or f"input-{number}",
            "datatype": _DATATYPE_OF.get(column.dtype, "BYTES" if column.dtype else "FP64"),
            "shape": list(column.shape) or [-1],
        }
        for number, column in enumerate(columns)
    ]


def parameters_of(holder: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
    """Parameters of a request, an input or an output.

    Parameters
    ----------
    holder : mapping
        May have the key ``parameters``.
    subject : str
        Names the holder in an error, as in ``Input 'x'``.

    Raises
    ------
    InvalidInput
        If the parameters are not a JSON object.
    """
    parameters = holder.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, Mapping):
        raise InvalidInput(
            f"{subject} has parameters that are not an object.", 'Send {"name": value}.'
        )
    return parameters


def decode_tensor(tensor: Any, tail: TailReader) -> tuple[str, Matrix]:
    """Read the name and the values of an input tensor.

    Parameters
    ----------
    tensor : object
        Of the JSON of a request.
    tail : TailReader
        Has the values if the tensor was sent as bytes.

    Raises
    ------
    InvalidInput
        If the tensor is malformed; the message names it.
    """
    try:
        name, shape, kind = tensor["name"], tensor["shape"], tensor["datatype"]
    except (KeyError, TypeError):
        raise _incomplete("An input lacks name, shape or datatype.") from None
    dtype = DATATYPES.get(kind) if isinstance(kind, str) else None
    if not isinstance(name, str) or dtype is None:
        raise InvalidInput(
            f"Input {name!r:.60} has the datatype {kind!r:.60}.",
            f"Use one of {', '.join(DATATYPES)}.",
        )
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise InvalidInput(
            f"The shape of input {name!r:.60} is not valid.", "Send a list of whole numbers."
        )
    try:
        return name, _values(name, kind, tensor, tail).reshape(shape)
    except NotANumber as error:
        raise InvalidInput(
            f"Input {name!r:.60}, value {error.index}: {error.value!r:.60} is not {kind}.",
            NULL_HINT,
        ) from None
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"The data of input {name!r:.60} are not {kind} of shape {shape}: {error}.",
            "Send as many values of that type as the shape says.",
        ) from None


def _values(name: str, kind: str, tensor: Mapping[str, Any], tail: TailReader) -> Matrix:
    size = parameters_of(tensor, f"Input {name!r:.60}").get("binary_data_size")
    if size is not None:
        return binary.decode(kind, tail.take(size))
    if not isinstance(tensor.get("data"), list):
        raise _incomplete(f"Input {name!r:.60} lacks data.")
    if kind == "BYTES":
        return _texts(name, tensor["data"])
    read = whole_numbers if kind == "UINT64" else numbers
    values = read(tensor["data"])
    try:
        return as_kind(values, DATATYPES[kind])
    except NotANumber:
        if not np.isnan(values).any():
            raise
        return _with_gaps(np.asarray(tensor["data"], dtype=object), kind)


def _with_gaps(values: Matrix, kind: str) -> Matrix:
    """Convert whole numbers or truth values, some of which are null.

    Raises
    ------
    NotANumber
        If one of the other values does not have that datatype.
    """
    nulls = np.asarray(values == None)  # noqa: E711  compares each value
    whole = as_kind(whole_numbers(np.where(nulls, 0, values).tolist()), DATATYPES[kind])
    result: Matrix = whole.astype(object)
    result[nulls] = None
    return result


def _texts(name: str, data: Any) -> Matrix:
    values = np.asarray(data, dtype=object)
    for index, value in enumerate(values.reshape(-1)):
        if value is not None and not isinstance(value, str):
            raise InvalidInput(
                f"Input {name!r:.60}, value {index}: {value!r:.60} is not a text.",
                "Send texts as BYTES and numbers as FP64.",
            )
    return values


def _incomplete(what: str) -> InvalidInput:
    return InvalidInput(
        what, 'Send {"name": "x", "shape": [1, 4], "datatype": "FP64", "data": [...]}.'
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.encode(errors="replace").decode()
