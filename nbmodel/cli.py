"""``nbmodel``: the same commands for machines without a notebook."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from nbmodel import display, terminal
from nbmodel._version import __version__
from nbmodel.api import choose_registry, default_registry
from nbmodel.commands.base import Command
from nbmodel.commands.editor import edited
from nbmodel.commands.parsing import IntermixedParser, ShellParser, unexpected
from nbmodel.commands.table import MAGICS, SHELL
from nbmodel.config import NbModel
from nbmodel.errors import InvalidValue, NbModelError
from nbmodel.records import VersionInfo

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

SUMMARY = "Model management that never leaves the notebook and needs nothing but git."


class ShellWorkspace:
    """A `nbmodel.commands.base.Workspace` without variables."""

    def registry(self, *, create: bool = False) -> Registry:
        """The registry of ``--repo``, else of the working folder."""
        return default_registry(create=create)

    def use_registry(self, path: str) -> Registry:
        """Make the registry at a path; each later call names it by ``--repo``."""
        return choose_registry(path)

    def variable(self, name: str) -> Any:
        """There are none."""
        raise InvalidValue(f"A shell has no variable {name!r}.", "Use the magic in a notebook.")

    def bind(self, name: str, value: Any, version: VersionInfo, *, force: bool) -> None:
        """There is nowhere to load to."""
        raise InvalidValue(
            f"A shell cannot hold {version.ref} in a variable.",
            f"Write its files: nbmodel checkout {version.ref} --to FOLDER.",
        )

    def line_of(self, variable: str) -> tuple[str, str] | None:
        """Nothing is remembered between two calls."""
        return None

    def remember(self, variable: str, model: str, branch: str) -> None:
        """Nothing is remembered between two calls."""

    def confirms(self, question: str) -> bool:
        """Ask on a terminal. A script cannot be asked."""
        if not (sys.stdin and sys.stdin.isatty()):
            return False
        terminal.show(f"{question} [y/N]", sys.stderr)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def edit_card(self, reference: str, message: str) -> Any:
        """Open the user's editor; a version is made when it ends."""
        registry = self.registry()
        result = registry.card(reference)
        commit = partial(registry.edit_card, result.exact, message=message)
        return edited(result.card, "README.md", commit)


def parser() -> ArgumentParser:
    """The command line: options for all, then one parser for each command."""
    top = ShellParser("nbmodel", description=SUMMARY)
    top.add_argument("--version", action="version", version=f"nbmodel {__version__}")
    top.add_argument("--repo", default="", help="Registry; that of the working folder by default.")
    top.add_argument("--read-only", action="store_true", help="Refuse every change.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=IntermixedParser)
    for command in SHELL.values():
        _add(commands, command)
    return top


def _add(commands: Any, command: Command) -> None:
    example = command.examples.replace("%model_", "nbmodel ")
    sub = commands.add_parser(
        command.name,
        help=command.help,
        description=command.help,
        epilog=f"example: {example}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    for argument in command.arguments:
        sub.add_argument(*argument.flags, **argument.options)
    sub.set_defaults(run=command.run, usage_error=sub.error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if all is well, 1 for an error or a finding, 2 for wrong usage."""
    terminal.prepare()
    display.use_shell(notebook_only=MAGICS.keys() - SHELL.keys())
    try:
        return _run(arguments)
    finally:
        display.use_shell(False)


def _magic_only(arguments: Sequence[str]) -> str:
    """The command that the user named, if it exists only in a notebook; else an empty text."""
    words = iter(arguments)
    for word in words:
        if word == "--repo":
            next(words, "")
        elif not word.startswith("-"):
            return word if word in MAGICS and word not in SHELL else ""
    return ""


def _parsed(arguments: Sequence[str] | None) -> Namespace:
    args, rest = parser().parse_known_args(arguments)
    if rest:  # the usage of the command says more than that of nbmodel
        words = sys.argv[1:] if arguments is None else arguments
        args.usage_error(display.advice(unexpected(SHELL[args.command], words, rest)))
    return args


def _run(arguments: Sequence[str] | None) -> int:
    if name := _magic_only(sys.argv[1:] if arguments is None else arguments):
        why = f"nbmodel: {name} works only in a notebook: %model_{name}."
        terminal.show(f"{why}\nnbmodel --help lists the commands of a shell.", sys.stderr)
        return 2
    try:
        args = _parsed(arguments)
    except SystemExit:  # help and version were printed
        terminal.flush()
        raise
    if not args.command:
        terminal.show(parser().format_help().rstrip(), sys.stdout)
        return 0
    settings = NbModel.instance()
    settings.repo = args.repo
    settings.read_only = args.read_only
    try:
        result = args.run(ShellWorkspace(), args)
    except NbModelError as error:
        terminal.show(f"nbmodel {args.command}: {error}", sys.stderr)
        return 1
    if failure := terminal.show(result, sys.stdout):
        why = f"nbmodel {args.command}: its result could not be written: {failure.strerror}."
        terminal.show(why, sys.stderr)
        return 1
    return int(bool(getattr(result, "failed", getattr(result, "findings", ()))))


if __name__ == "__main__":
    sys.exit(main())
