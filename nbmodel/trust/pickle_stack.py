"""The stack, the memo and the plain values of a pickle, within a limit of memory.

Only an exact list, dict or set is filled here. `nbmodel.trust.pickle_machine` fills an object that
a rule has made.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.trust.rules import GlobalEntry, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# The memory of a load besides the buffers: for each byte of the skeleton, and a fixed part.
# An empty set takes 1 byte of the skeleton and 216 of memory. Real models stay below 10 to 1.
MEMORY_PER_BYTE = 16
BASE_MEMORY_BYTES = 128 << 20
CONTAINER_BYTES = 100  # charged for a tuple, list or dict
INSTANCE_BYTES = 300  # charged for a set, a frozenset or an instance that a rule makes
ELEMENT_BYTES = 16
KEY_BYTES = 100  # charged for a key whose hash is remembered

MAX_INT_BYTES = 1024  # random generators need 16; str() of a long one takes quadratic time
MAX_KEY_DEPTH = 8  # hash() of a nested tuple recurses in C without a limit
# A whole number below it is its own hash, and the hash of a text depends on a secret: these cannot
# be made to collide. Other keys can, and each pair of them in one dict or set is compared.
MAX_PLAIN_HASH = (1 << 61) - 1
MAX_SAME_HASH = 64
MAX_LONG_INTS = 10_000  # later code may put them into a dict; a model has a few, as seeds
_PLAIN_KEYS = frozenset((str, int, float, bool, type(None), bytes, complex, type))
_SCALAR_KEYS = (np.number, np.bool_, np.str_, np.bytes_, np.datetime64, np.timedelta64)
_SAFE_HASHES = frozenset((bool, float, bytes, type, type(None), np.float64, np.float32, np.str_))
_PARTLESS = frozenset(
    (*_PLAIN_KEYS, *(type(np.dtype(code)) for code in "?bhilqBHILQefdgFDGSUVOMm"))
)
_BINFLOAT = struct.Struct(">d")


class Stack:
    """The opcodes that need no rule; each handler gets the bounds of its operand."""

    def __init__(self, skeleton: bytes, buffers: Sequence[memoryview]) -> None:
        self._data = skeleton
        self._buffers = list(reversed(buffers))
        self._buffer_bytes = sum(buffer.nbytes for buffer in buffers)
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: list[Any] = []
        # Globals that are not values must be called, not stored. This counts pushes minus calls.
        self._pending = 0
        self._hashes: dict[int, dict[int, int]] = {}  # of each container, by its id
        self._long_ints = 0
        self._shares = False  # whether an object that may hold others is there twice
        self._shared_arrays: list[np.ndarray[Any, Any]] = []
        self._memory = BASE_MEMORY_BYTES + MEMORY_PER_BYTE * len(skeleton)

    def _charge(self, amount: int) -> None:
        self._memory -= amount
        require(
            self._memory >= 0, "more memory than a skeleton of its size may take (too many objects)"
        )

    def _since_mark(self) -> list[Any]:
        require(self._marks, "a pickle without a MARK where one is needed")
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _check_keys(self, target: object, keys: Iterable[Any]) -> None:
        """Accept keys of plain types, of which few in one container have the same hash."""
        for key in keys:
            kind = type(key)
            if kind is str or (kind is int and -MAX_PLAIN_HASH < key < MAX_PLAIN_HASH):
                continue
            self._check_key(key)
            if kind not in _SAFE_HASHES:
                self._charge(KEY_BYTES)
                hashes = self._hashes.setdefault(id(target), {})
                count = hashes.get(hash(key), 0) + 1
                require(count <= MAX_SAME_HASH, "too many keys with the same hash")
                hashes[hash(key)] = count

    def _check_key(self, key: Any, depth: int = 0) -> None:
        kind = type(key)
        if kind in _PLAIN_KEYS or isinstance(key, _SCALAR_KEYS):
            return
        require(
            (kind is tuple or kind is frozenset) and depth < MAX_KEY_DEPTH,
            f"a dictionary key or set element of type {kind.__name__}",
        )
        self._charge(len(key) * ELEMENT_BYTES)
        for item in key:
            self._check_key(item, depth + 1)

    # -- plain values --------------------------------------------------------

    def _do_proto(self, start: int, end: int) -> None:
        require(start == 1, "a second PROTO")

    def _do_frame(self, start: int, end: int) -> None:
        length = int.from_bytes(self._data[start:end], "little")
        require(length <= len(self._data) - end, "a frame longer than the data")

    def _do_stop(self, start: int, end: int) -> None:
        """End of the walk."""

    def _do_none(self, start: int, end: int) -> None:
        self._stack.append(None)

    def _do_newtrue(self, start: int, end: int) -> None:
        self._stack.append(True)

    def _do_newfalse(self, start: int, end: int) -> None:
        self._stack.append(False)

    def _do_binint1(self, start: int, end: int) -> None:
        self._stack.append(int.from_bytes(self._data[start:end], "little"))

    _do_binint2 = _do_binint1

    def _do_binint(self, start: int, end: int) -> None:
        require(end - start <= MAX_INT_BYTES, "an integer of more than 1024 bytes")
        number = int.from_bytes(self._data[start:end], "little", signed=True)
        if not -MAX_PLAIN_HASH < number < MAX_PLAIN_HASH:
            self._long_ints += 1
            require(self._long_ints <= MAX_LONG_INTS, "more long integers than any model has")
        self._stack.append(number)

    _do_long1 = _do_long4 = _do_binint

    def _do_binfloat(self, start: int, end: int) -> None:
        self._stack.append(_BINFLOAT.unpack_from(self._data, start)[0])

    def _do_short_binbytes(self, start: int, end: int) -> None:
        self._stack.append(self._data[start:end])

    _do_binbytes = _do_binbytes8 = _do_short_binbytes

    def _do_bytearray8(self, start: int, end: int) -> None:
        self._stack.append(bytearray(self._data[start:end]))

    def _do_short_binunicode(self, start: int, end: int) -> None:
        self._stack.append(str(self._data[start:end], "utf-8", "surrogatepass"))

    _do_binunicode = _do_binunicode8 = _do_short_binunicode

    def _do_next_buffer(self, start: int, end: int) -> None:
        require(self._buffers, "more buffers than the version has")
        self._stack.append(self._buffers.pop())

    def _do_readonly_buffer(self, start: int, end: int) -> None:
        require(
            type(self._stack[-1]) is memoryview, "READONLY_BUFFER on a value that is not a buffer"
        )
        self._stack[-1] = self._stack[-1].toreadonly()

    # -- stack and memo ------------------------------------------------------

    def _do_mark(self, start: int, end: int) -> None:
        self._charge(CONTAINER_BYTES)
        self._marks.append(self._stack)
        self._stack = []

    def _do_pop(self, start: int, end: int) -> None:
        require(type(self._stack.pop()) is not GlobalEntry, "a function or class that is dropped")

    def _do_pop_mark(self, start: int, end: int) -> None:
        require(
            not any(type(item) is GlobalEntry for item in self._since_mark()),
            "a function or class that is dropped",
        )

    def _do_memoize(self, start: int, end: int) -> None:
        value = self._stack[-1]
        # Through the memo one buffer could become both a writable and a read-only view.
        require(type(value) is not memoryview, "a buffer in the memo")
        self._memo.append(value)

    def _do_binget(self, start: int, end: int) -> None:
        value = self._memo[int.from_bytes(self._data[start:end], "little")]
        kind = type(value)
        if kind is GlobalEntry:
            self._pending += 1
        elif kind not in _PARTLESS:
            self._shares = True
            if isinstance(value, np.ndarray):
                self._shared_arrays.append(value)
        self._stack.append(value)

    _do_long_binget = _do_binget

    # -- containers ----------------------------------------------------------

    def _do_empty_tuple(self, start: int, end: int) -> None:
        self._stack.append(())

    def _do_tuple1(self, start: int, end: int) -> None:
        self._fixed_tuple(1)

    def _do_tuple2(self, start: int, end: int) -> None:
        self._fixed_tuple(2)

    def _do_tuple3(self, start: int, end: int) -> None:
        self._fixed_tuple(3)

    def _fixed_tuple(self, size: int) -> None:
        self._charge(CONTAINER_BYTES)
        stack = self._stack
        require(len(stack) >= size, "a tuple of more items than the stack has")
        stack[-size:] = [tuple(stack[-size:])]

    def _do_tuple(self, start: int, end: int) -> None:
        items = self._since_mark()
        self._charge(len(items) * ELEMENT_BYTES)
        self._stack.append(tuple(items))

    def _do_empty_list(self, start: int, end: int) -> None:
        self._charge(CONTAINER_BYTES)
        self._stack.append([])

    def _do_empty_dict(self, start: int, end: int) -> None:
        self._charge(CONTAINER_BYTES)
        self._stack.append({})

    def _do_empty_set(self, start: int, end: int) -> None:
        self._charge(INSTANCE_BYTES)
        self._stack.append(set())

    def _do_append(self, start: int, end: int) -> None:
        self._extend([self._stack.pop()])

    def _do_appends(self, start: int, end: int) -> None:
        self._extend(self._since_mark())

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        require(type(target) is list, f"APPEND on {type(target).__name__}")
        target.extend(items)

    def _do_setitem(self, start: int, end: int) -> None:
        value = self._stack.pop()
        self._fill([self._stack.pop(), value])

    def _do_setitems(self, start: int, end: int) -> None:
        self._fill(self._since_mark())

    def _fill(self, items: list[Any]) -> None:
        require(len(items) % 2 == 0, "a key without a value")
        self._charge(len(items) * ELEMENT_BYTES * 4)
        keys = items[::2]
        target = self._stack[-1]
        self._check_keys(target, keys)
        pairs = list(zip(keys, items[1::2], strict=True))
        if type(target) is dict:
            target.update(pairs)
        else:
            self._fill_instance(target, pairs)

    def _fill_instance(self, target: Any, pairs: list[tuple[Any, Any]]) -> None:
        raise NotImplementedError

    def _do_additems(self, start: int, end: int) -> None:
        items = self._since_mark()
        target = self._stack[-1]
        require(type(target) is set, f"ADDITEMS on {type(target).__name__}")
        self._charge(len(items) * ELEMENT_BYTES * 4)
        self._check_keys(target, items)
        target.update(items)

    def _do_frozenset(self, start: int, end: int) -> None:
        items = self._since_mark()
        self._charge(INSTANCE_BYTES + len(items) * ELEMENT_BYTES * 4)
        self._check_keys(items, items)
        self._hashes.pop(id(items), None)
        self._stack.append(frozenset(items))
