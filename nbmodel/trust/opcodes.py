"""Steps through the opcodes of a pickle.

A skeleton is protocol 5 as `pickle` and cloudpickle write it. Both the scan and the loader step
through it with `walk`, so they cannot disagree about where an opcode begins. The widths of operands
come from `pickletools.opcodes`.
"""

from __future__ import annotations

import pickletools
from typing import TYPE_CHECKING

from nbmodel.trust.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: dict[int, str] = {ord(op.code): op.name for op in pickletools.opcodes}
CODES: dict[str, int] = {name: code for code, name in NAMES.items()}

# Every opcode that a protocol 5 pickler writes. Others are written by hand or by an older protocol:
# GLOBAL, INST, OBJ, EXT*, PERSID, PUT, DUP, numbers and strings as text.
CANONICAL: frozenset[str] = frozenset(
    words(
        "PROTO FRAME STOP MARK POP POP_MARK MEMOIZE BINGET LONG_BINGET "
        "NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT "
        "SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8 NEXT_BUFFER READONLY_BUFFER "
        "SHORT_BINUNICODE BINUNICODE BINUNICODE8 "
        "EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 TUPLE EMPTY_LIST APPEND APPENDS "
        "EMPTY_DICT SETITEM SETITEMS EMPTY_SET ADDITEMS FROZENSET "
        "STACK_GLOBAL REDUCE NEWOBJ BUILD"
    )
)

PROTOCOL = 5
_UNKNOWN_WIDTH = -100
_LINE = pickletools.UP_TO_NEWLINE
# Bytes of the length before an operand, by the constants of pickletools. Only LONG4 is signed.
_PREFIX = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}


def _widths() -> list[int]:
    widths = [_UNKNOWN_WIDTH] * 256
    for op in pickletools.opcodes:
        widths[ord(op.code)] = 0 if op.arg is None else op.arg.n
    return widths


_WIDTH = _widths()
_STOP = CODES["STOP"]
_TWO_LINES = (CODES["GLOBAL"], CODES["INST"])


class Malformed(ValueError):
    """Bytes that are not a pickle. The text is a noun phrase, as `Untrusted` shows it."""


def walk(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Step through the opcodes of a pickle without running them.

    Yields
    ------
    code, start, end : int
        The opcode, and the bounds of its operand in `data`, without its length prefix.

    Raises
    ------
    Malformed
        At an unknown opcode, an operand longer than the data, a missing STOP, or bytes after it.
    """
    size = len(data)
    position = 0
    while position < size:
        code = data[position]
        start = position + 1
        width = _WIDTH[code]
        end = start + width
        if width < 0:
            start, end = _counted(data, code, start, width)
        if end > size:
            raise Malformed(f"more bytes than it has ({NAMES[code]} at byte {position})")
        yield code, start, end
        if code == _STOP:
            if end != size:
                raise Malformed(f"{size - end} bytes after its end")
            return
        position = end
    raise Malformed("more bytes than it has (no STOP)")


def _counted(data: bytes, code: int, start: int, width: int) -> tuple[int, int]:
    """Bounds of an operand whose length is in the data; `end` may lie beyond the data."""
    if width in _PREFIX:
        begin = start + _PREFIX[width]
        if begin > len(data):
            return begin, begin
        return begin, begin + int.from_bytes(data[start:begin], "little")
    if width == _LINE:
        end = start
        for _ in range(2 if code in _TWO_LINES else 1):
            end = data.find(b"\n", end) + 1
            if end == 0:
                return start, len(data) + 1
        return start, end
    raise Malformed(f"an unknown opcode (0x{code:02x} at byte {start - 1})")
