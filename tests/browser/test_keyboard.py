"""Everything without a mouse: each press is a real key, and the focus is checked."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import registries
from tests.browser.panel import Panel
from tests.browser.sidepanel import side_panel


def tab_to(page: Page, what, presses: int = 60) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(presses):
        if what.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{what} cannot be reached by {presses} presses of Tab")


def assert_focus_is_seen(page: Page) -> None:
    """Whether the element with the focus is marked by an outline or a shadow."""
    style = page.evaluate(
        """() => {
          const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(document.activeElement);
          return [outlineStyle !== 'none' && parseFloat(outlineWidth) > 0, boxShadow !== 'none'];
        }"""
    )
    assert any(style), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_a_version_is_found_and_promoted(lab, shop, root):
    page = lab.page
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    panel = Panel(lab.run_through("%model_panel").area).wait()
    panel.filter.focus()  # JupyterLab uses Tab in its cells
    page.keyboard.type("churn")
    expect(panel.rows).to_have_count(1)
    tab_to(page, panel.within.get_by_role("switch", name="Every version"))
    assert_focus_is_seen(page)
    page.keyboard.press("Space")
    expect(panel.rows).to_have_count(5)
    tab_to(page, panel.rows.first)
    assert_focus_is_seen(page)
    page.keyboard.press("ArrowDown")
    expect(panel.row("churn@4")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.title).to_have_text("churn@4")
    tab_to(page, panel.button("Promote"))
    assert_focus_is_seen(page)
    page.keyboard.press("Enter")
    dialog = panel.within.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(panel.button("Promote")).to_be_focused()  # where it was before
    page.keyboard.press("Enter")
    page.keyboard.type("prod")
    page.keyboard.press("Tab")
    page.keyboard.type("better recall")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(panel.row("churn@4")).to_contain_text("prod")
    assert "churn#prod#3" in registries.tags(root / shop)


def test_two_versions_are_compared(page, files):
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    tab_to(page, panel.rows.first)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(panel.rows.nth(1)).to_have_attribute("aria-selected", "true")
    compare = page.get_by_role("button", name="Compare").first
    page.keyboard.press("Shift+Tab")
    tab_back(page, compare)
    page.keyboard.press("Enter")
    expect(panel.title).to_have_text("Comparison")
    tab_to(page, page.get_by_role("button", name="Close details"))
    page.keyboard.press("Enter")
    expect(panel.details).to_be_hidden()


def test_the_focus_follows_from_view_to_view(page, files):
    page.goto(files(registries.shop))
    panel = Panel(page)
    tab_to(page, panel.view("All versions"))
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="shop: all versions")
    expect(heading).to_be_focused()
    tab_to(page, panel.rows.first)  # the next stops are those of the table
    page.go_back()
    expect(page.get_by_role("heading", name="shop: overview")).to_be_focused()
    tab_to(page, panel.tiles.get_by_role("link", name="churn@3"))
    page.keyboard.press("Enter")
    expect(panel.title).to_have_text("churn@3")
    expect(panel.title).to_be_focused()


def tab_back(page: Page, what, presses: int = 60) -> None:
    """Press Shift+Tab until the element has the focus."""
    for _ in range(presses):
        if what.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab")
    raise AssertionError(f"{what} cannot be reached by {presses} presses of Shift+Tab")


def test_tabs_and_lineage_are_walked(page, files):
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    panel.every()
    panel.open("churn:exp@3")
    tab_to(page, panel.details.get_by_role("tab", selected=True))
    page.keyboard.press("End")
    expect(panel.details.get_by_role("tab", name="Lineage")).to_be_focused()
    here = panel.tab_body.locator("a[aria-current=true]")
    tab_to(page, here)
    assert_focus_is_seen(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel.title).not_to_have_text("churn:exp@3")
    page.keyboard.press("Escape")
    expect(panel.details).to_be_hidden()


def test_the_tree_is_walked(lab, shop):
    page = lab.page
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    panel = side_panel(lab)
    expect(panel.line("churn")).to_be_visible()
    panel.search.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    expect(panel.line("churn")).to_be_focused()
    assert_focus_is_seen(page)
    page.keyboard.press("ArrowRight")
    expect(panel.line("churn")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("End")
    expect(panel.line("price")).to_be_focused()
    page.keyboard.press("d")  # type-ahead
    expect(panel.line("demand")).to_be_focused()
    expect(panel.details.get_by_role("heading", level=2)).to_have_text("demand@1")
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Copy Reference")).to_be_visible()
    page.keyboard.press("Escape")
    panel.search.focus()
    page.keyboard.press("ArrowDown")
    expect(panel.line("demand")).to_be_focused()  # where it was before
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(panel.line("churn")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    tab = Panel(page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden)"))
    expect(tab.title).to_have_text("churn@4")
