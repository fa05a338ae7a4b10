"""``%model_panel`` in a notebook: view, compare and act. git's refs show what was done."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

import nbmodel
from tests.browser import hostile, registries
from tests.browser.lab import Lab
from tests.browser.panel import TABS, Panel, drawn_charts, fill, link_to
from tests.waiting import until


def opened(lab: Lab, folder: str, magic: str = "%model_panel") -> Panel:
    """A panel in a notebook."""
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    return Panel(lab.run_through(magic).area)


def test_rows_follow_what_is_typed(lab, shop):
    panel = opened(lab, shop).wait()
    panel.expect_refs("demand@1", "price@1", "churn@4")
    panel.filter.press_sequentially("pri")
    panel.expect_refs("price@1")
    panel.filter.fill("")
    expect(panel.rows).to_have_count(3)
    panel.every()
    expect(panel.rows).to_have_count(7)
    panel.filter.fill("metrics.auc > 0.99 and name = churn")
    expect(panel.rows).to_have_count(4)
    panel.filter.fill("metrics.auc >")
    expect(panel.filter).to_have_attribute("aria-invalid", "true")
    expect(panel.rows).to_have_count(4)  # the earlier rows stay
    panel.filter.fill("churn@2 or price@1")
    panel.expect_refs("price@1", "churn@2")
    panel.filter.fill("prod")
    panel.expect_refs("churn@3")
    panel.filter.fill("no such words")
    expect(panel.within.get_by_text("No version matches.")).to_be_visible()


def test_columns_sort(lab, shop, root):
    with nbmodel.open(root / shop) as registry:
        listed = registry.list("metrics.auc > 0", sort="-metrics.auc").versions
    best_first = [version.ref for version in listed]
    panel = opened(lab, shop).wait()
    panel.every()
    expect(panel.rows).to_have_count(7)
    heading = panel.table.get_by_role("columnheader", name="auc")
    heading.get_by_role("button").click()
    panel.expect_refs(*best_first)
    expect(heading).to_have_attribute("aria-sort", "descending")
    heading.get_by_role("button").click()
    panel.expect_refs(*reversed(best_first))
    expect(heading).to_have_attribute("aria-sort", "ascending")


def test_an_order_in_the_text_holds_until_a_column_is_pressed(lab, shop, root):
    with nbmodel.open(root / shop) as registry:
        by_auc = [v.ref for v in registry.list("name = churn order by metrics.auc").versions]
        by_date = [v.ref for v in registry.list("name = churn", sort="time").versions]
    panel = opened(lab, shop).wait()
    panel.every()
    panel.filter.fill("name = churn and author = ann order by auc")
    panel.expect_refs(*by_auc)
    heading = panel.table.get_by_role("columnheader", name="auc")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("button").click()
    panel.expect_refs(*reversed(by_auc))
    expect(heading).to_have_attribute("aria-sort", "descending")
    panel.filter.fill("name = churn order by date")
    panel.expect_refs(*by_date)
    expect(heading).to_have_attribute("aria-sort", "none")
    date = panel.table.get_by_role("columnheader", name="Date")
    expect(date).to_have_attribute("aria-sort", "ascending")
    panel.filter.fill("name = churn order by")
    expect(panel.within.get_by_text("a field to sort by is missing")).to_be_visible()


def test_pages_turn(lab, make):
    panel = opened(lab, make(registries.many)).wait()
    expect(panel.rows).to_have_count(50)
    first = panel.refs()
    panel.within.get_by_role("button", name="Next page").click()
    expect(panel.within.get_by_text("51\u2013100 of 130")).to_be_visible()
    assert not set(first) & set(panel.refs())
    panel.within.get_by_role("button", name="Last page").click()
    expect(panel.rows).to_have_count(30)


def test_a_version_tells_everything(lab, shop):
    panel = opened(lab, shop, "%model_panel churn").wait()
    expect(panel.title).to_have_text("churn@4")
    card = panel.tab("Card")
    expect(card.get_by_role("heading", name="churn 4")).to_be_visible()
    expect(drawn_charts(panel.tab("Metrics")).first).to_be_visible()
    expect(panel.tab("Parameters")).to_contain_text("logisticregression__C")
    expect(panel.tab("Data").get_by_role("table", name="Data profile")).to_contain_text(
        "mean radius"
    )
    expect(panel.tab("Environment")).to_contain_text("scikit-learn")
    expect(panel.tab("Files")).to_contain_text("model.json")
    lineage = panel.tab("Lineage")
    link_to(lineage, "churn@2").click()
    expect(panel.title).to_have_text("churn@2")
    expect(panel.details.locator(".nbm-details-head")).to_contain_text("v0.1.0")


def test_the_cells_that_made_a_version_are_shown(lab, make):
    panel_of = make(registries.project)
    lab.open(f"{panel_of}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    lab.run_through("weights = [1, 2, 3]")
    lab.run_through("%model_commit weights -m first --metric auc=0.5")
    panel = Panel(lab.run_through("%model_panel weights").area).wait()
    expect(panel.tab("Cells")).to_contain_text("weights = [1, 2, 3]")


def test_two_versions_compare(lab, shop):
    panel = opened(lab, shop).wait()
    panel.every()
    details = panel.compare("churn@1", "churn@4")
    changed = details.get_by_role("table", name="Changed parameters")
    expect(changed.get_by_role("row").filter(has_text="logisticregression__C")).to_contain_text(
        "0.001"
    )
    expect(details.get_by_role("img", name=re.compile("^accuracy: "))).to_be_visible()


def test_a_comparison_is_shown_alone_and_leads_back_to_the_table(lab, shop):
    panel = opened(lab, shop, "%model_compare churn@1 churn@4")
    expect(panel.title).to_have_text("Comparison")
    expect(panel.table).to_be_hidden()
    expect(panel.details.locator(".nbm-verdict")).to_contain_text("Better: ")
    expect(panel.details.locator(".nbm-better").first).to_be_visible()
    panel.details.get_by_role("button", name="Close details").click()
    panel.wait()


def test_several_versions_are_drawn_side_by_side_in_the_colors_of_the_theme(lab, shop):
    panel = opened(lab, shop, "%model_compare churn@1 churn@2 churn@prod")
    expect(panel.title).to_have_text("Comparison")
    expect(panel.details.get_by_role("table", name="metrics")).to_contain_text("accuracy")
    chart = drawn_charts(panel.details).first
    expect(chart).to_be_visible()
    words = [chart.locator(".legendtext").first, panel.details.locator(".nbm-dots-value").first]
    light = [luminance(word) for word in words]
    lab.theme("JupyterLab Dark")
    for word, before in zip(words, light, strict=True):
        until(lambda word=word, before=before: luminance(word) > before + 0.3)


LUMINANCE = """word => {
  const [r, g, b] = getComputedStyle(word).fill.match(/[\\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}"""


def luminance(word: Locator) -> float:
    """How bright a text of a chart is, from 0 to 1."""
    return word.evaluate(LUMINANCE)


def test_promote_and_roll_back_move_gits_tags(lab, shop, root):
    panel = opened(lab, shop, "%model_panel churn").wait()
    panel.open("churn@4")
    panel.do("Promote", stage="prod", message="better recall")
    expect(panel.row("churn@4")).to_contain_text("prod")
    assert "churn#prod#3" in registries.tags(root / shop)
    assert "better recall" in registries.git(root / shop, "tag", "-n9", "--list", "churn#prod#3")
    panel.do("Roll back", message="calibration is off")
    expect(panel.row("churn@3")).to_contain_text("prod")
    expect(panel.row("churn@4")).not_to_contain_text("prod")
    moved = registries.git(root / shop, "rev-list", "-n1", "churn#prod#4")
    assert moved == registries.git(root / shop, "rev-list", "-n1", "churn#prod#2")


def test_release_makes_the_next_tag(lab, shop, root):
    panel = opened(lab, shop, "%model_panel churn").wait()
    panel.open("churn@4")
    panel.do("Release", bump="minor", message="with cleaner labels")
    expect(panel.row("churn@4")).to_contain_text("v0.2.0")
    assert "churn@v0.2.0" in registries.tags(root / shop)


def test_what_is_refused_is_said_and_changes_nothing(lab, shop, root):
    panel = opened(lab, shop, "%model_panel churn").wait()
    panel.open("churn@3")
    before = registries.refs(root / shop)
    panel.button("Promote").click()
    dialog = fill(panel.within, stage="latest", message="again")
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be the name of a stage")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert registries.refs(root / shop) == before


def test_check_out_binds_the_variable(lab, shop):
    panel = opened(lab, shop, "%model_panel churn").wait()
    panel.open("churn@1")
    panel.do("Check out", variable="old")
    expect(panel.said).to_contain_text("churn@1")
    assert "0.001" in lab.run_through("old[-1].C").text


def test_a_panel_follows_the_registry(lab, shop, root):
    panel = opened(lab, shop).wait()
    panel.every()
    expect(panel.rows).to_have_count(7)
    lab.run_through("thing = {'a': 1}")
    lab.run_through("%model_commit thing -m 'from this kernel'")
    panel.filter.scroll_into_view_if_needed()  # the cells below moved it out of view
    expect(panel.row("thing@1")).to_be_visible()
    with nbmodel.open(root / shop) as registry:
        registry.commit({"b": 2}, "other", "from another process")
    lab.run_through("1")  # a panel receives changes after each cell
    panel.filter.scroll_into_view_if_needed()
    expect(panel.row("other@1")).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (hostile.missing, "%model_commit"),
        (hostile.empty, "There are no versions yet."),
        (hostile.newer, "cannot be read"),
        (hostile.damaged, "cannot be read"),
    ],
)
def test_a_registry_in_trouble_says_so(lab, make, kind, words):
    panel = opened(lab, make(kind))
    expect(panel.within).to_contain_text(words)


def test_a_half_fetched_registry_shows_what_is_there(lab, make):
    panel = opened(lab, make(hostile.shallow), "%model_panel churn").wait()
    panel.open("churn@4")
    for name in TABS:
        expect(panel.tab(name)).not_to_be_empty()
