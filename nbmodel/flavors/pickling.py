"""An object graph as a skeleton and buffers, and back.

The pickler is cloudpickle's at protocol 5: classes and functions of the
notebook travel by value, large state out of band (PEP 574). Frameworks whose
state is no buffer bring a reduction (`Flavor.reduce`) that works anywhere in
the graph.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle
import numpy as np

from nbmodel import plugins

IN_BAND = 4096  # bytes; a smaller buffer stays in the skeleton


@dataclass(frozen=True, slots=True)
class Pickled:
    """A skeleton and its out-of-band buffers, in pickle order; they alias the object."""

    skeleton: bytes
    buffers: tuple[memoryview, ...]


def dump(obj: object) -> Pickled:
    """Take an object apart without copying its buffers.

    Raises
    ------
    Exception
        Whatever an object's own reduction raises; `nbmodel.flavors.blame`
        finds the part at fault.
    """
    buffers: list[memoryview] = []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes < IN_BAND:
            return True
        buffers.append(view)
        return False

    file = io.BytesIO()
    SnapshotPickler(file, protocol=5, buffer_callback=keep).dump(obj)
    return Pickled(file.getvalue(), tuple(buffers))


def load(skeleton: bytes | memoryview, buffers: Sequence[memoryview]) -> Any:
    """Put an object together: runs whatever the skeleton names, so only after a trust check."""
    return pickle.loads(skeleton, buffers=buffers)


class SnapshotPickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, with reductions of the flavors and of strided arrays."""

    def __init__(self, file: io.BytesIO, **options: Any) -> None:
        super().__init__(file, **options)
        self._reductions: dict[type[Any], Callable[[Any], Any] | None] = {}
        self._alive: list[Any] = []

    def reducer_override(self, obj: Any) -> Any:
        """Ask the object's flavor first, cloudpickle second."""
        kind: type[Any] = type(obj)
        try:
            reduction = self._reductions[kind]
        except KeyError:
            reduction = self._reductions[kind] = _reduction_of(kind)
        if reduction is not None:
            reduced = reduction(obj)
            if reduced is not NotImplemented:
                # pickle's memo goes by id: what a reduction makes must outlive the dump.
                self._alive.append(reduced)
                return reduced
        return super().reducer_override(obj)


def _reduction_of(kind: type[Any]) -> Callable[[Any], Any] | None:
    if kind is np.ndarray:
        return _reduce_strided
    if issubclass(kind, type):
        return None
    flavor = plugins.framework_of(kind)
    return None if flavor is None else flavor.reduce


def _reduce_strided(array: np.ndarray[Any, Any]) -> Any:
    """Give a large strided array a buffer: numpy would put it into the skeleton whole."""
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous or array.nbytes < IN_BAND or array.dtype.hasobject:
        return NotImplemented
    return np.ascontiguousarray(array).__reduce_ex__(5)
