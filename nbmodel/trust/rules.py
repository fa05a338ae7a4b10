"""Rules: how a stranger's pickle may use one class or function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """What the loader may do with one ``(module, name)`` pair.

    A use that is not set here is refused. The functions get hostile arguments: they check before
    they build, and raise `ValueError` with the reason. They must not store a list, dict or set of
    their arguments, except inside plain Python objects: the stream may change these until its
    last opcode.

    Attributes
    ----------
    value : bool
        Whether the imported object may be a value itself, such as a ufunc or a class.
    call : callable or None
        Replaces the global under REDUCE, and under NEWOBJ with arguments: ``call(*args)``. The
        global is not imported. A result of type `GlobalEntry` can be called in turn.
    new : bool
        Whether NEWOBJ may make an empty instance: ``cls.__new__(cls)`` without arguments.
    build : callable or None
        ``build(instance, state)`` replaces BUILD on an instance that `call` or `new` made, at
        most once for each instance. It may return a function without arguments, which is called
        after the last opcode, before any `check`.
    fill : callable or None
        ``fill(instance, pairs)`` replaces SETITEMS on such an instance.
    check : callable or None
        ``check(instance)`` runs after the last opcode, when the instance can no longer change;
        for classes whose compiled code does not check its own state.
    """

    value: bool = False
    call: Callable[..., Any] | None = None
    new: bool = False
    build: Callable[[Any, Any], Callable[[], None] | None] | None = None
    fill: Callable[[Any, list[tuple[Any, Any]]], None] | None = None
    check: Callable[[Any], None] | None = None


RuleTable = Mapping[tuple[str, str], Rule]


@dataclass(frozen=True, slots=True)
class GlobalEntry:
    """A global in the loader: its name, its rule, and the object if it was imported."""

    name: str
    rule: Rule
    target: Any = None


def require(condition: object, reason: str) -> None:
    """Raise `ValueError` with `reason` unless `condition` holds.

    The text of the reason is built even if the condition holds. If it contains values and the check
    runs for every attribute or array, raise the error directly instead.
    """
    if not condition:
        raise ValueError(reason)


def brief(value: object) -> str:
    """Show a value in the reason of a refusal; of a container, show only its type.

    The `repr` of nested lists that share their parts may never end.
    """
    plain = type(value) in (str, int, float, bool, bytes, type(None))
    return f"{value!r:.60}" if plain else f"a {type(value).__name__}"


def words(text: str) -> list[str]:
    """Split a text into names, for long tables."""
    return text.split()
