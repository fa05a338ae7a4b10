"""The command that shows a registry to those who only look: a server, or a file."""

from __future__ import annotations

from argparse import SUPPRESS, Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from nbmodel.commands.base import Command, Workspace, argument, whole_number
from nbmodel.config import NbModel
from nbmodel.display import Result, duration, size
from nbmodel.errors import ExtraMissing, InvalidValue


class PageResult(Result):
    """A page that was written."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def text(self) -> str:
        """Where it is, what it holds."""
        page = self.page
        contents = f"{page.versions} versions" + (
            f" of {page.total}" * (page.total > page.versions)
        )
        return f"{page.path}  {contents}  {size(page.size)}  {duration(page.seconds)}"


class EndedResult(Result):
    """A server that was told to stop."""

    def text(self) -> str:
        """That it did."""
        return "The dashboard has stopped."


def _dashboard(workspace: Workspace, args: Namespace) -> Result:
    NbModel.instance().read_only = True
    registry = workspace.registry()
    if args.model:
        registry.log(args.model, limit=1)
    if args.static:
        writing = import_module("nbmodel.dashboard.static_page")
        page = writing.write(registry, Path(args.static), limit=args.limit, force=args.force)
        return PageResult(page)
    if args.limit is not None or args.force:
        raise InvalidValue(
            "--limit and --force need --static FILE.", "Add --static FILE, or remove them."
        )
    try:
        serving = import_module("nbmodel.dashboard.serve")
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in ("voila", "jupyter_server", "anywidget", "ipywidgets", "ipykernel"):
            raise
        raise ExtraMissing(package, "dashboard", "nbmodel dashboard") from None
    serving.serve(
        registry,
        serving.Options(
            args.host, args.port, args.token, args.model, not args.no_browser, args.base_url
        ),
    )
    return EndedResult()


DASHBOARD = Command(
    name="dashboard",
    help="Show the registry read-only in a browser: serve it, or write it to one file.",
    run=_dashboard,
    arguments=(
        argument("--repo", default=SUPPRESS, help="Registry. Default: that of the working folder."),
        argument(
            "--static",
            default="",
            metavar="FILE",
            help="Write one HTML file that needs no server.",
        ),
        argument(
            "--limit",
            type=whole_number,
            default=None,
            metavar="N",
            help="Number of newest versions in the file. Default: 1000.",
        ),
        argument(
            "--force", action="store_true", help="Overwrite a file that nbmodel did not write."
        ),
        argument("--model", default="", completes="model", help="Model to show first."),
        argument(
            "--host", default="127.0.0.1", help="Address to listen on. Default: this machine only."
        ),
        argument(
            "--port",
            type=whole_number,
            default=0,
            help="Port. Default: 8866, or the next free port.",
        ),
        argument(
            "--token",
            default="",
            help="Token that opens the page. Made if other machines can reach the address.",
        ),
        argument(
            "--base-url",
            default="",
            metavar="URL",
            help="Path, or whole URL, at which a proxy shows the page: /models/.",
        ),
        argument("--no-browser", action="store_true", help="Do not open a browser."),
    ),
    shell_only=True,
    examples="nbmodel dashboard --static models.html",
)
