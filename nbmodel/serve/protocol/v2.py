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
from nbmodel.serve.protocol.binary import DATATYPES, Tail

LONGEST_ID = 256  # characters of a request's id
EXTENSIONS = ("binary_tensor_data",)
_OF_DTYPE = {dtype: name for name, dtype in DATATYPES.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, beside its rows.

    Attributes
    ----------
    request : str
        Its id; made up if it has none.
    methods : tuple of str
        What to call, one output each; an empty name for the version's default.
    binary : frozenset of str
        Outputs to answer as bytes.
    when : object
        The time that it brings; None for none.
    """

    request: str
    methods: tuple[str, ...] = ("",)
    binary: frozenset[str] = frozenset()
    when: Any = None


def read_wishes(document: Any) -> Asked:
    """What an inference request asks for.

    Raises
    ------
    InvalidInput
        If a part of it is malformed.
    """
    if not isinstance(document, Mapping):
        raise InvalidInput("The request has no inputs.", 'Send {"inputs": [{"name", ...}]}.')
    request = request_id(document.get("id"))
    parameters = parameters_of(document, "The request")
    method, when = method_name(parameters.get("method")), parameters.get("time")
    as_bytes = parameters.get("binary_data_output", False)
    wanted = document.get("outputs")
    if not wanted:
        return Asked(request, (method,), frozenset({method} if as_bytes is True else ()), when)
    named = _outputs(wanted)
    if method and method not in named:
        raise InvalidInput(
            f"The parameter method is {method!r:.60}, the outputs are {list(named)!r:.200}.",
            "Ask for one or the other.",
        )
    chosen = {name for name, given in named.items() if given.get("binary_data", as_bytes) is True}
    return Asked(request, tuple(named), frozenset(chosen), when)


def read_inputs(decoder: Decoder, document: Any, behind: binary.Bytes = b"") -> Rows:
    """Rows of an inference request.

    One tensor of all features, or one tensor a column; `behind` is what lies behind the JSON.

    Raises
    ------
    InvalidInput
        If a tensor is malformed, or does not fit the version's inputs; it names it.
    """
    inputs = document.get("inputs") if isinstance(document, Mapping) else None
    if not isinstance(inputs, list) or not inputs:
        raise InvalidInput("The request has no inputs.", 'Send {"inputs": [{"name", ...}]}.')
    if not behind and decoder.quick is not None:
        rows = decoder.quick.inputs(inputs)
        if rows is not None:
            return rows
    tail = Tail(behind)
    tensors = dict(_read_tensor(tensor, tail) for tensor in inputs)
    tail.finish()
    if len(tensors) < len(inputs):
        raise InvalidInput("Two inputs have one name.", "Name each input once.")
    names = decoder.names
    only = len(tensors) == 1 and not decoder.loose
    if only and (len(names) != 1 or names[0] not in tensors):
        return decoder.from_tensor(next(iter(tensors.values())))
    return decoder.from_columns(tensors)


def request_id(given: Any) -> str:
    """The id of a request, or one made up.

    Raises
    ------
    InvalidInput
        If it is no text, or a very long one.
    """
    if given is None or given == "":
        return next(_IDS)
    if not isinstance(given, str) or len(given) > LONGEST_ID:
        raise InvalidInput(
            f"The id {given!r:.60} cannot be used.",
            f"Send a text of at most {LONGEST_ID} characters, or none.",
        )
    return given


def _ids() -> Iterator[str]:
    """Ids that nobody can guess; the system is asked for many of them at a time."""
    while True:
        block = os.urandom(8 * 512)
        for place in range(0, len(block), 8):
            yield block[place : place + 8].hex()


_IDS = _ids()


def method_name(given: Any) -> str:
    """The method asked for, empty for the default.

    Raises
    ------
    InvalidInput
        If it is no text.
    """
    if given is not None and not isinstance(given, str):
        raise InvalidInput(f"The method {given!r:.60} is not a text.", "Send a name.")
    return given or ""


def tensor(name: str, values: Matrix, *, as_bytes: bool = False) -> tuple[dict[str, Any], bytes]:
    """An array as an output tensor, row by row, and the bytes that go behind the JSON."""
    kind = _datatype(values.dtype)
    told: dict[str, Any] = {"name": name, "shape": list(values.shape), "datatype": kind}
    flat = np.ascontiguousarray(values).reshape(-1)
    texts = list(map(_text, encode(flat))) if kind == "BYTES" else []
    if as_bytes:
        blob = (
            binary.packed([text or "" for text in texts])
            if kind == "BYTES"
            else binary.dumped(flat)
        )
        return told | {"parameters": {"binary_data_size": len(blob)}}, blob
    told["data"] = texts if kind == "BYTES" else flat.tolist() if kind == "FP16" else flat
    return told, b""


@lru_cache
def _datatype(dtype: np.dtype[Any]) -> str:
    return _OF_DTYPE.get(dtype.name, "BYTES")


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


def parameters_of(holder: Mapping[str, Any], whose: str) -> Mapping[str, Any]:
    """Parameters of a request, an input or an output.

    Raises
    ------
    InvalidInput
        If they are no object.
    """
    found = holder.get("parameters")
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise InvalidInput(f"{whose} has parameters that are no object.", 'Send {"name": value}.')
    return found


# -- parts -------------------------------------------------------------------


def _outputs(wanted: Any) -> dict[str, Mapping[str, Any]]:
    """Parameters of the outputs that are asked for, by their names."""
    if not isinstance(wanted, list) or not all(
        isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in wanted
    ):
        raise InvalidInput(
            "The outputs are not a list of names.", 'Send {"outputs": [{"name": "predict"}]}.'
        )
    named = {one["name"]: parameters_of(one, f"Output {one['name']!r:.60}") for one in wanted}
    if len(named) < len(wanted):
        raise InvalidInput("Two outputs have one name.", "Name each output once.")
    return named


def _read_tensor(tensor: Any, tail: Tail) -> tuple[str, Matrix]:
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
        raise InvalidInput(f"Input {name!r:.60} has no valid shape.", "Send whole numbers.")
    try:
        return name, _values(name, kind, tensor, tail).reshape(shape)
    except NotANumber as odd:
        raise InvalidInput(
            f"Input {name!r:.60}, value {odd.place}: {odd.value!r:.60} is no {kind}.", MISSING
        ) from None
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"The data of input {name!r:.60} are not {kind} of shape {shape}: {error}.",
            "Send as many values as the shape says.",
        ) from None


def _values(name: str, kind: str, tensor: Mapping[str, Any], tail: Tail) -> Matrix:
    size = parameters_of(tensor, f"Input {name!r:.60}").get("binary_data_size")
    if size is not None:
        return binary.loaded(kind, tail.take(size))
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
    """Whole numbers or truth values among which some are null.

    Raises
    ------
    NotANumber
        If one of the others is not of that datatype.
    """
    gaps = np.asarray(values == None)  # noqa: E711  each value is compared
    whole = as_kind(whole_numbers(np.where(gaps, 0, values).tolist()), DATATYPES[kind])
    found = whole.astype(object)
    found[gaps] = None
    return found


def _texts(name: str, data: Any) -> Matrix:
    values = np.asarray(data, dtype=object)
    for place, value in enumerate(values.reshape(-1)):
        if value is not None and not isinstance(value, str):
            raise InvalidInput(
                f"Input {name!r:.60}, value {place}: {value!r:.60} is not a text.",
                "Send texts as BYTES, numbers as FP64.",
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
