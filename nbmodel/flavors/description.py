"""Builds the description of an object: its size is limited, and errors of parts are ignored."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel import plugins
from nbmodel.flavors.isolated import true_name
from nbmodel.records import Column, Description, Scalar, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_ARRAYS = 4096
MAX_PARAMS = 4096
MAX_DEPTH = 16  # levels of parts that are described
MAX_TEXT = 200  # characters of a value as text
MAX_STRING = 1000  # characters of a parameter that is a text
MAX_ITEMS = 20  # of a list or dict that is written out

_described_ids: ContextVar[tuple[int, ...]] = ContextVar("nbmodel_describing", default=())


class DescriptionBuilder:
    """Collects the description of one object.

    A step that runs in `attempt` may raise: then only its part of the description is missing.
    """

    def __init__(self, flavor: str, obj: object) -> None:
        self.flavor = flavor
        self.type = type_name(type(obj))
        self.summary = type(obj).__name__
        self.params: dict[str, Scalar] = {}
        self.defaults: list[str] = []
        self.inputs: tuple[Column, ...] = ()
        self.outputs: tuple[Column, ...] = ()
        self.counts: dict[str, int] = {}
        self.arrays: dict[str, Any] = {}

    def attempt(self, step: Callable[[], None]) -> None:
        """Run one step of the description, and ignore its errors."""
        try:
            step()
        except Exception:  # noqa: BLE001 - a description must not fail on a broken object
            return

    def param(self, key: str, value: object, *, default: bool = False) -> None:
        """Add a hyperparameter; `default` if its class has this value by default."""
        if len(self.params) < MAX_PARAMS:
            self.params[key] = scalar(value)
            if default:
                self.defaults.append(key)

    def count(self, key: str, number: int) -> None:
        """Add to a count; a count of 0 is left out."""
        if number > 0:
            self.counts[key] = self.counts.get(key, 0) + int(number)

    def array(self, path: str, value: object) -> None:
        """Add a fitted array, unless it holds Python objects."""
        if not isinstance(value, np.ndarray) or value.dtype.hasobject:
            return
        if len(self.arrays) < MAX_ARRAYS:
            self.arrays[path] = value

    def nest(self, path: str, part: object, *, params: str = "") -> Description:
        """Describe a part by its flavor, and add its description under `path`.

        Parameters
        ----------
        path : str
            Prefix of its arrays.
        part : object
        params : str, optional
            Prefix of its parameters, separator included; default ``path.``.
        """
        description = describe(part)
        for key, value in description.params.items():
            name = f"{params}{key}" if params else join(path, key)
            self.param(name, value, default=key in description.defaults)
        for key, number in description.counts.items():
            self.count(key, number)
        for key, array in description.arrays.items():
            self.array(join(path, key), array)
        return description

    def build(self) -> Description:
        """Return the description as a record."""
        return Description(
            flavor=self.flavor,
            type=self.type,
            summary=self.summary[:MAX_TEXT],
            params=self.params,
            defaults=tuple(self.defaults),
            signature=Signature(self.inputs, self.outputs),
            counts=self.counts,
            arrays=self.arrays,
        )


def describe(obj: object) -> Description:
    """Describe any object by its flavor; of a part that contains itself, give only its class."""
    described_ids = _described_ids.get()
    if id(obj) in described_ids or len(described_ids) >= MAX_DEPTH:
        return DescriptionBuilder("python", obj).build()
    token = _described_ids.set((*described_ids, id(obj)))
    try:
        return plugins.flavor_for(type(obj)).describe(obj)
    finally:
        _described_ids.reset(token)


# -- names and values --------------------------------------------------------


def type_name(kind: type[Any]) -> str:
    """Return ``module.qualname`` of a class, with the name of the module for the user."""
    return f"{true_name(kind.__module__)}.{kind.__qualname__}"


def join(path: str, key: str) -> str:
    """Join a dotted path; either part may be empty."""
    return f"{path}.{key}" if path and key else path or key


def features(
    names: object, count: int, dtypes: tuple[str, ...] | str = "", name: str = "X"
) -> tuple[Column, ...]:
    """Make input columns: one for each name, else one matrix of `count` columns, else none."""
    if names is not None and len(labels := [str(label) for label in names]):  # type: ignore[attr-defined]
        kinds = (dtypes,) * len(labels) if isinstance(dtypes, str) else dtypes
        return tuple(Column(label, kind, (-1,)) for label, kind in zip(labels, kinds, strict=True))
    if count <= 0:
        return ()
    kinds = {dtypes} if isinstance(dtypes, str) else set(dtypes)  # type: ignore[assignment]
    return (Column(name, kinds.pop() if len(kinds) == 1 else "", (-1, count)),)  # type: ignore[attr-defined]


def amount(number: int) -> str:
    """Write a count in short form: ``850``, ``12 K``, ``1.2 M``, ``7 B``."""
    for size, unit in ((1_000_000_000, " B"), (1_000_000, " M"), (10_000, " K")):
        if number >= size:
            scale = 1000 if unit == " K" else size
            return f"{number / scale:.3g}{unit}"
    return str(number)


def plural(number: int, noun: str) -> str:
    """Write a count with its noun: ``1 layer``, ``6 layers``, ``1.2 M parameters``."""
    return f"{amount(number)} {noun}{'' if number == 1 else 's'}"


def scalar(value: object) -> Scalar:
    """Make a JSON scalar of any value; other values become a short text.

    The text contains names of types and plain values only: an unknown ``__repr__`` may be slow, may
    raise an error, and contains addresses.
    """
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float:
        return value  # type: ignore[return-value]
    if kind is str:
        return _cut(value, MAX_STRING)  # type: ignore[arg-type]
    if isinstance(value, np.generic) and not isinstance(value, np.void):
        item = value.item()
        return item if isinstance(item, int | float | str | bool) else _cut(str(item))
    return _cut(_text(value, 0))


def _cut(text: str, limit: int = MAX_TEXT) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _text(value: object, depth: int) -> str:
    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str, bytes):
        return repr(value[:MAX_TEXT] if kind in (str, bytes) else value)  # type: ignore[index]
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, np.ndarray):
        return _array_text(value)
    if kind in (list, tuple, set, frozenset):
        return _items_text(value, depth)  # type: ignore[arg-type]
    if kind is dict:
        return _dict_text(value, depth)  # type: ignore[arg-type]
    if isinstance(value, type):
        return type_name(value)
    if callable(value) and isinstance(name := getattr(value, "__qualname__", None), str):
        return name
    if kind in (slice, range) or kind.__module__ in ("datetime", "decimal", "fractions", "pathlib"):
        return repr(value)
    return f"{kind.__qualname__}(...)"


def _array_text(array: np.ndarray[Any, Any]) -> str:
    if array.size <= MAX_ITEMS and not array.dtype.hasobject:
        return repr(array.tolist())
    return f"array of {array.dtype}, shape {array.shape}"


def _items_text(items: list[object], depth: int) -> str:
    opening, closing = {list: ("[", "]"), tuple: ("(", ")")}.get(type(items), ("{", "}"))
    if depth > 2 or len(items) > MAX_ITEMS:
        return f"{opening}{len(items)} items{closing}"
    # The order of a set differs between processes.
    texts = [_text(item, depth + 1) for item in items]
    return opening + ", ".join(texts if opening in "[(" else sorted(texts)) + closing


def _dict_text(items: Mapping[object, object], depth: int) -> str:
    if depth > 2 or len(items) > MAX_ITEMS:
        return f"{{{len(items)} items}}"
    return (
        "{"
        + ", ".join(f"{_text(k, depth + 1)}: {_text(v, depth + 1)}" for k, v in items.items())
        + "}"
    )
