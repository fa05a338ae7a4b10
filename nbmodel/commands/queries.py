"""Commands that look: log, list, show, diff. None of them unpickles."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.config import NbModel
from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.provenance.notebook import session

SECTIONS = ("cells", "modules", "env", "data", "files")


def _limit(args: Namespace) -> int:
    return int(args.limit if args.limit is not None else NbModel.instance().page)


def _log(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().log(
        args.reference, limit=_limit(args), before=args.before, graph=args.graph
    )


def _list(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().list(
        " ".join(args.query),
        limit=_limit(args),
        offset=args.offset,
        sort=args.sort,
        all_versions=args.all,
    )


def _show(workspace: Workspace, args: Namespace) -> Result:
    sections = [section for section in SECTIONS if getattr(args, section)]
    return workspace.registry().show(args.reference, *sections)


def _diff(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().diff(args.before, args.after)


_PAGE = argument("-n", "--limit", type=int, default=None, help="Maximum number of rows.")

LOG = Command(
    name="log",
    help="Show the history of a model, newest first.",
    run=_log,
    arguments=(
        argument("reference", completes="reference", help="Model, branch or version to start at."),
        _PAGE,
        argument("--before", default="", metavar="REF", help="Only versions older than this."),
        argument("--graph", action="store_true", help="Draw all branches and merges."),
    ),
    examples="%model_log churn --graph",
)

LIST = Command(
    name="list",
    help="List the models, or the versions that match a query.",
    run=_list,
    arguments=(
        argument(
            "query",
            nargs="*",
            completes="model",
            help="Words, and conditions on name, stage, release, metrics, params, tags, author, "
            'date: metrics.auc > 0.9 and stage = prod and author ~ "ann".',
        ),
        _PAGE,
        argument("--offset", type=int, default=0, help="Number of rows to skip."),
        argument(
            "--sort", default="-time", metavar="[-]FIELD", help="Field to sort by: -metrics.auc"
        ),
        argument(
            "--all", action="store_true", help="All versions, not only the latest of each model."
        ),
    ),
    keep_quotes=True,
    examples="%model_list logistic metrics.auc > 0.9 and stage = prod",
)

SHOW = Command(
    name="show",
    help="Show what is recorded about a version. The model is not loaded.",
    run=_show,
    arguments=(
        argument("reference", completes="reference", help="Version."),
        argument("--cells", action="store_true", help="The cells that made the model."),
        argument("--modules", action="store_true", help="Your own modules that it uses."),
        argument("--env", action="store_true", help="Exact versions of what it imports."),
        argument("--data", action="store_true", help="Aggregates of the training data."),
        argument("--files", action="store_true", help="Files with their sizes."),
    ),
    examples="%model_show churn@prod --cells",
)

DIFF = Command(
    name="diff",
    help="Show what changed between two versions. The models are not loaded.",
    run=_diff,
    arguments=(
        argument("before", completes="reference", help="Older version."),
        argument("after", completes="reference", help="Newer version."),
    ),
    examples="%model_diff churn@1 churn@2",
)


def _status(workspace: Workspace, args: Namespace) -> Result:
    running = session.current()
    if running is None:
        raise InvalidValue("nbmodel is not loaded in this kernel.", "Load it: %load_ext nbmodel.")
    found: Result = import_module("nbmodel.versioning.verbs.status").status(running)
    return found


STATUS = Command(
    name="status",
    help="List the fitted models of the notebook: new, changed, or committed.",
    run=_status,
    notebook_only=True,
    examples="%model_status",
)
