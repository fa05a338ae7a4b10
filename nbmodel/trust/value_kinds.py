"""The names of kinds of values in rules, and the kind of a given value."""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, NoneType
from typing import Any

import numpy as np

# By exact class. A subclass is added at its first use.
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
    type(np.mean): "function",  # a function of numpy that other array libraries may override
    MethodDescriptorType: "function",
    partial: "partial",
}


def kind_of(value: Any) -> str:
    """Return the kind of a value, as rules name it."""
    return KIND_NAMES.get(type(value)) or _kind_of_type(type(value))


def _kind_of_type(kind: type[Any]) -> str:
    """Return the kind of a class that is not in the table, and add it."""
    if issubclass(kind, np.integer):
        name = "int"
    elif issubclass(kind, np.floating):
        name = "float"
    elif issubclass(kind, np.complexfloating):
        name = "complex"
    elif issubclass(kind, np.dtype):
        name = "dtype"
    elif issubclass(kind, dict):
        name = "dict"
    elif issubclass(kind, type):
        name = "type"
    elif kind.__module__.startswith("scipy.sparse."):
        name = "sparse"
    else:
        return "object"
    KIND_NAMES[kind] = name
    return name
