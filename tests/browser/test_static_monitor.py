"""The monitor of a static page: the last report of each model, dated, opened from a disk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import served
from tests.browser.axe import assert_accessible
from tests.browser.chromium import watched
from tests.browser.panel import Panel, drawn_charts


@pytest.fixture(scope="module")
def own(browser, files):
    """The page on disk, for tests that only look."""
    with watched(browser) as (context, watch):
        page = context.new_page()
        context.set_offline(True)
        page.goto(files(served.served))
        yield page
        watch.assert_quiet()


def monitor(page: Page, ref: str) -> Panel:
    """The monitor of a version, as its address opens it."""
    page.evaluate("hash => { location.hash = hash; }", f"#/{ref}/monitor")
    panel = Panel(page)
    expect(panel.details.get_by_role("tab", name="Monitor")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(panel.title).to_have_text(ref.replace("/", "@"))
    return panel


def test_the_last_report_of_a_model_is_drawn_and_dated(own):
    panel = monitor(own, "orders/2")
    body = panel.tab_body
    expect(drawn_charts(panel.details).first).to_be_visible()
    verdict = body.get_by_role("list", name="Verdict")
    expect(verdict).to_contain_text("orders@2 in prod: city has drifted since ")
    expect(body).to_contain_text(re.compile(r"As of \d{4}-\d\d-\d\d \d\d:\d\d UTC"))
    expect(body).to_contain_text(f"{served.ROWS * (served.DAYS + 1)} rows of 2 versions")
    firing = body.get_by_role("region", name=f"Firing: {served.RULE}")
    expect(firing).to_contain_text("Last good version: orders@1.")
    legend = body.get_by_role("list", name="Legend")
    expect(legend).to_contain_text("alert on another metric fired")
    heat = body.get_by_role("grid", name="Drift by psi")
    row = heat.locator(".nbm-heat-served")
    expect(row.get_by_role("gridcell", name="orders@1 in prod")).to_have_count(1)
    columns = heat.locator("tbody").get_by_role("rowheader")
    expect(columns.filter(has_text=served.MARKUP)).to_have_count(1)
    columns.filter(has_text="city").click()
    metric = body.get_by_role("combobox", name="Metric")
    expect(metric).to_have_value("psi(city)")
    expect(body.locator(".js-plotly-plot").first).to_contain_text(f"alert {served.RULE[:14]}")
    expect(legend).to_contain_text("alert fired")
    metric.select_option("accuracy")


def test_nothing_is_clickable_that_does_nothing(own):
    body = monitor(own, "orders/2").tab_body
    for role, name in (("combobox", "Version or stage"), ("radio", "7 days"), ("radio", "1 week")):
        expect(body.get_by_role(role, name=name)).to_have_count(0)
    expect(body.get_by_role("button", name="Roll back")).to_have_count(0)
    heat = body.get_by_role("grid", name="Drift by psi")
    cell = heat.locator("tbody").get_by_role("gridcell").first
    assert cell.evaluate("cell => getComputedStyle(cell).cursor") == "default"
    cell.click()
    expect(body.locator(".nbm-distribution")).to_be_hidden()
    with own.expect_download() as download:
        saved = body.get_by_role("group", name="Save the chart over time")
        saved.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


def test_the_alerts_are_events_of_the_timeline(own):
    panel = monitor(own, "orders/2")
    panel.details.get_by_role("tab", name="Timeline").click()
    body = panel.details.get_by_role("tabpanel")
    row = body.get_by_role("row").filter(has_text="Alert")
    expect(row).to_have_count(1)  # it fires still
    expect(row).to_contain_text(re.compile(r"prod\s*orders@2"))
    expect(row).to_contain_text(f"{served.RULE}: psi(city) is ")
    mark = body.get_by_role("img", name=f"Alert {served.RULE} fired from ")
    expect(mark).to_have_count(1)
    assert_accessible(own, ".nbm-timeline")


def test_a_log_that_cannot_be_read_is_an_error_of_its_model_only(own):
    panel = monitor(own, "broken/1")
    body = panel.tab_body
    expect(body).to_contain_text("The log of broken cannot be read: model=broken is not a folder.")
    expect(body.get_by_role("button", name="Try again")).to_have_count(0)
    panel.details.get_by_role("tab", name="Timeline").click()
    body = panel.details.get_by_role("tabpanel")
    expect(body).to_contain_text("Alerts are not shown: The log of broken cannot be read")
    expect(body.get_by_role("row").filter(has_text="Commit")).to_have_count(1)
    body = monitor(own, "quiet/1").tab_body
    expect(body).to_contain_text("No predictions of quiet were logged")
    expect(body).to_contain_text("not monitored when this page was written")
    own.evaluate("location.hash = '#/'")
    tiles = Panel(own).tiles
    broken = tiles.filter(has_text="broken@1")
    expect(broken).to_contain_text("The log of broken cannot be read: model=broken is not a folder")
    expect(broken.locator(".nbm-tile-traffic")).to_have_text(
        "unknown: the log cannot be read in full"
    )
    orders = tiles.filter(has_text="orders@2")
    expect(orders).to_contain_text("city has drifted since ")
    expect(orders).to_contain_text(
        f"{served.ROWS * (served.DAYS + 1)} rows by all versions in 14 days"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_as_wide_as_a_phone(own, scheme):
    own.emulate_media(color_scheme=scheme)
    own.set_viewport_size({"width": 390, "height": 800})
    panel = monitor(own, "orders/2")
    expect(drawn_charts(panel.details).first).to_be_visible()
    assert_accessible(own, ".nbm-monitor")
    assert own.evaluate("document.documentElement.scrollWidth <= innerWidth")
    own.set_viewport_size({"width": 1280, "height": 900})
