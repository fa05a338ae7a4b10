"""The side panel in JupyterLab follows the active registry, and acts in its kernel."""

from __future__ import annotations

import subprocess
import sys

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import hostile, registries, toy_kernel
from tests.browser.chromium import watched
from tests.browser.lab import Lab
from tests.browser.panel import Panel, answer, drawn_charts, fill
from tests.browser.processes import jupyter_lab
from tests.browser.sidepanel import SidePanel, side_panel

COMMIT = "import nbmodel; nbmodel.commit({'b': 2}, 'other', 'from another process')"


def opened(lab: Lab, folder: str) -> SidePanel:
    """A notebook in front, nbmodel loaded, the side panel beside it."""
    lab.open(f"{folder}/{registries.NOTEBOOK}")
    lab.run_through("%load_ext nbmodel")
    return side_panel(lab)


def test_models_branches_versions_are_a_tree(lab, shop):
    panel = opened(lab, shop)
    expect(panel.tree.get_by_role("treeitem")).to_have_count(3)
    assert panel.names() == ["churn", "demand", "price"]
    expect(panel.line("churn")).to_contain_text("prod")
    expect(panel.line("churn").locator(".nbm-lab-spark svg")).to_be_visible()
    panel.unfold("churn", "main")
    expect(panel.line("@3")).to_contain_text("prod")
    expect(panel.line("@2").first).to_contain_text("v0.1.0")
    panel.choose("@3", "churn@3")
    expect(panel.details).to_contain_text("on new region")
    expect(panel.details.get_by_role("heading", name="churn 3")).to_be_visible()


def test_commits_appear_without_a_reload(lab, shop, root):
    panel = opened(lab, shop)
    expect(panel.line("churn")).to_be_visible()
    lab.page.evaluate("window.notReloaded = true")
    lab.run_through("thing = {'a': 1}")
    lab.run_through("%model_commit thing -m 'from the notebook' --metric auc=0.5")
    expect(panel.line("thing")).to_be_visible()
    subprocess.run([sys.executable, "-c", COMMIT], cwd=root / shop, check=True)
    expect(panel.line("other")).to_be_visible()
    registries.git(root / shop, "update-ref", "-d", "refs/heads/models/other/main")
    expect(panel.line("other")).to_have_count(0)
    assert lab.page.evaluate("window.notReloaded")


def test_search_narrows_the_tree(lab, shop):
    panel = opened(lab, shop)
    panel.search.press_sequentially("pri")
    expect(panel.tree.get_by_role("treeitem")).to_have_count(1)
    assert panel.names() == ["price"]
    panel.search.fill("nothing like it")
    expect(panel.root.get_by_text("No model matches")).to_be_visible()
    panel.search.press("Escape")
    expect(panel.tree.get_by_role("treeitem")).to_have_count(3)


def test_check_out_and_use_the_variable(lab, shop):
    panel = opened(lab, shop)
    panel.unfold("churn", "main")
    panel.choose("@1", "churn@1")
    lab.calm()
    panel.details.get_by_role("button", name="Check out").click()
    expect(lab.notification("churn@1")).to_be_visible()
    assert "0.001" in lab.run_through("churn[-1].C").text


def test_a_checkout_cell_is_inserted(lab, shop):
    panel = opened(lab, shop)
    panel.menu("price", "Insert Checkout")
    cell = lab.page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.source"
    )
    assert cell == "%model_checkout price@1"


def test_promote_and_roll_back_move_gits_tags(lab, shop, root):
    panel = opened(lab, shop)
    panel.unfold("churn", "main")
    panel.menu("@4", "Promote…")
    answer(lab.page, "Promote", stage="prod", message="better recall")
    expect(panel.line("@4")).to_contain_text("prod")
    assert "churn#prod#3" in registries.tags(root / shop)
    panel.menu("@4", "Roll Back…")
    answer(lab.page, "Roll back", message="calibration is off")
    expect(panel.line("@3").first).to_contain_text("prod")
    moved = registries.git(root / shop, "rev-list", "-n1", "churn#prod#4")
    assert moved == registries.git(root / shop, "rev-list", "-n1", "churn#prod#2")


def test_release_makes_the_next_tag(lab, shop, root):
    panel = opened(lab, shop)
    panel.menu("price", "Release…")
    answer(lab.page, "Release", bump="minor", message="first prices")
    expect(panel.line("price")).to_be_visible()
    assert "price@v0.1.0" in registries.tags(root / shop)


def test_marked_versions_compare_in_a_tab(lab, shop):
    panel = opened(lab, shop)
    panel.unfold("churn", "main")
    for name in ("@1", "@4"):
        panel.menu(name, "Mark for Comparison")
        expect(panel.line(name)).to_contain_text("marked for comparison")
    panel.root.get_by_role("button", name="Compare the two marked versions").click()
    tab = Panel(lab.page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden)"))
    expect(tab.title).to_have_text("Comparison")
    expect(tab.details.get_by_role("table", name="Changed parameters")).to_contain_text("0.001")


def test_a_version_opens_in_a_tab(lab, shop):
    panel = opened(lab, shop)
    panel.line("churn").dblclick()
    tab = Panel(lab.page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden)"))
    expect(tab.title).to_have_text("churn@4")
    expect(drawn_charts(tab.tab("Metrics")).first).to_be_visible()


def test_a_stage_in_bad_health_says_why_and_leads_to_its_monitor(lab, shop, root):
    registries.drifted(root / shop)
    panel = opened(lab, shop)
    dot = panel.line("churn").get_by_role("img", name="prod: Unhealthy")
    expect(dot).to_be_visible()
    assert "%model_rollback churn@prod" in dot.get_attribute("title")
    expect(panel.line("price").locator(".nbm-lab-health")).to_have_count(0)
    dot.click()
    tab = lab.page.locator(".lm-TabBar-tab.lm-mod-current").filter(has_text="churn@prod monitored")
    expect(tab).to_be_visible()
    panel.menu("price", "Monitor")
    expect(lab.page.locator(".lm-TabBar-tab").filter(has_text="price monitored")).to_be_visible()


def test_a_variable_is_committed_from_a_list(lab, shop, root):
    panel = opened(lab, shop)
    lab.run_through("from sklearn.linear_model import LinearRegression")
    lab.run_through("import numpy; X = numpy.array([[0.0], [1.0]]); r2 = 0.75; seed = 3")
    lab.run_through("line = LinearRegression().fit(X, [0, 1])")
    expect(lab.page.get_by_role("button", name="1 model changed")).to_be_visible()
    lab.calm()
    panel.root.get_by_role("button", name="Commit a variable of the notebook").click()
    dialog = fill(lab.page, message="a straight line", name="straight")
    expect(dialog.locator("[name=variable]")).to_contain_text("line · LinearRegression · new")
    assert dialog.get_by_role("checkbox").count() == 1
    dialog.get_by_label("Metric r2 = 0.75").check()
    dialog.locator("[name=data]").select_option("X")
    expect(dialog).to_contain_text("--data X")
    dialog.get_by_role("button", name="Commit", exact=True).click()
    expect(panel.line("straight")).to_be_visible()
    expect(lab.page.get_by_role("button", name="1 model changed")).to_have_count(0)
    assert "refs/heads/models/straight/main" in registries.refs(root / shop)


def test_the_registry_is_that_of_the_notebook_in_front(lab, shop, make):
    other = make(hostile.newer)
    panel = opened(lab, shop)
    expect(panel.line("churn")).to_be_visible()
    lab.open(f"{other}/{registries.NOTEBOOK}")
    expect(panel.line("old")).to_be_visible()
    expect(panel.line("churn")).to_have_count(0)
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    expect(panel.line("churn")).to_be_visible()
    lab.run_through("%model_init {!r}".format(str(lab.server.folder / "elsewhere")))
    expect(panel.line("churn")).to_have_count(0)


def test_details_follow_the_registry_of_the_notebook_in_front(lab, shop, make):
    panel = opened(lab, shop)
    panel.unfold("churn", "main")
    panel.choose("@3", "churn@3")
    expect(panel.details).to_contain_text("on new region")
    other = make(registries.namesake)
    lab.open(f"{other}/{registries.NOTEBOOK}")
    expect(panel.details).to_contain_text("of the other registry")
    expect(panel.details.get_by_role("heading", level=2)).to_have_text("churn@1")
    lab.calm()
    panel.details.get_by_role("button", name="Check out").click()
    expect(lab.notification("churn@1")).to_be_visible()
    assert "0.25" in lab.run_through("churn[-1].C").text
    lab.open(f"{make(hostile.missing)}/{registries.NOTEBOOK}")
    expect(panel.root).to_contain_text("%model_init")
    expect(panel.details.get_by_role("button")).to_have_count(0)


def test_details_follow_a_selection_that_a_search_changes(lab, shop):
    panel = opened(lab, shop)
    panel.choose("demand", "demand@1")
    panel.search.fill("price")
    expect(panel.tree.get_by_role("treeitem")).to_have_count(1)
    expect(panel.details.get_by_role("heading", level=2)).to_have_text("price@1")
    panel.search.press("Escape")


def test_a_narrow_panel_wraps_chips_and_counts_the_others(lab, make):
    panel = opened(lab, make(registries.crowded))
    panel.unfold(registries.LONG_NAME)
    model, version = panel.line(registries.LONG_NAME), panel.line("@1")
    try:
        panel.resize(200)
        expect(model.locator(".nbm-stage")).to_have_text(["prod @1"])
        expect(model.locator(".nbm-lab-rest")).to_contain_text("+4")
        assert "shadow" in model.locator(".nbm-lab-rest").get_attribute("title")
        expect(version.locator(".nbm-lab-rest")).to_be_visible()
        assert all(inside(line, ".nbm-chip") for line in (model, version))
        panel.resize(260)
        bare = panel.line("house-price-brandenburg")
        assert inside(bare, ".nbm-lab-name"), "a name is cut off beside empty columns"
        panel.resize(700)
        expect(model.locator(".nbm-stage")).to_have_count(5)
        expect(model.locator(".nbm-lab-rest")).to_have_count(0)
        assert all(inside(line, ".nbm-chip") for line in (model, version))
    finally:
        panel.resize(250)


def inside(line: Locator, selector: str) -> bool:
    """Whether elements of a line, and their texts, are completely visible."""
    return line.evaluate(
        """(line, selector) => {
          const {left, right} = line.getBoundingClientRect();
          return [...line.querySelectorAll(selector)].every(part => {
            const box = part.getBoundingClientRect();
            return box.left >= left && box.right <= right && part.scrollWidth <= part.clientWidth;
          });
        }""",
        selector,
    )


def test_a_line_says_which_version_holds_a_stage_and_has_the_metric(lab, shop):
    line = opened(lab, shop).line("churn")
    expect(line.locator(".nbm-stage")).to_have_text("prod @3")
    expect(line.locator(".nbm-lab-number")).to_have_text("@4")
    expect(line.locator(".nbm-lab-value")).to_have_attribute("title", "accuracy of churn@4")


# -- errors --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (hostile.missing, "%model_init"),
        (hostile.empty, "There are no models yet."),
        (hostile.newer, "1 version cannot be read."),
        (hostile.damaged, "1 version cannot be read."),
    ],
)
def test_a_registry_in_trouble_says_so(lab, make, kind, words):
    panel = opened(lab, make(kind))
    expect(panel.root).to_contain_text(words)


def test_a_half_fetched_registry_shows_what_is_there(lab, make):
    panel = opened(lab, make(hostile.shallow))
    panel.unfold("churn", "main")
    panel.choose("@4", "churn@4")


def test_a_busy_kernel_is_not_asked(lab, shop):
    panel = opened(lab, shop)
    panel.choose("price", "price@1")
    lab.begin("import time; time.sleep(600)")
    expect(lab.page.locator(".jp-Notebook-ExecutionIndicator[data-status=busy]")).to_be_visible()
    panel.details.get_by_role("button", name="Check out").click()
    expect(lab.notification("The kernel is busy")).to_be_visible()


def test_a_notebook_without_a_kernel_says_so(lab, shop):
    panel = opened(lab, shop)
    panel.choose("price", "price@1")
    lab.command("kernelmenu:shutdown")
    panel.details.get_by_role("button", name="Check out").click()
    expect(lab.notification("no kernel")).to_be_visible()


def test_a_kernel_of_another_language_says_so(lab, shop, root):
    registries.notebook(root / shop / "toy.ipynb", "hello", kernel=toy_kernel.NAME)
    lab.open(f"{shop}/toy.ipynb")
    panel = side_panel(lab)
    panel.choose("price", "price@1")  # the details need no kernel
    panel.details.get_by_role("button", name="Check out").click()
    expect(lab.notification("The kernel runs toy, and nbmodel runs in Python.")).to_be_visible()


def test_nothing_open_says_what_to_open(lab):
    panel = side_panel(lab)
    panel.root.get_by_role("button", name="Commit a variable of the notebook").click()
    expect(lab.notification("No notebook is open.")).to_be_visible()


def test_a_missing_server_extension_names_the_command(browser, root, shop, tmp_path):
    running = jupyter_lab(root, tmp_path, without="nbmodel.jupyter_server")
    with running as server, watched(browser) as (context, watch):
        lab = Lab(context.new_page(), server).load(f"{shop}/{registries.NOTEBOOK}")
        panel = side_panel(lab)
        expect(panel.root).to_contain_text("jupyter server extension enable nbmodel.jupyter_server")
        watch.assert_quiet()


# -- versions that are not seen yet ----------------------------------------------


def test_the_icon_counts_versions_that_are_not_seen_yet(lab, shop, make):
    panel = opened(lab, shop)
    expect(panel.line("churn")).to_be_visible()
    icon = lab.page.locator(".jp-SideBar .lm-TabBar-tab[data-id=nbmodel-models]")
    lab.command("filebrowser:activate")
    for number in (1, 2):
        lab.run_through(f"thing = {{'a': {number}}}")
        lab.run_through("%model_commit thing")
    expect(icon).to_have_attribute("data-nbm-unseen", "2")
    expect(icon).to_have_attribute("title", "Models: 2 new versions")
    lab.open(f"{make(registries.namesake)}/{registries.NOTEBOOK}")
    expect(icon).not_to_have_attribute("data-nbm-unseen", "2")
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    expect(icon).to_have_attribute("data-nbm-unseen", "2")
    lab.command("docmanager:save-all")
    lab.page.reload()
    lab.page.wait_for_function("window.jupyterapp?.shell", timeout=60_000)
    lab.page.evaluate("window.jupyterapp.restored.then(() => true)")
    lab.open(f"{shop}/{registries.NOTEBOOK}")
    expect(icon).to_have_attribute("data-nbm-unseen", "2")
    side_panel(lab)
    expect(icon).to_have_attribute("title", "Models")
    expect(icon).not_to_have_attribute("data-nbm-unseen", "2")
