"""Commands that move objects: commit, checkout."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from typing import cast

from nbmodel.commands.base import (
    ATTACHING,
    Command,
    Workspace,
    argument,
    attachments,
    numbers,
    pairs,
    scalars,
)
from nbmodel.commands.choices import on_only_model
from nbmodel.commands.queries import notebook_status
from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.refs import DEFAULT_BRANCH


def _commit(workspace: Workspace, args: Namespace) -> Result:
    own_name = args.variable.partition(".")[0].strip("_")
    model, branch = workspace.line_of(args.variable) or (own_name, DEFAULT_BRANCH)
    if not args.variable:
        status = notebook_status()
        parts = import_module("nbmodel.versioning.verbs.model_parts")
        candidates = parts.to_commit(status.models, workspace.variable)
        if len(candidates) != 1:
            return cast("Result", status)
        args.variable, model, branch = (
            candidates[0].variable,
            candidates[0].model,
            candidates[0].branch,
        )
    obj = workspace.variable(args.variable)
    if not args.force:
        import_module("nbmodel.versioning.verbs.commit_subject").require_model(obj, args.variable)
    if args.name and args.name != model:
        model, branch = args.name, DEFAULT_BRANCH
    result = workspace.registry(create=True).commit(
        obj,
        model,
        args.message,
        branch=args.branch or branch,
        metrics=numbers(args.metric, "--metric"),
        params=scalars(args.param, "--param"),
        tags=pairs([t if "=" in t else f"{t}=" for t in args.tag or ()], "--tag"),
        data=workspace.variable(args.data) if args.data else None,
        uses=args.uses or (),
        lower_is_better=args.lower_is_better or (),
        **attachments(workspace, args.figure, args.file),
        variable=args.variable,
        again=args.again,
    )
    workspace.remember(args.variable, result.version.model, result.version.branch)
    return result


def _checkout(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    if args.to:
        _require_no_variable(args)
        return registry.export(args.reference, args.to)
    variable = args.variable
    loaded = registry.load(args.reference, trust=args.trust, offline=args.offline)
    if not variable:
        variable = loaded.recorded or loaded.version.model
        variable = variable.partition(".")[0].replace("-", "_")
    workspace.bind(variable, loaded.model, loaded.version, force=args.force or bool(args.variable))
    workspace.remember(variable, loaded.version.model, loaded.version.branch)
    return loaded.bound_to(variable)


def _require_no_variable(args: Namespace) -> None:
    """Raise if options ask for a variable, which `--to` does not set."""
    options = {"--as": args.variable, "--force": args.force}
    if unused := [option for option, value in options.items() if value]:
        raise InvalidValue(
            f"--to writes files and sets no variable, so {' and '.join(unused)} would have no "
            "effect.",
            "Use --to in one command and --as VARIABLE in another.",
        )


COMMIT = Command(
    name="commit",
    help="Store a fitted object as the next version of a model.",
    run=_commit,
    arguments=(
        argument(
            "variable",
            nargs="?",
            default="",
            completes="model_variable",
            help="Variable that holds the object. Default: the only new or changed model; if there "
            "are several, they are listed.",
        ),
        argument("-m", "--message", default="", help="What is new in this version."),
        argument(
            "--name",
            default="",
            completes="model",
            help="Model. Default: that of the variable's last commit, else the variable's name.",
        ),
        argument("--branch", default="", help="Branch of the model. A new branch starts at main."),
        argument("--metric", action="append", metavar="NAME=NUMBER", help="May be repeated."),
        argument(
            "--lower-is-better",
            action="append",
            metavar="NAME",
            help="Metric of which less is better, such as cost. Known names need no option. "
            "May be repeated.",
        ),
        argument("--param", action="append", metavar="NAME=VALUE", help="May be repeated."),
        argument("--tag", action="append", metavar="NAME[=VALUE]", help="May be repeated."),
        *ATTACHING,
        argument(
            "--data",
            default="",
            completes="data_variable",
            help="Variable with the training data. Aggregates are recorded, rows are not.",
        ),
        argument(
            "--uses",
            action="append",
            metavar="REF",
            completes="reference",
            help="Version that this one was made from. May be repeated.",
        ),
        argument(
            "--again",
            action="store_true",
            help="Make a version even if nothing is new since the latest one.",
        ),
        argument(
            "--force",
            action="store_true",
            help="Commit rows of data, an estimator that is not fitted, or a lambda.",
        ),
    ),
    notebook_only=True,
    examples='%model_commit clf -m "baseline" --name churn --metric auc={auc} --data X_train',
)

CHECKOUT = Command(
    name="checkout",
    help="Load a version into a variable, or write its files to a folder.",
    run=on_only_model("checkout", _checkout),
    arguments=(
        argument(
            "reference",
            nargs="?",
            default="",
            completes="reference",
            help="Version: churn@1, churn@prod, ... Default: the latest of the only model.",
        ),
        argument(
            "--as",
            dest="variable",
            default="",
            metavar="VARIABLE",
            help="Variable to set. Default: the one that was committed, if it is not in use.",
        ),
        argument(
            "--force", action="store_true", help="Set the default variable even if it is in use."
        ),
        argument(
            "--trust",
            action="store_true",
            help="Load a version of another person as if it were yours. It may run any code.",
        ),
        argument(
            "--offline",
            action="store_true",
            help="Do not fetch arrays that are not in this clone from a remote.",
        ),
        argument("--to", default="", metavar="FOLDER", help="Write the files there instead."),
    ),
    examples="%model_checkout churn@1 --as old",
)
