"""Find the first part in which two fitted objects differ."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

import numpy as np

_SIMPLE = (str, bytes, bool, int, float, complex, type(None))


def difference(one: Any, two: Any, path: str, ignored: Collection[str] = ()) -> str:
    """Say where two objects differ; empty if they are equal.

    Parameters
    ----------
    one, two : object
    path : str
        What the user calls them: ``StandardScaler``.
    ignored : collection of str
        Attributes of the objects themselves that may differ.

    Returns
    -------
    str
        ``StandardScaler.mean_``, or the path with the two types.
    """
    return _Comparison().differ(one, two, path, ignored)


def same_class(one: type[Any], two: type[Any]) -> bool:
    """Whether two classes are the same one, or two copies of one definition.

    A class of a notebook travels inside each version, so each member may bring its own copy.
    """
    if one is two:
        return True
    if (one.__module__, one.__qualname__) != (two.__module__, two.__qualname__):
        return False
    if len(one.__mro__) != len(two.__mro__):
        return False
    return _functions(one) == _functions(two) and all(
        map(same_class, one.__mro__[1:], two.__mro__[1:])
    )


def _functions(kind: type[Any]) -> dict[str, Any]:
    return {
        name: _code(value.__code__)
        for name, value in vars(kind).items()
        if isinstance(value, FunctionType)
    }


def _code(code: CodeType) -> tuple[Any, ...]:
    """What a function does, without the place where it was written."""
    constants = [_code(c) if isinstance(c, CodeType) else (type(c), c) for c in code.co_consts]
    return (code.co_code, code.co_names, code.co_varnames, code.co_freevars, repr(constants))


class _Comparison:
    """One comparison; pairs of objects that were visited already count as equal."""

    def __init__(self) -> None:
        self._visited: dict[tuple[int, int], tuple[Any, Any]] = {}

    def differ(self, one: Any, two: Any, path: str, ignored: Collection[str] = ()) -> str:
        if one is two or (id(one), id(two)) in self._visited:
            return ""
        self._visited[id(one), id(two)] = (one, two)  # keeps both, and so their ids
        if not same_class(type(one), type(two)):
            return f"{path} ({type(one).__name__} and {type(two).__name__})"
        if isinstance(one, _SIMPLE):
            return "" if one == two or (one != one and two != two) else path
        if isinstance(one, np.ndarray):
            return "" if _equal_arrays(one, two) else path
        if isinstance(one, Mapping):
            return self._mappings(one, two, path)
        if isinstance(one, list | tuple):
            return self._sequences(one, two, path)
        if isinstance(one, FunctionType):
            same = _code(one.__code__) == _code(two.__code__)
            return "" if same and one.__defaults__ == two.__defaults__ else path
        return self._objects(one, two, path, ignored)

    def _mappings(self, one: Mapping[Any, Any], two: Mapping[Any, Any], path: str) -> str:
        if list(one) != list(two):
            return path
        parts = (self.differ(one[key], two[key], f"{path}[{key!r:.40}]") for key in one)
        return next(filter(None, parts), "")

    def _sequences(self, one: Sequence[Any], two: Sequence[Any], path: str) -> str:
        if len(one) != len(two):
            return path
        pairs = enumerate(zip(one, two, strict=True))
        return next(filter(None, (self.differ(a, b, f"{path}[{n}]") for n, (a, b) in pairs)), "")

    def _objects(self, one: Any, two: Any, path: str, ignored: Collection[str]) -> str:
        equals = getattr(one, "equals", None)  # of pandas, polars and Arrow
        if callable(equals):
            return "" if equals(two) else path
        if not ignored and _pickled(one) == _pickled(two) is not None:
            return ""
        if not hasattr(one, "__dict__") or not hasattr(two, "__dict__"):
            return path
        a, b = ({k: v for k, v in vars(each).items() if k not in ignored} for each in (one, two))
        if only := sorted(a.keys() ^ b.keys()):
            return f"{path}.{only[0]}"
        if not a and not ignored:
            return path  # its state is not in attributes, and its bytes differ
        parts = (self.differ(a[name], b[name], f"{path}.{name}") for name in a)
        return next(filter(None, parts), "")


def _equal_arrays(one: Any, two: Any) -> bool:
    if one.dtype != two.dtype or one.shape != two.shape:
        return False
    if one.dtype.kind in "fcmM":
        return bool(np.array_equal(one, two, equal_nan=True))
    if one.dtype.kind == "O":
        return not difference(one.tolist(), two.tolist(), "")
    return bool(np.array_equal(one, two))


def _pickled(value: Any) -> bytes | None:
    try:
        return pickle.dumps(value)
    except Exception:  # noqa: BLE001  an object's own code may raise anything
        return None
