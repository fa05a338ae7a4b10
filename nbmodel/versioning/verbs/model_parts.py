"""Fitted models that are parts of other ones: a step of a pipeline is not a separate model."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

from nbmodel.versioning.verbs.status import ModelState

MAX_PARTS = 10_000  # objects inside of one model that are looked at


def to_commit(states: Sequence[ModelState], variable: Callable[[str], Any]) -> list[ModelState]:
    """The new and changed models that are not a part of another model of the notebook."""
    objects = {state.variable: variable(state.variable) for state in states}
    inside = {name: _parts(obj) for name, obj in objects.items()}
    return [
        state
        for state in states
        if state.state != "committed"
        and not any(
            id(objects[state.variable]) in parts
            for name, parts in inside.items()
            if name != state.variable
        )
    ]


def _parts(whole: Any) -> Set[int]:
    """Ids of the objects inside of a model; nothing of the model is called."""
    part_ids: set[int] = set()
    waiting = [whole]
    while waiting and len(part_ids) < MAX_PARTS:
        obj = waiting.pop()
        inner = _members(obj)
        fresh = [each for each in inner if id(each) not in part_ids]
        part_ids.update(map(id, fresh))
        waiting += fresh
    return part_ids - {id(whole)}


def _members(obj: Any) -> list[Any]:
    if isinstance(obj, dict):
        return list(obj.values())
    if isinstance(obj, list | tuple | set | frozenset):
        return list(obj)
    state = getattr(obj, "__dict__", None)
    is_instance = isinstance(state, dict) and not isinstance(obj, type) and not callable(obj)
    return list(state.values()) if is_instance and isinstance(state, dict) else []
