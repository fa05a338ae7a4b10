"""Open Inference Protocol v2: tensors of JSON or of bytes to arrays, and back.

Sources: Open Inference Protocol, "Inference REST protocol" (kserve/open-inference-protocol);
Triton, "Binary Tensor Data Extension".
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput
from nbmodel.predict.columns import encode
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.numbers import MISSING, NotANumber, as_kind, numbers, whole_numbers
from nbmodel.predict.rows import Array as Matrix
from nbmodel.predict.rows import Rows
from nbmodel.records import Column
from nbmodel.serve.protocol import binary
from nbmodel.serve.protocol.binary import DATATYPES, TailReader

MAX_ID_CHARS = 256  # of a request
EXTENSIONS = ("binary_tensor_data",)
_OF_DTYPE = {dtype: name for name, dtype in DATATYPES.items()}


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """What a request asks for, beside its rows.

    Attributes
    ----------
    id : str
        A random one if the client sent none.
    methods : tuple of str
        Methods to call, or single outputs; an empty name means the version's default method.
    binary_outputs : frozenset of str
        Outputs that the client wants as bytes.
    time : object
        As the client sent it; None if it sent none.
    """

    id: str
    methods: tuple[str, ...] = ("",)
    binary_outputs: frozenset[str] = frozenset()
    time: Any = None


def parse_request(document: Any) -> InferenceRequest:
    """Read what an inference request asks for.

    Raises
    ------
    InvalidInput
        If a part of it is malformed.
    """
    if not isinstance(document, Mapping):
        raise InvalidInput("The request has no inputs.", 'Send {"inputs": [{"name", ...}]}.')
    identifier = request_id(document.get("id"))
    parameters = parameters_of(document, "The request")
    method, time = method_name(parameters.get("method")), parameters.get("time")
    as_bytes = parameters.get("binary_data_output", False)
    if not document.get("outputs"):
        binary_outputs = frozenset({method} if as_bytes is True else ())
        return InferenceRequest(identifier, (method,), binary_outputs, time)
    outputs = _outputs(document["outputs"])
    if method and method not in outputs:
        raise InvalidInput(
            f"The parameter method is {method!r:.60}, the outputs are {list(outputs)!r:.200}.",
            "Ask for one or the other.",
        )
    binary_outputs = frozenset(
        name for name, own in outputs.items() if own.get("binary_data", as_bytes) is True
    )
    return InferenceRequest(identifier, tuple(outputs), binary_outputs, time)


def read_inputs(decoder: Decoder, document: Any, tail: binary.Bytes = b"") -> Rows:
    """Read the rows of an inference request.

    The client sends one tensor of all features, or one tensor for each column.

    Parameters
    ----------
    decoder : Decoder
        Of the version that scores the rows.
    document : object
        The JSON of the request.
    tail : bytes
        What follows the JSON.

    Raises
    ------
    InvalidInput
        If a tensor is malformed, or does not fit the version's inputs; the message names it.
    """
    inputs = document.get("inputs") if isinstance(document, Mapping) else None
    if not isinstance(inputs, list) or not inputs:
        raise InvalidInput("The request has no inputs.", 'Send {"inputs": [{"name", ...}]}.')
    if not tail and decoder.quick is not None:
        rows = decoder.quick.inputs(inputs)
        if rows is not None:
            return rows
    reader = TailReader(tail)
    tensors = dict(_read_tensor(tensor, reader) for tensor in inputs)
    reader.finish()
    if len(tensors) < len(inputs):
        raise InvalidInput("Two inputs have the same name.", "Name each input once.")
    names = decoder.names
    single = len(tensors) == 1 and not decoder.loose
    if single and (len(names) != 1 or names[0] not in tensors):
        return decoder.from_tensor(next(iter(tensors.values())))
    return decoder.from_columns(tensors)


def request_id(value: Any) -> str:
    """The id that a client sent, or a random one.

    Raises
    ------
    InvalidInput
        If it is not a text, or is too long.
    """
    if value is None or value == "":
        return next(_IDS)
    if not isinstance(value, str) or len(value) > MAX_ID_CHARS:
        raise InvalidInput(
            f"The id {value!r:.60} cannot be used.",
            f"Send a text of at most {MAX_ID_CHARS} characters, or none.",
        )
    return value


def _ids() -> Iterator[str]:
    """Generate ids that cannot be guessed; one call of the system brings many of them."""
    while True:
        block = os.urandom(8 * 512)
        for start in range(0, len(block), 8):
            yield block[start : start + 8].hex()


_IDS = _ids()


def method_name(value: Any) -> str:
    """The name of a method as a client sent it; empty for the default.

    Raises
    ------
    InvalidInput
        If it is not a text.
    """
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"The method {value!r:.60} is not a text.", "Send a name.")
    return value or ""


def tensor(name: str, values: Matrix, *, as_bytes: bool = False) -> tuple[dict[str, Any], bytes]:
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
    return _OF_DTYPE.get(dtype.name, "BYTES")


def metadata(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Describe columns of a signature as the protocol's metadata tensors."""
    return [
        {
            "name": column.name or f"input-{number}",
            "datatype": _OF_DTYPE.get(column.dtype, "BYTES" if column.dtype else "FP64"),
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


# -- parts -------------------------------------------------------------------


def _outputs(value: Any) -> dict[str, Mapping[str, Any]]:
    """The parameters of each requested output, by its name."""
    if not isinstance(value, list) or not all(
        isinstance(output, Mapping) and isinstance(output.get("name"), str) for output in value
    ):
        raise InvalidInput(
            "The outputs are not a list of names.", 'Send {"outputs": [{"name": "predict"}]}.'
        )
    parameters = {
        output["name"]: parameters_of(output, f"Output {output['name']!r:.60}") for output in value
    }
    if len(parameters) < len(value):
        raise InvalidInput("Two outputs have the same name.", "Name each output once.")
    return parameters


def _read_tensor(tensor: Any, tail: TailReader) -> tuple[str, Matrix]:
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
            f"Input {name!r:.60}, value {error.place}: {error.value!r:.60} is not {kind}.", MISSING
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
    missing = np.asarray(values == None)  # noqa: E711  compares each value
    whole = as_kind(whole_numbers(np.where(missing, 0, values).tolist()), DATATYPES[kind])
    result: Matrix = whole.astype(object)
    result[missing] = None
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
