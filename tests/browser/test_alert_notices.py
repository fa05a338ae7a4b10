"""A notification of JupyterLab for an alert that fires: it appears once."""

from __future__ import annotations

import re

from playwright.sync_api import expect

import nbmodel
from nbmodel.monitor.alerts import store
from tests.browser import registries


def is_firing(answer):
    return "/nbmodel/api/firing" in answer.url


def test_an_alert_that_fires_is_shown_once_and_leads_to_its_monitor(lab, shop, root):
    registries.drifted(root / shop)
    with nbmodel.open(root / shop) as registry:
        # Two alerts make a sentence that JupyterLab cuts.
        store.add(registry.context, "churn", "psi(worst concave points) > 0.2")
    path = f"{shop}/{registries.NOTEBOOK}"
    lab.open(path)
    notice = lab.notification("churn@3 in prod")
    expect(notice).to_have_count(1)
    expect(notice).to_contain_text("mean radius")
    notice.get_by_role("button", name="Read all").click()
    dialog = lab.page.get_by_role("dialog")
    whole = r"churn@3 in prod: .* psi\(worst concave points\) is 0\.\d+ on .* rows\)"
    expect(dialog).to_contain_text(re.compile(whole))
    dialog.get_by_role("button", name="Ok").click()
    expect(dialog).to_have_count(0)
    notice.get_by_role("button", name="Monitor").click()
    tab = lab.page.locator(".lm-TabBar-tab.lm-mod-current").filter(has_text="churn@prod monitored")
    expect(tab).to_be_visible()
    lab.reset()
    with lab.page.expect_response(is_firing, timeout=90_000) as answer:  # that includes the load
        lab.load(path)
    assert answer.value.json()["stages"]
    expect(lab.notification("churn@3 in prod")).to_have_count(0)
