"""Tensors as bytes behind the JSON of a request or an answer, as numpy clients send them.

Source: Triton inference server, "Binary Tensor Data Extension": the header
``Inference-Header-Content-Length`` tells where the JSON ends; numbers lie there as a machine
has them, little end first; texts are each led by their length in four bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput

HEADER = b"inference-header-content-length"
LONGEST_LENGTH = 18  # digits of a number of bytes
DATATYPES: dict[str, str] = {
    "BOOL": "bool",
    **{f"UINT{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
}
_STORED = {"BOOL": "uint8"}
_LENGTH = struct.Struct("<I")

Matrix = np.ndarray[Any, np.dtype[Any]]
Bytes = bytes | bytearray | memoryview


class Tail:
    """The bytes behind the JSON, taken one tensor after the other."""

    def __init__(self, data: Bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def take(self, size: Any) -> memoryview:
        """The next bytes.

        Raises
        ------
        InvalidInput
            If there are not as many.
        """
        left = len(self._data) - self._at
        if type(size) is not int or not 0 <= size <= left:
            raise InvalidInput(
                f"binary_data_size is {size!r:.60}, and {left} bytes are left.",
                "Send the bytes of all inputs, in their order, behind the JSON.",
            )
        self._at += size
        return self._data[self._at - size : self._at]

    def finish(self) -> None:
        """Refuse bytes that no input claims.

        Raises
        ------
        InvalidInput
        """
        if self._at < len(self._data):
            raise InvalidInput(
                f"{len(self._data) - self._at} bytes belong to no input.",
                "Say the binary_data_size of each input that is sent as bytes.",
            )


def split(headers: Iterable[tuple[bytes, bytes]], body: Bytes) -> tuple[Bytes, Bytes]:
    """The JSON of a body and what is behind it.

    Raises
    ------
    InvalidInput
        If the header does not fit the body.
    """
    told = next((value for name, value in headers if name == HEADER), None)
    if told is None:
        return body, b""
    # Of five thousand digits Python makes no number.
    if not told.isdigit() or len(told) > LONGEST_LENGTH or int(told) > len(body):
        raise InvalidInput(
            f"{HEADER.decode()} is {told.decode(errors='replace')!r:.60}; the body has "
            f"{len(body)} bytes.",
            "Send the number of bytes of the JSON.",
        )
    view = memoryview(body)
    return view[: int(told)], view[int(told) :]


def loaded(kind: str, data: memoryview) -> Matrix:
    """The values of a tensor, without its shape.

    Raises
    ------
    ValueError
        If the bytes are not of that type.
    """
    if kind == "BYTES":
        return _unpacked(data)
    stored = np.dtype(_STORED.get(kind, DATATYPES[kind])).newbyteorder("<")
    # A copy: models may write to what they are given, and the request may be large.
    return np.frombuffer(data, stored).astype(DATATYPES[kind])


def dumped(values: Matrix) -> bytes:
    """Numbers as bytes."""
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def packed(texts: Sequence[str]) -> bytes:
    """Texts as bytes."""
    encoded = [text.encode() for text in texts]
    return b"".join(piece for text in encoded for piece in (_LENGTH.pack(len(text)), text))


def _unpacked(data: memoryview) -> Matrix:
    found, at = [], 0
    while at < len(data):
        if len(data) - at < _LENGTH.size:
            raise ValueError("the last text has no length")
        end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
        if end > len(data):
            raise ValueError("a text is longer than the data")
        found.append(str(data[at + _LENGTH.size : end], "utf-8"))
        at = end
    values = np.empty(len(found), dtype=object)
    values[:] = found
    return values
