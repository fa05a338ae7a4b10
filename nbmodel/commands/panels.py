"""Commands that open a panel in the notebook: panel, compare."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from typing import Any

from nbmodel.commands import models
from nbmodel.commands.base import Command, Workspace, argument
from nbmodel.commands.choices import on_only_model
from nbmodel.errors import ExtraMissing, RegistryNotFound

LATEST = 5  # versions of a model that are compared


def panel_class() -> Any:
    """`nbmodel.widgets.panel.RegistryPanel`; widgets are imported with the first panel.

    Raises
    ------
    ExtraMissing
        If anywidget or ipywidgets is not installed.
    """
    try:
        return import_module("nbmodel.widgets.panel").RegistryPanel
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in ("anywidget", "ipywidgets"):
            raise
        raise ExtraMissing(package, "", "A panel in the notebook") from None


def _panel(workspace: Workspace, args: Namespace) -> Any:
    panel = panel_class()
    model = args.model or (_newest(workspace) if args.newest else "")
    if not model:
        return panel(workspace.registry, opening={"home": True}, checkout=checkout_into(workspace))
    log = workspace.registry().log(model)
    return panel(
        workspace.registry,
        opening={"model": log.versions[0].model},
        checkout=checkout_into(workspace),
        result=log,
    )


def _newest(workspace: Workspace) -> str:
    try:
        versions = workspace.registry().list(limit=1).versions
    except RegistryNotFound:  # the panel says it, and what to do
        return ""
    return versions[0].model if versions else ""


def _compare(workspace: Workspace, args: Namespace) -> Any:
    panel = panel_class()
    registry = workspace.registry()
    references = args.references
    if len(references) == 1:  # a model: its latest versions
        references = [version.ref for version in registry.log(references[0], limit=LATEST).versions]
    comparison = registry.compare(*references)
    return panel(
        workspace.registry,
        opening={"compare": [version.ref for version in comparison.versions]},
        checkout=checkout_into(workspace),
        result=comparison,
    )


def checkout_into(workspace: Workspace) -> Callable[[str, str, bool], str]:
    """``%model_checkout``, as a panel's button calls it."""

    def checkout(reference: str, variable: str, trust: bool) -> str:
        options = Namespace(
            reference=reference, variable=variable, trust=trust, force=False, offline=False, to=""
        )
        return models.CHECKOUT.run(workspace, options).text()

    return checkout


PANEL = Command(
    name="panel",
    help="Open a panel of the registry: search, sort, inspect, compare, release, promote.",
    run=_panel,
    arguments=(
        argument("model", nargs="?", default="", completes="model", help="Model to show first."),
        argument("--newest", action="store_true", help="Show the model that was committed last."),
    ),
    notebook_only=True,
    examples="%model_panel churn",
)

COMPARE = Command(
    name="compare",
    help="Compare the metrics and parameters of several versions in a panel.",
    run=on_only_model("compare", _compare, attribute="references"),
    arguments=(
        argument(
            "references",
            nargs="*",
            metavar="REF",
            completes="reference",
            help="2 to 20 versions, or one model for its latest versions.",
        ),
    ),
    notebook_only=True,
    examples="%model_compare churn@1 churn@2 churn@prod",
)
