"""Commands that delete and restore."""

from __future__ import annotations

from argparse import Namespace

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.display import Result
from nbmodel.refs import TRASH_DAYS, names_version


class PurgePlan(Result):
    """What a purge would do, for a user who has not confirmed it."""

    def __init__(self, plan: Result) -> None:
        self.plan = plan

    def text(self) -> str:
        """What would go, and how to confirm."""
        return f"{self.plan.text()}\nNothing was removed. It cannot be undone: add --yes to do it."


def _delete(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    if names_version(args.reference) and not args.yes:
        plan = registry.purge_plan(args.reference, force=args.force)
        if not workspace.confirms(f"{plan.text()}\nThis cannot be undone. Purge it?"):
            return PurgePlan(plan)
    return registry.delete(
        args.reference, args.message, args.days, force=args.force, remote=args.remote
    )


def _restore(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry()
    return registry.restore(args.reference, args.branch) if args.reference else registry.trash()


DELETE = Command(
    name="delete",
    help="Delete a branch or a model, which can be restored; end a release or a stage; or purge "
    "the arrays of one version for good.",
    run=_delete,
    arguments=(
        argument(
            "reference", completes="reference",
            help="Model, branch, release, stage or version.",
        ),
        argument("-m", "--message", default="", help="Why."),
        argument(
            "--days", type=float, default=TRASH_DAYS, metavar="N",
            help="For how many days it can be restored.",
        ),
        argument(
            "--yes", action="store_true",
            help="Purge a version. Without this it is only listed what would go.",
        ),
        argument(
            "--force", action="store_true",
            help="Purge a version although it has a stage or a release, or others were made from "
            "it.",
        ),
        argument(
            "--remote", nargs="?", const="", metavar="NAME",
            help="Purge a version from the store of the remote too: what is older than 14 days, "
            "and what no reference of the remote names.",
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
