"""The columns of the table: chosen by the user and kept; health and main metric of each row."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import monitored, registries
from tests.browser.panel import Panel
from tests.browser.test_keyboard import tab_to

DEFAULT = ["Version", "Labels", "Health", "Main metric", "Date", "Message", "Author", "Size"]


def headings(panel: Panel) -> list[str]:
    """The titles of the visible columns, without the one with checkboxes."""
    return panel.table.get_by_role("columnheader").all_inner_texts()[1:]


def menu(page: Page):
    """The button of the menu of columns."""
    return page.get_by_role("button", name="Columns")


def choose(page: Page, *names: str) -> None:
    """Press checkboxes of the menu."""
    menu(page).click()
    for name in names:
        page.get_by_role("checkbox", name=name, exact=True).click()
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_attribute("aria-expanded", "false")


def test_columns_are_chosen_by_keyboard_and_kept(page, files):
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    assert headings(panel) == DEFAULT
    tab_to(page, menu(page))
    page.keyboard.press("Enter")
    expect(menu(page)).to_have_attribute("aria-expanded", "true")
    first = page.get_by_role("checkbox", name="Labels")
    expect(first).to_be_focused()
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("checkbox", name="auc", exact=True))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("checkbox", name="logisticregression__C", exact=True))
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(menu(page)).to_be_focused()
    chosen = [*DEFAULT[:1], *DEFAULT[2:4], "auc", "logisticregression__C", *DEFAULT[4:]]
    assert headings(panel) == chosen
    expect(panel.row("churn@4").locator(".nbm-cell-param")).to_have_text(re.compile(r"^\d"))
    page.reload()
    panel.wait()
    assert headings(panel) == chosen
    expect(panel.row("churn@4").locator(".nbm-cell-param")).to_have_text(re.compile(r"^\d"))
    heading = panel.table.get_by_role("columnheader", name="logisticregression__C")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    menu(page).click()
    page.get_by_role("button", name="Reset").click()
    assert headings(panel) == DEFAULT
    expect(page.get_by_role("button", name="Reset")).to_have_attribute("aria-disabled", "true")


def test_a_choice_survives_what_no_longer_exists_and_a_browser_without_storage(page, files):
    page.add_init_script("""
      const read = Storage.prototype.getItem;
      Storage.prototype.getItem = function (key) {
        if (!key.startsWith('nbmodel:columns:page:')) return read.call(this, key);
        return JSON.stringify([['metrics.gone <b>', true], ['size', false], ['auc'], 7]);
      };
      Storage.prototype.setItem = () => { throw new Error('refused'); };
    """)
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    assert headings(panel) == [name for name in DEFAULT if name != "Size"]
    choose(page, "Author")
    assert headings(panel) == [name for name in DEFAULT if name not in {"Size", "Author"}]


def test_columns_work_in_a_sandboxed_page(page, files, tmp_path):
    around = tmp_path / "around.html"
    frame = '<iframe sandbox="allow-scripts" width="1200" height="700" src="{}"></iframe>'
    around.write_text(frame.format(files(registries.shop) + "#/versions"))
    page.goto(around.as_uri())
    frame = page.frame_locator("iframe")
    panel = Panel(frame).wait()
    frame.get_by_role("button", name="Columns").click()
    frame.get_by_role("checkbox", name="Author").click()
    expect(panel.table.get_by_role("columnheader", name="Author")).to_have_count(0)


def test_a_row_shows_health_as_the_overview_does(page, dashboards):
    page.goto(dashboards(monitored.watched).at("/"))
    panel = Panel(page)
    tile = panel.tiles.filter(has_text="churn@3").locator(".nbm-health")
    expect(tile).to_have_text("Unhealthy")
    shape = tile.locator("path").get_attribute("d")
    color = tile.evaluate("each => getComputedStyle(each).color")
    panel.wait()
    health = panel.row("churn@4").locator(".nbm-cell-health")
    expect(health).to_have_text("Unhealthy")
    assert health.locator("path").get_attribute("d") == shape
    assert health.locator("b").evaluate("each => getComputedStyle(each).color") == color
    assert "prod (churn@3): Unhealthy: " in health.get_attribute("title")
    expect(panel.row("price@1").locator(".nbm-cell-health")).to_have_text("")
    panel.every()
    expect(panel.row("churn@3").locator(".nbm-cell-health")).to_have_text("Unhealthy")
    expect(panel.row("churn@4").locator(".nbm-cell-health")).to_have_text("")


def test_a_row_shows_the_main_metric_of_its_model_and_that_of_prod(page, files):
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    main = panel.row("churn@4").locator(".nbm-cell-main")
    expect(main).to_have_text(re.compile(r"^0\.\d+ accuracy · prod 0\.\d+$"))


@pytest.mark.parametrize("width", [390, 1280])
def test_names_come_first_and_nothing_moves(page, dashboards, width):
    page.add_init_script("""
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          if (!entry.hadRecentInput) window.shift += entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    """)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(dashboards(monitored.watched).at("/") + "#/versions")
    panel = Panel(page).wait()
    expect(panel.row("churn@4").locator(".nbm-cell-health")).to_contain_text("Unhealthy")
    assert page.evaluate("window.shift") <= 0.02
    choose(page, "Message", "Message", "Author", "Author", "auc")
    name = panel.row("churn@4").locator(".nbm-cell-version")
    assert name.evaluate("each => each.scrollWidth <= each.clientWidth")
    box = name.bounding_box()
    panel.table.locator("xpath=..").evaluate("each => each.scrollLeft = 1000")
    # It stays in sight while the table scrolls.
    assert name.bounding_box()["x"] == pytest.approx(box["x"], abs=3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_best_value_has_a_key(page, files):
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    key = page.get_by_text("Bold number: best of its model on this page")
    expect(key).to_be_hidden()  # only main metrics, of different models
    panel.every()
    expect(key).to_be_visible()
    best = panel.row("churn@4").locator(".nbm-cell-metric").last
    expect(best).to_have_css("font-weight", "600")
    expect(best).to_have_accessible_description("Best value of churn on this page")
    heading = panel.table.get_by_role("columnheader", name="auc")
    expect(heading).to_have_accessible_description(re.compile("Higher is better"))


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_long_names_keep_their_numbers_in_sight(page, files, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(files(registries.crowded))
    panel = Panel(page).wait()
    row = panel.row(f"{registries.LONG_NAME}@2")
    in_sight = """cell => {
      const end = document.createRange();
      end.selectNodeContents(cell.lastChild);
      return end.getBoundingClientRect().right <= cell.getBoundingClientRect().right;
    }"""
    assert row.locator(".nbm-cell-version").evaluate(in_sight)
    labels = row.locator(".nbm-cell-labels")
    assert labels.evaluate(in_sight), "the number of the labels without room is cut"
    panel.open(f"{registries.LONG_NAME}@2")
    assert panel.title.evaluate("title => title.scrollWidth <= title.clientWidth")
    heads = panel.tab("Metrics").get_by_role("columnheader")
    expect(heads.nth(1)).to_have_text("@2")
    expect(heads.nth(2)).to_have_text("to @1")
