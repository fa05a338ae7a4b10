"""Changes of bytes, of JSON and of documents with arrays, by a given random generator."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np

NUMBERS = (
    0, 1, -1, 2, 127, 255, 256, 65535, 1 << 24, (1 << 31) - 1, -(1 << 31), 1 << 31, (1 << 32) - 1,
    1 << 53, (1 << 62), (1 << 63) - 1, -(1 << 63), 1 << 64, 10**40, -(10**400), 0.5, 1e-300, 1e308,
    float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
TEXTS = (
    "", "a", "\0", "\ud800", "\x1b[31m", "<script>", "../escaped", "/escaped", "-1", "1e999", "nan",
    "9" * 4300, "x" * 300, "ü", "object", "float64", "int8", "datetime64[ns]", "category", "M8[s]",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [{}], {"": None}, [0] * 40)
Path = tuple[Any, ...]


def damaged(data: bytes, chance: Random) -> bytes:
    """Make one to four plain changes of bytes."""
    part = bytearray(data or b"\0")
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        chance.choice(_DAMAGES)(part, chance)
        if not part:
            part = bytearray(b"\0")
    return bytes(part)


def _flip(part: bytearray, chance: Random) -> None:
    part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)


def _set(part: bytearray, chance: Random) -> None:
    part[chance.randrange(len(part))] = chance.choice(
        (0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))
    )


def _word(part: bytearray, chance: Random) -> None:
    place, size = chance.randrange(len(part)), chance.choice((2, 4, 8))
    value = chance.choice((0, 1, -1, 127, 1 << 15, 1 << 31, (1 << 63) - 1, len(part)))
    word = (value % (1 << 8 * size)).to_bytes(size, chance.choice(("big", "little")))
    part[place : place + size] = word


def _remove(part: bytearray, chance: Random) -> None:
    place = chance.randrange(len(part))
    del part[place : place + chance.choice((1, 2, 8, 64, len(part)))]


def _copy(part: bytearray, chance: Random) -> None:
    start, to = chance.randrange(len(part)), chance.randrange(len(part))
    part[to:to] = part[start : start + chance.choice((1, 4, 16, 64))]


def _overwrite(part: bytearray, chance: Random) -> None:
    start, to, size = (
        chance.randrange(len(part)),
        chance.randrange(len(part)),
        chance.choice((4, 16)),
    )
    part[to : to + size] = part[start : start + size]


def _digit(part: bytearray, chance: Random) -> None:
    digits = [n for n, byte in enumerate(part) if 48 <= byte < 58]
    if digits:
        part[chance.choice(digits)] = chance.choice(b"0123456789-")


_DAMAGES: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _set, _word, _remove, _copy, _overwrite, _digit, _digit,
)  # fmt: skip


# -- documents -----------------------------------------------------------------


def changed_json(data: bytes, chance: Random) -> bytes:
    """Change one to three nodes of a JSON document, or bytes of other data."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return damaged(data, chance)
    try:
        return json.dumps(changed(document, chance)).encode()
    except ValueError:  # a number with more digits than Python writes
        return damaged(data, chance)


def changed(document: Any, chance: Random) -> Any:
    """Copy a document with one to three changes."""
    holder = [copy.deepcopy(document)]
    for _ in range(chance.choice((1, 1, 2, 3))):
        paths = list(_paths(holder, ()))
        if not paths:  # the whole document was removed
            return {}
        _change(holder, chance.choice(paths), paths, chance)
    return holder[0] if holder else {}


def _paths(node: Any, path: Path) -> Iterator[Path]:
    """Yield the paths in a document, outermost first, without the root."""
    if path:
        yield path
    items: Any = ()
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, list):
        items = list(enumerate(node))[:60]
    for key, inner in items:
        yield from _paths(inner, (*path, key))


def _at(holder: Any, path: Path) -> Any:
    for key in path:
        holder = holder[key]
    return holder


def _change(holder: list[Any], path: Path, paths: list[Path], chance: Random) -> None:
    owner, key, kind = _at(holder, path[:-1]), path[-1], chance.random()
    if kind < 0.1:
        del owner[key]
    elif kind < 0.2 and isinstance(owner, list):
        owner.insert(key, copy.deepcopy(owner[key]))
    elif kind < 0.2:
        owner[chance.choice((*TEXTS, *map(str, owner)))] = copy.deepcopy(owner[key])
    elif kind < 0.35:
        owner[key] = copy.deepcopy(_at(holder, chance.choice(paths)))
    elif kind < 0.5:
        owner[key] = copy.deepcopy(chance.choice((*NUMBERS, *TEXTS, *OTHERS)))
    else:
        owner[key] = _near(owner[key], chance)


def _near(value: Any, chance: Random) -> Any:
    """Make a value that is nearly right, since it passes more checks than other types."""
    if isinstance(value, np.ndarray):
        return _near_array(value, chance)
    if isinstance(value, bool) or value is None:
        return chance.choice((True, False, None, 0, 1))
    if isinstance(value, int | float):
        return chance.choice((value + 1, value - 1, -value, value * 2, chance.choice(NUMBERS)))
    if isinstance(value, str):
        place = chance.randrange(len(value) + 1)
        end = place + chance.choice((0, 0, 1, 8))
        return value[:place] + chance.choice(("", *TEXTS, "0", "9", ".", ",")) + value[end:]
    if isinstance(value, list):
        return chance.choice((value * 2, value[::-1], value[1:], value[:-1], [value]))
    if isinstance(value, dict):
        return dict(list(value.items())[1:])
    return None


def _near_array(array: np.ndarray[Any, Any], chance: Random) -> np.ndarray[Any, Any]:
    array = array.copy()
    kind = chance.random()
    if not len(array):
        return np.zeros(1, array.dtype)
    if kind < 0.1:
        return array[:-1]
    if kind < 0.2:
        return np.append(array, array[-1]).astype(array.dtype)
    place = chance.randrange(len(array))
    if array.dtype.kind == "f":
        array[place] = chance.choice((0.0, -1.0, 1e30, np.inf, -np.inf, np.nan))
    elif kind < 0.5:
        array[place] = array[chance.randrange(len(array))]
    else:
        limits = np.iinfo(array.dtype)
        # Far enough that a read there ends the process; a near one would not be noticed.
        far = (1 << 20, 1 << 28, -(1 << 28), limits.max, limits.min)
        wanted = int(array[place]) + chance.choice((-1, 1, 2, *far))
        array[place] = min(max(wanted, limits.min), limits.max)
    return array
