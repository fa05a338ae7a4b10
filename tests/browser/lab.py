"""One page of JupyterLab, as a user sees it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, expect

from tests.browser.processes import TOKEN, Server

_RUN = """async source => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.sessionContext.ready;
  const cells = panel.content.model.sharedModel;
  const at = cells.cells.length;
  cells.insertCell(at, {cell_type: 'code', source});
  panel.content.activeCellIndex = at;
  panel.content.deselectAll();
  await window.jupyterapp.commands.execute('notebook:run-cell');
  const kernel = () => panel.sessionContext.session?.kernel;
  while (kernel()?.status === 'busy') await new Promise(done => setTimeout(done, 25));
  return at;
}"""
_PROMPTS = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  return cells.filter(cell => cell.cell_type === 'code' && cell.source.trim())
    .map(cell => cell.execution_count);
}"""
_OUTPUTS = """at => {
  const cell = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[at];
  return cell.getOutputs();
}"""


@dataclass(frozen=True)
class Ran:
    """A cell that was run: its outputs, and its place on the page."""

    outputs: list[dict[str, Any]]
    cell: Locator

    @property
    def text(self) -> str:
        """All texts that it printed, returned or raised."""
        return "\n".join(_text(output) for output in self.outputs)

    @property
    def area(self) -> Locator:
        """The part of the page with its outputs."""
        return self.cell.locator(".jp-Cell-outputArea")


def _text(output: dict[str, Any]) -> str:
    kinds = {
        "stream": lambda: output["text"],
        "error": lambda: "\n".join(output["traceback"]),
    }
    shown = kinds.get(output["output_type"], lambda: output["data"].get("text/plain", ""))()
    return shown if isinstance(shown, str) else "".join(shown)


@dataclass(frozen=True)
class Lab:
    """A loaded page; helper functions drive it by Lab's own commands."""

    page: Page
    server: Server

    def load(self, path: str = "") -> Lab:
        """Load the page again, with an empty workspace."""
        tree = f"/tree/{path}" if path else ""
        self.page.goto(self.server.at(f"/lab{tree}") + "&reset")
        self.page.wait_for_function("window.jupyterapp?.shell", timeout=60_000)
        self.page.evaluate("window.jupyterapp.restored.then(() => true)")
        return self

    def command(self, name: str, **args: Any) -> None:
        """Execute one of Lab's commands to its end."""
        self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)",
            [name, args],
        )

    def start(self, name: str, **args: Any) -> None:
        """Execute a command that waits for the user, as one that opens a dialog does."""
        self.page.evaluate(
            "([name, args]) => void window.jupyterapp.commands.execute(name, args)", [name, args]
        )

    def reset(self) -> None:
        """Return to the state after the start: nothing open, no kernel, light theme, no message."""
        self.close_dialogs()
        self.command("application:close-all")
        self.close_dialogs()
        shut_down(self.server)
        self.theme("JupyterLab Light")
        toasts = self.page.locator(".jp-Notification-Toast-Close")
        toasts.evaluate_all("toasts => toasts.forEach(toast => toast.click())")

    def close_dialogs(self) -> None:
        """Close the dialogs that a test left open; unsaved notebooks are discarded."""
        ours = self.page.locator("dialog[open]")
        ours.evaluate_all("dialogs => dialogs.forEach(dialog => dialog.close())")
        for _ in range(5):
            dialogs = self.page.locator(".jp-Dialog")
            if not dialogs.count():
                return
            discard = dialogs.last.locator(".jp-mod-warn")
            (discard if discard.count() else dialogs.last.locator("button").first).last.click()
            self.page.wait_for_timeout(100)

    def theme(self, name: str) -> None:
        """``JupyterLab Light`` or ``JupyterLab Dark``."""
        if self.page.locator("body").get_attribute("data-jp-theme-name") != name:
            self.command("apputils:change-theme", theme=name)
            expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)

    # -- notebooks -------------------------------------------------------------

    def open(self, path: str) -> None:
        """Bring a notebook to the front; its kernel is ready."""
        self.page.evaluate(
            """async path => {
              const {commands, shell} = window.jupyterapp;
              await commands.execute('docmanager:open', {path, factory: 'Notebook'});
              for (let n = 0; n < 200 && shell.currentWidget?.context?.path !== path; n++)
                await new Promise(done => setTimeout(done, 25));
              await shell.currentWidget.context.ready;
              const {sessionContext} = shell.currentWidget;
              await sessionContext.ready;
              for (let n = 0; n < 800 && sessionContext.session?.kernel?.status !== 'idle'; n++)
                await new Promise(done => setTimeout(done, 25));
            }""",
            path,
        )

    def run(self, source: str) -> Ran:
        """Run code in a new last cell of the notebook in front, to its end."""
        at = self.page.evaluate(_RUN, source)
        outputs = self.page.evaluate(_OUTPUTS, at)
        return Ran(outputs, self.cell(at))

    def calm(self) -> None:
        """Wait until the kernel stays idle, so that the work after a cell has ended too."""
        self.page.evaluate(
            """async () => {
              const {sessionContext} = window.jupyterapp.shell.currentWidget;
              const kernel = () => sessionContext.session.kernel;
              for (let idle = 0; idle < 20; idle = kernel().status === 'idle' ? idle + 1 : 0)
                await new Promise(done => setTimeout(done, 25));
            }"""
        )

    def begin(self, source: str) -> None:
        """Run code in a new last cell without waiting for its end."""
        self.page.evaluate(f"source => void ({_RUN})(source)", source)

    def run_through(self, source: str) -> Ran:
        """Run code as `run` does, and assert that it does not fail."""
        ran = self.run(source)
        assert "UsageError" not in ran.text, ran.text
        assert not [o for o in ran.outputs if o["output_type"] == "error"], ran.text
        return ran

    def cell(self, at: int) -> Locator:
        """A cell of the notebook in front."""
        front = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        return front.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{at}']")

    def run_all(self, patience: float = 60) -> None:
        """Run all cells and wait until each prompt has a number."""
        self.command("notebook:run-all-cells")
        end = time.monotonic() + patience
        while True:
            prompts = self.page.evaluate(_PROMPTS)
            if all(prompts):
                return
            assert time.monotonic() < end, f"cells are still running: {prompts}"
            self.page.wait_for_timeout(100)

    def notification(self, text: str) -> Locator:
        """A notification of JupyterLab."""
        return self.page.locator(".Toastify__toast").filter(has_text=text)


def shut_down(server: Server) -> None:
    """Ask a server to end all its kernels, without waiting until they have ended."""
    for session in _api(server, "GET", "/api/sessions"):
        path = f"/api/sessions/{session['id']}"
        Thread(target=_api, args=(server, "DELETE", path), daemon=True).start()


def _api(server: Server, method: str, path: str) -> Any:
    request = Request(server.url + path, method=method, headers={"Authorization": f"token {TOKEN}"})
    with urlopen(request, timeout=30) as answer:
        body = answer.read()
    return json.loads(body) if body else None
