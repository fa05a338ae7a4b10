"""What the manifest records of fitted arrays, so that a diff does not unpickle anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from blake3 import blake3

from nbmodel.records import ArrayNote

MAX_INLINE_VALUES = 64  # an array of at most as many values is recorded in full
NUMERIC = "biufc"

Array = np.ndarray[Any, Any]


def summarize_arrays(
    arrays: Mapping[str, Array], buffers: Sequence[memoryview]
) -> dict[str, ArrayNote]:
    """A summary of each array; for a buffer of the payload, only the number of the buffer."""
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
    if array.size <= MAX_INLINE_VALUES and array.dtype.kind != "c" and not mask:
        values = flat.astype(int) if flat.dtype.kind == "b" else flat
        return ArrayNote(dtype, shape, values=tuple(values.tolist()))
    norm = float(np.linalg.norm(flat.astype(np.complex128 if flat.dtype.kind == "c" else float)))
    digest = blake3(flat.data.cast("B")).update(mask).hexdigest()
    return ArrayNote(dtype, shape, norm=norm, digest=digest)


def _numbers(array: Array) -> Array:
    """All values in one dimension, as numbers that JSON can hold; masked values are 0."""
    plain = np.asarray(array.filled(0) if isinstance(array, np.ma.MaskedArray) else array)
    flat = np.ascontiguousarray(plain).ravel()
    # JSON has no extended precision, and its padding bytes in memory are not defined.
    wide = {np.dtype(np.longdouble): np.float64, np.dtype(np.clongdouble): np.complex128}
    return flat.astype(wide.get(flat.dtype, flat.dtype), copy=False)


def _address(buffer: memoryview) -> int:
    return int(np.frombuffer(buffer, np.uint8).ctypes.data)
