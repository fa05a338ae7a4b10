"""Commands that delete and restore."""

from __future__ import annotations

from argparse import Namespace

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.display import Result
from nbmodel.refs import TRASH_DAYS


def _delete(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().delete(args.reference, args.message, args.days)


def _restore(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    return registry.restore(args.reference, args.branch) if args.reference else registry.trash()


DELETE = Command(
    name="delete",
    help="Delete a branch or a model, which can be restored; or end a release or a stage.",
    run=_delete,
    arguments=(
        argument("reference", completes="reference", help="Model, branch, release or stage."),
        argument("-m", "--message", default="", help="Why."),
        argument(
            "--days", type=float, default=TRASH_DAYS, metavar="N",
            help="For how many days it can be restored.",
        ),
    ),
    examples="%model_delete churn:exp -m 'it did not help'",
)  # fmt: skip

RESTORE = Command(
    name="restore",
    help="Bring a deleted branch or model back; without a name, list what was deleted.",
    run=_restore,
    arguments=(
        argument("reference", nargs="?", default="", help="Model or branch, such as churn:exp."),
        argument("--branch", default="", metavar="NAME", help="Another name, if its own is taken."),
    ),
    examples="%model_restore churn:exp",
)
