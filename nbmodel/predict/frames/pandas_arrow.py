"""Types of Arrow whose text pandas cannot read, or reads as a different type."""

from __future__ import annotations

import re
from typing import Any

import pandas
import pyarrow

_DICTIONARY_RE = re.compile(r"dictionary<values=(\w+), indices=(\w+), ordered=([01])>\[pyarrow\]")
_DECIMAL_RE = re.compile(r"decimal(128|256)\((\d+), (\d+)\)\[pyarrow\]")


def dtype_of(text: str) -> Any:
    """Return the dtype of ``dictionary<...>[pyarrow]``, ``decimal128(10, 2)[pyarrow]`` and so on.

    Raises
    ------
    ValueError
        If the text is not such a dtype.
    """
    if text == "string[pyarrow]":  # pandas reads it as its string type, named "string"
        return pandas.ArrowDtype(pyarrow.string())
    if match := _DICTIONARY_RE.fullmatch(text):
        values, indices = (pyarrow.type_for_alias(name) for name in match.group(1, 2))
        return pandas.ArrowDtype(pyarrow.dictionary(indices, values, match[3] == "1"))
    if match := _DECIMAL_RE.fullmatch(text):
        make = {"128": pyarrow.decimal128, "256": pyarrow.decimal256}[match[1]]
        return pandas.ArrowDtype(make(int(match[2]), int(match[3])))
    raise ValueError(f"{text!r:.80} is not a type that is known here")
