"""Which buffers share a segment.

A large buffer is a segment of its own. Small ones are grouped, in order, and
cut where a buffer's own digest says so: content-defined chunking with buffers
as the atoms, so that what comes before or after moves no cut. A forest that
grew keeps the segments of its old trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blake3 import blake3

from nbmodel.records import Placement

LARGE = 1 << 20  # bytes; from here on a buffer has a segment of its own
MEAN = 4 << 20  # bytes of a group, on average
LIMIT = 16 << 20  # bytes of a group, at most
DECIDING = 4096  # bytes of a buffer that decide whether it ends its group
ALIGNMENT = 64  # bytes: a cache line, and what numpy's and torch's kernels like


@dataclass(frozen=True, slots=True)
class Plan:
    """Buffer numbers of each segment, and where each buffer lies."""

    segments: tuple[tuple[int, ...], ...]
    placements: tuple[Placement, ...]


def plan(buffers: Sequence[memoryview]) -> Plan:
    """Arrange buffers in segments: groups first in the order they close, large ones between."""
    segments: list[tuple[int, ...]] = []
    placements: dict[int, Placement] = {}
    group: list[int] = []
    used = 0

    def close() -> None:
        nonlocal used
        if group:
            offset = 0
            for number in group:
                size = buffers[number].nbytes
                placements[number] = Placement(len(segments), offset, size)
                offset = aligned(offset + size)
            segments.append(tuple(group))
            group.clear()
            used = 0

    for number, buffer in enumerate(buffers):
        if buffer.nbytes >= LARGE:
            placements[number] = Placement(len(segments), 0, buffer.nbytes)
            segments.append((number,))
            continue
        group.append(number)
        used = aligned(used + buffer.nbytes)
        if used >= LIMIT or _cuts(buffer):
            close()
    close()
    return Plan(tuple(segments), tuple(placements[n] for n in range(len(buffers))))


def aligned(offset: int) -> int:
    """The next offset a buffer may begin at."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _cuts(buffer: memoryview) -> bool:
    """True for a share of size / MEAN of all contents, whatever surrounds them.

    The first bytes decide: equal buffers cut alike, which is all that sharing needs.
    """
    draw = int.from_bytes(blake3(buffer[:DECIDING]).digest(8), "big")
    return draw < buffer.nbytes * (1 << 64) // MEAN
