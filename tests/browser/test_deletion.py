"""Approve, delete and restore from the panel of a notebook and from the side panel."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.axe import assert_accessible
from tests.browser.panel import Panel, answer, fill
from tests.browser.sidepanel import side_panel


def opened(lab, shop):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")


def versions_and_labels(folder):
    """Branches and tags with their objects, and what is in the trash."""
    lines = registries.refs(folder).splitlines()
    return [
        line for line in lines if line.startswith(("refs/heads", "refs/tags", "refs/nbmodel/t"))
    ]


def test_a_model_goes_to_the_trash_and_comes_back(lab, shop, root):
    opened(lab, shop)
    before = versions_and_labels(root / shop)
    panel = Panel(lab.run_through("%model_panel").area).wait()
    panel.open("churn@4")
    panel.button("Delete").click()
    dialog = panel.within.get_by_role("dialog")
    remark = dialog.locator(".nbm-dialog-remark")
    expect(remark).to_contain_text("4 versions of this branch go to the trash")
    expect(remark).to_contain_text("These branches stay: exp")
    dialog.locator("[name=what]").select_option("churn")
    expect(remark).to_contain_text("2 branches with 5 versions go to the trash: exp, main")
    expect(remark).to_contain_text("hidden until then: churn@prod, churn@v0.1.0")
    expect(remark).to_contain_text("It can be restored until")
    assert_accessible(lab.page, "dialog")
    fill(panel.within, message="a failed idea")
    expect(dialog.locator("code")).to_have_text('%model_delete churn -m "a failed idea"')
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(panel.said).to_contain_text("churn is in the trash until")
    panel.expect_refs("demand@1", "price@1")
    expect(panel.details).to_be_hidden()
    panel.within.get_by_role("button", name="Trash (").click()
    expect(remark).to_contain_text("a failed idea")
    answer(panel.within, "Restore")
    expect(panel.said).to_contain_text("churn is back")
    panel.expect_refs("demand@1", "price@1", "churn@4")
    expect(panel.within.get_by_role("button", name="Trash (")).to_have_count(0)
    assert versions_and_labels(root / shop) == before
    lab.run_through("import numpy\ntable = {'rates': numpy.ones(9_999)}")
    lab.run_through("%model_commit table")
    lab.run_through("%model_delete table@1 --yes")
    expect(panel.row("table@1").get_by_text("purged", exact=True)).to_be_visible()
    expect(panel.row("price@1").get_by_text("purged", exact=True)).to_have_count(0)


def test_the_side_panel_deletes_a_branch_and_restores_it(lab, shop, root):
    opened(lab, shop)
    panel = side_panel(lab)
    panel.unfold("churn", "exp")
    panel.menu("exp", "Delete…")
    dialog = lab.page.get_by_role("dialog")
    expect(dialog.locator("[name=what]")).to_have_value("churn:exp")
    expect(dialog.locator(".nbm-dialog-remark")).to_contain_text("3 versions of this branch")
    answer(lab.page, "Delete")
    expect(lab.notification("churn:exp is in the trash until")).to_be_visible()
    expect(panel.line("exp")).to_have_count(0)
    lab.command("nbmodel:restore")
    expect(dialog).to_contain_text("Restore from the trash")
    assert_accessible(lab.page, "dialog")
    answer(lab.page, "Restore")
    expect(lab.notification("churn:exp is back")).to_be_visible()
    assert registries.git(root / shop, "rev-parse", "models/churn/exp")
    lab.command("nbmodel:restore")
    expect(lab.notification("The trash is empty.")).to_be_visible()


def test_an_approval_is_signed_and_shown(lab, shop, root):
    opened(lab, shop)
    panel = Panel(lab.run_through("%model_panel churn").area).wait()
    panel.open("churn@4")
    panel.button("Approve").click()
    dialog = fill(panel.within, message="validated on Q3")
    confirm = dialog.get_by_role("button", name="Approve", exact=True)
    confirm.click()
    expect(dialog.get_by_role("alert")).to_contain_text("churn@4 was not approved")
    lab.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    lab.run_through("!ssh-keygen -q -t ed25519 -N '' -f key")
    key = root / shop / "key"
    lab.run_through(f"%config NbModel.signing_key = {str(key)!r}")
    panel.do("Approve", message="validated on Q3")
    expect(panel.said).to_contain_text("churn@4")
    assert "validated on Q3" in registries.git(root / shop, "log", "-p", "refs/notes/nbmodel")
