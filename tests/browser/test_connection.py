"""A panel whose kernel is busy, was restarted, or whose registry was deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.lab import Lab
from tests.browser.panel import Panel
from tests.browser.processes import dashboard

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
RESTART = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
BUSY = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
SCROLL = "index => window.jupyterapp.shell.currentWidget.content.scrollToItem(index)"
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => {
  const outputs = cell.cell_type === 'code' ? cell.getOutputs() : [];
  const text = ({text = ''}) => [text].flat().join('');
  return {
    errors: outputs.filter(each => each.output_type === 'error' || /UsageError/.test(text(each))),
    widgets: !/^%model_/m.test(cell.source) ? 0  // such as a progress bar
      : outputs.filter(({data}) => data?.['application/vnd.jupyter.widget-view+json']).length,
  };
})"""
# A page so slow that anywidget's limit passes before any module has arrived.
IMPATIENT = """() => {
  window.patientTimeout = AbortSignal.timeout;
  AbortSignal.timeout = () => {
    const ended = new AbortController();
    queueMicrotask(() => ended.abort());
    return ended.signal;
  };
}"""
PATIENT = "() => { AbortSignal.timeout = window.patientTimeout }"
SHEETS = """() => [...document.styleSheets].filter(sheet =>
  [...sheet.cssRules].some(rule => rule.selectorText === '.nbm-frame')).length"""


def opened(lab: Lab, folder: str, magic: str = "%model_panel") -> Panel:
    """A panel in a notebook."""
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    return Panel(lab.run_through(magic).area).wait()


def test_a_late_answer_of_a_busy_kernel_is_shown(lab, shop):
    panel = opened(lab, shop)
    # Long enough that both questions are asked while the cell runs.
    lab.begin("import time; time.sleep(8)")
    lab.page.wait_for_function(BUSY)  # else the kernel answers before the cell begins
    panel.row("churn@4").click()
    panel.filter.fill("pri")
    notice = panel.within.locator(".nbm-connection")
    # A kernel with subshells may answer meanwhile; tests/widget covers the notice.
    expect(panel.title).to_have_text("churn@4")
    panel.expect_refs("price@1")
    expect(notice).to_be_hidden()
    expect(panel.within.get_by_role("alert")).to_have_count(0)


def test_widgets_hear_the_kernel_when_anywidget_no_longer_listens(lab, lab_page, shop):
    """anywidget waits two seconds for a widget's module, then drops the messages of the kernel."""
    lab.page.evaluate(IMPATIENT)
    try:
        panel = opened(lab, shop)
        panel.open("price@1")
        lab.run_through("server = %model_serve churn@prod")
        status = lab.run_through("server").area.get_by_role("group", name="Server")
        expect(status.locator("[data-column=p99]").first).to_be_visible()
        lab.run_through("server.stop()")
        expect(status.locator(".nbm-server-words")).to_have_text("Stopped")
        lab.run_through("%model_promote churn@4 prod")
        expect(panel.row("churn@4")).to_contain_text("prod")
    finally:
        lab.page.evaluate(PATIENT)
    watch = lab_page[1]
    refused = [text for text in watch.errors if "[anywidget] Failed to initialize" in text]
    assert refused, "anywidget still listens: this test shows nothing"
    watch.errors[:] = [text for text in watch.errors if text not in refused]


def test_a_panel_of_a_restarted_kernel_says_so_and_runs_its_cell_again(lab, shop):
    panel = opened(lab, shop)
    panel.open("churn@4")
    lab.page.evaluate(RESTART)
    notice = panel.within.locator(".nbm-connection")
    expect(notice).to_contain_text("no longer connected")
    assert panel.row("price@1").evaluate("row => row.closest('[inert]') !== null")
    notice.get_by_role("button", name="Run the cell again").click()
    expect(notice).to_be_hidden()
    panel.wait().open("price@1")


def test_a_panel_says_that_its_registry_was_deleted(lab, shop, root):
    panel = opened(lab, shop)
    shutil.rmtree(root / shop / ".git")
    lab.run_through("1")  # a panel receives changes after each cell
    alert = panel.within.get_by_role("alert")
    expect(alert).to_contain_text("no longer exists: it was deleted or moved")
    expect(panel.within.get_by_text("There are no versions yet")).to_have_count(0)


def test_a_dashboard_whose_server_has_ended_says_so(page, templates, tmp_path):
    with dashboard(templates(registries.shop), tmp_path) as server:
        page.goto(server.at("/"))
        expect(page.locator(".nbm").filter(visible=True).first).to_be_visible()
    notice = page.locator(".nbm-connection")
    expect(notice).to_contain_text("reload the page")
    expect(notice.get_by_role("button", name="Reload the page")).to_be_visible()
    expect(page.locator(".nbm-app[inert]")).to_have_count(1)


def test_the_panels_of_a_page_share_one_style_sheet(lab, shop):
    opened(lab, shop)
    opened(lab, shop, "%model_panel churn")
    assert lab.page.evaluate(SHEETS) == 1


@pytest.mark.parametrize(
    ("name", "panels"),
    [("quickstart", 0), pytest.param("monitoring", 1, marks=pytest.mark.interop)],
)
def test_all_cells_of_a_notebook_run_at_once_end_without_an_error_box(lab, root, name, panels):
    folder = root / f"all-{name}"
    folder.mkdir()
    shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    lab.open(f"{folder.name}/{name}.ipynb")
    lab.run_all(patience=600)
    lab.calm()
    cells = lab.page.evaluate(CELLS)
    assert not [cell for cell in cells if cell["errors"]]
    at = [index for index, cell in enumerate(cells) if cell["widgets"]]
    for index in at:
        lab.page.evaluate(SCROLL, index)
        shown = lab.cell(index)
        expect(shown.locator(".nbm").first).to_be_visible()
        expect(shown.locator(".nbm-skeleton").filter(visible=True)).to_have_count(0)
        expect(shown.get_by_role("alert")).to_have_count(0)
    assert len(at) >= panels
