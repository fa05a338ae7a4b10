"""Where a cell ended in an error: the expression, and whether the user's own code was running."""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbmodel.flavors.user_modules import is_users

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_TOP_LEVEL = ("<module>", "<cell line")  # IPython 8 names a statement's code "<cell line: 3>"


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
    """

    error: str
    begin: tuple[int, int] = (0, 0)
    end: tuple[int, int] = (0, 0)
    operation: str = ""
    name: str = ""
    partial: bool = False


def is_top_level(frame: FrameType, namespace: Mapping[str, Any]) -> bool:
    """Whether a frame runs statements of a cell, and not a function."""
    return frame.f_code.co_name.startswith(_TOP_LEVEL) and frame.f_globals is namespace


def failure_of(error: BaseException, namespace: Mapping[str, Any]) -> Failure | None:
    """Where the cell of `namespace` failed; None if that cannot be known."""
    name = type(error).__name__
    traces = list(_traces(error.__traceback__))
    for index, trace in enumerate(traces):
        if not is_top_level(trace.tb_frame, namespace):
            continue
        code, offset = trace.tb_frame.f_code, trace.tb_lasti
        positions = list(code.co_positions())
        line, end_line, column, end_column = positions[offset // 2]
        if line is None or end_line is None or column is None or end_column is None:
            return None
        found = next((each for each in dis.get_instructions(code) if each.offset == offset), None)
        operation = "" if found is None else found.opname
        imports = operation.startswith("IMPORT_")
        own = any(_is_own(each.tb_frame, namespace) for each in traces[index + 1 :])
        return Failure(
            error=name,
            begin=(line, column),
            end=(end_line, end_column),
            operation=operation,
            name=str(found.argval) if found is not None and imports else "",
            partial=(own and not imports) or not isinstance(error, Exception),
        )
    return None


def _traces(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_own(frame: FrameType, namespace: Mapping[str, Any]) -> bool:
    """Whether a frame is a function of the notebook, or of a module of the user."""
    if frame.f_globals is namespace:
        return not is_top_level(frame, namespace)
    module = frame.f_globals.get("__name__")
    return isinstance(module, str) and module in sys.modules and is_users(module)
