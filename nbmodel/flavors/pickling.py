"""Converts an object graph to a skeleton and buffers, and back.

The pickler is that of cloudpickle at protocol 5. Classes and functions of the notebook are pickled
by value, and large state is out of band (PEP 574). For classes and functions of the user's modules,
the sources of these modules are stored (`nbmodel.flavors.user_code`). Frameworks whose state is not
a buffer provide a reduction (`Flavor.reduce`), which works anywhere in the graph.
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

MIN_BUFFER_BYTES = 4096  # a smaller buffer stays in the skeleton


@dataclass(frozen=True, slots=True)
class Pickled:
    """A skeleton and its out-of-band buffers in their order, which share memory with the object.

    Attributes
    ----------
    skeleton : bytes
    buffers : tuple of memoryview
    sources : tuple of Source
        The user's modules that the skeleton names, and those that they import.
    imports : frozenset of str
        Top-level names of other modules that those and the functions of the notebook use.
    warnings : tuple of str
        Warnings about modules whose source is not stored.
    custom : bool
        Whether a load runs code outside of the known frameworks: of the user or of another
        package.
    """

    skeleton: bytes
    buffers: tuple[memoryview, ...]
    sources: tuple[Source, ...] = ()
    imports: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    custom: bool = False


def dump(obj: object) -> Pickled:
    """Pickle an object without copying its buffers.

    Raises
    ------
    Exception
        Any error of the reduction of a part; `nbmodel.flavors.unpicklable` finds the part.
    """
    buffers: list[memoryview] = []
    file = io.BytesIO()
    pickler = SnapshotPickler(file, protocol=5, buffer_callback=large_into(buffers))
    user_code = pickler.user_code
    try:
        pickler.dump(obj)
    except Exception as error:
        for warning in user_code.warnings:  # without the source, more objects had to be pickled
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
    """Make a callback for a pickler that collects the buffers outside of the skeleton."""

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
    """Load an object. This runs code that the skeleton names: check its trust before."""
    with loading(sources):
        return pickle.loads(skeleton, buffers=buffers)


class SnapshotPickler(cloudpickle.Pickler):  # type: ignore[misc]
    """The pickler of cloudpickle, with reductions of the flavors and of strided arrays."""

    def __init__(self, file: io.BytesIO, **options: Any) -> None:
        super().__init__(file, **options)
        self._reductions: dict[type[Any], Callable[[Any], Any] | None] = {}
        self._alive: list[Any] = []
        self.user_code = UserCodeReducer(self)

    def reducer_override(self, obj: Any) -> Any:
        """Reduce an object by its flavor, or else by cloudpickle."""
        kind: type[Any] = type(obj)
        try:
            reduction = self._reductions[kind]
        except KeyError:
            reduction = self._reductions[kind] = self._reduction_of(kind)
        if reduction is not None:
            reduced = reduction(obj)
            if reduced is not NotImplemented:
                # The memo of pickle uses ids, so the result of a reduction must outlive the dump.
                self._alive.append(reduced)
                return reduced
        return super().reducer_override(obj)

    @property
    def is_custom(self) -> bool:
        """Whether an object needs code outside of the known frameworks to load."""
        tops = {str(kind.__module__).partition(".")[0] for kind in self._reductions}
        return self.user_code.has_code or not tops <= _known_packages()

    def _reduction_of(self, kind: type[Any]) -> Callable[[Any], Any] | None:
        if kind is np.ndarray:
            return _reduce_strided
        if issubclass(kind, io.TextIOWrapper):
            return _refuse_file
        if kind in _TYPES_BY_NAME or issubclass(kind, type):
            return self.user_code.reduce
        flavor = plugins.framework_of(kind)
        if flavor is not None:
            return flavor.reduce
        return self.user_code.instance if reduces_itself(kind) else None


_TYPES_BY_NAME = (types.FunctionType, types.ModuleType, CACHED_FUNCTION)


@cache
def _known_packages() -> frozenset[str]:
    """Packages whose pickles, or whose flavors, are known to load again."""
    return frozenset({*sys.stdlib_module_names, *plugins.packages(), "polars"})


def _refuse_file(file: io.TextIOWrapper) -> Any:
    """Refuse a text file, as pickle refuses other files: cloudpickle would store its content.

    Standard output and standard error stay those of the process that loads the object.
    """
    if file is sys.stdout or file is sys.stderr:
        return NotImplemented
    name = getattr(file, "name", "")  # a file in memory has none
    raise pickle.PicklingError(f"cannot pickle the text file {name!r}")


def _reduce_strided(array: np.ndarray[Any, Any]) -> Any:
    """Reduce a large strided array to a buffer: numpy would write it into the skeleton."""
    flags = array.flags
    if (
        flags.c_contiguous
        or flags.f_contiguous
        or array.nbytes < MIN_BUFFER_BYTES
        or array.dtype.hasobject
    ):
        return NotImplemented
    return np.ascontiguousarray(array).__reduce_ex__(5)
