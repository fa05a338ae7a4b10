"""Reads UBJSON as XGBoost writes it, and refuses everything else.

The format is Universal Binary JSON (ubjson.org, draft 12) in the subset of the writer of XGBoost
(``src/common/json.cc``): lengths of texts and arrays are int64, every array has a count, and
numbers of one type are packed. A reader of a larger subset could read a different document than
the native parser.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from nbmodel.trust.rules import require

MAX_DEPTH = 32
MAX_KEY_LENGTH = 256
_PACKED: dict[int, np.dtype[Any]] = {
    ord("d"): np.dtype(">f4"),
    ord("D"): np.dtype(">f8"),
    ord("U"): np.dtype("u1"),
    ord("i"): np.dtype("i1"),
    ord("I"): np.dtype(">i2"),
    ord("l"): np.dtype(">i4"),
    ord("L"): np.dtype(">i8"),
}
_CONSTANTS = {ord("T"): True, ord("F"): False, ord("Z"): None}
_LENGTH = struct.Struct(">q")


def decode(data: memoryview) -> Any:
    """Read one document that fills `data`.

    Returns
    -------
    document : object
        Objects are dicts, packed arrays are read-only numpy arrays over `data` (big-endian),
        other arrays are lists, texts are str.

    Raises
    ------
    ValueError
        If the data is not in the subset, or ends early or late.
    """
    reader = _Reader(data.cast("B") if data.format != "B" else data)
    document = reader.value(0)
    require(reader.place == len(data), "UBJSON with bytes after its end")
    return document


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data.toreadonly()
        self.place = 0

    def take(self, size: int) -> memoryview:
        end = self.place + size
        require(size >= 0 and end <= len(self.data), "UBJSON that ends early")
        part = self.data[self.place : end]
        self.place = end
        return part

    def byte(self) -> int:
        return self.take(1)[0]

    def expect(self, text: bytes) -> None:
        require(self.take(len(text)) == text, "UBJSON in a form that XGBoost does not write")

    def length(self, item: int = 1) -> int:
        """Read a count of items of at least `item` bytes each."""
        self.expect(b"L")
        count: int = _LENGTH.unpack(self.take(8))[0]
        require(0 <= count * item <= len(self.data) - self.place, "UBJSON that ends early")
        return count

    def text(self) -> str:
        return str(self.take(self.length()), "utf-8")

    def value(self, depth: int) -> Any:
        require(depth <= MAX_DEPTH, "UBJSON nested too deeply")
        code = self.byte()
        if code == ord("{"):
            return self.object(depth)
        if code == ord("["):
            return self.array(depth)
        if code == ord("S"):
            return self.text()
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        kind = _PACKED.get(code)
        if kind is None:
            raise ValueError(f"UBJSON with a value of type {code:#04x}")
        return np.frombuffer(self.take(kind.itemsize), kind)[0].item()

    def object(self, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while self.place < len(self.data) and self.data[self.place] != ord("}"):
            key = self.text()
            require(key not in items and len(key) <= MAX_KEY_LENGTH, "UBJSON with a key twice")
            items[key] = self.value(depth + 1)
        self.expect(b"}")
        return items

    def array(self, depth: int) -> Any:
        code = self.byte()
        if code == ord("$"):
            kind = _PACKED.get(self.byte())
            if kind is None:
                raise ValueError("UBJSON with an array of unknown type")
            self.expect(b"#")
            count = self.length(kind.itemsize)
            return np.frombuffer(self.take(count * kind.itemsize), kind)
        require(code == ord("#"), "UBJSON with an array without a count")
        return [self.value(depth + 1) for _ in range(self.length())]
