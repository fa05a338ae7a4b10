"""Merge a branch from the panel of a notebook and from the side panel."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.axe import assert_accessible
from tests.browser.panel import Panel, fill
from tests.browser.sidepanel import side_panel

MERGED = 60_000  # ms: the kernel imports the library of the models


def opened(lab, shop):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")


def parents(folder):
    """How many parents the latest version of churn has."""
    line = registries.git(folder, "rev-list", "--parents", "-1", "models/churn/main")
    return len(line.split()) - 1


def test_the_panel_merges_a_branch_into_the_main_line(lab, shop, root):
    opened(lab, shop)
    panel = Panel(lab.run_through("%model_panel churn").area).wait()
    panel.open("churn@4")
    expect(panel.button("Merge")).to_have_count(0)
    panel.open("churn:exp@3")
    panel.button("Merge").click()
    dialog = fill(panel.within, message="best of both")
    dialog.locator("[name=how]").select_option("vote")
    line = '%model_merge churn:exp --into churn --how vote -m "best of both"'
    expect(dialog.locator("code")).to_have_text(line)
    assert_accessible(lab.page, "dialog")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(panel.said).to_contain_text("churn@5", timeout=MERGED)
    assert parents(root / shop) == 2


def test_the_side_panel_merges_in_the_kernel(lab, shop, root):
    opened(lab, shop)
    panel = side_panel(lab)
    panel.unfold("churn", "exp")
    panel.menu("exp", "Merge…")
    dialog = fill(lab.page, message="it's {1+1} better")
    dialog.locator("[name=how]").select_option("theirs")
    lab.calm()
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(dialog).to_have_count(0, timeout=MERGED)
    expect(lab.notification("churn@5")).to_be_visible()
    assert parents(root / shop) == 2
    subject = registries.git(root / shop, "log", "-1", "--format=%s", "models/churn/main")
    assert "it's {1+1} better" in subject
    panel.choose("demand", "demand@1")
    lab.command("nbmodel:merge")
    expect(lab.notification("demand has one branch only")).to_be_visible()
