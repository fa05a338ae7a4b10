"""Whether a module in memory differs from its file.

After its import, a file may be edited, a method replaced, or a constant changed. Then the text of
the file must not be stored as the source of the module. The code of functions and methods is
compared, and the values that the text contains (numbers, texts and containers of them). Nothing is
executed.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = (int, float, complex, str, bytes, bool, type(None), tuple, list, dict, set, frozenset)


def difference(module: types.ModuleType | None, tree: ast.Module, text: bytes) -> str:
    """Describe a difference between a module in memory and its source; empty if there is none.

    Parameters
    ----------
    module : module or None
        None if it is not imported.
    tree : ast.Module
        The source, parsed.
    text : bytes
        The source.
    """
    if module is None:
        return ""
    names = vars(module)
    if reason := _changed_code(module, text):
        return reason
    for owner, body, values in _scopes(tree, names):
        for name, node in _literals(body):
            # The metaclass or a decorator of a class may have replaced a value.
            is_comparable = name in values and (not owner or type(values[name]) in _PLAIN)
            if is_comparable and _differs(values[name], node):
                return f"{owner}{name} in memory differs from the file"
    bound = _bound_names(tree)
    for name, value in names.items():
        if bound is not None and name not in bound and type(value) in _PLAIN and name[:2] != "__":
            return f"{name} in memory is not in the file"
    return ""


# -- code --------------------------------------------------------------------


def _changed_code(module: types.ModuleType, text: bytes) -> str:
    file = str(getattr(module, "__file__", ""))
    written: dict[str, list[types.CodeType]] = {}
    compiled = compile(text, file, "exec", dont_inherit=True)
    for name, code in _codes(compiled, ""):
        written.setdefault(name, []).append(code)
    for name, function in _functions(vars(module), module.__name__):
        code = function.__code__
        if function.__module__ == "__main__":
            return f"the notebook replaced {name}"
        if code.co_filename != file or function.__module__ != module.__name__:
            continue  # a decorator or another module made it
        same = any(_same(code, other) for other in written.get(code.co_qualname, ()))
        if not same and "<locals>" not in code.co_qualname:
            return f"{code.co_qualname} in memory differs from the file"
    return ""


def _codes(code: types.CodeType, prefix: str) -> Iterator[tuple[str, types.CodeType]]:
    """Yield functions and methods of a compiled source, by qualified name."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            name = f"{prefix}{constant.co_name}"
            yield name, constant
            if not constant.co_flags & inspect.CO_OPTIMIZED:  # the body of a class
                yield from _codes(constant, f"{name}.")


def _functions(
    names: Mapping[str, Any], module: str, prefix: str = ""
) -> Iterator[tuple[str, types.FunctionType]]:
    for name, value in list(names.items()):
        if _is_class_of(value, module, f"{prefix}{name}"):
            yield from _functions(vars(value), module, f"{prefix}{name}.")
        for function in _functions_of(value):
            yield f"{prefix}{name}", function


def _is_class_of(value: Any, module: str, path: str) -> bool:
    """Whether a value is the class that a module defines at a qualified name."""
    kind = isinstance(value, type) and value.__module__ == module
    return kind and value.__qualname__ == path


def _functions_of(value: Any) -> Iterator[types.FunctionType]:
    """Yield the functions that a method, a property or a decorated function calls."""
    if isinstance(value, property):
        candidates = [value.fget, value.fset, value.fdel]
    elif isinstance(value, staticmethod | classmethod):
        candidates = [value.__func__]
    else:
        candidates = [value]
    for candidate in candidates:
        for _ in range(16):  # decorators
            if isinstance(candidate, types.FunctionType):
                yield candidate
            try:
                candidate = vars(candidate).get("__wrapped__")
            except TypeError:
                break
            if candidate is None:
                break


def _same(left: types.CodeType, right: types.CodeType) -> bool:
    """Whether two code objects do the same; the numbers of their lines may differ."""
    fields = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags")
    if any(getattr(left, name) != getattr(right, name) for name in fields):
        return False
    if len(left.co_consts) != len(right.co_consts):
        return False
    return all(map(_same_constant, left.co_consts, right.co_consts))


def _same_constant(left: Any, right: Any) -> bool:
    if isinstance(left, types.CodeType) and isinstance(right, types.CodeType):
        return _same(left, right)
    if type(left) is not type(right):
        return False
    # Compared as text, since 0.0 == -0.0. The text of a set has no fixed order.
    return left == right if isinstance(left, frozenset) else repr(left) == repr(right)


# -- values ------------------------------------------------------------------


def _scopes(
    tree: ast.Module, names: Mapping[str, Any]
) -> Iterator[tuple[str, list[ast.stmt], Mapping[str, Any]]]:
    yield "", tree.body, names
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            kind = names.get(node.name)
            if _is_class_of(kind, str(names.get("__name__")), node.name):
                yield f"{node.name}.", node.body, vars(kind)


def _literals(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a body binds once to a literal."""
    stored = Counter(
        node.id
        for statement in body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)
    )
    for statement in body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        else:
            continue
        if isinstance(target, ast.Name) and stored[target.id] == 1:
            yield target.id, value


def _differs(value: Any, node: ast.expr) -> bool:
    try:
        written = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    if type(value) is type(written):
        # Compared as text: NaN != NaN, and 1 == True.
        return repr(value) != repr(written) and (value != written or type(value) not in (dict, set))
    return True


def _bound_names(tree: ast.Module) -> set[str] | None:
    """Collect the names that a source may bind in its module; None if that is unknown."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Store()):
                bound.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(node.name)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    if alias.name == "*":
                        return None
                    bound.add(alias.asname or alias.name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                bound.add(name)
            case ast.Global():
                bound.update(node.names)
    return bound
