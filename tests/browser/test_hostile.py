"""Hostile texts in every user interface: shown as text, never run, never an element."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hostile, registries
from tests.browser.chromium import live_markup
from tests.browser.panel import TABS, Panel
from tests.browser.processes import ask
from tests.browser.sidepanel import side_panel

SHOWN = hostile.TEXTS[0]  # an image that would raise an alert


def open_everything(page: Page, panel: Panel) -> None:
    """Open everything that the panel shows; no text may become an element."""
    panel.every()
    for _ in range(2):
        expect(panel.rows).to_have_count(len(hostile.TEXTS))
        assert SHOWN in panel.table.text_content()  # the details hide some columns
        panel.table.get_by_role("columnheader").filter(has=page.get_by_role("button")).nth(
            2
        ).get_by_role("button").click()
    for ref in ("evil@14", "evil@1"):
        panel.open(ref)
        for name in TABS:
            body = panel.tab(name)
            body.hover()
            assert not live_markup(page), name
        assert SHOWN in panel.tab("Parameters").inner_text()
    panel.compare("evil@1", "evil@14")
    assert not live_markup(page)
    panel.mark("evil@2")
    panel.within.get_by_role("button", name="Compare").first.click()
    expect(panel.title).to_have_text("Comparison")
    expect(panel.details.get_by_role("table", name="metrics")).to_be_visible()
    assert not live_markup(page)


def test_in_a_notebook(lab, make):
    lab.open(f"{make(hostile.hostile)}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    open_everything(lab.page, Panel(lab.run_through("%model_panel").area).wait())


def test_in_a_notebook_as_plain_results(lab, make):
    lab.open(f"{make(hostile.hostile)}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    for line in (
        "%model_list",
        "%model_log evil",
        "%model_show evil@1",
        "%model_diff evil@1 evil@2",
    ):
        assert lab.run_through(line).text
    assert not live_markup(lab.page)


def test_in_the_side_panel_and_its_tab(lab, make):
    lab.open(f"{make(hostile.hostile)}/{registries.NOTEBOOK}")
    panel = side_panel(lab)
    panel.unfold("evil")
    expect(panel.tree).to_contain_text(SHOWN)
    panel.choose("@1", "evil@1")
    assert SHOWN in panel.details.inner_text()
    panel.line("@1").hover()
    assert not live_markup(lab.page)
    panel.line("@1").dblclick()
    tab = Panel(lab.page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden)"))
    expect(tab.title).to_have_text("evil@1")
    for name in TABS:
        tab.tab(name)
        assert not live_markup(lab.page), name


def test_what_lab_tells_of_it_is_text(lab, make):
    lab.open(f"{make(hostile.hostile)}/{registries.NOTEBOOK}")
    panel = side_panel(lab)
    panel.choose("evil", "evil@14")
    panel.menu("evil", "Promote…")
    dialog = lab.page.get_by_role("dialog")
    dialog.locator("[name=stage]").fill(SHOWN)
    dialog.locator("[name=message]").fill(SHOWN)
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(SHOWN)
    assert not live_markup(lab.page)


def test_under_voila(page, dashboards):
    page.goto(dashboards(hostile.hostile).at("/"))
    open_everything(page, Panel(page).wait())


def test_in_a_file(page, files):
    page.goto(files(hostile.hostile))
    open_everything(page, Panel(page).wait())


@pytest.mark.parametrize("name", ["<script>alert(1)<", "<img src=x onerror=alert(1)>"])
def test_a_folders_own_name(page, make, name, tmp_path, root):
    folder = root / make(hostile.empty, name)
    path = tmp_path / "page.html"
    ask(folder, "dashboard", "--static", str(path), check=True)
    page.goto(path.as_uri())
    expect(page.locator(".nbm-name").filter(visible=True)).to_contain_text(name)
    assert not live_markup(page)
