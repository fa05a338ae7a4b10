"""Commands that account for a model: audit, review."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from importlib import import_module

from nbmodel import display, refs
from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.commands.choices import on_only_model
from nbmodel.display import Result

FORMATS = ("csv", "json", "html")


@dataclass(frozen=True, repr=False)
class DocumentResult(Result):
    """A document: its text for a terminal or a file, and how a notebook shows it.

    If `failed`, it reports something wrong, and a shell command ends with 1.
    """

    content: str
    markup: str = ""
    failed: bool = False

    def text(self) -> str:
        """The document."""
        return self.content.removesuffix("\n")

    def html(self) -> str:
        """Its markup, else its text."""
        return self.markup or f"<pre>{display.escaped(self.content)}</pre>"


def _audit(workspace: Workspace, args: Namespace) -> Result:
    result = workspace.registry().audit(refs.parse(args.model).model, since=args.since)
    if not args.format:
        return result
    failed = not result
    if args.format == "html":
        return DocumentResult(result.page(), result.html(), failed)
    return DocumentResult(result.csv() if args.format == "csv" else result.json(), failed=failed)


def _review(workspace: Workspace, args: Namespace) -> Result:
    profiles = import_module("nbmodel.monitor.drift.profiles")
    result: Result = workspace.registry().review(
        args.reference, args.base, to=args.to, drift=profiles.compare_profiles
    )
    return result


AUDIT = Command(
    name="audit",
    help="List every commit, label, approval, purge, rule and deletion of a model with who, when, "
    "why and its signature, from git alone. Say what was changed by hand.",
    run=on_only_model("audit", _audit, attribute="model"),
    arguments=(
        argument(
            "model", nargs="?", default="", completes="model", help="Model. Default: the only one."
        ),
        argument(
            "--since", default="", metavar="DATE",
            help="List only facts since 2026-11-01, or since 30d (30 days ago). All are checked.",
        ),
        argument(
            "--as", dest="format", choices=FORMATS, default="",
            help="A document with all facts: csv, json or html.",
        ),
    ),
    examples="%model_audit churn --since 30d",
)  # fmt: skip

REVIEW = Command(
    name="review",
    help="Describe a version for a pull request: metrics, parameters, drift of the data, code and "
    "lineage, as Markdown for GitHub and GitLab.",
    run=on_only_model("review", _review),
    arguments=(
        argument(
            "reference", nargs="?", default="", completes="reference", help="Version or branch."
        ),
        argument(
            "--base", default="", metavar="REF", completes="reference",
            help="What it is compared with. Default: the branch it came from, or main; on main the "
            "version before it.",
        ),
        argument("--to", default="", metavar="FILE", help="Write a file, such as review.md."),
    ),
    examples="%model_review churn:exp --to review.md",
)  # fmt: skip
