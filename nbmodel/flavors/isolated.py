"""Modules of a version, made from its sources beside the modules of the user.

Each set of sources is a separate package in `sys.modules`. Its name contains their digest. An
import in one of its modules looks in the set first, and then elsewhere, whenever it runs.
So two versions of one module can exist in one process, and neither changes the module that the user
imported. A module of a set may have been changed since, by a replaced method or a new value of a
global. Then the set is not used for another load.

This code runs only when a skeleton is loaded that names such a module. Such a skeleton is loaded
only if the user committed it or trusts it.

Skeletons name `module` and `member` in this module, so these names must stay.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import count
from typing import Any

import cloudpickle

from nbmodel.errors import ModuleLost

PREFIX = "nbmodel_modules_"


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a module: its dotted name, its text, and whether it is a package."""

    name: str
    text: bytes
    is_package: bool


@dataclass(frozen=True)
class Library:
    """Sources by module name, and the name of the package in which they are made."""

    sources: Mapping[str, Source]
    package: str

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Library:
        """Return the library of some sources: an existing one, unless that was changed."""
        digest = hashlib.sha256()
        for source in sorted(sources, key=lambda source: source.name):
            digest.update(f"{source.name} {source.is_package} {len(source.text)}\n".encode())
            digest.update(source.text)
        stem = f"{PREFIX}{digest.hexdigest()[:16]}"
        for number in count():
            package = f"{stem}_{number}" if number else stem
            library = _libraries.get(package)
            if library is None:
                return cls({source.name: source for source in sources}, package)
            if not library.is_changed():
                return library
        raise AssertionError("count() does not end")

    @cached_property
    def folders(self) -> frozenset[str]:
        """Names of packages, including packages without a source."""
        names = [name.split(".") for name in self.sources]
        return frozenset(".".join(name[:n]) for name in names for n in range(1, len(name)))

    def holds(self, name: str) -> bool:
        """Whether the library has a module of that name."""
        return name in self.sources or name in self.folders

    def module(self, name: str) -> types.ModuleType:
        """Return a module, which is made at its first use.

        Raises
        ------
        ModuleLost
            If there is no source.
        """
        if not self.holds(name):
            raise ModuleLost(name)
        install(self)
        return importlib.import_module(f"{self.package}.{name}")

    def is_changed(self) -> bool:
        """Whether one of its modules was changed after it was made."""
        modules = (
            (name, sys.modules.get(name)) for name in _states if name.startswith(self.package)
        )
        return any(module and _state_of(module) != _states[name] for name, module in modules)


_states: dict[str, dict[str, object]] = {}  # of each module after it was made, by full name
# Python writes these into a module or class: `copyreg` when it pickles or copies an instance.
_WRITTEN_BY_PYTHON = frozenset({"__builtins__", "__slotnames__"})


def _state_of(module: types.ModuleType) -> dict[str, object]:
    """Collect the ids of the values in a module and its classes, and the sizes of containers."""
    state: dict[str, object] = {}
    scopes: list[tuple[str, Any]] = [("", module)]
    while scopes:
        prefix, scope = scopes.pop()
        for name, value in list(vars(scope).items()):
            if isinstance(value, types.ModuleType) or name in _WRITTEN_BY_PYTHON:
                continue  # a module that is imported later
            code = getattr(value, "__code__", None) if isinstance(value, types.FunctionType) else 0
            size = len(value) if isinstance(value, dict | list | set) else 0
            state[f"{prefix}{name}"] = (id(value), id(code), size)
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and value.__qualname__ == f"{prefix}{name}":
                scopes.append((f"{prefix}{name}.", value))
    return state


# -- names in skeletons ------------------------------------------------------

_loading: ContextVar[Library | None] = ContextVar("nbmodel_loading", default=None)


@contextmanager
def loading(sources: Sequence[Source]) -> Iterator[None]:
    """Let `module` and `member` use some sources while a skeleton is loaded."""
    token = _loading.set(Library.of(sources))
    try:
        yield
    finally:
        _loading.reset(token)


def module(name: str) -> types.ModuleType:
    """Return a module of the version."""
    library = _loading.get()
    if library is None:
        raise ModuleLost(name)
    return library.module(name)


def member(name: str, path: str) -> Any:
    """Return a class or function of a module of the version, by its qualified name."""
    return reduce(getattr, path.split("."), module(name))


def current() -> Library | None:
    """Return the library of the current load, or None."""
    return _loading.get()


def true_name(name: str) -> str:
    """Return the name of a module for the user, without the package of its library."""
    return name.partition(".")[2] if name.startswith(PREFIX) else name


def library_of(name: str) -> Library | None:
    """Return the library of a module."""
    return _libraries.get(name.partition(".")[0])


# -- importing ---------------------------------------------------------------

_registries: list[Callable[[], AbstractContextManager[None]]] = []


def preserve(registry: Callable[[], AbstractContextManager[None]]) -> None:
    """Restore the registry of classes of a framework after each module is made."""
    _registries.append(registry)


_libraries: dict[str, Library] = {}


class _Loader(InspectLoader):
    """Makes one module of a library."""

    def __init__(self, library: Library, name: str) -> None:
        self._library = library
        self._name = name

    def is_package(self, fullname: str) -> bool:
        return not self._name or self._name in self._library.folders or self._source.is_package

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._source.text)

    def get_filename(self, fullname: str) -> str:
        """Return a path that does not exist: files beside the module are not in the version."""
        return f"{self._library.package}/{self._name.replace('.', '/')}.py"

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self._source.text, self.get_filename(fullname), "exec", dont_inherit=True)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__builtins__"] = builtins_for(self._library)
        module.__file__ = self.get_filename(module.__name__)
        with ExitStack() as stack:
            for registry in _registries:
                stack.enter_context(registry())
            self._execute(module)
        _states[module.__name__] = _state_of(module)

    def _execute(self, module: types.ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - as a loader does

    @property
    def _source(self) -> Source:
        empty = Source(self._name, b"", is_package=True)
        return self._library.sources.get(self._name, empty)


class _Finder(MetaPathFinder):
    """Finds the modules of libraries, and nothing else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        library = _libraries.get(package)
        if library is None or not (name == "" or library.holds(name)):
            return None
        loader = _Loader(library, name)
        return ModuleSpec(fullname, loader, is_package=loader.is_package(fullname))


_finder = _Finder()


def install(library: Library) -> None:
    """Let Python find the modules of a library."""
    if _libraries.setdefault(library.package, library) is not library:
        return
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    # Another process has no such package, so cloudpickle (and joblib) pickle its classes by value.
    cloudpickle.register_pickle_by_value(importlib.import_module(library.package))


def builtins_for(
    library: Library, others: Mapping[str, types.ModuleType] | None = None
) -> dict[str, Any]:
    """Make the builtins of code that imports from a library, and from `others`."""
    return {
        **vars(builtins),
        "__import__": partial(_import, library, {} if others is None else others),
    }


def _import(
    library: Library,
    others: Mapping[str, types.ModuleType],
    name: str,
    globals: Mapping[str, object] | None = None,  # noqa: A002 - the names of `builtins.__import__`
    locals: Mapping[str, object] | None = None,  # noqa: A002
    fromlist: Sequence[str] = (),
    level: int = 0,
) -> types.ModuleType:
    """Run an import statement in a library: its own modules have priority."""
    plain: Callable[..., types.ModuleType] = builtins.__import__
    top = name.partition(".")[0]
    if level == 0 and library.holds(top):
        # A relative import from the package of the library does the rest.
        inside = {"__package__": library.package, "__name__": library.package}
        return plain(name, inside, None, fromlist, 1)
    if level == 0 and (other := others.get(name if fromlist else top)) is not None:
        return other
    return plain(name, globals, locals, fromlist, level)
