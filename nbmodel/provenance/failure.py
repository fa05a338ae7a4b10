"""Where a cell ended in an error: the expression, and whether the user's own code was running."""

from __future__ import annotations

import builtins
import dis
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbmodel.flavors.user_modules import is_users

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_TOP_LEVEL = ("<module>", "<cell line")  # IPython 8 names a statement's code "<cell line: 3>"

# Operation of a statement that Python could not compile: those above it have run.
COMPILATION = "COMPILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The error that ended a cell.

    Attributes
    ----------
    error : str
        Name of its class.
    begin, end : tuple of int
        Line and column (in bytes of UTF-8) of the expression, in the transformed source. The line
        is 0 if nothing ran.
    operation : str
        Name of the instruction of Python that failed.
    name : str
        What that instruction was to import, or an empty text.
    partial : bool
        Code of the user was running, or the user interrupted it: a part of it may be done.
    caught : str
        Name of a class of Python that ``except`` needs to catch the error.
    compound : bool
        An object was fitting another one, as a pipeline its steps.
    inner : Failure or None
        Where the Python failed that a magic such as ``%%time`` ran.
    """

    error: str
    begin: tuple[int, int] = (0, 0)
    end: tuple[int, int] = (0, 0)
    operation: str = ""
    name: str = ""
    partial: bool = False
    caught: str = "Exception"
    compound: bool = False
    inner: Failure | None = None


def is_top_level(frame: FrameType, namespace: Mapping[str, Any]) -> bool:
    """Whether a frame runs statements of a cell, and not a function."""
    return frame.f_code.co_name.startswith(_TOP_LEVEL) and frame.f_globals is namespace


def failure_of(error: BaseException, namespace: Mapping[str, Any]) -> Failure | None:
    """Where the cell of `namespace` failed; None if that cannot be known."""
    return _failure(error, list(_traces(error.__traceback__)), namespace)


def failure_before_run(error: BaseException) -> Failure:
    """Where a cell failed that IPython could not compile, as a whole or from a statement on."""
    frames = (trace.tb_frame for trace in _traces(error.__traceback__))
    # IPython compiles statement by statement, once the whole cell is parsed.
    ran = any(frame.f_code.co_name == "run_ast_nodes" for frame in frames)
    if not ran:
        return Failure(error=type(error).__name__)
    return Failure(error=type(error).__name__, begin=(1, 0), operation=COMPILATION)


def _failure(
    error: BaseException, traces: list[TracebackType], namespace: Mapping[str, Any]
) -> Failure | None:
    for index, trace in enumerate(traces):
        if not is_top_level(trace.tb_frame, namespace):
            continue
        code, offset = trace.tb_frame.f_code, trace.tb_lasti
        positions = list(code.co_positions())
        line, end_line, column, end_column = positions[offset // 2]
        if line is None or end_line is None or column is None or end_column is None:
            return None
        # While a function of Python runs, the offset is that of a cache behind its call.
        reached = [each for each in dis.get_instructions(code) if each.offset <= offset]
        instruction = reached[-1] if reached else None
        operation = "" if instruction is None else instruction.opname
        imports = operation.startswith("IMPORT_")
        below = traces[index + 1 :]
        own = any(_is_own(each.tb_frame, namespace) for each in below)
        return Failure(
            error=type(error).__name__,
            begin=(line, column),
            end=(end_line, end_column),
            operation=operation,
            name=str(instruction.argval) if instruction is not None and imports else "",
            partial=(own and not imports) or not isinstance(error, Exception),
            caught=_class_to_catch(error),
            compound=_is_compound(below),
            inner=_failure(error, below, namespace),
        )
    return None


def _is_compound(traces: list[TracebackType]) -> bool:
    frames = [trace.tb_frame for trace in traces]
    fitting = [frame for frame in frames if frame.f_code.co_name.lstrip("_").startswith("fit")]
    objects = {id(frame.f_locals["self"]) for frame in fitting if "self" in frame.f_locals}
    return len(objects) > 1


def _class_to_catch(error: BaseException) -> str:
    if isinstance(error, Exception):
        return "Exception"
    name = type(error).__name__
    return name if getattr(builtins, name, None) is type(error) else "BaseException"


def _traces(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_own(frame: FrameType, namespace: Mapping[str, Any]) -> bool:
    """Whether a frame is code of the notebook, or of a module of the user."""
    if frame.f_globals is namespace:
        return True
    module = frame.f_globals.get("__name__")
    return isinstance(module, str) and module in sys.modules and is_users(module)
