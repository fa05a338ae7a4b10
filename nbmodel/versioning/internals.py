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


def notes_of(arrays: Mapping[str, Array], buffers: Sequence[memoryview]) -> dict[str, ArrayNote]:
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
    if array.size <= FEW and array.dtype.kind != "c":
        numbers = array.ravel().astype(int) if array.dtype.kind == "b" else array.ravel()
        return ArrayNote(dtype, shape, values=tuple(numbers.tolist()))
    flat = np.ascontiguousarray(array).ravel()
    norm = float(np.linalg.norm(flat.astype(np.complex128 if flat.dtype.kind == "c" else float)))
    return ArrayNote(dtype, shape, norm=norm, digest=blake3(flat.data.cast("B")).hexdigest())


def _address(buffer: memoryview) -> int:
    return int(np.frombuffer(buffer, np.uint8).ctypes.data)
