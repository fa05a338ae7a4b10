"""Find the first part in which two fitted objects differ.

Classes and functions of a notebook travel inside each version. So two members have two copies of
them, which are equal if their code is, and also all that the code uses: defaults, variables of the
functions around it, global variables, and attributes of the class.
"""

from __future__ import annotations

import dis
import pickle
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import (
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
)
from typing import Any

import numpy as np

_PROTOCOL = 4  # of `__reduce_ex__`: the parts of an object, as pickle sees them
_METHODS = (FunctionType, staticmethod, classmethod, property)
_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")


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
    """Whether two classes are the same one, or two copies of one definition."""
    return not _Comparison().differ(one, two, one.__qualname__)


class _Comparison:
    """One comparison; pairs of objects that were visited already count as equal."""

    def __init__(self) -> None:
        self._visited: dict[tuple[int, int], tuple[Any, Any]] = {}

    def differ(self, one: Any, two: Any, path: str, ignored: Collection[str] = ()) -> str:
        if one is two or (id(one), id(two)) in self._visited:
            return ""
        self._visited[id(one), id(two)] = (one, two)  # keeps both, and so their ids
        if isinstance(one, type) and isinstance(two, type):
            return self._classes(one, two, path)
        if self.differ(type(one), type(two), ""):
            names = [type(each).__name__ for each in (one, two)]
            same_name = f"two definitions of {names[0]}"
            return f"{path} ({same_name if len({*names}) == 1 else ' and '.join(names)})"
        compare = _OF_TYPE.get(type(one))
        if compare is not None:
            return compare(self, one, two, path)
        return self._objects(one, two, path, ignored)

    def mappings(self, one: Mapping[Any, Any], two: Mapping[Any, Any], path: str) -> str:
        if list(one) != list(two):
            return path
        return self._first((one[key], two[key], f"{path}[{key!r:.40}]") for key in one)

    def sequences(self, one: Sequence[Any], two: Sequence[Any], path: str) -> str:
        if len(one) != len(two):
            return path
        pairs = enumerate(zip(one, two, strict=True))
        return self._first((a, b, f"{path}[{n}]") for n, (a, b) in pairs)

    def uses(self, parts: Callable[[Any], Any], one: Any, two: Any, path: str) -> str:
        """Compare what defines two objects, and name the objects themselves."""
        return path if self.differ(parts(one), parts(two), path) else ""

    def _classes(self, one: type[Any], two: type[Any], path: str) -> str:
        names = ((kind.__module__, kind.__qualname__) for kind in (one, two))
        if len({*names}) > 1 or one.__module__ == "builtins":
            return path or one.__qualname__
        return self.uses(_definition, one, two, path or one.__qualname__)

    def _objects(self, one: Any, two: Any, path: str, ignored: Collection[str]) -> str:
        equals = getattr(one, "equals", None)  # of pandas, polars and Arrow
        if callable(equals):
            return "" if equals(two) else path
        if not ignored and _pickled(one) == _pickled(two) is not None:
            return ""
        parts, other_parts = (None if ignored else _reduced(each) for each in (one, two))
        if parts is not None and other_parts is not None:
            return self._parts(parts, other_parts, path)
        if not (hasattr(one, "__dict__") and hasattr(two, "__dict__")) or not (
            vars(one) or ignored
        ):
            return path  # its state is not in attributes, and its bytes differ
        a, b = ({k: v for k, v in vars(each).items() if k not in ignored} for each in (one, two))
        return self._attributes(a, b, path)

    def _parts(self, one: tuple[Any, ...], two: tuple[Any, ...], path: str) -> str:
        state, other_state = _state(one), _state(two)
        if state is None or other_state is None:
            return path if self.differ(one, two, path) else ""
        if self.differ((*one[:2], *one[3:]), (*two[:2], *two[3:]), path):
            return path
        return self._attributes(state, other_state, path)

    def _attributes(self, one: Mapping[str, Any], two: Mapping[str, Any], path: str) -> str:
        if only := sorted(one.keys() ^ two.keys()):
            return f"{path}.{only[0]}"
        return self._first((one[name], two[name], f"{path}.{name}") for name in one)

    def _first(self, pairs: Iterator[tuple[Any, Any, str]]) -> str:
        return next(filter(None, (self.differ(a, b, path) for a, b, path in pairs)), "")


# -- values and containers, by their exact type ---------------------------------


def _values(_: _Comparison, one: Any, two: Any, path: str) -> str:
    return "" if one == two or (one != one and two != two) else path


def _arrays(_: _Comparison, one: Any, two: Any, path: str) -> str:
    return "" if _equal_arrays(one, two) else path


def _equal_arrays(one: Any, two: Any) -> bool:
    if one.dtype != two.dtype or one.shape != two.shape:
        return False
    if one.dtype.kind in "fcmM":
        return bool(np.array_equal(one, two, equal_nan=True))
    if one.dtype.kind == "O":
        return not difference(one.tolist(), two.tolist(), "")
    return bool(np.array_equal(one, two))


# -- objects, as pickle sees them -----------------------------------------------


def _pickled(value: Any) -> bytes | None:
    try:
        return pickle.dumps(value)
    except Exception:  # noqa: BLE001  an object's own code may raise anything
        return None


def _reduced(value: Any) -> tuple[Any, ...] | None:
    """How pickle would make an object again; None if only its name says so, or nothing does."""
    try:
        parts = value.__reduce_ex__(_PROTOCOL)
        if isinstance(parts, str):
            return None
        return tuple([*each] if isinstance(each, Iterator) else each for each in parts)
    except Exception:  # noqa: BLE001  an object's own code may raise anything
        return None


def _state(parts: tuple[Any, ...]) -> Mapping[str, Any] | None:
    """The attributes among the parts of an object, if its state is just that."""
    state = parts[2] if len(parts) > 2 else None
    return state if isinstance(state, dict) else None


# -- functions and classes ------------------------------------------------------


def _functions(comparison: _Comparison, one: Any, two: Any, path: str) -> str:
    if _code(one.__code__) != _code(two.__code__):
        return path
    return comparison.uses(_surroundings, one, two, path)


def _code(code: CodeType) -> tuple[Any, ...]:
    """What a function does, without the place where it was written."""
    constants = [_code(c) if isinstance(c, CodeType) else (type(c), c) for c in code.co_consts]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    handlers = getattr(code, "co_exceptiontable", b"")  # since Python 3.11
    return (code.co_code, counts, names, handlers, repr(constants))


def _surroundings(function: FunctionType) -> tuple[Any, ...]:
    """What a function uses beside its code."""
    cells = [_content(cell) for cell in function.__closure__ or ()]
    names = sorted({*_global_names(function.__code__)} & function.__globals__.keys())
    variables = {name: function.__globals__[name] for name in names}
    own = {name: value for name, value in vars(function).items() if name != "__wrapped__"}
    return (function.__defaults__, function.__kwdefaults__, cells, variables, own)


def _content(cell: Any) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # it has none yet
        return ()


def _global_names(code: CodeType) -> Iterator[str]:
    """The global variables that a function reads, also in functions inside of it."""
    yield from (str(i.argval) for i in dis.get_instructions(code) if i.opname in _GLOBAL)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _definition(kind: type[Any]) -> tuple[Any, ...]:
    """The bases of a class, and what it adds to them."""
    members = {name: vars(kind)[name] for name in sorted(vars(kind))}
    return kind.__bases__, {n: value for n, value in members.items() if not _is_technical(n, value)}


def _is_technical(name: str, value: Any) -> bool:
    """Whether Python itself adds an attribute to each class, or to each one of a kind."""
    if isinstance(value, MemberDescriptorType | GetSetDescriptorType) or name == "_abc_impl":
        return True
    return name.startswith("__") and name.endswith("__") and not isinstance(value, _METHODS)


def _of(parts: Callable[[Any], Any]) -> Callable[[_Comparison, Any, Any, str], str]:
    """The comparison of objects that some parts define."""
    return lambda comparison, one, two, path: comparison.uses(parts, one, two, path)


_OF_TYPE: Mapping[type[Any], Callable[[_Comparison, Any, Any, str], str]] = {
    **dict.fromkeys((str, bytes, bool, int, float, complex, set, frozenset), _values),
    **dict.fromkeys((dict, MappingProxyType), _Comparison.mappings),
    **dict.fromkeys((list, tuple), _Comparison.sequences),
    **dict.fromkeys((staticmethod, classmethod), _of(lambda method: method.__func__)),
    np.ndarray: _arrays,
    FunctionType: _functions,
    MethodType: _of(lambda method: (method.__func__, method.__self__)),
    partial: _of(lambda call: (call.func, call.args, call.keywords)),
    property: _of(lambda each: (each.fget, each.fset, each.fdel)),
    cached_property: _of(lambda each: each.func),
}
