"""Any Python object: only state that is safe to read is described.

No attribute of an unknown class is read through the class, and no ``__repr__`` is called: either
may be slow, may raise an error, or may change the object.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, is_dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel import plugins
from nbmodel.flavors.description import MAX_ARRAYS, DescriptionBuilder, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmodel.records import Description

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic)
_FUNCTION_TYPES = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    np.ufunc,
)


@dataclass(frozen=True, slots=True)
class PythonFlavor:
    """Objects outside of the known frameworks, and containers of their objects."""

    name: str = "python"

    def describe(self, obj: Any) -> Description:
        """Describe plain values, arrays and models in a dict, list, dataclass or attributes."""
        builder = DescriptionBuilder(self.name, obj)
        builder.attempt(lambda: _note(builder, obj))
        return builder.build()

    def reduce(self, obj: Any) -> Any:
        """Decline: cloudpickle pickles the object."""
        return NotImplemented


FLAVOR = PythonFlavor()


def _note(builder: DescriptionBuilder, obj: object) -> None:
    if isinstance(obj, type):
        builder.summary = f"class {obj.__qualname__}"
    elif isinstance(obj, _FUNCTION_TYPES):
        builder.summary = f"function {obj.__name__}"
    elif isinstance(obj, np.ndarray):
        builder.array("", obj)
        builder.summary = f"array of {obj.dtype}, shape {obj.shape}"
    elif isinstance(obj, _PLAIN):
        builder.param("value", obj)
    else:
        models = [builder.nest(key, part).type for key, part in _note_parts(builder, obj)]
        builder.summary = _summary(obj, models)


def _note_parts(builder: DescriptionBuilder, obj: object) -> Iterator[tuple[str, object]]:
    """Note plain values and arrays; yield other parts that can be described, with their paths."""
    for key, value in islice(_items(obj), MAX_ARRAYS):
        if isinstance(value, np.ndarray):
            builder.array(key, value)
        elif isinstance(value, _PLAIN):
            if not isinstance(obj, list | tuple):  # a thousand numbers are not parameters
                builder.param(key, value)
        elif type(value) in (dict, list, tuple) or _has_description(value):
            yield key, value


def _has_description(value: object) -> bool:
    return is_dataclass(type(value)) or plugins.framework_of(type(value)) is not None


def _items(obj: object) -> Iterator[tuple[str, object]]:
    """Yield the parts of a container by key, index or attribute, without code of its class."""
    if isinstance(obj, dict):
        yield from ((str(key), value) for key, value in dict.items(obj) if isinstance(key, _PLAIN))
    elif isinstance(obj, list):
        yield from ((str(index), value) for index, value in enumerate(list.__iter__(obj)))
    elif isinstance(obj, tuple):
        names = getattr(type(obj), "_fields", None)
        labels = names if isinstance(names, tuple) else range(tuple.__len__(obj))
        yield from ((str(k), v) for k, v in zip(labels, tuple.__iter__(obj), strict=True))
    else:
        yield from _attributes(obj)


def _attributes(obj: object) -> Iterator[tuple[str, object]]:
    """Yield ``__dict__`` and slots, without the ``__getattr__`` of the class."""
    try:
        state = object.__getattribute__(obj, "__dict__")
    except AttributeError:
        state = {}
    if type(state) is dict:
        yield from ((str(key), value) for key, value in state.items())
    for parent in type(obj).__mro__:
        for name, member in vars(parent).items():
            if isinstance(member, types.MemberDescriptorType) and not name.startswith("__"):
                try:
                    yield name, member.__get__(obj)
                except AttributeError:  # an empty slot
                    continue


def _summary(obj: object, models: list[str]) -> str:
    name = type(obj).__name__
    if isinstance(obj, dict | list | tuple | set | frozenset):
        name = f"{name} of {plural(len(obj), 'item')}"
    kinds = [kind.rpartition(".")[2] for kind in models]
    kinds = [kind for kind in dict.fromkeys(kinds) if kind not in ("dict", "list", "tuple")]
    if not kinds:
        return name
    return f"{name} ({', '.join(kinds[:4])}{', ...' if len(kinds) > 4 else ''})"
