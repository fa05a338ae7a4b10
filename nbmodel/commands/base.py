"""What a command is: a verb with its arguments, for magics and shell alike."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nbmodel.display import Result
from nbmodel.errors import InvalidValue

if TYPE_CHECKING:
    from nbmodel.records import VersionInfo
    from nbmodel.versioning.registry import Registry

Kind = Literal[
    "",
    "model",
    "reference",
    "stage",
    "variable",
    "stage_reference",
    "model_variable",
    "data_variable",
    "query",
]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of argparse; `completes` says what the tab key offers for it."""

    flags: tuple[str, ...]
    options: Mapping[str, Any]
    completes: Kind = ""


def argument(*flags: str, completes: Kind = "", **options: Any) -> Argument:
    """An argument as `argparse.ArgumentParser.add_argument` takes it."""
    return Argument(flags, options, completes)


def whole_number(text: str) -> int:
    """The type of an argument that takes a whole number."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a whole number") from None


ATTACHING = (
    argument(
        "--figure",
        action="append",
        metavar="NAME=VARIABLE",
        completes="variable",
        help="Figure of plotly or matplotlib to attach. The name may be left out. May be repeated.",
    ),
    argument(
        "--file",
        action="append",
        metavar="PATH",
        help="File to attach, of at most 32 MB; NAME=PATH gives it another name. May be repeated.",
    ),
)


class Workspace(Protocol):
    """What a command may ask of the place it runs in: a notebook or a shell."""

    def registry(self, *, create: bool = False) -> Registry:
        """The registry in use."""
        ...

    def use_registry(self, path: str) -> Registry:
        """Make another registry the one in use, and make it if it does not exist."""
        ...

    def variable(self, name: str) -> Any:
        """Value of a variable of the user."""
        ...

    def bind(self, name: str, value: Any, version: VersionInfo, *, force: bool) -> None:
        """Set a variable of the user to a version that was loaded."""
        ...

    def line_of(self, variable: str) -> tuple[str, str] | None:
        """Model and branch that a variable was last committed to or loaded from."""
        ...

    def remember(self, variable: str, model: str, branch: str) -> None:
        """Keep model and branch of a variable for `line_of`."""
        ...

    def confirms(self, question: str) -> bool:
        """Ask the user to confirm; False where the user cannot be asked."""
        ...

    def edit_card(self, reference: str, message: str) -> Any:
        """Let the user edit the card of a version; what comes of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A verb: ``%model_<name>`` in a notebook, ``nbmodel <name>`` in a shell.

    Attributes
    ----------
    name, help : str
    run : callable
        ``run(workspace, arguments)`` calls one verb and returns its result.
    arguments : sequence of Argument
    notebook_only : bool
        It works on variables, or shows widgets: a shell has neither.
    shell_only : bool
        It takes the process for itself, which a kernel cannot give.
    keep_quotes : bool
        Quotes in its magic's line mean something to the command itself.
    examples : str
    """

    name: str
    help: str
    run: Callable[[Workspace, Namespace], Result]
    arguments: Sequence[Argument] = field(default_factory=tuple)
    notebook_only: bool = False
    shell_only: bool = False
    keep_quotes: bool = False
    examples: str = ""


def pairs(texts: Sequence[str] | None, what: str) -> dict[str, str]:
    """``name=value`` texts as a mapping.

    Raises
    ------
    InvalidValue
        If one has no ``=`` or no name.
    """
    mapping = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InvalidValue(f"{what} {text!r} is not NAME=VALUE.", f"Write {what} auc=0.98.")
        mapping[name.strip()] = value.strip()
    return mapping


def numbers(texts: Sequence[str] | None, what: str) -> dict[str, float]:
    """``name=number`` texts as a mapping."""
    mapping = {}
    for name, value in pairs(texts, what).items():
        try:
            mapping[name] = float(value)
        except ValueError:
            raise InvalidValue(
                f"{what} {name}={value!r} is not a number.",
                f"Write {what} {name}=0.98, or put the expression into a variable first: "
                f"{what} {name}={{variable}}.",
            ) from None
    return mapping


def attachments(
    workspace: Workspace, figures: Sequence[str] | None, files: Sequence[str] | None
) -> dict[str, Any]:
    """The arguments ``figures`` and ``files`` of a verb.

    A figure is ``NAME=VARIABLE``, or a variable that gives the name too. A file is a path, or
    ``NAME=PATH``.

    Raises
    ------
    InvalidValue
        If a name is there twice.
    VariableNotFound
        If there is no such variable.
    """
    variables = dict(_unique([_named_variable(text) for text in figures or ()], "--figure"))
    paths = dict(_unique([_named_path(text) for text in files or ()], "--file"))
    return {"figures": {k: workspace.variable(v) for k, v in variables.items()}, "files": paths}


def _named_variable(text: str) -> tuple[str, str]:
    name, equals, variable = text.partition("=")
    return (name.strip(), variable.strip()) if equals else (text.partition(".")[0], text)


def _named_path(text: str) -> tuple[str, str]:
    """Name and path; the last part of a path that has no name, or that exists with its '='."""
    name, equals, path = text.partition("=")
    if equals and not Path(text).expanduser().exists():
        return name.strip(), path.strip()
    return Path(text).name, text


def _unique(items: Sequence[tuple[str, str]], option: str) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    for name, value in items:
        if name in names:
            raise InvalidValue(
                f"{option} has the name {name!r} twice.", "Give each its own name: NAME=VALUE."
            )
        names.add(name)
        yield name, value


def scalars(texts: Sequence[str] | None, what: str) -> dict[str, str | int | float]:
    """``name=value`` texts as a mapping, numbers as numbers."""
    return {name: _scalar(value) for name, value in pairs(texts, what).items()}


def _scalar(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
