"""Figures and files of a version: drawn, compared and saved; what an attacker attached is inert."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pictured
from tests.browser.axe import assert_accessible
from tests.browser.chromium import live_markup, watched
from tests.browser.panel import Panel


@pytest.fixture(params=["static", "dashboard"])
def address(request):
    """The address of the registry of `pictured`: a file, or a read-only page."""
    if request.param == "static":
        return request.getfixturevalue("files")(pictured.pictured)
    return request.getfixturevalue("dashboards")(pictured.pictured).at("/")


def drawn_charts(within):
    """Charts in which plotly has drawn something, also a heat map."""
    return within.locator(".js-plotly-plot:has(.main-svg :is(.trace, .hm))")


def opened(page: Page, address: str, ref: str) -> Panel:
    page.goto(address)
    panel = Panel(page).wait()
    panel.open(ref)
    return panel


def figure(within, name):
    return within.get_by_role("figure", name=name, exact=True)


def test_figures_are_drawn_and_files_saved(page, address):
    tab = opened(page, address, "churn@2").tab("Figures")
    for name in ("roc", "confusion", "later"):
        expect(drawn_charts(figure(tab, name))).to_be_visible()
    expect(drawn_charts(figure(tab, "roc"))).to_contain_text("ROC")
    expect(figure(tab, "later")).to_contain_text("attached by Ann")
    image = figure(tab, "scores").get_by_role("img", name="scores")
    assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") > 100
    frame = figure(tab, "report.html").locator("iframe").content_frame
    expect(frame.get_by_role("heading")).to_have_text("Report")
    with page.expect_download() as saving:
        tab.get_by_role("button", name="Download rows ü.csv").click()
    assert saving.value.suggested_filename == "rows ü.csv"
    assert saving.value.path().read_text() == "a,b\n1,2\n"
    assert_accessible(page, ".nbm-tab-body")


def test_versions_show_their_figures_side_by_side(page, files):
    page.goto(files(pictured.pictured))
    panel = Panel(page).wait()
    panel.every()
    details = panel.compare("churn@1", "churn@2")
    expect(drawn_charts(figure(details, "roc"))).to_have_count(2)
    expect(details.get_by_text("not in this version").first).to_be_visible()
    expect(details.get_by_role("table", name="Changed figures and files")).to_contain_text(
        "report.html"
    )


def test_what_an_attacker_attached_runs_and_loads_nothing(browser, address):
    with watched(browser) as (context, watch):
        assert_inert(context.new_page(), address)
        assert not watch.outside
        assert not watch.dialogs
        # The policy of the frame reports what it refused.
        assert [error for error in watch.errors if "Content Security Policy" not in error] == []


def assert_inert(page: Page, address: str) -> None:
    tab = opened(page, address, f"{pictured.ATTACKED}@1").tab("Figures")
    chart = drawn_charts(figure(tab, "figure"))
    expect(chart).to_contain_text("<a href=")
    assert chart.locator("a, image, img, foreignObject, .updatemenu-container").count() == 0
    chart.locator(".point").first.hover(force=True)
    expect(figure(tab, "map")).to_contain_text("scattermap are not drawn here")
    expect(figure(tab, "broken")).to_contain_text("not a figure of plotly")
    expect(figure(tab, "no image")).to_contain_text("cannot read this image")
    image = figure(tab, "drawing").get_by_role("img", name="drawing")
    assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") == 200
    frame = figure(tab, "report.html").locator("iframe")
    expect(frame.content_frame.get_by_role("heading")).to_have_text("Report of Ann")
    assert frame.get_attribute("sandbox") == ""
    assert [each for each in live_markup(page) if "nbm-figure-frame" not in each] == []
