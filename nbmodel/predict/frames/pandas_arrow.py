"""Arrow types whose text pandas does not read, or reads as another type."""

from __future__ import annotations

import re
from typing import Any

import pandas
import pyarrow

_DICTIONARY_RE = re.compile(r"dictionary<values=(\w+), indices=(\w+), ordered=([01])>\[pyarrow\]")
_DECIMAL_RE = re.compile(r"decimal(128|256)\((\d+), (\d+)\)\[pyarrow\]")


def dtype_of(text: str) -> Any:
    """The pandas dtype of ``dictionary<...>[pyarrow]``, ``decimal128(10, 2)[pyarrow]`` and so on.

    Raises
    ------
    ValueError
        If it is none of those.
    """
    if text == "string[pyarrow]":  # which pandas reads as its own string type, named "string"
        return pandas.ArrowDtype(pyarrow.string())
    if found := _DICTIONARY_RE.fullmatch(text):
        values, indices = (pyarrow.type_for_alias(name) for name in found.group(1, 2))
        return pandas.ArrowDtype(pyarrow.dictionary(indices, values, found[3] == "1"))
    if found := _DECIMAL_RE.fullmatch(text):
        make = {"128": pyarrow.decimal128, "256": pyarrow.decimal256}[found[1]]
        return pandas.ArrowDtype(make(int(found[2]), int(found[3])))
    raise ValueError(f"{text!r:.80} is not a type that is known here")
