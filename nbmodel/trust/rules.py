"""The words of a rule table: how one exact global may be used by a stranger's pickle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """What the validating loader may do with one ``(module, name)`` pair.

    Everything not set is refused. Functions here get hostile arguments: they
    check before they build, and raise `ValueError` with the reason. They keep
    no reference to a list, dict or set they were given, except inside plain
    Python objects: the stream may change those until its last opcode.

    Attributes
    ----------
    value : bool
        The imported object itself may appear as a value (a ufunc, a class).
    call : callable or None
        Stands in for the global under REDUCE, and under NEWOBJ with arguments:
        ``call(*args)``. The global is not imported for it. A result of type
        `Named` can be called in turn.
    new : bool
        NEWOBJ may make a bare instance: ``cls.__new__(cls)``, no arguments.
    build : callable or None
        ``build(instance, state)`` stands in for BUILD on an instance that
        `call` or `new` made, at most once for each. It may return a function
        without arguments, which is called once everything is loaded, before
        any `check`.
    fill : callable or None
        ``fill(instance, pairs)`` stands in for SETITEMS on such an instance.
    check : callable or None
        ``check(instance)`` runs once everything is loaded and can no longer
        change; for classes whose compiled code trusts its own state.
    """

    value: bool = False
    call: Callable[..., Any] | None = None
    new: bool = False
    build: Callable[[Any, Any], Callable[[], None] | None] | None = None
    fill: Callable[[Any, list[tuple[Any, Any]]], None] | None = None
    check: Callable[[Any], None] | None = None


RuleTable = Mapping[tuple[str, str], Rule]


@dataclass(frozen=True, slots=True)
class Named:
    """A global as the loader holds it: its name, its rule, the object if it was imported."""

    name: str
    rule: Rule
    target: Any = None


def require(condition: object, reason: str) -> None:
    """Raise `ValueError` with `reason` unless `condition` holds.

    The reason is put together even if the condition holds. Where values go into it and the check
    runs for every attribute or array, raise the error directly.
    """
    if not condition:
        raise ValueError(reason)


def brief(value: object) -> str:
    """A value in the reason of a refusal; of a container only its type.

    The `repr` of lists in lists that are shared may never end.
    """
    plain = type(value) in (str, int, float, bool, bytes, type(None))
    return f"{value!r:.60}" if plain else f"a {type(value).__name__}"


def words(text: str) -> list[str]:
    """Names from a text, for tables of many."""
    return text.split()
