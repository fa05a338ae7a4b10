"""Commands that share a registry: clone, remote, push, pull."""

from __future__ import annotations

from argparse import Namespace

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.display import Result
from nbmodel.errors import InvalidValue

_REMOTE = argument("--remote", default="", metavar="NAME", help="Name of the remote.")
_BLOBS = argument(
    "--blobs",
    default="",
    metavar="URL",
    help="Where arrays are: s3://BUCKET/PATH, another address of fsspec, a folder, or https:// for "
    "a server of git-lfs. "
    "Without it, git-lfs moves them.",
)
_MODEL = argument("model", nargs="?", default="", completes="model", help="Model; all without it.")


def _clone(workspace: Workspace, args: Namespace) -> Result:
    from nbmodel.versioning.verbs.clone import clone

    return clone(args.url, args.folder, args.blobs)


def _remote(workspace: Workspace, args: Namespace) -> Result:
    registry = workspace.registry(create=args.action == "add")
    if args.action == "list":
        return registry.remotes()
    if not args.name:
        raise InvalidValue(
            f"The name of the remote to {args.action} is missing.",
            "Write %model_remote add origin URL, or %model_remote remove NAME.",
        )
    if args.action == "remove":
        return registry.remove_remote(args.name)
    if not args.url:
        raise InvalidValue(
            f"The address of {args.name} is missing.",
            f"Write %model_remote add {args.name} git@HOST:PATH, or a folder.",
        )
    return registry.add_remote(args.name, args.url, args.blobs)


def _push(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().push(args.model, args.remote, prune=args.prune, repair=args.repair)


def _pull(workspace: Workspace, args: Namespace) -> Result:
    return workspace.registry().pull(args.model, args.remote, args.fetch, theirs=args.theirs)


CLONE = Command(
    name="clone",
    help="Make a registry in a new folder, with all models of a remote. Arrays follow when a "
    "checkout needs them.",
    run=_clone,
    arguments=(
        argument("url", help="Address: git@HOST:PATH, https:// or a path."),
        argument(
            "folder", nargs="?", default="",
            help="Folder that is empty or does not exist. Without it, the name of the repository.",
        ),
        _BLOBS,
    ),
    examples="%model_clone git@example.org:team/models.git",
)  # fmt: skip

REMOTE = Command(
    name="remote",
    help="List the remotes of the registry; add or remove one.",
    run=_remote,
    arguments=(
        argument(
            "action", nargs="?", default="list", choices=("list", "add", "remove"),
            help="What to do.",
        ),
        argument("name", nargs="?", default="", help="Name of the remote, such as origin."),
        argument("url", nargs="?", default="", help="Address: git@HOST:PATH, https:// or a path."),
        _BLOBS,
    ),
    examples="%model_remote add origin git@example.org:team/models.git",
)  # fmt: skip

PUSH = Command(
    name="push",
    help="Send versions, labels, notes and rules to a remote. Arrays are sent first.",
    run=_push,
    arguments=(
        _MODEL,
        _REMOTE,
        argument(
            "--prune", action="store_true",
            help="Also delete the branches there that are in the trash here.",
        ),
        argument(
            "--repair", action="store_true",
            help="Also send what the remote has lost: arrays of its store, and branches that "
            "it had at the last push or pull.",
        ),
    ),
    examples="%model_push churn",
)  # fmt: skip

PULL = Command(
    name="pull",
    help="Take over what others pushed. Arrays follow when a checkout needs them.",
    run=_pull,
    arguments=(
        _MODEL,
        _REMOTE,
        argument(
            "--fetch",
            default="",
            choices=("stages", "all"),
            help="Arrays to fetch now: of versions that hold a stage, or of all versions.",
        ),
        argument(
            "--theirs", action="store_true",
            help="Where a label differs here and at the remote, take the one of the remote. Your "
            "label, which was never pushed, gives way.",
        ),
    ),
    examples="%model_pull --fetch stages",
)  # fmt: skip
