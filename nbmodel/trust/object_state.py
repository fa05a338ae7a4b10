"""State of plain Python objects: what BUILD may put into an instance's ``__dict__``."""

from __future__ import annotations

import inspect
import sys
from functools import cache
from types import FunctionType
from typing import Any

from nbmodel.trust.rules import require


def build_plain(instance: Any, state: Any) -> None:
    """Stand in for BUILD on an instance of a class written in Python.

    The state is a dict of attribute names. None of them may hide what the class defines: a method
    that checks its input could be replaced by one that does not. A ``__setstate__`` of the class
    itself is called with a copy.

    A private function of a framework is no value but where its class keeps it: it expects
    arguments that somebody else has checked.
    """
    checked = attributes(type(instance), state)
    restore = getattr(instance, "__setstate__", None)
    if restore is None:
        instance.__dict__.update(checked)
    else:
        restore(checked)


def attributes(kind: type[Any], state: Any) -> dict[str, Any]:
    """A copy of `state` if it may become the attributes of a `kind`."""
    require(type(state) is dict, f"a state of {kind.__name__} that is not a dict")
    defined = behavior(*kind.__mro__)
    checked: dict[str, Any] = {}
    for name, value in state.items():
        require(type(name) is str, f"an attribute whose name is a {type(name).__name__}")
        require(not name.startswith("__"), f"the attribute {name:.80} in a state")
        require(name not in defined, f"a replacement of {kind.__name__}.{name}")
        if type(value) is FunctionType and value.__name__.startswith("_"):
            require(name == value.__name__.rpartition("_")[0], f"a private function as {name}")
        checked[sys.intern(name)] = value
    return checked


@cache
def behavior(*parents: type) -> frozenset[str]:
    """Names that a class and its bases define, except defaults of its own parameters."""
    parameters = inspect.signature(parents[0]).parameters
    return frozenset(
        name
        for parent in parents
        for name, value in vars(parent).items()
        if name not in parameters or callable(value) or hasattr(value, "__get__")
    )


def attribute(instance: Any, name: str, kind: type[Any]) -> Any:
    """An own attribute of exactly this type.

    Raises
    ------
    ValueError
        If it is missing or of another type.
    """
    value = vars(instance).get(name)
    require(type(value) is kind, f"{type(instance).__name__}.{name} of another type")
    return value
