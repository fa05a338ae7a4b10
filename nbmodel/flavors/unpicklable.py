"""Finds the part of an object that cannot be pickled, as an expression that a user can type.

The search goes from the object downwards. Of the parts of an object that fails, the first part that
fails alone is searched next. The parts are those that pickle would use: the state of a reduction,
the items of a container, the variables of a function that is pickled by value.
"""

from __future__ import annotations

import functools
import io
import pickle
import time
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel import plugins
from nbmodel.flavors.pickling import SnapshotPickler

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SECONDS = 3.0  # for the whole search
MAX_STEPS = 64  # from the object down
MAX_PARTS = 10_000  # of one object that are tried
MAX_REASON_LENGTH = 300


Attempt = Callable[[object], Exception | None]


def find_unpicklable(
    obj: object, name: str, attempt: Attempt | None = None
) -> tuple[str, str, str]:
    """Find the deepest part of `obj` that cannot be pickled.

    Parameters
    ----------
    obj : object
        The object that `pickling.dump` refused.
    name : str
        The name of its variable in the notebook.
    attempt : callable, optional
        A test to use instead of pickling. It returns the error of a part, or None.

    Returns
    -------
    path : str
        An expression such as ``clf.steps[1][1].func``. After `MAX_SECONDS`, it leads to the
        deepest part until then.
    kind : str
        The class of the part.
    reason : str
        The error of pickle.
    """
    attempt = attempt or _failure
    deadline = time.monotonic() + MAX_SECONDS
    path, part, error = name, obj, attempt(obj)
    visited: set[int] = set()
    for _ in range(MAX_STEPS):
        visited.add(id(part))
        failure = _failing_part(part, visited, deadline, attempt)
        if failure is None:
            break
        step, part, error = failure
        path = _extend(path, step)
    else:
        if _is_too_deep(error):  # the nesting is the problem, not the part at this depth
            return name, _kind(obj), "it is nested deeper than Python's recursion limit"
    return path, _kind(part), _reason(error)


class _Sink(io.BytesIO):
    """A file that stores nothing, so that an attempt takes no memory."""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes


def _failure(obj: object) -> Exception | None:
    try:
        SnapshotPickler(_Sink(), protocol=5, buffer_callback=_drop).dump(obj)
    except Exception as error:  # noqa: BLE001 - the reduction of an object may raise anything
        return error
    return None


def _drop(buffer: pickle.PickleBuffer) -> bool:
    return False


def _failing_part(
    obj: object, visited: set[int], deadline: float, attempt: Attempt
) -> tuple[str, object, Exception] | None:
    try:
        for number, (step, part) in enumerate(_parts(obj)):
            if number >= MAX_PARTS or time.monotonic() > deadline:
                return None
            if id(part) in visited or isinstance(part, str | bytes | int | float | type(None)):
                continue
            error = attempt(part)
            if error is not None:
                return step, part, error
    except Exception:  # noqa: BLE001 - the parts of a broken object may not be listable
        return None
    return None


# -- the parts of an object --------------------------------------------------


def _parts(obj: object) -> Iterator[tuple[str, object]]:
    """Yield the parts that pickle would use, each with the expression that leads to it."""
    if isinstance(obj, types.FunctionType):
        yield from _function_parts(obj)
    elif isinstance(obj, types.MethodType):
        yield ".__self__", obj.__self__
        yield ".__func__", obj.__func__
    elif isinstance(obj, functools.partial):
        yield ".func", obj.func
        yield from _indexed(obj.args, ".args")
        yield from _keyed(obj.keywords, ".keywords")
        yield from _keyed(vars(obj), "", attributes=True)
    elif isinstance(obj, property | staticmethod | classmethod):
        for key in ("fget", "fset", "fdel", "__func__"):
            yield f".{key}", getattr(obj, key, None)
    elif isinstance(obj, type):
        yield from _keyed(dict(vars(obj)), "", attributes=True)
        yield from _indexed(obj.__bases__, ".__bases__")
    elif type(obj) is dict:
        yield from _keyed(obj, "")
    elif type(obj) in (list, tuple):
        yield from _indexed(obj, "")  # type: ignore[arg-type]
    elif isinstance(obj, np.ndarray):
        yield from _indexed(obj.ravel().tolist() if obj.dtype.hasobject else (), ".flat")
    elif type(obj) in (set, frozenset):
        for item in obj:  # type: ignore[attr-defined]
            yield ".<item>", item
    else:
        yield from _reduced_parts(obj)


def _function_parts(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """Yield the objects that a function refers to, except itself among its globals."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f".<closure>.{name}", cell.cell_contents
        except ValueError:  # a variable not set yet
            continue
    yield from _indexed(function.__defaults__ or (), ".__defaults__")
    yield from _keyed(function.__kwdefaults__ or {}, ".__kwdefaults__")
    for name in _global_names(function.__code__):
        if name in function.__globals__ and function.__globals__[name] is not function:
            yield f".<globals>.{name}", function.__globals__[name]
    yield from _keyed(vars(function), "", attributes=True)


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _reduced_parts(obj: object) -> Iterator[tuple[str, object]]:
    """Yield the state, items and arguments of the reduction of an object."""
    reduced = _reduction(obj)
    if not isinstance(reduced, tuple):
        return
    _, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    for half in state if isinstance(state, tuple) and len(state) == 2 else (state,):
        if isinstance(half, dict):
            yield from _keyed(half, "", attributes=True)
        elif half is not None:
            yield ".__getstate__()", half
    yield from _indexed(tuple(items or ()), "")
    yield from _keyed(dict(pairs or ()), "")
    for index, argument in enumerate(arguments or ()):
        if not isinstance(argument, type):
            yield from _argument_part(obj, index, argument)


def _reduction(obj: object) -> Any:
    flavor = plugins.framework_of(type(obj))
    reduced = NotImplemented if flavor is None else flavor.reduce(obj)
    return obj.__reduce_ex__(5) if reduced is NotImplemented else reduced


def _argument_part(obj: object, index: int, argument: object) -> Iterator[tuple[str, object]]:
    """Yield an argument of the reduction, by the attribute with the same value if there is one."""
    for name, value in _attributes(obj):
        if value is argument:
            yield name, argument
            return
    yield f".__reduce_ex__(5)[1][{index}]", argument


def _attributes(obj: object) -> Iterator[tuple[str, object]]:
    """Yield ``__dict__`` and slots, without the ``__getattr__`` of the class."""
    try:
        state = object.__getattribute__(obj, "__dict__")
    except AttributeError:
        state = {}
    yield from _keyed(state, "", attributes=True)
    for parent in type(obj).__mro__:
        for name, member in vars(parent).items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    yield f".{name}", member.__get__(obj)
                except AttributeError:  # an empty slot
                    continue


def _indexed(items: tuple[Any, ...] | list[Any], prefix: str) -> Iterator[tuple[str, object]]:
    for index, item in enumerate(items):
        yield f"{prefix}[{index}]", item


def _keyed(items: Any, prefix: str, *, attributes: bool = False) -> Iterator[tuple[str, object]]:
    """Yield the values of a dict by key, or values and keys by position."""
    for number, (key, value) in enumerate(items.items()):
        if attributes and isinstance(key, str) and key.isidentifier():
            yield f"{prefix}.{key}", value
        elif isinstance(key, str | int | float | bool | None | bytes):
            yield f"{prefix}[{key!r}]", value
        else:
            yield f"list({prefix}.values())[{number}]", value
            yield f"list({prefix})[{number}]", key


# -- texts -------------------------------------------------------------------


def _extend(path: str, step: str) -> str:
    """Append a step; a step that begins with ``list(`` encloses the path."""
    if step.startswith("list("):
        return f"list({path}{step.removeprefix('list(')}"
    return f"{path}{step}"


def _kind(obj: object) -> str:
    kind = type(obj)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return f"a {name}" if name[0] not in "aeiouAEIOU" else f"an {name}"


def _is_too_deep(error: Exception | None) -> bool:
    # cloudpickle turns a RecursionError into a PicklingError that keeps it as its cause.
    return isinstance(error, RecursionError) or isinstance(
        getattr(error, "__cause__", None), RecursionError
    )


def _reason(error: Exception | None) -> str:
    """What pickle said, on one line."""
    if error is None:
        return "it was pickled at the second attempt"
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return text if len(text) <= MAX_REASON_LENGTH else f"{text[: MAX_REASON_LENGTH - 3]}..."
