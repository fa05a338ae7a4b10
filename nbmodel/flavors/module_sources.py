"""The source of the user's own modules, and of whatever of the user's those import."""

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
    """A module with all that it imports of the user's own.

    Attributes
    ----------
    sources : tuple of Source
    others : frozenset of str
        Top-level names of what it imports besides.
    doubts : tuple of str
        Why the sources do not tell what the modules in memory do; empty if they do.
    """

    sources: tuple[Source, ...]
    others: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()


def is_carried(name: str) -> bool:
    """Whether a module is the user's own, or was made from a version's sources."""
    return name.startswith(PREFIX) or is_users(name)


def closure_of(name: str) -> Closure:
    """The closure of an imported module that `is_carried`."""
    library = library_of(name)
    if library is None:
        reader = _Reader()
        reader.read(name)
        return Closure(tuple(reader.found.values()), frozenset(reader.others), tuple(reader.doubts))
    sources = tuple(library.sources.values())
    imported = {
        each.partition(".")[0]
        for source in sources
        for each in imports_of(ast.parse(source.text), source.name, source.is_package)
    }
    return Closure(sources, frozenset(top for top in imported if not library.holds(top)))


@dataclass(slots=True)
class _Reader:
    """Reads sources one by one: a module, the packages above it, and what each imports."""

    found: dict[str, Source] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    _size: int = 0

    def read(self, first: str) -> None:
        seen: set[str] = set()
        names = [first]
        while names:
            name = names.pop()
            if name in seen:
                continue
            seen.add(name)
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
        """Whether the user's own modules may lie below a package."""
        if top in self.found:
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
        if self._size > MAX_BYTES or len(self.found) >= MAX_MODULES:
            self.doubts.append(f"the modules imported by {name} are too many to carry")
            return
        if why := difference(sys.modules.get(name), tree, text):
            self.doubts.append(f"{file.name}: {why}")
        is_package = spec.submodule_search_locations is not None
        self.found[name] = Source(name, text, is_package)
        yield from imports_of(tree, name, is_package)


def _above(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def imports_of(tree: ast.AST, name: str, is_package: bool) -> Iterator[str]:
    """Full names of the modules that a source may import, wherever the statement stands."""
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(package, node)
            if base:
                yield base
                # An imported name may be a module: what is none is not found as one.
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _base(package: str, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])
