"""``nbmodel dashboard --static FILE``: one file, no network, the whole panel."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hostile, registries
from tests.browser.panel import TABS, Panel, drawn_charts, link_to


def visited(page: Page, address: str) -> Panel:
    """The file, opened without a network."""
    page.context.set_offline(True)
    page.goto(address)
    return Panel(page)


def test_search_sort_and_details_work_offline(page, files):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    panel = visited(page, files(registries.shop)).wait()
    panel.expect_refs("demand@1", "price@1", "churn@4")
    panel.filter.press_sequentially("pri")
    panel.expect_refs("price@1")
    panel.filter.fill("name = churn and metrics.auc > 0.99")
    panel.every()
    expect(panel.rows).to_have_count(4)
    panel.filter.fill("stage = prod")
    panel.expect_refs("churn@3")
    panel.filter.fill("author = ann and not name = churn order by name desc")
    panel.expect_refs("price@1", "demand@1")
    panel.filter.fill("order by metrics.auc desc")
    expect(panel.rows).to_have_count(7)
    heading = panel.table.get_by_role("columnheader", name="auc")
    expect(heading).to_have_attribute("aria-sort", "descending")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    panel.open("churn@4")
    for name in TABS:
        expect(panel.tab(name)).not_to_be_empty()
    expect(drawn_charts(panel.tab("Metrics")).first).to_be_visible()
    link_to(panel.tab("Lineage"), "churn@2").click()
    expect(panel.title).to_have_text("churn@2")
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [
        page.url.partition("#")[0]
    ]


def test_links_lead_to_views_in_a_sandboxed_frame(page, files, tmp_path):
    around = tmp_path / "around.html"
    frame = '<iframe sandbox="allow-scripts" width="1200" height="700" src="{}"></iframe>'
    around.write_text(frame.format(files(registries.shop)))
    page.goto(around.as_uri())
    inside = page.frame_locator("iframe")
    panel = Panel(inside)
    expect(panel.tiles.first).to_be_visible()
    inside.get_by_role("link", name="All versions").click()
    panel.expect_refs("demand@1", "price@1", "churn@4")
    inside.get_by_role("link", name="Overview").click()
    panel.tiles.get_by_role("link", name="churn@3").first.click()
    expect(panel.title).to_have_text("churn@3")


def test_versions_compare_offline(page, files):
    panel = visited(page, files(registries.shop)).wait()
    panel.every()
    details = panel.compare("churn@1", "churn@4")
    expect(details.get_by_role("table", name="Changed parameters")).to_contain_text("0.001")
    expect(details.get_by_role("figure", name="auc")).to_be_visible()


def test_it_holds_no_row_of_data_and_no_button_that_writes(page, files):
    address = files(registries.shop)
    panel = visited(page, address).wait()
    panel.open("price@1")
    for label in ("Promote", "Release", "Roll back", "Check out", "Edit card"):
        expect(page.get_by_role("button", name=label)).to_have_count(0)
    text = Path(unquote(urlparse(address).path)).read_text()
    assert "://" not in text.split("<script", 1)[0]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (hostile.empty, "There are no versions yet."),
        (hostile.newer, "cannot be read"),
        (hostile.damaged, "cannot be read"),
    ],
)
def test_a_registry_in_trouble_says_so(page, files, kind, words):
    visited(page, files(kind))
    expect(page.locator("body")).to_contain_text(words)
