"""The evaluations of a version: in the panel of a notebook, and on a page without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

import nbmodel
from tests.browser import registries
from tests.browser.axe import assert_accessible
from tests.browser.panel import Panel, drawn_charts


def evaluated(folder: Path) -> Path:
    """A project with two versions of ``churn``, the second of which was evaluated twice."""
    registries.project(folder)
    inputs, truth = registries.data()
    sizes = inputs["mean radius"].gt(14).map({True: "large", False: "small"})
    rows = inputs.assign(size=sizes, clinic=["north", "south", "east", "west"] * 142 + ["new"])
    with nbmodel.open(folder) as registry:
        registries.commit(registry, "churn", 0.001, "baseline")
        registries.commit(registry, "churn", 1.0, "wider grid")
        registry.evaluate("churn", data=rows[:90], target=truth[:90], name="a part", rounds=100)
        registry.evaluate(
            "churn",
            data=rows,
            target=truth,
            name="all people",
            against="churn@1",
            slices=["size", "clinic"],
            rounds=100,
        )
    return folder


def slices_of(tab: Locator) -> Locator:
    """The names of the slices in the order of their table."""
    return tab.get_by_role("table", name="Slices").get_by_role("rowheader")


def test_an_evaluation_has_metrics_and_slices_that_the_keyboard_sorts(page, files):
    page.goto(files(evaluated))
    panel = Panel(page).wait()
    panel.open("churn@2")
    tab = panel.tab("Evaluation")
    expect(tab).to_contain_text("churn@2 on 569 rows of all people")
    metrics = tab.get_by_role("table", name="Metrics of the evaluation")
    expect(metrics.get_by_role("columnheader").nth(2)).to_have_text("95% interval")
    accuracy = metrics.get_by_role("row").filter(has_text="balanced_accuracy")
    expect(accuracy).to_contain_text(" to ")
    expect(slices_of(tab).last).to_have_text("clinic=new")
    heading = tab.get_by_role("button", name="rows")
    heading.focus()
    page.keyboard.press("Enter")
    expect(slices_of(tab).first).to_have_text("size=small")
    expect(heading).to_be_focused()
    assert_accessible(page, ".nbm-evaluation")
    tab.get_by_role("button", name="over churn@1").click()
    expect(panel.title).to_have_text("Comparison")


def test_an_older_evaluation_is_chosen_from_a_list(page, files):
    page.goto(files(evaluated))
    panel = Panel(page).wait()
    panel.open("churn@2")
    tab = panel.tab("Evaluation")
    choice = tab.get_by_role("combobox", name="Evaluation", exact=True)
    choice.select_option("1")
    expect(tab).to_contain_text("churn@2 on 90 rows of a part")
    expect(tab.get_by_role("table", name="Slices")).to_have_count(0)


def test_the_threshold_moves_by_the_keyboard_and_curves_are_drawn(page, files):
    page.goto(files(evaluated))
    panel = Panel(page).wait()
    panel.open("churn@2")
    tab = panel.tab("Evaluation")
    slider = tab.get_by_role("slider", name="Rows with this score or more are positive")
    recall = tab.locator(".nbm-threshold-rates div").filter(has_text="recall").locator("dd")
    slider.focus()
    page.keyboard.press("End")
    expect(recall).to_have_text("0")
    page.keyboard.press("Home")
    expect(recall).to_have_text("1")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0: precision 0.6274"))
    tab.get_by_text("ROC curve").scroll_into_view_if_needed()
    expect(drawn_charts(tab).first).to_be_visible()
    expect(tab.get_by_role("table", name="Confusion matrix")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_nothing_leaves_the_page(page, files, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(files(evaluated))
    panel = Panel(page).wait()
    panel.open("churn@2")
    tab = panel.tab("Evaluation")
    expect(slices_of(tab).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert_accessible(page, ".nbm-evaluation")


def test_a_new_evaluation_appears_in_the_panel_of_a_notebook(lab, make):
    folder = make(evaluated)
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    lab.run_through("%model_show churn@2")  # the first answer about a version imports what it needs
    panel = Panel(lab.run_through("%model_panel churn").area).wait()
    panel.open("churn@2")
    tab = panel.tab("Evaluation")
    expect(tab).to_contain_text("churn@2 on 569 rows of all people")
    lab.run_through(
        "from sklearn.datasets import load_breast_cancer\n"
        "X_test, y_test = load_breast_cancer(return_X_y=True, as_frame=True)\n"
        "%model_evaluate churn@2 --data X_test --target y_test"
    )
    expect(tab).to_contain_text("churn@2 on 569 rows of X_test", timeout=30_000)
