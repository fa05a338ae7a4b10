"""The status of a server, while cells send requests to it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from nbmodel.widgets.saved_view import NOTE
from tests.browser import registries
from tests.browser.lab import Lab
from tests.browser.test_connection import SHEETS

ASK = """
import time
from sklearn.datasets import load_breast_cancer
rows = load_breast_cancer(as_frame=True).data.head(2).to_dict("records")
while server.running:
    server.predict(rows)
    time.sleep(0.05)
"""


def served(lab: Lab, folder: str) -> Locator:
    """The widget of a server of ``churn@prod``."""
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    lab.run_through("server = %model_serve churn@prod --token very-secret-word")
    status = lab.run_through("server").area.get_by_role("group", name="Server")
    expect(status).to_be_visible()
    return status


def state(status: Locator) -> Locator:
    return status.locator(".nbm-server-words")


def test_it_shows_a_rate_while_a_cell_asks_and_the_button_stops_it(lab, shop):
    status = served(lab, shop)
    row = status.get_by_role("row").filter(has=lab.page.get_by_role("rowheader", name="churn@3"))
    expect(state(status)).to_have_text("Running")
    before = status.bounding_box()
    lab.begin(ASK)
    expect(row.locator("[data-column='requests/s']")).to_have_text(re.compile(r"[1-9]"))
    expect(row.locator("[data-column=p99]")).to_contain_text("ms")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"now [1-9]"))
    expect(status.locator("code").first).to_contain_text("curl http://127.0.0.1:")
    assert status.bounding_box() == before, "nothing moved"
    assert lab.page.evaluate(SHEETS) == 1
    assert "very-secret-word" not in status.inner_html()
    lab.command("notebook:interrupt-kernel")
    lab.calm()
    status.get_by_role("button", name="Stop").click()
    expect(state(status)).to_have_text("Stopped")
    assert lab.run_through("server.running").text == "False"


def test_without_its_kernel_it_says_so_and_reopened_it_is_a_static_view(lab, shop):
    status = served(lab, shop)
    lab.command("kernelmenu:shutdown")
    expect(state(status)).to_have_text("No message from the kernel")
    expect(status.get_by_role("button", name="Stop")).to_be_disabled()
    lab.command("docmanager:save")
    lab.command("application:close-all")
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    left = lab.page.locator(".jp-NotebookPanel .jp-OutputArea-output").last
    expect(left).to_contain_text(NOTE)
    expect(left.get_by_text("/predict/churn")).to_be_visible()
    expect(left.get_by_text("Error displaying widget")).to_be_hidden()
    assert "very-secret-word" not in left.inner_html()
