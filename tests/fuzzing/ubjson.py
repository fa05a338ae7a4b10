"""UBJSON as XGBoost writes it: the counterpart of `nbmodel.trust.ubjson`, for changed documents."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_CODES = {">f4": b"d", ">f8": b"D", "|u1": b"U", "|i1": b"i", ">i2": b"I", ">i4": b"l", ">i8": b"L"}
_CONSTANTS = {True: b"T", False: b"F", None: b"Z"}


def encode(value: Any) -> bytes:
    """A document as bytes; whole numbers as int64, others as float32."""
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, int):
        return b"L" + struct.pack(">q", min(max(value, -(1 << 63)), (1 << 63) - 1))
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            return b"d" + np.array(value, ">f4").tobytes()
    if isinstance(value, str):
        return b"S" + _text(value)
    if isinstance(value, np.ndarray):
        return b"[$" + _CODES[value.dtype.str] + b"#" + _length(len(value)) + value.tobytes()
    if isinstance(value, list):
        return b"[#" + _length(len(value)) + b"".join(map(encode, value))
    pairs = (_text(str(key)) + encode(inner) for key, inner in value.items())
    return b"{" + b"".join(pairs) + b"}"


def _text(text: str) -> bytes:
    data = text.encode(errors="replace")
    return _length(len(data)) + data


def _length(count: int) -> bytes:
    return b"L" + struct.pack(">q", count)
