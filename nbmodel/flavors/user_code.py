"""How classes, functions and modules of the user are pickled.

The skeleton names them (`isolated.member`), and the version stores the source of their modules. If
a module in memory differs from its source, the code goes into the skeleton instead, like the code
of the notebook.
"""

from __future__ import annotations

import copyreg
import dis
import functools
import types
from collections.abc import Iterator
from functools import reduce
from pickle import PicklingError
from sys import modules
from typing import Any

import cloudpickle
from cloudpickle.cloudpickle import (
    _class_setstate,
    _dynamic_class_reduce,
    _function_setstate,
    dynamic_subimport,
)

from nbmodel.flavors import functions, isolated
from nbmodel.flavors.isolated import Source, true_name
from nbmodel.flavors.module_sources import Closure, closure_of, is_carried
from nbmodel.flavors.user_modules import is_compiled

CACHED_FUNCTION = type(functools.lru_cache(print))
_unusable: dict[Source, str] = {}


def mark_unusable(sources: tuple[Source, ...], why: str) -> None:
    """Note that modules cannot be made from these sources, so that their code is pickled."""
    _unusable.update(dict.fromkeys(sources, why))


def reduces_itself(kind: type[Any]) -> bool:
    """Whether a class of the user defines a reduction, which may be a name."""
    parents = kind.__mro__[:-1]
    own = any({"__reduce__", "__reduce_ex__"} & vars(parent).keys() for parent in parents)
    return own and (kind.__module__ == "__main__" or is_carried(str(kind.__module__)))


class UserCodeReducer:
    """Reduces the code of the user for one skeleton, and collects the modules to store.

    Parameters
    ----------
    pickler : cloudpickle.Pickler
        The pickler whose default reduces other functions and classes.
    """

    def __init__(self, pickler: cloudpickle.Pickler) -> None:
        self._pickler = pickler
        self._closures: dict[str, Closure] = {}
        self._by_value: dict[str, bool] = {}
        self._sources: dict[str, Source] = {}
        self._imports: set[str] = set()
        self._warnings: dict[str, None] = {}
        self.has_code = False  # of the user, by name or by value

    @property
    def sources(self) -> tuple[Source, ...]:
        """The source of each module to store, sorted by name."""
        return tuple(self._sources[name] for name in sorted(self._sources))

    @property
    def imports(self) -> frozenset[str]:
        """Top-level names of other modules that those modules and the functions use."""
        return frozenset(self._imports)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The modules whose source is not stored, and the reasons."""
        return tuple(self._warnings)

    def reduce(self, obj: Any) -> Any:
        """Reduce a class, a function or a module; NotImplemented leaves it to pickle."""
        is_module = isinstance(obj, types.ModuleType)
        name = obj.__name__ if is_module else getattr(obj, "__module__", None)
        if not isinstance(name, str):
            return self._plain(obj)
        if name == "__main__" and isinstance(obj, CACHED_FUNCTION):
            return self._value(obj)
        if not is_carried(name):
            if is_compiled(name):
                self._warn_compiled(name)
            if is_module:  # its name is no more than an argument in the skeleton
                self._imports.add(name.partition(".")[0])
            return self._plain(obj)
        if not is_module and not _is_member(obj, name):
            return self._plain(obj)
        self.has_code = True
        if self._travels_by_value(name):
            return self._value(obj)
        if is_module:
            return isolated.module, (true_name(name),)
        return isolated.member, (true_name(name), obj.__qualname__)

    def instance(self, obj: Any) -> Any:
        """Reduce an object of a class that defines a reduction.

        It may be a name, as for a single object of its module, which pickle would import.
        """
        registered = copyreg.dispatch_table.get(type(obj))
        reduced = obj.__reduce_ex__(5) if registered is None else registered(obj)
        if not isinstance(reduced, str):
            return reduced
        name = str(getattr(obj, "__module__", ""))
        if is_carried(name) and not self._travels_by_value(name):
            return isolated.member, (true_name(name), reduced)
        if is_carried(name) or name == "__main__":
            raise PicklingError(f"its class reduces it to {reduced!r}, a name in {true_name(name)}")
        return reduced

    def _plain(self, obj: Any) -> Any:
        """Reduce as cloudpickle does: by name if it can be imported, else by value."""
        if isinstance(obj, types.ModuleType | CACHED_FUNCTION):
            return NotImplemented
        reduced = cloudpickle.Pickler.reducer_override(self._pickler, obj)
        if isinstance(obj, types.FunctionType):
            return self._with_imports(obj, reduced)
        self.has_code |= isinstance(reduced, tuple) and reduced[-1] is _class_setstate
        return _untracked(reduced)

    # -- by name or by value -------------------------------------------------

    def _travels_by_value(self, name: str) -> bool:
        if name not in self._by_value:
            self._by_value[name] = not self._take(name)
        return self._by_value[name]

    def _take(self, name: str) -> bool:
        """Add the sources of a module; return False if they cannot be used."""
        closure = self._closures[name] = closure_of(name)
        if closure.doubts:
            self._warnings[_doubt(true_name(name), closure.doubts)] = None
            return False
        if unfit := [why for s in closure.sources if (why := _unusable.get(s))]:
            self._warnings[_doubt(true_name(name), tuple(unfit))] = None
            return False
        clash = [s for s in closure.sources if self._sources.get(s.name, s) != s]
        if clash or not closure.sources:
            return (
                False  # two versions of one module in one object: the code of the second is pickled
            )
        self._sources |= {source.name: source for source in closure.sources}
        self._imports |= closure.others
        return True

    def _value(self, obj: Any) -> Any:
        if isinstance(obj, types.FunctionType):
            return self._with_imports(obj, self._pickler._dynamic_function_reduce(obj))
        if isinstance(obj, types.ModuleType):
            names = {k: v for k, v in vars(obj).items() if k not in _OF_IMPORT}
            return dynamic_subimport, (obj.__name__, names)
        if isinstance(obj, CACHED_FUNCTION):
            self.has_code = True
            return functions.cached_function, (obj.__wrapped__, obj.cache_parameters())
        return _untracked(_dynamic_class_reduce(obj))

    def _with_imports(self, function: types.FunctionType, reduced: Any) -> Any:
        """Reduce a function, with the modules that it imports when it runs."""
        if not isinstance(reduced, tuple) or reduced[-1] is not _function_setstate:
            return reduced
        self.has_code = True
        imported = set(_imported(function.__code__))
        names = {name for name in imported if is_carried(name)}
        self._imports |= {name.partition(".")[0] for name in imported - names}
        by_value = {name: modules[name] for name in names if self._travels_by_value(name)}
        _, arguments, (state, slots), *rest, _ = reduced
        if by_value:
            slots = {**slots, functions.IMPORTS: by_value}
        make = (functions.make_function, (*arguments, bool(names)))
        return (*make, (state, slots), *rest, functions.set_function_state)

    def _warn_compiled(self, name: str) -> None:
        self._warnings[
            f"{name} is a compiled module outside of any installed package. The version does not "
            "contain it. Install it on each machine that loads the version."
        ] = None


_OF_IMPORT = frozenset({"__builtins__", "__loader__", "__spec__", "__cached__"})


def _doubt(name: str, doubts: tuple[str, ...]) -> str:
    return (
        f"The version contains the compiled code of {name} instead of its source: {doubts[0]}. "
        "To store the source, correct that or restart the kernel, and commit again."
    )


def _untracked(reduced: Any) -> Any:
    """Remove the id by which cloudpickle finds a class again that was pickled by value.

    With the id, a load in the same process would find the class of the notebook. It would replace
    the methods of that class by those of the version.
    """
    if not isinstance(reduced, tuple) or reduced[-1] is not _class_setstate:
        return reduced
    make, (*arguments, _id, extra), *rest = reduced
    return (make, (*arguments, None, extra), *rest)


def _is_member(obj: Any, name: str) -> bool:
    """Whether a module has an object under its qualified name."""
    try:
        return reduce(getattr, obj.__qualname__.split("."), modules[name]) is obj
    except (AttributeError, KeyError):
        return False


def _imported(code: types.CodeType) -> Iterator[str]:
    """Yield the absolute names that a function imports when it runs."""
    if dis.opmap["IMPORT_NAME"] in code.co_code[::2]:  # an instruction is two bytes
        for step in dis.get_instructions(code):
            if step.opname == "IMPORT_NAME":
                yield str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _imported(constant)
