"""The sources of the user's modules, and of the user's modules that they import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path

from nbmodel.flavors.isolated import PREFIX, Source, library_of
from nbmodel.flavors.module_changes import difference
from nbmodel.flavors.user_modules import find_spec, is_users, is_users_spec

MAX_BYTES = 8 << 20
MAX_MODULES = 1000


@dataclass(frozen=True, slots=True)
class Closure:
    """A module with all modules of the user that it imports.

    Attributes
    ----------
    sources : tuple of Source
    others : frozenset of str
        Top-level names of other modules that it imports.
    doubts : tuple of str
        Differences between the sources and the modules in memory; empty if there are none.
    """

    sources: tuple[Source, ...]
    others: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()


def is_carried(name: str) -> bool:
    """Whether a module belongs to the user, or was made from the sources of a version."""
    return name.startswith(PREFIX) or is_users(name)


def closure_of(name: str) -> Closure:
    """Return the closure of an imported module for which `is_carried` is true."""
    library = library_of(name)
    if library is None:
        reader = _Reader()
        reader.read(name)
        return Closure(
            tuple(reader.sources.values()), frozenset(reader.others), tuple(reader.doubts)
        )
    sources = tuple(library.sources.values())
    imported = {
        name.partition(".")[0]
        for source in sources
        for name in imports_of(ast.parse(source.text), source.name, source.is_package)
    }
    return Closure(sources, frozenset(top for top in imported if not library.holds(top)))


@dataclass(slots=True)
class _Reader:
    """Reads the sources of a module, of the packages above it, and of their imports."""

    sources: dict[str, Source] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    _size: int = 0

    def read(self, first: str) -> None:
        visited: set[str] = set()
        names = [first]
        while names:
            name = names.pop()
            if name in visited:
                continue
            visited.add(name)
            top, _, below = name.partition(".")
            if below and not self._is_open(top):
                names.append(top)
                continue
            names.extend(_above(name))
            spec = find_spec(name)
            if spec is not None and is_users_spec(spec):
                names.extend(self._take(name, spec))
            elif spec is not None and not below:
                self.others.add(name)

    def _is_open(self, top: str) -> bool:
        """Whether modules of the user may be below a package."""
        if top in self.sources:
            return True
        spec = find_spec(top)
        return spec is not None and (is_users_spec(spec) or spec.origin is None)

    def _take(self, name: str, spec: ModuleSpec) -> Iterator[str]:
        file = Path(str(spec.origin))
        try:
            text = file.read_bytes()
            tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError) as error:
            self.doubts.append(f"{file.name} cannot be read ({type(error).__name__})")
            return
        self._size += len(text)
        if self._size > MAX_BYTES or len(self.sources) >= MAX_MODULES:
            self.doubts.append(f"the modules imported by {name} are too many to carry")
            return
        if reason := difference(sys.modules.get(name), tree, text):
            self.doubts.append(f"{file.name}: {reason}")
        is_package = spec.submodule_search_locations is not None
        self.sources[name] = Source(name, text, is_package)
        yield from imports_of(tree, name, is_package)


def _above(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def imports_of(tree: ast.AST, name: str, is_package: bool) -> Iterator[str]:
    """Yield the full names of modules that a source may import, in any statement."""
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(package, node)
            if base:
                yield base
                # An imported name may be a module; other names will not be found as one.
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _base(package: str, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])
