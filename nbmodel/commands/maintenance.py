"""Commands that keep a registry in order: init, verify, gc, help."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace

from nbmodel.commands.base import Command, Workspace, argument, whole_number
from nbmodel.display import Result, Table
from nbmodel.errors import InvalidValue
from nbmodel.refs import days_of


class InitResult(Result):
    """The registry now in use."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path

    def text(self) -> str:
        """Name and git directory."""
        return f"registry {self.name}  ({self.path})"


def _init(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.use_registry(args.path)
    return InitResult(registry.context.location.name, str(registry.path))


def _verify(workspace: Workspace, args: Namespace) -> Result:
    if args.acceptance:
        return workspace.registry().verify_acceptance(args.reference, trust=args.trust)
    return workspace.registry().verify(args.reference)


def _gc(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    if args.keep_last or args.keep_staged or args.keep_released or args.keep:
        return registry.retain(
            args.model,
            keep_last=args.keep_last,
            keep_staged=args.keep_staged,
            keep_released=args.keep_released,
            keep_days=args.keep,
            force=args.force,
        )
    if args.model:
        raise InvalidValue(
            f"A rule is missing that says which versions of {args.model} stay.",
            f"Write %model_gc {args.model} --keep-last 20. Without a model: %model_gc.",
        )
    return registry.gc(force=args.force, grace=args.grace, forget=args.forget)


def _age(text: str) -> float:
    try:
        days = days_of(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    if not days:  # without a rule, the command does something else
        raise ArgumentTypeError(f"{text!r} keeps nothing: write 90d, 12w or 1y")
    return days


def _amount(text: str) -> int:
    number = whole_number(text)
    if number < 1:  # without a rule, the command does something else
        raise ArgumentTypeError(f"{text!r} keeps nothing: write 1 or more")
    return number


def _days(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number of days") from None


INIT = Command(
    name="init",
    help="Choose the registry: the git repository at PATH, or a new .nbmodel.git there.",
    run=_init,
    arguments=(argument("path", nargs="?", default=".", help="Folder or repository."),),
    examples="%model_init ~/models",
)

VERIFY = Command(
    name="verify",
    help="Check every byte of a version, or of all versions and references. Remove stale locks.",
    run=_verify,
    arguments=(
        argument("reference", nargs="?", default="", completes="reference", help="Version."),
        argument(
            "--acceptance",
            action="store_true",
            help="Load the version, score its acceptance rows, and compare the answers with those "
            "at commit. A version without acceptance rows gets some.",
        ),
        argument(
            "--trust",
            action="store_true",
            help="Load a version of another person as if it were yours.",
        ),
    ),
    examples="%model_verify churn@v0.1.0",
)

GC = Command(
    name="gc",
    help="List the segments that no reference uses, or with a rule the versions that it does not "
    "keep. Remove them with --force.",
    run=_gc,
    arguments=(
        argument(
            "model",
            nargs="?",
            default="",
            completes="model",
            help="With a rule: the model; all without it.",
        ),
        argument(
            "--keep-last",
            type=_amount,
            default=0,
            metavar="N",
            help="Rule: purge versions, except the newest N of each branch.",
        ),
        argument(
            "--keep-staged",
            action="store_true",
            help="Rule: purge versions, except those that have held a stage.",
        ),
        argument(
            "--keep-released",
            action="store_true",
            help="Rule: purge versions, except those that have had a release.",
        ),
        argument(
            "--keep",
            type=_age,
            default=0.0,
            metavar="AGE",
            help="Rule: purge versions, except those that are younger, such as 90d, 12w or 1y.",
        ),
        argument(
            "--force", action="store_true", help="Remove them. Without this they are only listed."
        ),
        argument(
            "--grace",
            type=_days,
            default=14.0,
            metavar="DAYS",
            help="Remove only segments older than this many days. Default: 14, as in git gc.",
        ),
        argument(
            "--forget",
            action="append",
            default=[],
            metavar="REF",
            help="A branch, tag, stage or note that you deleted or moved on purpose: its full "
            "name, or a pattern. nbmodel no longer reports it as lost.",
        ),
    ),
    examples="%model_gc --force",
)


class HelpResult(Result):
    """All commands with a line each."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self.rows = rows

    def text(self) -> str:
        """A table."""
        return self._table().text() + "\n\n%model_commit? shows the arguments of a command."

    def html(self) -> str:
        """The same table."""
        return (
            self._table().html()
            + "<div><code>%model_commit?</code> shows the arguments of a command.</div>"
        )

    def _table(self) -> Table:
        return Table(("magic", "what it does", "example"), self.rows)
