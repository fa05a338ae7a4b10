"""Commands that name versions: branch, release, promote, rollback, annotate."""

from __future__ import annotations

from argparse import Namespace

from nbmodel.commands.base import (
    ATTACHING,
    Command,
    Workspace,
    argument,
    attachments,
    numbers,
)
from nbmodel.display import Result


def _branch(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().branch(args.model, args.branch, args.start)


def _release(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().release(
        args.reference, bump=args.bump, version=args.version, message=args.message
    )


def _promote(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().promote(args.reference, args.stage, args.message)


def _rollback(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().rollback(args.reference, args.message)


def _annotate(workspace: Workspace, args: Namespace) -> Result:
    metrics = numbers(args.metric, "--metric")
    attached = attachments(workspace, args.figure, args.file)
    return workspace.registry().annotate(args.reference, args.message, metrics, **attached)


_MESSAGE = argument("-m", "--message", default="", help="Reason.")

BRANCH = Command(
    name="branch",
    help="Create a branch at a version, or list the branches of a model.",
    run=_branch,
    arguments=(
        argument("model", completes="model", help="Model."),
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
    run=_release,
    arguments=(
        argument("reference", completes="reference", help="Version."),
        argument(
            "--bump",
            default="",
            choices=["major", "minor", "patch"],
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
    run=_promote,
    arguments=(
        argument("reference", completes="reference", help="Version."),
        argument("stage", completes="stage", help="Stage: dev, staging, prod, ..."),
        _MESSAGE,
    ),
    examples='%model_promote churn@v0.1.0 prod -m "passed review"',
)

ROLLBACK = Command(
    name="rollback",
    help="Assign a stage to the version that had it before.",
    run=_rollback,
    arguments=(
        argument("reference", completes="stage_reference", help="Model and stage: churn@prod."),
        argument("-m", "--message", default="", help="Reason. A rollback needs one."),
    ),
    examples='%model_rollback churn@prod -m "calibration off on new region"',
)

ANNOTATE = Command(
    name="annotate",
    help="Add a note to a version: an evaluation, an approval, a figure.",
    run=_annotate,
    arguments=(
        argument("reference", completes="reference", help="Version."),
        argument("-m", "--message", default="", help="Text of the note."),
        argument("--metric", action="append", metavar="NAME=NUMBER", help="May be repeated."),
        *ATTACHING,
    ),
    examples='%model_annotate churn@2 -m "approved by risk" --metric auc_q3=0.97',
)
