"""An object graph as a skeleton and buffers, and back.

The pickler is cloudpickle's at protocol 5: classes and functions of the
notebook travel by value, large state out of band (PEP 574). Those of the user's
own modules travel as the source of these (`nbmodel.flavors.user_code`). Frameworks
whose state is no buffer bring a reduction (`Flavor.reduce`) that works anywhere
in the graph.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cloudpickle
import numpy as np

from nbmodel import plugins
from nbmodel.flavors.isolated import Source, loading
from nbmodel.flavors.user_code import CACHED_FUNCTION, UserCodeReducer, reduces_itself

MIN_BUFFER_BYTES = 4096  # bytes; a smaller buffer stays in the skeleton


@dataclass(frozen=True, slots=True)
class Pickled:
    """A skeleton and its out-of-band buffers, in pickle order; they alias the object.

    Attributes
    ----------
    skeleton : bytes
    buffers : tuple of memoryview
    sources : tuple of Source
        The user's own modules that the skeleton names, with what they import of the user's.
    imports : frozenset of str
        Top-level names of what those import besides.
    warnings : tuple of str
        What the user should hear of modules that do not travel as source.
    custom : bool
        Whether code outside the known frameworks puts the object together again: the user's own,
        or that of another distribution.
    """

    skeleton: bytes
    buffers: tuple[memoryview, ...]
    sources: tuple[Source, ...] = ()
    imports: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    custom: bool = False


def dump(obj: object) -> Pickled:
    """Take an object apart without copying its buffers.

    Raises
    ------
    Exception
        Whatever an object's own reduction raises; `nbmodel.flavors.unpicklable`
        finds the part at fault.
    """
    buffers: list[memoryview] = []
    file = io.BytesIO()
    pickler = SnapshotPickler(file, protocol=5, buffer_callback=large_into(buffers))
    user_code = pickler.user_code
    try:
        pickler.dump(obj)
    except Exception as error:
        for warning in user_code.warnings:  # without the source, more had to be pickled
            error.add_note(warning)
        raise
    return Pickled(
        file.getvalue(),
        tuple(buffers),
        user_code.sources,
        user_code.imports,
        user_code.warnings,
        pickler.is_custom,
    )


def large_into(buffers: list[memoryview]) -> Callable[[pickle.PickleBuffer], bool]:
    """A pickler's callback that collects the buffers that do not stay in the skeleton."""

    def keep(buffer: pickle.PickleBuffer) -> bool:
        view = buffer.raw()
        if view.nbytes < MIN_BUFFER_BYTES:
            return True
        buffers.append(view)
        return False

    return keep


def load(
    skeleton: bytes | memoryview, buffers: Sequence[memoryview], sources: Sequence[Source] = ()
) -> Any:
    """Put an object together: runs whatever the skeleton names, so only after a trust check."""
    with loading(sources):
        return pickle.loads(skeleton, buffers=buffers)


class SnapshotPickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, with reductions of the flavors and of strided arrays."""

    def __init__(self, file: io.BytesIO, **options: Any) -> None:
        super().__init__(file, **options)
        self._reductions: dict[type[Any], Callable[[Any], Any] | None] = {}
        self._alive: list[Any] = []
        self.user_code = UserCodeReducer(self)

    def reducer_override(self, obj: Any) -> Any:
        """Ask the object's flavor first, cloudpickle second."""
        kind: type[Any] = type(obj)
        try:
            reduction = self._reductions[kind]
        except KeyError:
            reduction = self._reductions[kind] = self._reduction_of(kind)
        if reduction is not None:
            reduced = reduction(obj)
            if reduced is not NotImplemented:
                # pickle's memo goes by id: what a reduction makes must outlive the dump.
                self._alive.append(reduced)
                return reduced
        return super().reducer_override(obj)

    @property
    def is_custom(self) -> bool:
        """Whether something was met that no known framework puts together again."""
        tops = {str(kind.__module__).partition(".")[0] for kind in self._reductions}
        return self.user_code.has_code or not tops <= _known_packages()

    def _reduction_of(self, kind: type[Any]) -> Callable[[Any], Any] | None:
        if kind is np.ndarray:
            return _reduce_strided
        if kind in _NAMED or issubclass(kind, type):
            return self.user_code.reduce
        flavor = plugins.framework_of(kind)
        if flavor is not None:
            return flavor.reduce
        return self.user_code.instance if reduces_itself(kind) else None


_NAMED = (types.FunctionType, types.ModuleType, CACHED_FUNCTION)


@cache
def _known_packages() -> frozenset[str]:
    """Packages whose own pickled forms, or whose flavors, are known to come back."""
    return frozenset({*sys.stdlib_module_names, *plugins.packages(), "polars"})


def _reduce_strided(array: np.ndarray[Any, Any]) -> Any:
    """Give a large strided array a buffer: numpy would put it into the skeleton whole."""
    flags = array.flags
    if (
        flags.c_contiguous
        or flags.f_contiguous
        or array.nbytes < MIN_BUFFER_BYTES
        or array.dtype.hasobject
    ):
        return NotImplemented
    return np.ascontiguousarray(array).__reduce_ex__(5)
