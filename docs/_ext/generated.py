"""Reference pages that are written from the code: commands, errors, HTTP endpoints."""

from __future__ import annotations

import ast
import inspect
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmodel import errors
from nbmodel.commands.base import Argument, Command
from nbmodel.commands.table import COMMANDS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_COMMANDS = """# Commands

Every command is a magic in a notebook (`%model_commit`) and, where it needs no variables, a command
in a shell (`nbmodel commit`). Both take the same arguments. `%model_commit?` shows these pages in a
notebook; `nbmodel log --help` shows them in a shell.

A reference is `NAME[:BRANCH][@SELECTOR | #STAGE][~N]`: see
[references](../guide/search.md#references).
"""
_ERRORS = """# Errors

Every error that nbmodel raises on purpose is a subclass of `nbmodel.NbModelError`. `error.what`
says what happened and to what, `error.do` says what to do next. In a notebook, a command shows both
and no traceback.
"""


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx reads the sources."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Write every generated page; one that has not changed keeps its time."""
    folder.mkdir(exist_ok=True)
    for name, lines in (("commands.md", commands()), ("errors.md", error_classes())):
        text = "\n".join(lines) + "\n"
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


# -- commands ----------------------------------------------------------------


def commands() -> Iterator[str]:
    """A section for each command, with its arguments and examples."""
    yield _COMMANDS
    for command in COMMANDS:
        yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    magic, shell = f"%model_{command.name}", f"nbmodel {command.name}"
    title = shell if command.shell_only else magic
    yield f"## `{title}`\n"
    yield f"{command.help}\n"
    if not (command.notebook_only or command.shell_only):
        yield f"In a shell: `{shell}`.\n"
    yield "```text"
    yield _usage(command, title)
    yield "```\n"
    if command.arguments:
        yield "| argument | meaning |\n|---|---|"
        for argument in command.arguments:
            yield f"| {_flags(argument)} | {_cell(argument.options['help'])} |"
        yield ""
    if command.examples:
        yield "```text"
        yield inspect.cleandoc(command.examples)
        yield "```\n"


def _usage(command: Command, title: str) -> str:
    parser = ArgumentParser(title, add_help=False)
    for argument in command.arguments:
        parser.add_argument(*argument.flags, **argument.options)
    return parser.format_usage().removeprefix("usage: ").rstrip()


def _flags(argument: Argument) -> str:
    value = argument.options.get("metavar")
    shown = value if isinstance(value, str) and argument.flags[0].startswith("-") else ""
    return ", ".join(f"`{flag} {shown}`".replace(" `", "`") for flag in argument.flags)


def _cell(text: str) -> str:
    return text.replace("%%", "%").replace("|", "\\|")


# -- errors ------------------------------------------------------------------


def error_classes() -> Iterator[str]:
    """A section for each class of error: what it means, its message, and what to do."""
    yield _ERRORS
    texts = _messages(inspect.getsource(errors))
    for name, kind in sorted(vars(errors).items()):
        if isinstance(kind, type) and issubclass(kind, errors.NbModelError):
            yield f"## `{name}`\n"
            yield f"{inspect.cleandoc(kind.__doc__ or '').splitlines()[0]}\n"
            what, do = texts.get(name, ("", ""))
            if what:
                yield f"It reads: *{what}*\n"
            if do:
                yield f"What to do: {do}\n"


def _messages(source: str) -> dict[str, tuple[str, str]]:
    """By class, the sentences that it hands to its base class; values stand as their names."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and _is_init(n)]
            if calls:
                what, do = (*map(_text, calls[0].args[:2]), "", "")[:2]
                found[node.name] = what, do
    return found


def _is_init(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "super().__init__"


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return _cell(str(node.value)).replace("*", "\\*").replace("<", "&lt;")
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.FormattedValue):
        names = [n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)]
        return names[-1].upper() if names else "..."
    return ""
