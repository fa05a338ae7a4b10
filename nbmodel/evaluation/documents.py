"""Records as JSON and back, by their type hints. Fields with their default value are left out.

What is read may be made by another person: each value is compared with its type, numbers must be
finite, and texts and lists have a maximal length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

MAX_ITEMS = 5_000  # of a list or an object
MAX_CHARACTERS = 1_000  # of a text
MAX_INTEGER = 2**53
Record = TypeVar("Record")
Reader = Callable[[Any, str], Any]


def document_of(value: Any) -> Any:
    """Return a record, or the value of a field, as values that JSON has."""
    if is_dataclass(value):
        return {
            field.name: document_of(getattr(value, field.name))
            for field in fields(value)
            if field.default is MISSING or getattr(value, field.name) != field.default
            if field.default_factory is MISSING or getattr(value, field.name)
        }
    if isinstance(value, Mapping):  # as pairs: notes sort the keys of objects, and order counts
        return [[name, document_of(item)] for name, item in value.items()]
    if isinstance(value, tuple):
        return [document_of(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        return int(value)  # shorter, and equal
    return value


def record_of(kind: type[Record], document: Any, place: str = "") -> Record:
    """Return the record that a document describes.

    Raises
    ------
    ValueError
        If a value has another type than its field, or is too large; it says where.
    """
    if not isinstance(document, dict):
        raise ValueError(f"{place or kind.__name__} is not an object")
    record: Any = kind
    readers = _readers(record)
    if unknown := [name for name in document if name not in readers]:
        raise ValueError(f"{place or kind.__name__} has an unknown field {unknown[0]!r:.60}")
    required = {
        field.name
        for field in fields(record)
        if field.default is MISSING and field.default_factory is MISSING
    }
    if lacks := sorted(required - document.keys()):
        raise ValueError(f"{place or kind.__name__} has no {lacks[0]}")
    values = {
        name: readers[name](value, f"{place}.{name}".lstrip("."))
        for name, value in document.items()
    }
    return kind(**values)


@cache
def _readers(kind: type) -> dict[str, Reader]:
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Reader:
    """Return the function that reads values of a type."""
    arguments = get_args(hint)
    if is_dataclass(hint):
        kind: Any = hint
        return lambda value, place: record_of(kind, value, place)
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    readers = {
        Literal: lambda: _choice(arguments),
        UnionType: lambda: _optional(next(part for part in arguments if part is not NoneType)),
        tuple: lambda: _items(_reader(arguments[0])),
        Mapping: lambda: _entries(_reader(arguments[1])),
    }
    return readers[get_origin(hint)]()


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{place} is not a number")
    if abs(value) > MAX_INTEGER if isinstance(value, int) else not math.isfinite(value):
        raise ValueError(f"{place} is not a finite number")
    return float(value)


def _integer(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{place} is not an integer")
    if not 0 <= value <= MAX_INTEGER:
        raise ValueError(f"{place} is out of range")
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place} is not a text")
    if len(value) > MAX_CHARACTERS:
        raise ValueError(f"{place} has {len(value)} characters")
    return value


_SIMPLE: dict[Any, Reader] = {float: _number, int: _integer, str: _text}


def _choice(choices: tuple[Any, ...]) -> Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{place} is not one of {', '.join(choices)}")
        return value

    return read


def _optional(hint: Any) -> Reader:
    reader = _reader(hint)
    return lambda value, place: None if value is None else reader(value, place)


def _items(reader: Reader) -> Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"{place} is not a list")
        _check_length(value, place)
        return tuple(reader(item, f"{place}[{n}]") for n, item in enumerate(value))

    return read


def _entries(reader: Reader) -> Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"{place} is not a list")
        _check_length(value, place)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
            raise ValueError(f"{place} has an item that is not a pair")
        return {_text(name, place): reader(item, f"{place}.{name}") for name, item in value}

    return read


def _check_length(value: Any, place: str) -> None:
    if len(value) > MAX_ITEMS:
        raise ValueError(f"{place} has {len(value)} entries")
