"""Modules of a version, made from its own source: beside, not instead of, the user's.

Each set of sources is a package of its own in `sys.modules`, named for their
digest. An import in one of its modules, wherever it stands and whenever it
runs, is answered from the set where the set has that module, and by Python
elsewhere. So two versions of one module live in one process, and neither
touches the module that the user imported. A set whose modules somebody changed
since (a method replaced, a global set) is not used for another load.

Nothing here runs before a skeleton is loaded that names such a module, and
that is loaded only if it is the user's own or trusted.
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
    """Text of a module: its dotted name, and whether other modules lie below it."""

    name: str
    text: bytes
    is_package: bool


@dataclass(frozen=True)
class Library:
    """The sources that belong together, by module name, and the package they are made in."""

    sources: Mapping[str, Source]
    package: str

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Library:
        """The library of some sources: one that is there, or a new one if that was changed."""
        digest = hashlib.sha256()
        for source in sorted(sources, key=lambda source: source.name):
            digest.update(f"{source.name} {source.is_package} {len(source.text)}\n".encode())
            digest.update(source.text)
        stem = f"{PREFIX}{digest.hexdigest()[:16]}"
        for number in count():
            package = f"{stem}_{number}" if number else stem
            found = _libraries.get(package)
            if found is None:
                return cls({source.name: source for source in sources}, package)
            if not found.is_changed():
                return found
        raise AssertionError("count() does not end")

    @cached_property
    def folders(self) -> frozenset[str]:
        """Names of packages, with those that have no source of their own."""
        names = [name.split(".") for name in self.sources]
        return frozenset(".".join(name[:n]) for name in names for n in range(1, len(name)))

    def holds(self, name: str) -> bool:
        """Whether a module of that name is made from the library."""
        return name in self.sources or name in self.folders

    def module(self, name: str) -> types.ModuleType:
        """The module, made on first use.

        Raises
        ------
        ModuleLost
            If there is no source of it.
        """
        if not self.holds(name):
            raise ModuleLost(name)
        install(self)
        return importlib.import_module(f"{self.package}.{name}")

    def is_changed(self) -> bool:
        """Whether one of its modules is not as its source made it."""
        made = ((name, sys.modules.get(name)) for name in _marks if name.startswith(self.package))
        return any(module and _mark(module) != _marks[name] for name, module in made)


_marks: dict[str, dict[str, object]] = {}  # of each module made, by its full name
# What Python itself writes into a module or class: `copyreg` when it pickles or copies an instance.
_WRITTEN_BY_PYTHON = frozenset({"__builtins__", "__slotnames__"})


def _mark(module: types.ModuleType) -> dict[str, object]:
    """What a module and its classes bind, by identity; of containers, how much they hold."""
    found: dict[str, object] = {}
    scopes: list[tuple[str, Any]] = [("", module)]
    while scopes:
        prefix, scope = scopes.pop()
        for name, value in list(vars(scope).items()):
            if isinstance(value, types.ModuleType) or name in _WRITTEN_BY_PYTHON:
                continue  # a module that is imported later
            code = getattr(value, "__code__", None) if isinstance(value, types.FunctionType) else 0
            size = len(value) if isinstance(value, dict | list | set) else 0
            found[f"{prefix}{name}"] = (id(value), id(code), size)
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and value.__qualname__ == f"{prefix}{name}":
                scopes.append((f"{prefix}{name}.", value))
    return found


# -- what a skeleton names ---------------------------------------------------

_loading: ContextVar[Library | None] = ContextVar("nbmodel_loading", default=None)


@contextmanager
def loading(sources: Sequence[Source]) -> Iterator[None]:
    """Answer `module` and `member` from some sources for as long as a skeleton is loaded."""
    token = _loading.set(Library.of(sources))
    try:
        yield
    finally:
        _loading.reset(token)


def module(name: str) -> types.ModuleType:
    """A module that the version carries."""
    library = _loading.get()
    if library is None:
        raise ModuleLost(name)
    return library.module(name)


def member(name: str, path: str) -> Any:
    """A class or function of a module that the version carries, by its qualified name."""
    return reduce(getattr, path.split("."), module(name))


def current() -> Library | None:
    """The library that answers now, or None if nothing is being loaded."""
    return _loading.get()


def true_name(name: str) -> str:
    """The user's name of a module: without the package that it was made in."""
    return name.partition(".")[2] if name.startswith(PREFIX) else name


def library_of(name: str) -> Library | None:
    """The library that a module was made from."""
    return _libraries.get(name.partition(".")[0])


# -- importing ---------------------------------------------------------------

_kept: list[Callable[[], AbstractContextManager[None]]] = []


def keep(registry: Callable[[], AbstractContextManager[None]]) -> None:
    """Have a framework's table of registered classes kept as it is while a module is made."""
    _kept.append(registry)


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
        """No file that exists: what lies beside the user's file is no part of the version."""
        return f"{self._library.package}/{self._name.replace('.', '/')}.py"

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self._source.text, self.get_filename(fullname), "exec", dont_inherit=True)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__dict__["__builtins__"] = builtins_for(self._library)
        module.__file__ = self.get_filename(module.__name__)
        with ExitStack() as stack:
            for keep in _kept:
                stack.enter_context(keep())
            self._execute(module)
        _marks[module.__name__] = _mark(module)

    def _execute(self, module: types.ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102 - it is what a loader does

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
    # Another process has no such package: to cloudpickle, hence joblib, its classes go by value.
    cloudpickle.register_pickle_by_value(importlib.import_module(library.package))


def builtins_for(
    library: Library, others: Mapping[str, types.ModuleType] | None = None
) -> dict[str, Any]:
    """The builtins of code that imports from a library, and besides from `others`."""
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
    """The import statement, inside a library: `name` is one of its modules if it has one."""
    plain: Callable[..., types.ModuleType] = builtins.__import__
    top = name.partition(".")[0]
    if level == 0 and library.holds(top):
        # Relative to the package of the library, Python does all the rest.
        inside = {"__package__": library.package, "__name__": library.package}
        return plain(name, inside, None, fromlist, 1)
    if level == 0 and (found := others.get(name if fromlist else top)) is not None:
        return found
    return plain(name, globals, locals, fromlist, level)
