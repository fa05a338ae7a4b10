"""What the manifest keeps of fitted arrays, so that a diff never unpickles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from blake3 import blake3

from nbmodel.records import ArrayNote

FEW = 64  # values; a smaller array is written out
NUMERIC = "biufc"

Array = np.ndarray[Any, Any]


def summarize_arrays(
    arrays: Mapping[str, Array], buffers: Sequence[memoryview]
) -> dict[str, ArrayNote]:
    """Notes on arrays; one that lies in a buffer, told by its address, only points there."""
    places = {(_address(b), b.nbytes): number for number, b in enumerate(buffers)}
    return {path: _note(array, places) for path, array in arrays.items()}


def _note(array: Array, places: Mapping[tuple[int, int], int]) -> ArrayNote:
    dtype, shape = array.dtype.str, array.shape
    if array.dtype.kind not in NUMERIC:
        return ArrayNote(dtype, shape)
    place = places.get((array.ctypes.data, array.nbytes))
    if place is not None:
        return ArrayNote(dtype, shape, buffer=place)
    mask = np.ma.getmaskarray(array).tobytes() if np.ma.is_masked(array) else b""
    flat = _numbers(array)
    if array.size <= FEW and array.dtype.kind != "c" and not mask:
        values = flat.astype(int) if flat.dtype.kind == "b" else flat
        return ArrayNote(dtype, shape, values=tuple(values.tolist()))
    norm = float(np.linalg.norm(flat.astype(np.complex128 if flat.dtype.kind == "c" else float)))
    digest = blake3(flat.data.cast("B")).update(mask).hexdigest()
    return ArrayNote(dtype, shape, norm=norm, digest=digest)


def _numbers(array: Array) -> Array:
    """All values in one row, as numbers that JSON has; what is masked is 0."""
    plain = np.asarray(array.filled(0) if isinstance(array, np.ma.MaskedArray) else array)
    flat = np.ascontiguousarray(plain).ravel()
    # Extended precision has no number in JSON, and bytes of padding in memory.
    wide = {np.dtype(np.longdouble): np.float64, np.dtype(np.clongdouble): np.complex128}
    return flat.astype(wide.get(flat.dtype, flat.dtype), copy=False)


def _address(buffer: memoryview) -> int:
    return int(np.frombuffer(buffer, np.uint8).ctypes.data)
