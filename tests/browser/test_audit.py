"""The audit of a model in the panel of a notebook."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import registries
from tests.browser.axe import assert_accessible
from tests.browser.panel import Panel

READ = 30_000  # ms: git reads every fact


def test_an_audit_lists_facts_and_names_what_was_removed(lab, shop):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    panel = Panel(lab.run_through("%model_panel churn").area).wait()
    panel.open("churn@4")
    audit = panel.tab("Audit")
    expect(audit).to_contain_text("Nothing is wrong.", timeout=READ)
    facts = audit.get_by_role("table", name="Facts").get_by_role("row")
    expect(facts.filter(has_text="stage prod").first).to_contain_text("Better on the holdout")
    expect(facts.filter(has_text="release v0.1.0")).to_contain_text("unsigned")
    assert_accessible(lab.page, ".nbm-audit")
    lab.run_through("!git tag --delete 'churn#prod#1'")
    findings = audit.get_by_role("list", name="Findings")
    expect(findings).to_contain_text("churn#prod#2 (predecessor)", timeout=READ)
    expect(audit).to_contain_text("finding")
    link = facts.filter(has_text="release v0.1.0").get_by_role("button", name="churn@2")
    link.focus()
    lab.page.keyboard.press("Enter")
    expect(panel.title).to_have_text("churn@2")
