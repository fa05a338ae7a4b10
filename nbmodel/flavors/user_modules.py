"""Whether an imported module is a file of the user, outside of installed packages.

A module of the standard library or of an installed package can be installed again by its name and
version. That is not possible for a file beside the notebook, a package folder on ``sys.path`` or an
editable install: their text changes while their name and version stay the same. These are the
modules of the user.
"""

from __future__ import annotations

import importlib.util
import site
import sys
import sysconfig
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from pathlib import Path

PACKAGE = "nbmodel"
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def is_users(name: str) -> bool:
    """Whether an imported module is Python source of the user."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return isinstance(spec, ModuleSpec) and is_users_spec(spec)


def is_users_spec(spec: ModuleSpec) -> bool:
    """Whether a spec describes Python source of the user."""
    if not spec.has_location or not spec.origin or not spec.origin.endswith(".py"):
        return False
    return _is_users_file(spec.name, spec.origin)


def is_compiled(name: str) -> bool:
    """Whether an imported module belongs to the user and is compiled, so without a source."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    origin = str(getattr(spec, "origin", None) or "")
    return origin.endswith(tuple(EXTENSION_SUFFIXES)) and _is_users_file(name, origin)


def find_spec(name: str) -> ModuleSpec | None:
    """Find the spec of a module without importing it or a package above it."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        spec = getattr(loaded, "__spec__", None)
        return spec if isinstance(spec, ModuleSpec) else None
    parent, _, _ = name.rpartition(".")
    try:
        if not parent:
            return importlib.util.find_spec(name)
        above = find_spec(parent)
        if above is None or above.submodule_search_locations is None:
            return None
        return PathFinder.find_spec(name, list(above.submodule_search_locations))
    except (ImportError, ValueError, AttributeError):  # a finder of another package
        return None


@cache
def _is_users_file(name: str, origin: str) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in (PACKAGE, "__main__", "__mp_main__"):
        return False
    path = Path(origin).resolve()
    if not path.is_file() and not Path(origin).parent.is_dir():
        return False  # in an archive, or not a real path
    if _INSTALLED & set(path.parts) or any(path.is_relative_to(p) for p in _installed_folders()):
        return False
    return not _is_recorded(path, name)


@cache
def _installed_folders() -> tuple[Path, ...]:
    """Folders of the standard library and of installed packages."""
    keys = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = [sysconfig.get_path(key) for key in keys]
    paths += [*site.getsitepackages(), site.getusersitepackages()]
    return tuple(Path(folder).resolve() for folder in paths if folder)


def _is_recorded(path: Path, name: str) -> bool:
    """Whether a package in the same folder of ``sys.path`` lists the file (``--target``)."""
    levels = name.count(".") + (path.name == "__init__.py")
    root = path.parents[min(levels, len(path.parents) - 1)]
    relative = path.relative_to(root).as_posix()
    for record in root.glob("*.dist-info/RECORD"):
        try:
            lines = record.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            continue
        if any(line.startswith(f"{relative},") for line in lines):
            return True
    return False
