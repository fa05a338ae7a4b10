"""Attributes of plain Python objects: what BUILD may put into the ``__dict__`` of an instance."""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache
from types import FunctionType
from typing import Any

from nbmodel.trust.rules import require

_DISPLAY_NAME = re.compile(r"_(repr|ipython|jupyter)_\w*")


def build_plain(instance: Any, state: Any) -> None:
    """Stand in for BUILD on an instance of a class written in Python.

    The state is a dict of attributes. None of them may hide a method of the class: a method that
    checks its input could be replaced by one that does not. If the class has a ``__setstate__``,
    it is called with a copy of the state.

    A private function of a framework expects arguments that other code has checked. So it is
    allowed only under the attribute where its class stores it.
    """
    checked = attributes(type(instance), state)
    restore = getattr(instance, "__setstate__", None)
    if restore is None:
        instance.__dict__.update(checked)
    else:
        restore(checked)


def attributes(kind: type[Any], state: Any) -> dict[str, Any]:
    """Copy a state that may become the attributes of an instance of `kind`.

    Returns
    -------
    attributes : dict of str to object

    Raises
    ------
    ValueError
        If an attribute is not allowed.
    """
    require(type(state) is dict, f"a state of {kind.__name__} that is not a dict")
    defined = behavior(*kind.__mro__)
    checked: dict[str, Any] = {}
    for name, value in state.items():
        require(type(name) is str, f"an attribute whose name is a {type(name).__name__}")
        require(not name.startswith("__"), f"the attribute {name:.80} in a state")
        require(name not in defined, f"a replacement of {kind.__name__}.{name}")
        if type(value) is FunctionType and value.__name__.startswith("_"):
            require(
                name == value.__name__.rpartition("_")[0],
                f"a private function as the attribute {name}",
            )
        checked[sys.intern(name)] = value
    return checked


@cache
def behavior(*parents: type) -> frozenset[str]:
    """List the names that a class and its bases define, except defaults of its parameters."""
    parameters = inspect.signature(parents[0]).parameters
    return frozenset(
        name
        for parent in parents
        for name, value in vars(parent).items()
        if name not in parameters or callable(value) or hasattr(value, "__get__")
    )


def attribute(instance: Any, name: str, kind: type[Any]) -> Any:
    """Return an attribute of the instance that has exactly this type.

    Raises
    ------
    ValueError
        If it is missing or of another type.
    """
    value = vars(instance).get(name)
    require(type(value) is kind, f"{type(instance).__name__}.{name} of a wrong type")
    return value


def is_display_name(name: str) -> bool:
    """Whether a notebook looks for an attribute of this name to display an object."""
    return name.startswith("_") and _DISPLAY_NAME.fullmatch(name) is not None
