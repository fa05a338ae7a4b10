"""axe-core in every user interface, light and dark; and animations that users can turn off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

import nbmodel
from tests.browser import monitored, pictured, registries
from tests.browser.axe import COLOR_RULES, assert_accessible
from tests.browser.panel import TABS, Panel
from tests.browser.processes import ask
from tests.browser.sidepanel import side_panel

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PANEL = ".nbm"
ODD = 'Ann said "ship it" & <b>Ben</b> agreed — geprüft, 東京'
SIZES = [(390, 844), (1280, 900), (1920, 1080)]
# An address of the page, and what it shows.
VIEWS = {
    "#/": ".nbm-tile[data-health]",
    "#/versions": "tr[data-commit]",
    "#/churn/3": ".nbm-details [role=tabpanel]",
    "#/churn/5/figures": ".js-plotly-plot .main-svg",
    "#/churn/3/timeline": ".nbm-events",
    "#/churn/3/monitor": ".nbm-monitor",
    "#/compare/churn@1/churn@4": ".nbm-compare",
}


def check_panel(page, panel: Panel) -> None:
    """Check the table, each tab, a comparison, and a dialog if there is one."""
    assert_accessible(page, PANEL)
    panel.open("churn@4")
    for name in TABS:
        panel.tab(name)
        assert_accessible(page, f"{PANEL} [aria-label=Details]")
    if panel.button("Promote").count():
        panel.button("Promote").click()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert_accessible(page, "dialog")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.keyboard.press("Escape")
    panel.compare("churn@1", "churn@4")
    assert_accessible(page, PANEL)


@pytest.mark.parametrize("theme", THEMES)
def test_panel(lab, shop, theme):
    lab.theme(THEMES[theme])
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    check_panel(lab.page, Panel(lab.run_through("%model_panel churn").area).wait())


@pytest.mark.parametrize("theme", THEMES)
def test_side_panel(lab, shop, theme):
    lab.theme(THEMES[theme])
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    panel = side_panel(lab)
    panel.unfold("churn", "main")
    panel.choose("@3", "churn@3")
    assert_accessible(lab.page, "[role=region][aria-label=Models]")
    panel.menu("@3", "Promote…")
    assert_accessible(lab.page, "dialog")
    lab.page.keyboard.press("Escape")
    expect(lab.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dashboard(page, dashboards, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(dashboards(registries.shop).at("/"))
    panel = Panel(page).wait()
    panel.every()
    check_panel(page, panel)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_file(page, files, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    panel.every()
    check_panel(page, panel)


@pytest.fixture
def rich_file(templates, tmp_path) -> str:
    """The page of `monitored.watched` with figures, a file, and texts that are not plain."""
    folder = monitored.copied(templates(monitored.watched), tmp_path / "rich")
    (folder / "report.html").write_text("<h1>Report</h1>")
    with nbmodel.open(folder) as registry:
        model, _ = registries.fitted(1.0)
        figures = {"roc": pictured.roc(model), "scores": pictured.scores(model)}
        report = [folder / "report.html"]
        registries.commit(registry, "churn", 0.7, ODD, figures=figures, files=report)
        registry.annotate("churn@3", ODD, figures={"confusion": pictured.confusion(model)})
        registry.promote("churn@1", "staging-of-the-north-east-region", ODD, new_stage=True)
    path = tmp_path / "models.html"
    ask(folder, "dashboard", "--static", str(path), check=True)
    return path.as_uri()


def test_every_view_at_each_width(page, rich_file):
    """Only the size and the colors change, not the page, which saves most of the time."""
    shown = f"{PANEL}:not([hidden])"
    page.goto(rich_file)
    expect(Panel(page).tiles.first).to_be_visible()
    for view, content in VIEWS.items():
        page.evaluate("view => { location.hash = view }", view)
        expect(page.locator(content).first).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert_accessible(page, shown)
            page.emulate_media(color_scheme="dark")
            assert_accessible(page, shown, rules=COLOR_RULES)
            page.emulate_media(color_scheme="light")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def _background(page) -> list[float]:
    """The lightness of the background of the table, 0 to 255."""
    color = page.evaluate(
        """() => {
          for (let e = document.querySelector('.nbm'); e; e = e.parentElement) {
            const color = getComputedStyle(e).backgroundColor;
            if (!/, 0\\)$|transparent/.test(color)) return color;
          }
          return 'rgb(255, 255, 255)';
        }"""
    )
    return [float(part) for part in color.strip("rgba()").split(",")[:3]]


def test_a_file_follows_the_readers_colors(page, files):
    page.goto(files(registries.shop))
    page.emulate_media(color_scheme="light")
    assert min(_background(page)) > 200
    page.emulate_media(color_scheme="dark")
    assert max(_background(page)) < 80


def test_less_motion(page, files):
    page.emulate_media(reduced_motion="reduce")
    page.goto(files(registries.shop))
    Panel(page).wait().open("price@1")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('.nbm, .nbm *')].filter(e => {
          const {animationName, animationDuration, transitionDuration} = getComputedStyle(e);
          const long = text => text.split(',').some(each => parseFloat(each) > 0.01);
          return long(transitionDuration) || (animationName !== 'none' && long(animationDuration));
        }).map(e => e.className)"""
    )
    assert not moving


@pytest.mark.parametrize("width", [390, 640, 1280, 1920])
def test_every_tab_of_a_version_is_in_sight(page, files, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(files(registries.shop) + "#/churn/3")
    tabs = Panel(page).details.get_by_role("tab")
    expect(tabs.last).to_have_text("Lineage")
    boxes = "tabs => tabs.map(tab => tab.getBoundingClientRect().toJSON())"
    places = tabs.evaluate_all(boxes)
    pane = Panel(page).details.bounding_box()
    for place in places:
        assert pane["x"] <= place["left"]
        assert place["right"] <= pane["x"] + pane["width"]
    tabs.last.click()
    assert tabs.evaluate_all(boxes) == places, "a choice moves no tab"


@pytest.mark.parametrize("width", [360, 640])
def test_a_narrow_page_does_not_scroll_sideways(page, files, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(files(registries.shop))
    panel = Panel(page).wait()
    panel.open("price@1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Layout shifts, as Chromium itself counts them (Layout Instability, W3C draft).
COUNT_SHIFTS = """window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(
  entry => { if (!entry.hadRecentInput) window.shifted += entry.value; }
)).observe({type: 'layout-shift', buffered: true});"""


def test_nothing_moves_while_it_is_filled(page, files):
    page.add_init_script(COUNT_SHIFTS)
    page.goto(files(registries.shop))
    Panel(page).wait()
    assert page.evaluate("window.shifted") < 0.01


def test_nothing_moves_while_the_monitor_is_filled(page, rich_file):
    page.add_init_script(COUNT_SHIFTS)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.goto("about:blank")
        page.goto(f"{rich_file}#/churn/3/monitor")
        expect(page.get_by_role("list", name="Verdict")).to_be_visible()
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_attached()
        assert page.evaluate("window.shifted") <= 0.02, width
