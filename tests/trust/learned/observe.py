"""Visits a fitted object as pickle would, and notes the attributes of every instance in it."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from types import MethodType
from typing import Any

import numpy as np

from tests.trust.learned.observations import Seen, measures_of

Observations = dict[str, dict[str, Seen]]
_NEWOBJ = copyreg.__newobj__  # type: ignore[attr-defined]


def observe(root: Any, table: Observations) -> None:
    """Note what the instances of plain Python classes of scikit-learn in `root` carry."""
    visited: dict[int, Any] = {}
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if id(value) in visited or isinstance(value, (str, bytes, int, float, type(None), type)):
            continue
        visited[id(value)] = value
        state = plain_state(value)
        if state is not None:
            note(type(value), state, table)
            waiting += state.values()
        waiting += parts(value)


def plain_state(value: Any) -> dict[str, Any] | None:
    """The attributes of an instance that pickle stores as a class and a dict, or None."""
    kind = type(value)
    if kind.__module__.partition(".")[0] != "sklearn":
        return None
    try:
        reduced = value.__reduce_ex__(5)
    except TypeError:
        return None
    if reduced[0] is not _NEWOBJ or (
        len(reduced) > 2 and type(reduced[2]) not in (dict, type(None))
    ):
        return None
    state = dict(reduced[2] or {}) if len(reduced) > 2 else {}
    state.pop("_sklearn_version", None)
    return {name: item for name, item in state.items() if not _is_own_method(value, item)}


def _is_own_method(instance: Any, value: Any) -> bool:
    """A method that a fit replaced for a while, and put back as an attribute."""
    own = type(value) is MethodType and value.__self__ is instance
    return own and getattr(type(instance), value.__name__, None) is value.__func__


def note(kind: type, state: dict[str, Any], table: Observations) -> None:
    """Add one instance of a class to what is known of it."""
    section = table.setdefault(f"{kind.__module__} {kind.__qualname__}", {})
    measures = measures_of(state)
    for name, value in state.items():
        section.setdefault(name, Seen()).add(value, measures, name)


def parts(value: Any) -> Iterator[Any]:
    """What a container or an array of objects holds."""
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif isinstance(value, np.ndarray) and value.dtype.hasobject:
        yield from value.ravel().tolist()
