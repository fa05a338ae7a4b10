"""Where a pickled object can be changed, and the pickler that changes it.

The attack changes the stream, not the live object. So it can change the state of every object in
the graph, the arguments of its constructor and its items, including compiled objects. A site is the
number of an object in the order of pickling, and a path in its reduction: the part of the
reduction, then positions, since a key may be any object.
"""

from __future__ import annotations

import copyreg
import io
import types
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.flavors.pickling import Pickled, SnapshotPickler, large_into

MAX_DEPTH = 3
MAX_ITEMS = 6  # of one list, dict or tuple: the others are like them

_NAMED = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Site:
    """One place; ``path`` begins with the part of the reduction (``args``, ``state``...).

    ``form`` is the form of the original value: an array, an estimator...
    """

    number: int
    path: Path
    label: str
    form: str = ""


@dataclass(frozen=True)
class Change:
    """A change at a site: replace the value, add an attribute, or remove one."""

    site: Site
    make: Callable[[Any, Any, dict[Any, Any]], Any]
    action: str = "replace"
    name: str = ""


class AttackPickler(SnapshotPickler):
    """Pickles as nbmodel does, lists the sites, and changes one of them."""

    def __init__(self, file: io.BytesIO, change: Change | None = None, **options: Any) -> None:
        super().__init__(file, **options)
        self.sites: list[Site] = []
        self._change = change
        self._number = 0

    def reducer_override(self, obj: Any) -> Any:
        """Return the reduction of an object, changed if it contains the site."""
        reduction = super().reducer_override(obj)
        if reduction is NotImplemented:
            if isinstance(obj, _NAMED):
                return reduction
            reduction = _reduce(obj)
        if isinstance(reduction, str):
            return reduction
        number, self._number = self._number, self._number + 1
        parts = _parts(reduction)
        if self._change is None:
            self.sites += _sites(number, type(obj).__qualname__, parts)
        elif number == self._change.site.number:
            parts = self._changed(obj, parts)
        self._alive.append(parts)
        return _reduction(parts)

    def _changed(self, obj: Any, parts: dict[str, Any]) -> dict[str, Any]:
        change = self._change
        assert change is not None

        def rebuild(value: Any, path: Path) -> Any:
            if not path:
                return change.make(value, obj, {})
            siblings = _entries(value)
            key, old = siblings[path[0]]
            if len(path) > 1:
                return _with_entry(value, key, rebuild(old, path[1:]))
            if isinstance(value, dict) and change.action == "remove":
                return {other: item for other, item in value.items() if other is not key}
            if isinstance(value, dict) and change.action == "add":
                return {**value, change.name: change.make(None, obj, dict(siblings))}
            return _with_entry(value, key, change.make(old, obj, dict(siblings)))

        first, *rest = change.site.path
        return {**parts, first: rebuild(parts[first], tuple(rest))}


def _reduce(obj: Any) -> Any:
    made = copyreg.dispatch_table.get(type(obj))
    return made(obj) if made is not None else obj.__reduce_ex__(5)


def _parts(reduction: tuple[Any, ...]) -> dict[str, Any]:
    function, args, state, items, pairs, *more = (*reduction, *[None] * 6)[:6]
    return {
        "function": function,
        "args": args,
        "state": state,
        "items": None if items is None else list(items),
        "pairs": None if pairs is None else dict(pairs),
        "more": more,
    }


def _reduction(parts: dict[str, Any]) -> tuple[Any, ...]:
    items, pairs = parts["items"], parts["pairs"]
    return (
        parts["function"],
        parts["args"],
        parts["state"],
        None if items is None else iter(items),
        None if pairs is None else iter(pairs.items()),
        *parts["more"],
    )


def _sites(number: int, kind: str, parts: dict[str, Any]) -> Iterator[Site]:
    for part in ("args", "state", "items", "pairs"):
        for path, keys, item in _paths(parts[part], 0):
            yield Site(number, (part, *path), kind + _label(part, keys), _form(item))


def _form(item: Any) -> str:
    if isinstance(item, np.ndarray):
        return "array"
    if hasattr(item, "get_params"):
        return "estimator"
    if isinstance(item, (dict, list, tuple)):
        return "container" if item else ""
    return "option" if isinstance(item, (str, bool)) else ""


def _label(part: str, keys: list[str]) -> str:
    attribute = part == "state" and keys and keys[0][0] in "'\""
    start = f".{keys[0][1:-1]}" if attribute else f"#{part}" + "".join(f"[{k}]" for k in keys[:1])
    return start + "".join(f"[{key}]" for key in keys[1:])


def _paths(value: Any, depth: int) -> Iterator[tuple[Path, list[str], Any]]:
    """Yield the paths below a value, with the keys as text and the value there."""
    for place, (key, item) in enumerate(_entries(value)):
        if place >= MAX_ITEMS and not (depth == 0 and isinstance(value, dict)):
            return
        if depth == 0 and isinstance(item, _NAMED):
            continue  # the class to make; the campaign of streams changes it
        shown = f"{key!r:.40}"
        yield (place,), [shown], item
        if depth < MAX_DEPTH:
            for path, keys, below in _paths(item, depth + 1):
                yield (place, *path), [shown, *keys], below


def _entries(value: Any) -> list[tuple[Any, Any]]:
    if type(value) in (dict, defaultdict):
        return list(value.items())
    if type(value) in (list, tuple):
        return list(enumerate(value))
    return []


def _with_entry(value: Any, key: Any, new: Any) -> Any:
    if isinstance(value, dict):
        return {**value, key: new}
    return type(value)([*value[:key], new, *value[key + 1 :]])


def sites(obj: Any) -> list[Site]:
    """List every site of an object."""
    pickler = AttackPickler(io.BytesIO(), protocol=5, buffer_callback=lambda buffer: True)
    pickler.dump(obj)
    return pickler.sites


def dump_changed(obj: Any, change: Change) -> Pickled:
    """Pickle an object with one place changed."""
    buffers: list[memoryview] = []
    file = io.BytesIO()
    AttackPickler(file, change, protocol=5, buffer_callback=large_into(buffers)).dump(obj)
    return Pickled(file.getvalue(), tuple(buffers))
