"""From a command to a magic: parse, run the command, return its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython.core.display_functions import display
from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, magic_arguments
from IPython.utils.process import arg_split

from nbmodel.commands.base import Command
from nbmodel.commands.parsing import open_quote, parse
from nbmodel.config import NbModel
from nbmodel.display import Result, visible
from nbmodel.errors import NbModelError
from nbmodel.magics.workspace import NotebookWorkspace

PREFIX = "model_"
Magic = Callable[[str], Result]


def magic_of(command: Command, workspace: NotebookWorkspace) -> Magic:
    """A line magic; ``%model_commit?`` shows the arguments of its command.

    IPython shows a traceback for a subclass of `UsageError`: so exactly that
    class is raised, here and nowhere else.
    """

    def magic(line: str) -> Any:
        text = line.rstrip()
        words = _words(text.removesuffix(";"), keep_quotes=command.keep_quotes)
        parser = magic.parser  # type: ignore[attr-defined]  # the decorators below add it
        args = parse(parser, command, words)
        try:
            result = command.run(workspace, args)
        except NbModelError as error:
            raise UsageError(str(error)) from None
        if text.endswith(";"):  # as behind any last line of a cell: its result is not shown
            return None
        if workspace.hides_result():
            display(result)
        return result

    magic.__name__ = magic.__qualname__ = PREFIX + command.name
    magic.__doc__ = command.help + (
        f"\n\nExample::\n\n    {command.examples}" * bool(command.examples)
    )
    for each in reversed(command.arguments):
        magic = argument(*each.flags, **each.options)(magic)
    line_magic: Magic = magic_arguments(PREFIX + command.name)(magic)
    return line_magic


def _words(line: str, *, keep_quotes: bool) -> list[str]:
    """Split a line as a shell does; IPython's own parsing leaves the quotes in the words."""
    try:
        return list(arg_split(line, posix=not keep_quotes))
    except ValueError:
        raise UsageError(visible(open_quote(line))) from None


MARK = "%%model_work"


def without_mark(lines: list[str]) -> list[str]:
    """A cell's lines without the mark; none of them under Voilà, and where all is read-only."""
    if not lines or lines[0].strip() != MARK:
        return lines
    return [] if NbModel.instance().refuses_changes() else lines[1:]
