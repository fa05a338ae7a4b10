"""The commands in JupyterLab: in the palette, in the menu bar, and in context menus."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.sidepanel import side_panel

LABELS = [
    "Show Models", "Refresh Models",
    "Commit a Variable…", "Check Out into Notebook", "Insert Checkout",
    "Describe Reference at Cursor",
    "Open in a Tab", "Monitor", "Mark for Comparison", "Compare Marked Versions",
    "Release…", "Promote…", "Roll Back…", "Approve…", "Merge…",
    "Push…", "Pull…",
    "Delete…", "Restore…",
    "Copy Reference",
]  # fmt: skip


@pytest.fixture
def shop(lab, shop):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    return shop


def test_the_menu_bar_has_all_commands(lab, shop):
    lab.page.get_by_role("menuitem", name="Models", exact=True).click()
    menu = lab.page.get_by_role("menu").last
    expect(menu.locator(".lm-Menu-item[data-command] .lm-Menu-itemLabel")).to_have_text(LABELS)
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Escape")


def test_the_palette_says_that_a_command_is_about_models(lab, shop):
    side_panel(lab).choose("churn", "churn@4")
    lab.page.keyboard.press("Control+Shift+c")
    palette = lab.page.locator("#modal-command-palette")
    palette.locator("input").fill("monitor")
    expect(palette.locator(".lm-CommandPalette-itemLabel")).to_have_text(["Models: Monitor"])
    palette.locator("input").fill("models:")
    expect(palette.locator(".lm-CommandPalette-itemLabel")).to_have_count(len(LABELS))
    palette.locator("input").fill("models: promote")
    lab.page.keyboard.press("Enter")
    expect(lab.page.get_by_role("dialog").get_by_role("heading")).to_contain_text("churn@4")


def test_a_command_of_the_menu_is_about_the_selected_version(lab, shop):
    panel = side_panel(lab)
    panel.choose("price", "price@1")
    lab.page.get_by_role("menuitem", name="Models", exact=True).click()
    lab.page.get_by_role("menuitem", name="Monitor").click()
    expect(lab.page.locator(".lm-TabBar-tab").filter(has_text="price monitored")).to_be_visible()
