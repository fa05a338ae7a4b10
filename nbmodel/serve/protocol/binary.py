"""Tensors as bytes that follow the JSON of a request or a response.

Source: Triton inference server, "Binary Tensor Data Extension". The header
``Inference-Header-Content-Length`` says where the JSON ends. Numbers are little-endian. Each text
is preceded by its length in four bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import InvalidInput

HEADER = b"inference-header-content-length"
MAX_LENGTH_DIGITS = 18  # int() refuses thousands of digits
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


class TailReader:
    """Reads the bytes that follow the JSON, one tensor after another."""

    def __init__(self, data: Bytes) -> None:
        self._data = memoryview(data)
        self._position = 0

    def take(self, size: Any) -> memoryview:
        """Read the next `size` bytes.

        Raises
        ------
        InvalidInput
            If fewer bytes are left.
        """
        remaining_bytes = len(self._data) - self._position
        if type(size) is not int or not 0 <= size <= remaining_bytes:
            raise InvalidInput(
                f"binary_data_size is {size!r:.60}, and {remaining_bytes} bytes are left.",
                "Send the bytes of all inputs after the JSON, in the order of the inputs.",
            )
        self._position += size
        return self._data[self._position - size : self._position]

    def finish(self) -> None:
        """Check that no bytes are left.

        Raises
        ------
        InvalidInput
            If some are.
        """
        if self._position < len(self._data):
            raise InvalidInput(
                f"{len(self._data) - self._position} bytes do not belong to any input.",
                "Send the binary_data_size of each input that you send as bytes.",
            )


def split(headers: Iterable[tuple[bytes, bytes]], body: Bytes) -> tuple[Bytes, Bytes]:
    """Split a body into its JSON and the bytes that follow.

    Raises
    ------
    InvalidInput
        If the header does not fit the body.
    """
    length = next((value for name, value in headers if name == HEADER), None)
    if length is None:
        return body, b""
    if not length.isdigit() or len(length) > MAX_LENGTH_DIGITS or int(length) > len(body):
        raise InvalidInput(
            f"{HEADER.decode()} is {length.decode(errors='replace')!r:.60}; the body has "
            f"{len(body)} bytes.",
            "Send the length of the JSON in bytes.",
        )
    view = memoryview(body)
    return view[: int(length)], view[int(length) :]


def decode(kind: str, data: memoryview) -> Matrix:
    """Read the values of a tensor, as an array of one dimension.

    Parameters
    ----------
    kind : str
        One of `DATATYPES`.
    data : memoryview

    Raises
    ------
    ValueError
        If the bytes are not values of that type.
    """
    if kind == "BYTES":
        return _decode_texts(data)
    stored = np.dtype(_STORED.get(kind, DATATYPES[kind])).newbyteorder("<")
    # A copy, because a model may write to its input, and the request may be large.
    return np.frombuffer(data, stored).astype(DATATYPES[kind])


def encode(values: Matrix) -> bytes:
    """Numbers as bytes."""
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def encode_texts(texts: Sequence[str]) -> bytes:
    """Texts as bytes."""
    encoded = [text.encode() for text in texts]
    return b"".join(piece for text in encoded for piece in (_LENGTH.pack(len(text)), text))


def _decode_texts(data: memoryview) -> Matrix:
    texts, start = [], 0
    while start < len(data):
        if len(data) - start < _LENGTH.size:
            raise ValueError("the last text has no length")
        end = start + _LENGTH.size + _LENGTH.unpack_from(data, start)[0]
        if end > len(data):
            raise ValueError("a text is longer than the data")
        texts.append(str(data[start + _LENGTH.size : end], "utf-8"))
        start = end
    values = np.empty(len(texts), dtype=object)
    values[:] = texts
    return values
