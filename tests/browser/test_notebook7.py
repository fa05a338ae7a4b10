"""Jupyter Notebook 7: panels work, and the extension for JupyterLab does not disturb it."""

from __future__ import annotations

from playwright.sync_api import expect

from nbmodel.widgets.saved_view import NOTE
from tests.browser import registries
from tests.browser.chromium import watched
from tests.browser.lab import Lab, shut_down
from tests.browser.panel import Panel
from tests.browser.processes import jupyter_lab


def show(lab: Lab) -> None:
    """Open the notebook; its kernel is ready."""
    lab.page.goto(lab.server.at(f"/notebooks/shop/{registries.NOTEBOOK}"))
    lab.page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext")
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.ready")


def test_a_panel_works_and_its_saved_view_remains(browser, tmp_path, isolated_home):
    registries.shop(tmp_path / "root" / "shop")
    with (
        jupyter_lab(tmp_path / "root", tmp_path / "own", program="notebook") as server,
        watched(browser) as (context, watch),
    ):
        lab = Lab(context.new_page(), server)
        show(lab)
        lab.run_through("%load_ext nbmodel")
        lab.run_through("%model_panel")
        panel = Panel(lab.page.locator(".jp-OutputArea-output").last).wait()
        panel.open("churn@4")
        expect(lab.page.get_by_role("region", name="Models")).to_have_count(0)
        lab.command("docmanager:save")
        shut_down(server)
        show(lab)
        saved = lab.page.locator(".jp-OutputArea-output").last
        expect(saved.get_by_text(NOTE)).to_be_visible()
        expect(saved.get_by_text("Error displaying widget")).to_be_hidden()
        # Plugins of JupyterLab alone do not start here, and Notebook reports each in the console.
        watch.errors[:] = [text for text in watch.errors if "No provider for" not in text]
        watch.assert_quiet()
        shut_down(server)
