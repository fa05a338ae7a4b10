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

LARGE_BUFFER_BYTES = 1 << 20  # bytes; from here on a buffer has a segment of its own
MEAN_GROUP_BYTES = 4 << 20  # bytes of a group, on average
MAX_GROUP_BYTES = 16 << 20  # bytes of a group, at most
CUT_DIGEST_BYTES = 4096  # bytes of a buffer that decide whether it ends its group
ALIGNMENT_BYTES = 64  # bytes: a cache line, and what numpy's and torch's kernels like


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """Buffer numbers of each segment, and where each buffer lies."""

    segments: tuple[tuple[int, ...], ...]
    placements: tuple[Placement, ...]


def plan(buffers: Sequence[memoryview]) -> SegmentPlan:
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
        if buffer.nbytes >= LARGE_BUFFER_BYTES:
            placements[number] = Placement(len(segments), 0, buffer.nbytes)
            segments.append((number,))
            continue
        group.append(number)
        used = aligned(used + buffer.nbytes)
        if used >= MAX_GROUP_BYTES or _cuts(buffer):
            close()
    close()
    return SegmentPlan(tuple(segments), tuple(placements[n] for n in range(len(buffers))))


def aligned(offset: int) -> int:
    """The next offset a buffer may begin at."""
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _cuts(buffer: memoryview) -> bool:
    """True for a share of size / MEAN_GROUP_BYTES of all contents, whatever surrounds them.

    The first bytes decide: equal buffers cut alike, which is all that sharing needs.
    """
    draw = int.from_bytes(blake3(buffer[:CUT_DIGEST_BYTES]).digest(8), "big")
    return draw < buffer.nbytes * (1 << 64) // MEAN_GROUP_BYTES
