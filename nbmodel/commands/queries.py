"""Commands that look: log, list, show, diff. None of them unpickles."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from typing import Any

from nbmodel import refs
from nbmodel.commands.base import Command, Workspace, argument, whole_number
from nbmodel.commands.choices import on_only_model
from nbmodel.config import NbModel
from nbmodel.display import Result
from nbmodel.errors import InvalidValue
from nbmodel.provenance.notebook import session

SECTIONS = ("cells", "modules", "env", "data", "files")


def _limit(args: Namespace) -> int:
    return int(args.limit if args.limit is not None else NbModel.instance().page)


def _history(workspace: Workspace, args: Namespace) -> Result:
    registry, reference = workspace.registry(), args.reference
    if args.stages:
        timeline = registry.timeline(refs.parse(reference).model, limit=_limit(args))
        alert_events = import_module("nbmodel.monitor.report.alert_events")
        result: Result = alert_events.with_alerts(registry.context, timeline, _limit(args))
        return result
    return registry.log(reference, limit=_limit(args), before=args.before, graph=args.graph)


def _log(workspace: Workspace, args: Namespace) -> Any:
    """Without a model and options, show the newest versions of all models."""
    if not (args.reference or args.stages or args.graph or args.before):
        registry = workspace.registry()
        registry.context.index.refresh()
        if len(registry.context.index.names()) != 1:
            return registry.list(limit=_limit(args), all_versions=True)
    return on_only_model("log", _history)(workspace, args)


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
    registry = workspace.registry()
    if args.after:
        for variable, version in ((args.after, args.before), (args.before, args.after)):
            if _is_variable_only(registry, variable):
                return _diff_variable(workspace, registry, variable, version)
        return registry.diff(args.before, args.after)
    state = _state_of(args.before)
    if state is None and _is_variable_only(registry, args.before):
        raise InvalidValue(
            f"{args.before} was not committed, so there is no version to compare it with.",
            f"Name a version: %model_diff NAME@1 {args.before}.",
        )
    if state is not None and state.state == "changed":
        return _diff_variable(workspace, registry, state.variable, state.ref)
    after = registry.log(args.before if state is None else state.ref, limit=1).versions[0]
    if not after.parents:
        raise InvalidValue(
            f"{after.ref} is the first version: there is none before it.",
            f"Name two versions: %model_diff {after.ref} OTHER.",
        )
    return registry.diff(f"{after.ref}~1", after.ref)


def _is_variable_only(registry: Any, word: str) -> bool:
    """Whether a word names a variable of the notebook, and no model."""
    running = session.current()
    if running is None or word not in running.namespace:
        return False
    registry.context.index.refresh()
    return word not in registry.context.index.names()


def _diff_variable(workspace: Workspace, registry: Any, variable: str, version: str) -> Result:
    """What changed between a version and the object in a variable."""
    result: Result = import_module("nbmodel.versioning.verbs.diff_object").diff_object(
        registry.context, version, workspace.variable(variable), variable
    )
    return result


def _state_of(variable: str) -> Any:
    """The fitted model in a variable that was committed; None for another word."""
    running = session.current()
    if running is None or variable not in running.namespace:
        return None
    states = import_module("nbmodel.versioning.verbs.status").status(running).models
    # An object with two names is listed once.
    obj = running.namespace[variable]
    matches = [s for s in states if running.namespace.get(s.variable) is obj and s.state != "new"]
    return matches[0] if matches else None


_PAGE = argument("-n", "--limit", type=whole_number, default=None, help="Maximum number of rows.")

LOG = Command(
    name="log",
    help="Show the history of a model, newest first.",
    run=_log,
    arguments=(
        argument(
            "reference",
            nargs="?",
            default="",
            completes="reference",
            help="Model, branch or version to start at. Default: all models.",
        ),
        _PAGE,
        argument("--before", default="", metavar="REF", help="Only versions older than this."),
        argument("--graph", action="store_true", help="Draw all branches and merges."),
        argument(
            "--stages",
            action="store_true",
            help="Show which version held each stage, and all events with who and why.",
        ),
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
            completes="query",
            help="Words, conditions and an order: metrics.auc > 0.9 and stage = prod and "
            "author = ann order by metrics.auc desc.",
        ),
        _PAGE,
        argument("--offset", type=whole_number, default=0, help="Number of rows to skip."),
        argument(
            "--sort",
            default="",
            metavar="[-]FIELD",
            help="Field to sort by before those of the query: -metrics.auc",
        ),
        argument(
            "--all", action="store_true", help="All versions, not only the latest of each model."
        ),
    ),
    keep_quotes=True,
    examples="%model_list logistic metrics.auc > 0.9 and stage = prod order by metrics.auc desc",
)

SHOW = Command(
    name="show",
    help="Show what is recorded about a version. The model is not loaded.",
    run=on_only_model("show", _show),
    arguments=(
        argument("reference", nargs="?", default="", completes="reference", help="Version."),
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
    run=on_only_model("diff", _diff, attribute="before"),
    arguments=(
        argument(
            "before",
            nargs="?",
            default="",
            completes="reference",
            help="Older version. Alone: a variable and its last version, or a version and the one "
            "before it.",
        ),
        argument(
            "after",
            nargs="?",
            default="",
            completes="reference",
            help="Newer version, or a variable.",
        ),
    ),
    examples="%model_diff churn@1 churn@2",
)


def _status(workspace: Workspace, args: Namespace) -> Result:
    result: Result = notebook_status()
    return result


def notebook_status() -> Any:
    """The fitted models of the notebook, as `nbmodel.versioning.verbs.status.StatusResult`.

    Raises
    ------
    InvalidValue
        If nbmodel is not loaded.
    """
    running = session.current()
    if running is None:
        raise InvalidValue("nbmodel is not loaded in this kernel.", "Load it: %load_ext nbmodel.")
    return import_module("nbmodel.versioning.verbs.status").status(running)


STATUS = Command(
    name="status",
    help="List the fitted models of the notebook: new, changed, or committed.",
    run=_status,
    notebook_only=True,
    examples="%model_status",
)
