"""The figures of the monitor: limits, fired alerts, tooltips, one time axis, saved files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import monitored
from tests.browser.chromium import watched
from tests.browser.panel import Panel
from tests.browser.test_monitoring import chosen, columns, heat
from tests.waiting import until


@pytest.fixture(scope="module")
def panel(browser, dashboards):
    """The monitor on the dashboard, for tests that only look."""
    with watched(browser) as (context, watch):
        yield chosen(context.new_page(), dashboards(monitored.watched).at("/"))
        watch.assert_quiet()


def chart(panel: Panel) -> Locator:
    return panel.tab_body.locator(".js-plotly-plot").first


def area(panel: Panel, subplot: str = "xy") -> dict[str, float]:
    """The place of a plot on the page, without its axes."""
    chart(panel).scroll_into_view_if_needed()
    return box(chart(panel).locator(f".{subplot} .nsewdrag"))


def box(element: Locator) -> dict[str, float]:
    """The place of an element on the page."""
    place = element.bounding_box()
    assert place is not None
    return dict(place)


def hover(panel: Panel, part: float, height: float, subplot: str = "xy") -> Locator:
    """Put the pointer at a part of the width and height of a plot; returns the tooltip."""
    place = area(panel, subplot)
    panel.details.page.mouse.move(
        place["x"] + place["width"] * part, place["y"] + place["height"] * height
    )
    return chart(panel).locator(".hoverlayer .hovertext")


def test_a_tooltip_anywhere_in_a_window_has_rows_value_and_reason(panel):
    tooltip = hover(panel, 0.9, 0.05)
    expect(tooltip).to_contain_text("anomaly of ")
    text = tooltip.text_content()
    assert re.search(r"\d{4}-\d\d-\d\d, day", text)
    assert re.search(r"churn@3 in prod: accuracy 0\.\d+, \d+ rows", text)
    assert f"alert fired: {monitored.RULE}" in text
    for height, subplot in ((0.5, "xy"), (0.95, "xy"), (0.5, "xy2")):
        expect(hover(panel, 0.1, height, subplot)).to_contain_text("churn@2: accuracy")
        expect(hover(panel, 0.9, height, subplot)).to_have_text(text)


def test_the_limit_of_a_rule_is_drawn_and_the_periods_in_which_it_fired_are_shaded(panel):
    body = panel.tab_body
    expect(chart(panel)).to_contain_text("alert accuracy < 0.5")
    dashed = chart(panel).locator(".shapelayer path[style*='stroke-dasharray']")
    assert dashed.count() > 0
    legend = body.get_by_role("list", name="Legend")
    for words in ("churn@2", "churn@3 in prod", "limit of a rule", "alert on another metric fired",
                  "anomaly", "version or stage changed"):  # fmt: skip
        expect(legend).to_contain_text(words)
    titles = chart(panel).locator(".xtitle, .ytitle, .y2title")
    assert sorted(titles.all_text_contents()) == ["accuracy", "rows", "time (UTC)"]
    columns(panel).first.click()  # its drift over time
    expect(chart(panel)).to_contain_text("threshold 0.2")
    expect(chart(panel)).to_contain_text(f"alert {monitored.RULE[:20]}")
    expect(legend).to_contain_text("alert fired")
    shade = chart(panel).locator(".shapelayer path[style*='opacity: 0.14']")
    expect(shade).to_have_count(1)
    plot, shaded = area(panel), box(shade)
    assert shaded["height"] == pytest.approx(plot["height"], abs=2)
    assert 0.25 < shaded["width"] / plot["width"] < 0.45  # 13 of 40 days
    body.get_by_role("combobox", name="Metric").select_option("accuracy")


def test_the_heat_map_shows_what_answered_on_the_time_axis_of_the_chart(panel):
    served = heat(panel).locator(".nbm-heat-served")
    expect(served.get_by_role("gridcell", name="churn@2")).to_have_count(1)
    expect(served.get_by_role("gridcell", name="churn@3 in prod")).to_have_count(1)
    first = heat(panel).locator("tbody tr").first
    cells = first.get_by_role("gridcell")
    plot, left, right = area(panel), box(cells.first), box(cells.last)
    assert left["x"] == pytest.approx(plot["x"], abs=1.5)
    assert right["x"] + right["width"] == pytest.approx(plot["x"] + plot["width"], abs=1.5)
    unknown = first.locator(".nbm-heat-none").count()
    assert unknown <= 1  # the present day may have too few rows
    subject = panel.tab_body.get_by_role("combobox", name="Version and stage of the heat map")
    subject.select_option("churn@2")
    assert first.locator(".nbm-heat-none").count() > 20
    subject.select_option("as served")


def test_a_part_of_the_time_is_chosen_for_both_figures(panel):
    place = area(panel)
    middle = place["y"] + place["height"] / 2
    panel.details.page.mouse.move(place["x"] + place["width"] * 0.5, middle)
    panel.details.page.mouse.down()
    panel.details.page.mouse.move(place["x"] + place["width"] * 0.75, middle, steps=5)
    panel.details.page.mouse.up()
    cells = heat(panel).locator("tbody tr").first.get_by_role("gridcell")
    expect(cells).to_have_count(11)
    plot, left = area(panel), box(cells.first)
    assert left["x"] == pytest.approx(plot["x"], abs=1.5)
    panel.tab_body.get_by_role("button", name="Show the whole time").click()
    expect(cells).to_have_count(41)


def test_the_alert_is_an_event_of_the_timeline(panel):
    panel.details.get_by_role("tab", name="Timeline").click()
    row = panel.tab_body.get_by_role("row").filter(has_text=monitored.RULE)
    expect(row).to_contain_text(re.compile(r"Alert\s*prod\s*churn@3"))
    panel.details.get_by_role("tab", name="Monitor").click()
    expect(chart(panel)).to_be_visible()


def saved(page: Page, button: Locator) -> tuple[str, bytes]:
    """Name and content of the file that a button saves."""
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_figures_are_saved_as_pictures_and_their_data_as_a_table(panel):
    body, page = panel.tab_body, panel.details.page
    of = body.get_by_role("group", name="Save the chart over time")
    name, png = saved(page, of.get_by_role("button", name="PNG"))
    assert (name, png[:8]) == ("churn-accuracy.png", b"\x89PNG\r\n\x1a\n")
    name, svg = saved(page, of.get_by_role("button", name="SVG"))
    assert name == "churn-accuracy.svg"
    assert "alert accuracy &#60; 0.5" in svg.decode()
    _, table = saved(page, of.get_by_role("button", name="CSV"))
    heading, *rows = table.decode().splitlines()
    assert heading == "window,version,stage,metric,value"
    assert len([row for row in rows if ",accuracy," in row]) >= monitored.DAYS
    drift = body.get_by_role("group", name="Save the drift of all columns")
    name, table = saved(page, drift.get_by_role("button", name="CSV"))
    assert name == "churn-drift-psi.csv"
    assert f",prod,{monitored.DRIFTED},psi," in table.decode()


@pytest.fixture
def usual_size(panel) -> Iterator[None]:
    """Restore the size of the page after a test."""
    yield
    panel.details.page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.usefixtures("usual_size")
def test_both_figures_keep_one_axis_in_any_width(panel):
    page = panel.details.page
    cells = heat(panel).locator("tbody tr").first.get_by_role("gridcell")

    def ends() -> list[float]:
        """The left and right end of the plot, then of the cells."""
        plot, left, right = area(panel), box(cells.first), box(cells.last)
        return [plot["x"], plot["x"] + plot["width"], left["x"], right["x"] + right["width"]]

    for width in (390, 1280, 1920):
        before = ends()
        page.set_viewport_size({"width": width, "height": 900})
        until(lambda before=before: ends()[1] != before[1], 15)
        until(lambda: ends()[:2] == pytest.approx(ends()[2:], abs=1.5), 15)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
