"""Open Inference Protocol v2: what a request asks for, and its rows.

Source: Open Inference Protocol, "Inference REST protocol" (kserve/open-inference-protocol).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbmodel.errors import InvalidInput
from nbmodel.predict.decoder import Decoder
from nbmodel.predict.rows import Rows
from nbmodel.serve.protocol import binary
from nbmodel.serve.protocol.binary import TailReader
from nbmodel.serve.protocol.tensors import decode_tensor, parameters_of

MAX_ID_CHARS = 256  # of a request
EXTENSIONS = ("binary_tensor_data",)


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
    if not tail and decoder.fast is not None:
        rows = decoder.fast.inputs(inputs)
        if rows is not None:
            return rows
    reader = TailReader(tail)
    tensors = dict(decode_tensor(tensor, reader) for tensor in inputs)
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
