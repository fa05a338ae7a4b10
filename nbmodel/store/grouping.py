"""Which buffers share a segment.

A large buffer has a segment to itself. Small buffers are grouped, in order. A group
ends after a buffer whose digest says so (content-defined chunking, with buffers as
units). So buffers before or after a group do not change where it ends: a forest that
has grown keeps the segments of its old trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blake3 import blake3

from nbmodel.records import Placement

LARGE_BUFFER_BYTES = 1 << 20  # a buffer of this size or larger has a segment to itself
MEAN_GROUP_BYTES = 4 << 20
MAX_GROUP_BYTES = 16 << 20
CUT_DIGEST_BYTES = 4096  # the first bytes of a buffer, which decide whether it ends its group
ALIGNMENT_BYTES = 64  # a cache line, and the best alignment for kernels of numpy and torch


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """The numbers of the buffers in each segment, and the placement of each buffer."""

    segments: tuple[tuple[int, ...], ...]
    placements: tuple[Placement, ...]


def plan(buffers: Sequence[memoryview]) -> SegmentPlan:
    """Arrange buffers in segments, in the order in which the segments are complete."""
    segments: list[tuple[int, ...]] = []
    placements: dict[int, Placement] = {}
    group: list[int] = []
    group_bytes = 0

    def close() -> None:
        nonlocal group_bytes
        if group:
            offset = 0
            for number in group:
                size = buffers[number].nbytes
                placements[number] = Placement(len(segments), offset, size)
                offset = aligned(offset + size)
            segments.append(tuple(group))
            group.clear()
            group_bytes = 0

    for number, buffer in enumerate(buffers):
        if buffer.nbytes >= LARGE_BUFFER_BYTES:
            placements[number] = Placement(len(segments), 0, buffer.nbytes)
            segments.append((number,))
            continue
        group.append(number)
        group_bytes = aligned(group_bytes + buffer.nbytes)
        if group_bytes >= MAX_GROUP_BYTES or _cuts(buffer):
            close()
    close()
    return SegmentPlan(tuple(segments), tuple(placements[n] for n in range(len(buffers))))


def aligned(offset: int) -> int:
    """The next offset at which a buffer may begin."""
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _cuts(buffer: memoryview) -> bool:
    """Whether a buffer ends its group: true for a share of size / MEAN_GROUP_BYTES of all contents.

    Only the first bytes of the buffer decide. So equal buffers end groups at the same
    places, and their segments are shared.
    """
    draw = int.from_bytes(blake3(buffer[:CUT_DIGEST_BYTES]).digest(8), "big")
    return draw < buffer.nbytes * (1 << 64) // MEAN_GROUP_BYTES
