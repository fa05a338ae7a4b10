"""The words of rules for kinds of values, and which value is of which."""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, NoneType
from typing import Any

import numpy as np

# By exact class; subclasses are added when they are met.
KIND_NAMES: dict[type, str] = {
    NoneType: "none",
    bool: "bool",
    np.bool_: "bool",
    int: "int",
    float: "float",
    complex: "complex",
    str: "str",
    np.str_: "str",
    bytes: "bytes",
    list: "list",
    tuple: "tuple",
    dict: "dict",
    set: "set",
    frozenset: "set",
    slice: "slice",
    range: "range",
    np.ndarray: "array",
    np.matrix: "matrix",
    np.ma.MaskedArray: "masked",
    FunctionType: "function",
    BuiltinFunctionType: "function",
    np.ufunc: "function",
    type(np.mean): "function",  # numpy's own kind of function, which other arrays may override
    MethodDescriptorType: "function",
    partial: "partial",
}


def kind_of(value: Any) -> str:
    """The kind of a value: one of the words that rules use."""
    return KIND_NAMES.get(type(value)) or _kind_of_type(type(value))


def _kind_of_type(kind: type[Any]) -> str:
    """The kind of a class that is not listed, which is then listed."""
    if issubclass(kind, np.integer):
        found = "int"
    elif issubclass(kind, np.floating):
        found = "float"
    elif issubclass(kind, np.complexfloating):
        found = "complex"
    elif issubclass(kind, np.dtype):
        found = "dtype"
    elif issubclass(kind, dict):
        found = "dict"
    elif issubclass(kind, type):
        found = "type"
    elif kind.__module__.startswith("scipy.sparse."):
        found = "sparse"
    else:
        return "object"
    KIND_NAMES[kind] = found
    return found
