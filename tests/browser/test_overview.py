"""The overview: what is live, since when, by whom and why, whether it is well, and better."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import nbmodel
from tests.browser import monitored, registries
from tests.browser.chromium import watched
from tests.browser.panel import Panel
from tests.browser.processes import Server

SIZES = [(390, 844), (1280, 800)]
# The text of the elements that a reader sees without scrolling.
FIRST_SCREEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const parts = [];
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    const style = getComputedStyle(walker.currentNode.parentElement);
    const inside = box.width > 0 && box.bottom <= innerHeight && box.right <= innerWidth + 1;
    if (inside && style.visibility === 'visible') parts.push(walker.currentNode.data.trim());
  }
  return parts.filter(Boolean).join(' ');
}"""


def without_stage(folder: Path) -> Path:
    """A registry of one version that holds no stage."""
    registries.project(folder)
    with nbmodel.open(folder) as registry:
        registry.commit({"weights": [1, 2]}, "net", "first")
    return folder


def answers(page: Page) -> dict[str, str]:
    """The five answers, read from the visible text of the first screen only."""
    expect(page.locator(".nbm-tile .nbm-health").first).to_have_text(re.compile("ealth|attention"))
    text = page.evaluate(FIRST_SCREEN)
    patterns = {
        "which": r"(churn@\d+) prod",
        "since": r"Live since (\d{4}-\d\d-\d\d \d\d:\d\d)",
        "who": r"Put live by (\w+)",
        "why": r"Reason ([\w ]+?) (?:accuracy|auc)",
        "healthy": r"(Healthy|Needs attention|Unhealthy|Health unknown) ?: (?=\w|“)",
        "better": r"(better|worse) than (churn@\d+)",
    }
    return {name: found[1] for name, form in patterns.items() if (found := re.search(form, text))}


@pytest.fixture(scope="module")
def overviews(browser, dashboards, files) -> Iterator[dict[str, Page]]:
    """The overview of one registry on the dashboard and in a file, for tests that only look."""
    addresses = {
        "dashboard": dashboards(monitored.watched).at("/"),
        "file": files(monitored.watched),
    }
    with watched(browser) as (context, watch):
        pages = {kind: context.new_page() for kind in addresses}
        for kind, address in addresses.items():
            pages[kind].goto(address)
        yield pages
        watch.assert_quiet()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["dashboard", "file"])
def test_the_first_screen_answers_the_five_questions(overviews, kind, size):
    page = overviews[kind]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = answers(page)
    assert set(found) == {"which", "since", "who", "why", "healthy", "better"}
    assert (found["which"], found["who"], found["why"]) == (
        "churn@3", "Ann", "Better on the holdout",
    )  # fmt: skip
    assert (found["healthy"], found["better"]) == ("Unhealthy", "better")


def test_a_tile_leads_to_its_version_and_back(page, dashboards):
    server: Server = dashboards(monitored.watched)
    page.goto(server.at("/"))
    panel = Panel(page)
    panel.tiles.get_by_role("link", name="churn@3").click()
    expect(panel.title).to_have_text("churn@3")
    expect(page).to_have_url(re.compile(r"#/churn/3$"))
    panel.tab("Metrics")
    expect(page).to_have_url(re.compile(r"#/churn/3/metrics$"))
    page.go_back()
    expect(panel.tiles.first).to_be_visible()
    panel.tiles.get_by_role("link", name="Unhealthy").click()
    expect(panel.details.get_by_role("tab", name="Monitor")).to_have_attribute(
        "aria-selected", "true"
    )


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("#/churn/3", "churn@3"),
        ("#/churn/3/lineage", "churn@3"),
        ("#/churn/prod/card", "churn@3"),
        ("#/churn", "churn@4"),
        ("#/churn/2/no-such-tab", "churn@2"),
        ("#/compare/churn@1/churn@4", "Comparison"),
    ],
)
def test_a_deep_link_opens_what_it_names(page, files, link, title):
    page.goto(files(registries.shop) + link)
    panel = Panel(page)
    expect(panel.title).to_have_text(title)
    assert page.url.endswith(link)


def test_a_deep_link_to_nothing_says_so(page, files):
    page.goto(files(registries.shop) + "#/nothing/7")
    expect(page.get_by_role("alert")).to_contain_text("no version nothing@7")


def test_the_dashboard_keeps_a_deep_link_while_it_signs_in(page, dashboards):
    server: Server = dashboards(monitored.watched)
    page.goto(server.at("/") + "#/churn/2/params")
    panel = Panel(page)
    expect(panel.title).to_have_text("churn@2")
    assert "token" not in page.url
    page.reload()
    expect(panel.title).to_have_text("churn@2")


def test_a_registry_without_a_stage_begins_with_the_table(page, files):
    page.goto(files(without_stage))
    panel = Panel(page)
    expect(panel.rows.first).to_be_visible()
    panel.view("Overview").click()
    expect(page.get_by_text("No version holds a stage.")).to_be_visible()


def test_the_path_of_the_registry_is_in_no_page(overviews, templates):
    folder = str(templates(monitored.watched))
    for page in overviews.values():
        expect(Panel(page).tiles.first).to_be_visible()
    texts = [page.content() for page in overviews.values()]
    # The data of a page on disk is compressed: read what its program read.
    texts.append(
        overviews["file"].evaluate("""async () => {
          const text = document.getElementById('nbmodel-data').textContent.trim();
          const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
          const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
          return new Response(stream).text();
        }""")
    )
    assert [folder in text for text in texts] == [False, False, False]


def test_a_late_answer_moves_nothing(page, dashboards):
    page.add_init_script("""
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    """)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(dashboards(monitored.watched).at("/"))
    answers(page)
    expect(page.locator(".nbm-tile-metric svg")).to_have_count(2)
    assert page.evaluate("window.shift") <= 0.02


def test_the_timeline_shows_which_version_was_live_when(page, files):
    page.goto(files(registries.shop) + "#/churn/3/timeline")
    panel = Panel(page)
    live = panel.details.get_by_role("region", name="Live versions over time")
    now = live.get_by_role("button").last
    expect(now).to_have_accessible_name(re.compile(r"^churn@3 held prod from .* to now\. Ann\. "))
    # The bar of the live version ends at the right end of the axis.
    bar, axis = now.bounding_box(), live.get_by_role("list").first.bounding_box()
    assert bar["x"] + bar["width"] == pytest.approx(axis["x"] + axis["width"], abs=2)
    events = panel.details.get_by_role("table", name="Events")
    expect(events).to_contain_text("Better on the holdout")
    expect(live.get_by_role("list", name="Legend").get_by_role("listitem")).to_have_text(
        [
            "bar in bold: holds the stage now",
            "pale bar: held the stage before",
            "shaded row: an event of churn@3",
        ]
    )
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        pane = panel.tab_body.bounding_box()
        for reason in events.get_by_text("Better on the holdout").all():
            box = reason.bounding_box()
            assert pane["x"] <= box["x"]
            assert box["x"] + box["width"] <= pane["x"] + pane["width"]
    events.get_by_role("button", name="churn@2").first.click()
    expect(panel.title).to_have_text("churn@2")
    expect(panel.details.get_by_role("tab", name="Timeline")).to_have_attribute(
        "aria-selected", "true"
    )


def test_the_marks_of_the_curves_have_a_key(page, files):
    page.goto(files(registries.shop) + "#/churn/3/metrics")
    legend = Panel(page).tab_body.get_by_role("list", name="Legend")
    expect(legend.get_by_role("listitem")).to_have_text(
        [
            "ring: churn@3, which is open",
            "dotted curve: another branch",
            "vertical line: stage of the version, in brackets if it was lost",
        ]
    )
