"""What the JupyterLab extension does in the cells of a notebook: references, cards, checkouts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import hostile, registries
from tests.browser.axe import assert_accessible
from tests.browser.chromium import live_markup
from tests.browser.lab import Lab
from tests.browser.sidepanel import side_panel
from tests.waiting import until

CELL = """old = %model_checkout churn@3 --as old
%model_diff churn#prod \\
    churn:exp@3
x = 1  # churn@3
%model_show price@99
%model_rollback churn@prod"""

_SOURCES = """() => {
  const {cells} = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
  return cells.map(cell => cell.source);
}"""


def opened(lab: Lab, folder: str) -> Locator:
    """A notebook in front whose last cell is `CELL`; its references."""
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    write(lab, CELL)
    return lab.page.locator(".nbm-lab-reference")


def write(lab: Lab, source: str, kind: str = "code") -> None:
    """Append a cell without running it."""
    lab.page.evaluate(
        """([source, kind]) => {
          const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
          model.insertCell(model.cells.length, {cell_type: kind, source});
        }""",
        [source, kind],
    )


def card(lab: Lab) -> Locator:
    """The card of a version."""
    return lab.page.locator(".nbm-lab-card")


def sources(lab: Lab) -> list[str]:
    """All cells of the notebook in front."""
    return lab.page.evaluate(_SOURCES)


# -- references ----------------------------------------------------------------


def test_references_are_marked_only_in_lines_of_our_magics(lab, shop):
    references = opened(lab, shop)
    expect(references).to_have_text(
        ["churn@3", "churn#prod", "churn:exp@3", "price@99", "churn@prod"]
    )
    write(lab, "%model_show churn@1", kind="markdown")
    write(lab, "%model_show demand@1")
    expect(references.last).to_have_text("demand@1")
    expect(references).to_have_count(6)
    colors = references.evaluate_all(
        "marks => marks.map(mark => getComputedStyle(mark.querySelector('*') ?? mark).color)"
    )
    assert len(set(colors)) == 1, "a stage has the color of a comment"


@pytest.mark.parametrize(
    ("theme", "stage"),
    [("JupyterLab Light", "churn#prod"), ("JupyterLab Dark", "churn@prod")],
)
def test_a_card_says_what_a_reference_is(lab, shop, theme, stage):
    lab.theme(theme)
    opened(lab, shop).filter(has_text=stage).hover()
    for words in ("churn@3", "prod", "on new region", "auc", "0.9963", "by Ann"):
        expect(card(lab)).to_contain_text(words)
    assert_accessible(lab.page, ".nbm-lab-card")
    box = card(lab).bounding_box()
    assert box["width"] > 200
    assert box["x"] + box["width"] <= 1280
    lab.page.mouse.move(5, 5)
    expect(card(lab)).to_have_count(0)


def test_a_reference_to_nothing_says_so(lab, shop):
    opened(lab, shop).filter(has_text="price@99").hover()
    expect(card(lab)).to_contain_text("price:main has no version 99; its latest is 1.")


def test_a_stage_that_moves_has_another_card(lab, shop):
    stage = opened(lab, shop).filter(has_text="churn#prod")
    stage.hover()
    expect(card(lab)).to_contain_text("churn@3")
    lab.run_through("%load_ext nbmodel")
    lab.run_through("%model_promote churn@4 prod -m 'better'")

    def shown() -> str:
        lab.page.mouse.move(5, 5)
        expect(card(lab)).to_have_count(0)
        stage.hover()
        expect(card(lab)).to_be_visible()
        return card(lab).inner_text()

    until(lambda: "churn@4" in shown())


def test_the_card_belongs_to_the_registry_of_its_notebook(lab, shop, make):
    opened(lab, shop)
    other = opened(lab, make(registries.namesake))
    write(lab, "%model_show churn@1")
    other.last.hover()
    expect(card(lab)).to_contain_text("of the other registry")


def test_the_keyboard_opens_a_card_and_a_screen_reader_says_it(lab, shop):
    opened(lab, shop).first.click()
    expect(card(lab)).to_be_visible()  # that of the pointer, which rests on the reference
    lab.page.keyboard.press("Alt+Shift+R")
    expect(
        lab.page.locator(".cm-announced").filter(has_text="churn@3, stage prod")
    ).to_be_attached()
    expect(card(lab)).to_have_count(1)
    expect(card(lab)).to_contain_text("on new region")
    lab.page.keyboard.press("ArrowDown")
    expect(card(lab)).to_have_count(0)
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Alt+Shift+R")
    expect(lab.notification("There is no reference at the cursor.")).to_be_visible()


def test_a_card_of_hostile_text_is_text(lab, make):
    lab.open(f"{make(hostile.hostile)}/{registries.NOTEBOOK}")
    write(lab, "%model_show evil@1")
    lab.page.locator(".nbm-lab-reference").hover()
    expect(card(lab)).to_contain_text("evil@1")
    assert not live_markup(lab.page)


# -- checkouts -----------------------------------------------------------------


def test_a_version_that_is_dragged_into_a_notebook_becomes_a_cell(lab, shop):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    write(lab, "x = 1")
    panel = side_panel(lab)
    panel.unfold("churn", "main")
    panel.line("@2").first.drag_to(lab.cell(1), steps=8)
    expect(lab.page.locator(".nbm-lab-reference")).to_have_text("churn@2")
    assert sources(lab)[1] == "%model_checkout churn@2"
    assert sources(lab)[2] == "x = 1"


def test_a_drag_that_ends_elsewhere_changes_nothing(lab, shop):
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    panel = side_panel(lab)
    before = sources(lab)
    panel.line("price").drag_to(panel.details, steps=8)
    expect(lab.page.locator(".nbm-lab-drag")).to_have_count(0)
    assert sources(lab) == before
