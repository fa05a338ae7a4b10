"""Functions that travel by value, as cloudpickle makes them, with the version's own imports.

A function looks its builtins up once, when it is made, and every function of
one module shares that module's globals. So what answers an import statement
goes into these globals before the first function is made, and stays there.
"""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from cloudpickle.cloudpickle import _function_setstate

from nbmodel.flavors import isolated

IMPORTS = "__nbmodel_imports__"  # in a function's globals: what it imports, by name
_BUILTINS = "__nbmodel_builtins__"


def make_function(
    code: types.CodeType,
    names: dict[str, Any],
    name: str | None,
    defaults: tuple[Any, ...] | None,
    closure: tuple[types.CellType, ...] | None,
    imports: bool,
) -> types.FunctionType:
    """A function over the globals `names`; `imports` if it imports modules of the user's."""
    library = isolated.current()
    if library is not None and _BUILTINS not in names and (imports or library.sources):
        isolated.install(library)
        others = names.setdefault(IMPORTS, {})
        names[_BUILTINS] = isolated.builtins_for(library, others)
    names["__builtins__"] = names.get(_BUILTINS, vars(builtins))
    return types.FunctionType(code, names, name, defaults, closure)


def set_function_state(function: types.FunctionType, state: Any) -> None:
    """As cloudpickle sets it, but for the builtins, which are those that it was made with."""
    imports = state[1].pop(IMPORTS, {})
    _function_setstate(function, state)
    names = function.__globals__
    if _BUILTINS in names:
        names["__builtins__"] = names[_BUILTINS]
        names[IMPORTS].update(imports)


def cached_function(function: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:
    """A function under `functools.lru_cache`; what it had in its cache stays behind."""
    return functools.lru_cache(**parameters)(function)
