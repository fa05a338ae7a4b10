"""The charts of logged predictions in a notebook, in a tab and on the dashboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import monitored, registries
from tests.browser.axe import assert_accessible
from tests.browser.panel import Panel, answer, drawn_charts
from tests.browser.processes import dashboard
from tests.browser.test_keyboard import assert_focus_is_seen, tab_to

MONITOR = ".nbm-monitor"
JUDGED = 150_000  # ms: a kernel that has just begun loads its libraries, beside other work
LINE = '%model_rollback churn@prod -m "psi(mean radius) > 0.25 for 2 windows: psi(mean radius) is '


@pytest.fixture
def folder(make, root, templates) -> str:
    """A project whose model is monitored; its path as JupyterLab sees it."""
    path: str = make(monitored.watched)
    monitored.carry_log(templates(monitored.watched), root / path)
    return path


def opened(lab, folder: str, magic: str = "%model_monitor churn") -> Panel:
    """The charts in a notebook."""
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    return drawn(Panel(lab.run_through(magic).area))


def chosen(page: Page, url: str) -> Panel:
    """The charts on a page, opened as a user opens them."""
    page.goto(url)
    panel = Panel(page).wait()
    panel.open("churn@4")
    panel.details.get_by_role("tab", name="Monitor").click()
    return drawn(panel)


def drawn(panel: Panel) -> Panel:
    """Wait until the charts are drawn."""
    expect(panel.details.get_by_role("tab", name="Monitor")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(drawn_charts(panel.details).first).to_be_visible(timeout=JUDGED)
    return panel


def heat(panel: Panel) -> Locator:
    return panel.details.get_by_role("grid", name="Drift by psi")


def columns(panel: Panel) -> Locator:
    """The names of the columns in the heat map."""
    return heat(panel).locator("tbody").get_by_role("rowheader")


def cell(panel: Panel, column: str, words: str) -> Locator:
    """The newest cell of a column whose label has this text."""
    line = heat(panel).get_by_role("row").filter(has_text=column)
    return line.get_by_role("gridcell", name=words).last


def then_and_now(panel: Panel) -> Locator:
    return panel.details.locator(".nbm-distribution")


def assert_everything_is_seen(panel: Panel) -> None:
    """Check the chart, the alert with its command, the heat map, and a column then and now."""
    body = panel.tab_body
    verdict = body.get_by_role("list", name="Verdict")
    expect(verdict).to_contain_text(f"churn@3 in prod: “{monitored.DRIFTED}” has drifted since ")
    expect(verdict).to_contain_text(" against 0.981 at commit")
    expect(body.locator(".js-plotly-plot .scatterlayer .trace path.js-line").first).to_be_visible()
    expect(body.locator(".js-plotly-plot .barlayer .point").first).to_be_attached()
    firing = body.get_by_role("region", name=f"Firing: {monitored.RULE}")
    expect(firing).to_contain_text("churn@3 in prod: psi(mean radius) is ")
    expect(firing).to_contain_text("Last good version: churn@2.")
    expect(firing.locator("code")).to_contain_text(LINE)
    alerts = body.get_by_role("table", name="Alerts")
    expect(alerts.get_by_role("row")).to_have_count(3)
    first = columns(panel).first
    expect(first).to_have_text(monitored.DRIFTED)
    cell(panel, monitored.DRIFTED, ", drift").click()
    found = then_and_now(panel)
    expect(found).to_contain_text(f"{monitored.DRIFTED} then and now")
    expect(found).to_contain_text("training data of churn@3, 569 rows")
    expect(drawn_charts(found)).to_be_visible()
    first.click()
    expect(body.get_by_role("combobox", name="Metric")).to_have_value(f"psi({monitored.DRIFTED})")
    expect(body.locator(".js-plotly-plot").first).to_contain_text("threshold 0.2")


def test_everything_is_seen_in_a_notebook(lab, folder):
    panel = opened(lab, folder)
    expect(panel.table).to_be_hidden()  # monitoring needs no table of versions
    assert_everything_is_seen(panel)
    # The panel is as high as its charts: the notebook has the only scroll bar.
    assert panel.tab_body.evaluate("node => node.scrollHeight - node.clientHeight") == 0
    assert panel.details.bounding_box()["height"] > 900
    panel.details.get_by_role("button", name="Close details").click()
    panel.wait()


def test_a_stage_is_opened_on(lab, folder):
    panel = opened(lab, folder, "%model_monitor churn@prod --since 30d --window 1w")
    body = panel.tab_body
    expect(body.get_by_role("combobox", name="Version or stage")).to_have_value("churn@prod")
    expect(body.get_by_role("radio", name="30 days")).to_be_checked()
    expect(body.get_by_role("radio", name="1 week")).to_be_checked()
    expect(body.locator(".nbm-monitor-facts")).to_contain_text("of 1 version")
    body.get_by_text("90d", exact=True).click()
    expect(body.get_by_role("radio", name="90 days")).to_be_checked()
    expect(body.get_by_role("radio", name="1 week")).to_be_checked()


def test_new_rows_appear_by_themselves(lab, folder, root):
    panel = opened(lab, folder)
    body = panel.tab_body
    facts = body.locator(".nbm-monitor-facts")
    expect(facts).to_contain_text(f"{monitored.rows_of(range(monitored.DAYS)):,} rows")
    body.get_by_role("combobox", name="Metric").select_option("f1")
    cell(panel, monitored.DRIFTED, ", drift").click()
    expect(drawn_charts(then_and_now(panel))).to_be_visible()
    monitored.log_day(root / folder, monitored.DAYS)
    every = monitored.rows_of(range(monitored.DAYS + 1))
    expect(facts).to_contain_text(f"{every:,} rows", timeout=JUDGED)
    expect(body.get_by_role("combobox", name="Metric")).to_have_value("f1")  # as before
    expect(drawn_charts(then_and_now(panel))).to_be_visible()


def test_an_alert_is_answered_by_its_button(lab, folder, root):
    panel = opened(lab, folder)
    firing = panel.tab_body.get_by_role("region", name=f"Firing: {monitored.RULE}")
    firing.get_by_role("button", name="Roll back", exact=True).click()
    answer(panel.within, "Roll back", message="it drifts")
    expect(firing).to_have_count(0, timeout=JUDGED)
    assert "churn#prod#3" in registries.tags(root / folder)
    assert "it drifts" in registries.git(root / folder, "tag", "-n9", "--list", "churn#prod#3")


def test_everything_is_seen_in_a_tab(lab, folder):
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.command("nbmodel:open", ref="churn", path=f"{folder}/{registries.NOTEBOOK}")
    panel = Panel(lab.page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden)")).wait()
    panel.details.get_by_role("tab", name="Monitor").click()
    assert_everything_is_seen(drawn(panel))


@pytest.fixture(scope="module")
def served(dashboards):
    return dashboards(monitored.watched)


def test_everything_is_seen_on_the_dashboard(page, served):
    panel = chosen(page, served.at("/"))
    assert_everything_is_seen(panel)
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    body = panel.tab_body
    body.get_by_role("button", name="Averages").click()
    body.get_by_role("checkbox", name="Moving average").check()
    expect(body.get_by_role("combobox", name="Windows in an average")).to_have_value("7")
    body.get_by_role("button", name="Anomalies").click()
    for box in body.get_by_role("group", name="Detectors whose").get_by_role("checkbox").all():
        box.uncheck()
    expect(body.locator("details.nbm-anomalies")).to_be_hidden()


def test_the_dashboard_follows_what_is_logged(page, templates, tmp_path):
    copy = tmp_path / "shop"
    monitored.copied(templates(monitored.watched), copy)
    with dashboard(copy, tmp_path / "own") as server:
        panel = chosen(page, server.at("/"))
        facts = panel.tab_body.locator(".nbm-monitor-facts")
        expect(facts).to_contain_text(f"{monitored.rows_of(range(monitored.DAYS)):,} rows")
        monitored.log_day(copy, monitored.DAYS)
        every = monitored.rows_of(range(monitored.DAYS + 1))
        expect(facts).to_contain_text(f"{every:,} rows", timeout=JUDGED)


def test_a_model_without_a_log_says_what_to_do(page, served):
    page.goto(served.at("/"))
    panel = Panel(page).wait()
    panel.open("price@1")
    panel.details.get_by_role("tab", name="Monitor").click()
    said = panel.details.get_by_role("tabpanel")
    expect(said).to_contain_text("%model_serve price", timeout=JUDGED)


def test_it_is_walked_by_keys(page, served):
    panel = chosen(page, served.at("/"))
    whom = panel.tab_body.get_by_role("combobox", name="Version or stage")
    panel.details.get_by_role("tab", name="Monitor").focus()
    tab_to(page, whom)
    assert_focus_is_seen(page)
    page.keyboard.press("Tab")
    expect(panel.tab_body.get_by_role("radio", name="The whole log")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(panel.tab_body.get_by_role("radio", name="90 days")).to_be_checked()
    expect(panel.tab_body.locator(".nbm-monitor-body")).to_have_attribute(
        "aria-busy", "false", timeout=JUDGED
    )
    newest = cell(panel, monitored.DRIFTED, ":")
    tab_to(page, newest)
    assert_focus_is_seen(page)
    page.keyboard.press("ArrowLeft")
    before = heat(panel).locator(":focus")
    label = before.get_attribute("aria-label")
    page.keyboard.press("Enter")
    expect(drawn_charts(then_and_now(panel))).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Close the distribution"))
    page.keyboard.press("Escape")
    expect(then_and_now(panel)).to_be_hidden()
    expect(heat(panel).locator(":focus")).to_have_attribute("aria-label", label or "")
    page.keyboard.press("Home")
    expect(columns(panel).first).to_be_focused()
    assert_focus_is_seen(page)
    page.keyboard.press("Escape")
    expect(panel.details).to_be_hidden()


def assert_all_accessible(page: Page, panel: Panel) -> None:
    cell(panel, monitored.DRIFTED, ", drift").click()
    expect(drawn_charts(then_and_now(panel))).to_be_visible()
    panel.tab_body.locator("details.nbm-anomalies summary").click()
    assert_accessible(page, MONITOR)
    panel.tab_body.get_by_role("button", name="Averages").click()
    assert_accessible(page, MONITOR)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_it_is_accessible_in_a_notebook(lab, folder, theme):
    lab.theme(theme)
    assert_all_accessible(lab.page, opened(lab, folder))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_on_the_dashboard(page, served, scheme):
    page.emulate_media(color_scheme=scheme)
    assert_all_accessible(page, chosen(page, served.at("/")))


def test_a_narrow_page_does_not_scroll_sideways(page, served):
    page.set_viewport_size({"width": 400, "height": 800})
    chosen(page, served.at("/"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
