"""Names of everything that can be imported, read from the sources without an import."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PACKAGES = (
    "numpy", "scipy", "sklearn", "torch", "pandas", "lightgbm", "xgboost", "IPython", "joblib",
    "cloudpickle", "nbmodel", "ipykernel", "traitlets", "jupyter_server", "catboost", "keras",
    "git", "pip", "setuptools", "yaml", "pyarrow", "matplotlib",
)  # fmt: skip
FEW_PACKAGES = ("numpy", "sklearn", "joblib", "cloudpickle", "nbmodel")
_DEFINED = re.compile(r"^(?:def|class|async def) (\w+)|^(\w+) *(?::[^=\n]+)?= ", re.M)
_IMPORTED = re.compile(r"^(?:from [\w.]+ )?import ([\w, .]+)$", re.M)
_METHOD = re.compile(r"^class (\w+)|^    def (\w+)", re.M)


def _sources(package: str) -> Iterator[tuple[str, Path]]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return
    top = Path(spec.origin)
    if spec.submodule_search_locations is None:
        yield package, top
        return
    for path in sorted(top.parent.rglob("*.py")):
        parts = path.relative_to(top.parent.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _standard() -> Iterator[tuple[str, Path]]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(folder.rglob("*.py")):
        if "site-packages" not in path.parts and "test" not in path.parts:
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@cache
def pairs(packages: tuple[str, ...] = PACKAGES) -> list[tuple[str, str]]:
    """Yield ``(module, name)`` of every definition, import and method in the sources."""
    found: set[tuple[str, str]] = set()
    for rows in (_standard(), *map(_sources, packages)):
        for module, path in rows:
            text = path.read_text("utf-8", "replace")
            found |= {(module, name) for name in _names(text)}
    for module in sys.builtin_module_names:
        found |= {(module, name) for name in dir(sys.modules.get(module))}
    return sorted(found)


def _names(text: str) -> Iterator[str]:
    for defined, assigned in _DEFINED.findall(text):
        yield defined or assigned
    for imported in _IMPORTED.findall(text):
        for name in imported.split(","):
            if name.strip():
                yield name.strip().split(" as ")[-1].strip()
    kind = ""
    for class_name, method in _METHOD.findall(text):
        kind = class_name or kind
        if method and kind:
            yield f"{kind}.{method}"
