"""The command that combines versions: merge."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from typing import Any

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, VariableNotFound, did_you_mean


def _merge(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    return registry.merge(
        *args.sources,
        into=args.into,
        how=_method(workspace, args.how),
        weights=_weights(args.weights),
        data=workspace.variable(args.data) if args.data else None,
        target=workspace.variable(args.target) if args.target else None,
        message=args.message,
        trust=args.trust,
        offline=args.offline,
    )


def _method(workspace: Workspace, how: str) -> str | Callable[..., Any]:
    """The name of a method, else the function of the notebook that has the name."""
    methods = import_module("nbmodel.merging.methods").method_names()
    if how in methods:
        return how
    try:
        function: Callable[..., Any] = workspace.variable(how)
    except (InvalidValue, VariableNotFound) as error:
        hint = did_you_mean(how, methods) or f"{error.hint} Methods: {', '.join(methods)}."
        raise InvalidValue(f"There is no method of merging {how!r}. {error.what}", hint) from None
    return function


def _weights(text: str) -> list[float] | str:
    """Numbers between commas; any other text is returned unchanged."""
    try:
        return [float(word) for word in text.split(",")] if text else []
    except ValueError:
        return text


MERGE = Command(
    name="merge",
    help="Combine versions of a model, as one version whose parents are all of them.",
    run=_merge,
    arguments=(
        argument(
            "sources",
            nargs="*",
            completes="reference",
            help="Versions to merge, such as churn:exp churn:eu. They are of the same model: "
            "another model has no history in common.",
        ),
        argument(
            "--into",
            required=True,
            metavar="BRANCH",
            completes="reference",
            help="Branch that gets the new version, such as churn. Its latest version is a member "
            "too, unless the sources were developed from it.",
        ),
        argument(
            "--how",
            required=True,
            metavar="METHOD",
            completes="variable",
            help="average (of the fitted numbers), vote or stack (ensembles of scikit-learn), ours "
            "(object of the branch), theirs (of the one source), or a function. A function of the "
            "notebook gets the list of fitted members and returns the model.",
        ),
        argument(
            "--weights",
            default="",
            metavar="NUMBERS",
            help="Weight of each member, such as 100,200; or samples: their numbers of training "
            "rows, known from --data of their commits. The order is that of the message.",
        ),
        argument(
            "--data",
            default="",
            completes="data_variable",
            help="Variable with rows on which the members and the result are scored before the "
            "commit. stack trains on a half of them.",
        ),
        argument(
            "--target",
            default="",
            completes="variable",
            help="Variable with the true answers of these rows.",
        ),
        argument("-m", "--message", default="", help="Why they are merged."),
        argument(
            "--trust",
            action="store_true",
            help="Load members of other people as if they were yours. They may run any code.",
        ),
        argument(
            "--offline",
            action="store_true",
            help="Do not fetch arrays that are not in this clone from a remote.",
        ),
    ),
    examples="%model_merge churn:exp churn:eu --into churn --how average --data X_test "
    "--target y_test",
)
