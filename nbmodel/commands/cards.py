"""Command for the model card: show it, edit it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.commands.choices import on_only_model
from nbmodel.errors import InvalidValue, ReadFailed


def _card(workspace: Workspace, args: Namespace) -> Any:
    registry = workspace.registry()
    if args.file and args.edit:
        raise InvalidValue(
            "--file commits the text of a file, and --edit opens an editor.",
            "Use one of them: --edit after --file also begins with that text.",
        )
    if args.file:
        return registry.edit_card(args.reference, _text(Path(args.file)), args.message)
    if args.edit:
        registry.context.require_writable("edit a model card")
        return workspace.edit_card(args.reference, args.message)
    if args.message:
        raise InvalidValue("--message is only used with an edit.", "Add --edit or --file PATH.")
    return registry.card(args.reference)


def _text(path: Path) -> str:
    try:
        return path.expanduser().read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{path} is not UTF-8: {error.reason}.", "Save it as UTF-8.") from None
    except OSError as error:
        raise ReadFailed(str(path), error) from error


CARD = Command(
    name="card",
    help="Show the model card of a version, or edit your sections of it. Later versions keep them.",
    run=on_only_model("card", _card),
    arguments=(
        argument(
            "reference",
            nargs="?",
            default="",
            completes="reference",
            help="Version. To edit: the latest of a branch. Default: the only model.",
        ),
        argument(
            "--edit", action="store_true", help="Open an editor. Saving commits a new version."
        ),
        argument("--file", default="", metavar="PATH", help="Read the text from a file instead."),
        argument("-m", "--message", default="", help="Reason for the edit."),
    ),
    examples="%model_card churn --edit",
)
