"""Commands that name versions: branch, release, promote, rollback, annotate, approve."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from nbmodel.commands.base import (
    ATTACHING,
    Command,
    Workspace,
    argument,
    attachments,
    numbers,
)
from nbmodel.commands.choices import on_named_model, on_only_model
from nbmodel.display import Result
from nbmodel.errors import InvalidValue, NewStage
from nbmodel.refs import parse as parse_reference
from nbmodel.refs import stage_reference


def _branch(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().branch(args.model, args.branch, args.start)


def _release(workspace: Workspace, args: Namespace) -> Result:
    bump, version = args.bump, args.version
    if args.number and (bump or version):
        option = f"--bump {bump}" if bump else f"--version {version}"
        raise InvalidValue(f"{args.number} and {option} contradict.", "Give one of them.")
    if args.number in BUMPS:
        bump = args.number
    elif args.number:
        version = args.number
    return workspace.registry().release(
        args.reference, bump=bump, version=version, message=args.message
    )


def _promote(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    if not (args.stage or (args.remove and parse_reference(args.reference).kind == "stage")):
        option = " --remove" if args.remove else ""
        raise _without_stage(registry, args.reference, f"%model_promote {{}} {{}}{option}")
    if args.remove:
        _require_one_stage(args.reference, args.stage)
        return registry.remove_stage(args.reference, args.stage, args.message)
    try:
        return registry.promote(args.reference, args.stage, args.message, new_stage=args.new_stage)
    except NewStage as error:
        if not workspace.confirms(f"{error.what} Make it?"):
            raise
    return registry.promote(args.reference, args.stage, args.message, new_stage=True)


def _without_stage(registry: Any, reference: str, line: str) -> InvalidValue:
    """The error of a command that needs a stage; `line` has a place for reference and stage."""
    model = registry.log(reference, limit=1).versions[0].model
    stages = list(registry.context.index.stages(model))
    example = line.format(reference, stages[0] if stages else "prod")
    names = ", ".join(stages) or "no stage yet"
    return InvalidValue(
        f"Name the stage for {reference}. {model} has {names}.", f"Write {example}."
    )


def _require_one_stage(reference: str, stage: str) -> None:
    """Refuse a reference to one stage beside the name of another."""
    target = parse_reference(reference)
    if stage and target.kind == "stage" and target.value != stage:
        raise InvalidValue(f"{reference} and {stage} are two stages.", "Name one of them.")


def _rollback(workspace: Workspace, args: Namespace) -> Result:
    _require_one_stage(args.reference, args.stage)
    if parse_reference(args.reference).kind == "stage":
        args.stage = ""
    elif not args.stage:
        line = '%model_rollback {} {} -m "reason"'
        raise _without_stage(workspace.registry(), args.reference, line)
    subject = stage_reference(args.reference, args.stage) if args.stage else args.reference
    return workspace.registry().rollback(subject, args.message)


def _annotate(workspace: Workspace, args: Namespace) -> Result:
    metrics = numbers(args.metric, "--metric")
    attached = attachments(workspace, args.figure, args.file)
    return workspace.registry().annotate(args.reference, args.message, metrics, **attached)


def _approve(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().approve(args.reference, args.message)


BUMPS = ("major", "minor", "patch")
_MESSAGE = argument("-m", "--message", default="", help="Reason.")

BRANCH = Command(
    name="branch",
    help="Create a branch at a version, or list the branches of a model.",
    run=on_only_model("branch", _branch, attribute="model"),
    arguments=(
        argument("model", nargs="?", default="", completes="model", help="Model."),
        argument("branch", nargs="?", default="", help="Name of the new branch."),
        argument(
            "--from",
            dest="start",
            default="",
            metavar="REF",
            completes="reference",
            help="Version to start at. Default: the latest of main.",
        ),
    ),
    examples="%model_branch churn exp --from churn@3",
)

RELEASE = Command(
    name="release",
    help="Give a version a release number such as v1.2.0 (a GTO tag).",
    run=on_named_model("release", _release),
    arguments=(
        argument("reference", nargs="?", default="", completes="reference", help="Version."),
        argument(
            "number",
            nargs="?",
            default="",
            metavar="v1.2.0",
            help="The release number, or the part to increase. Default: minor.",
        ),
        argument(
            "--bump",
            default="",
            choices=BUMPS,
            help="Part of the number to increase.",
        ),
        argument("--version", default="", metavar="v1.2.0", help="The release number itself."),
        _MESSAGE,
    ),
    examples="%model_release churn@2 --bump minor",
)

PROMOTE = Command(
    name="promote",
    help="Assign a stage such as prod to a version (a GTO tag).",
    run=on_named_model("promote", _promote),
    arguments=(
        argument("reference", nargs="?", default="", completes="reference", help="Version."),
        argument(
            "stage",
            nargs="?",
            default="",
            completes="stage",
            help="Stage: dev, staging, prod, ...",
        ),
        argument(
            "--new-stage",
            action="store_true",
            help="Confirm a stage that no version of the registry has had. The first stage, and "
            "usual names such as staging, need no confirmation.",
        ),
        argument(
            "--remove", action="store_true", help="Take the stage from the version that holds it."
        ),
        _MESSAGE,
    ),
    examples='%model_promote churn@v0.1.0 prod -m "passed review"',
)

ROLLBACK = Command(
    name="rollback",
    help="Assign a stage to the version that had it before.",
    run=on_named_model("rollback", _rollback),
    arguments=(
        argument(
            "reference",
            nargs="?",
            default="",
            completes="stage_reference",
            help="Model and stage: churn@prod.",
        ),
        argument("stage", nargs="?", default="", completes="stage", help="Or the stage, alone."),
        argument("-m", "--message", default="", help="Reason. A rollback needs one."),
    ),
    examples='%model_rollback churn@prod -m "calibration off on new region"',
)

ANNOTATE = Command(
    name="annotate",
    help="Add a note to a version: an evaluation, a benchmark, a figure.",
    run=on_named_model("annotate", _annotate),
    arguments=(
        argument("reference", nargs="?", default="", completes="reference", help="Version."),
        argument("-m", "--message", default="", help="Text of the note."),
        argument("--metric", action="append", metavar="NAME=NUMBER", help="May be repeated."),
        *ATTACHING,
    ),
    examples='%model_annotate churn@2 -m "approved by risk" --metric auc_q3=0.97',
)

APPROVE = Command(
    name="approve",
    help="Approve a version: a note that your SSH key signs.",
    run=on_named_model("approve", _approve),
    arguments=(
        argument("reference", nargs="?", default="", completes="reference", help="Version."),
        argument("-m", "--message", default="", help="Why. Default: approved."),
    ),
    examples='%model_approve churn@7 -m "validated on Q3"',
)
