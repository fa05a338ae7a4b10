"""The digest by which `status` tells whether an object changed."""

from __future__ import annotations

from blake3 import blake3

from nbmodel.flavors.pickling import Pickled

LARGE = 256 << 20  # bytes; hashing more would be felt


def content_of(pickled: Pickled) -> str:
    """blake3 over a skeleton, its buffers in order and its modules; empty if they are `LARGE`."""
    if len(pickled.skeleton) + sum(b.nbytes for b in pickled.buffers) > LARGE:
        return ""
    digest = blake3(pickled.skeleton)
    for buffer in pickled.buffers:
        digest.update(b"%d:" % buffer.nbytes)
        digest.update(buffer)
    for source in pickled.sources:
        digest.update(f"{source.name} {len(source.text)}:".encode())
        digest.update(source.text)
    return digest.hexdigest()
