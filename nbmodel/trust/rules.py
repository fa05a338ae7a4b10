"""The words of a rule table: how one exact global may be used by a stranger's pickle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """What the validating loader may do with one ``(module, name)`` pair.

    Everything not set is refused. Functions here get hostile arguments: they
    check before they build, and raise `ValueError` with the reason.

    Attributes
    ----------
    value : bool
        The imported object itself may appear as a value (a ufunc, a class).
    call : callable or None
        Stands in for the global under REDUCE: ``call(*args)``.
    new : bool
        NEWOBJ may make a bare instance: ``cls.__new__(cls)``, no arguments.
    build : callable or None
        ``build(instance, state)`` stands in for BUILD on instances of it.
    check : callable or None
        ``check(instance)`` runs once everything is loaded and can no longer
        change; for classes whose compiled code trusts its own state.
    """

    value: bool = False
    call: Callable[..., Any] | None = None
    new: bool = False
    build: Callable[[Any, Any], None] | None = None
    check: Callable[[Any], None] | None = None


RuleTable = Mapping[tuple[str, str], Rule]
