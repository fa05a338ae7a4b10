"""Functions that are pickled by value, as cloudpickle makes them, with the imports of a version.

A function reads its builtins once, when it is made, and all functions of a module share its
globals. So the ``__import__`` of the version is put into these globals before the first function is
made.

Skeletons name `make_function`, `set_function_state` and `cached_function` in this module, so these
names must stay.
"""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from cloudpickle.cloudpickle import _function_setstate

from nbmodel.flavors import isolated

IMPORTS = (
    "__nbmodel_imports__"  # in the globals of a function: the modules that it imports, by name
)
_BUILTINS = "__nbmodel_builtins__"


def make_function(
    code: types.CodeType,
    names: dict[str, Any],
    name: str | None,
    defaults: tuple[Any, ...] | None,
    closure: tuple[types.CellType, ...] | None,
    imports: bool,
) -> types.FunctionType:
    """Make a function over the globals `names`; `imports` says if it imports user modules."""
    library = isolated.current()
    if library is not None and _BUILTINS not in names and (imports or library.sources):
        isolated.install(library)
        others = names.setdefault(IMPORTS, {})
        names[_BUILTINS] = isolated.builtins_for(library, others)
    names["__builtins__"] = names.get(_BUILTINS, vars(builtins))
    return types.FunctionType(code, names, name, defaults, closure)


def set_function_state(function: types.FunctionType, state: Any) -> None:
    """Set the state as cloudpickle does, except the builtins, which are set already."""
    imports = state[1].pop(IMPORTS, {})
    _function_setstate(function, state)
    names = function.__globals__
    if _BUILTINS in names:
        names["__builtins__"] = names[_BUILTINS]
        names[IMPORTS].update(imports)


def cached_function(function: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:
    """Make a function with `functools.lru_cache`; the content of the cache is not stored."""
    return functools.lru_cache(**parameters)(function)
