"""The static view of a panel: what nbconvert and git hosts show of a saved notebook."""

from __future__ import annotations

import re
import warnings
from html import unescape

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from nbmodel.widgets import saved_view
from tests.fixtures.projects import make_project

EVIL = "</pre></table><script>alert(1)</script><img src=x onerror=alert(2)>&<b>"
SETUP = f"""
import nbmodel
from nbmodel.api import default_registry
evil = {EVIL!r}
registry = nbmodel.open('.', create=True)
for number in range(30):
    metrics = {{'auc': number / 30, 'z' + evil: 1.0}}
    registry.commit({{'w': [number]}}, f'm{{number}}', evil, metrics=metrics,
                    tags={{'why': evil}}, params={{evil: evil}})
registry.commit({{'w': [99]}}, 'm3', 'better', metrics={{'auc': 0.9}})
registry.promote('m3@1', 'prod', evil)
registry.promote('m3@2', 'prod', 'passed review')
registry.promote('m4@1', 'staging', evil)
"""
CELLS = {
    "registry": "%model_panel",
    "model": "%model_panel m3",
    "compare": "%model_compare m3@1 m3@2",
    "card": "%model_card m3 --edit",
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory, isolated_home):
    """Outputs by name, and the page that nbconvert makes of each, without the state of widgets."""
    folder = make_project(tmp_path_factory.mktemp("saved"), author="Nina <b>&")
    cells = ["%load_ext nbmodel", SETUP, *CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, store_widget_state=False, resources=resources).execute()
    notebook.metadata.pop("widgets", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nbconvert warns of an output that it cannot show
        page, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    outputs = {
        name: cell.outputs[0]["data"] for name, cell in zip(CELLS, notebook.cells[2:], strict=True)
    }
    return outputs, page


@pytest.mark.parametrize("name", CELLS)
def test_html_and_text_are_in_the_output_and_bounded(saved, name):
    data = saved[0][name]
    html, text = data["text/html"], data["text/plain"]
    assert len(html.encode()) <= saved_view.MAX_HTML_BYTES
    assert saved_view.NOTE in html
    assert "application/vnd.jupyter.widget-view+json" in data
    shown = words(html)
    for fact in re.findall(r"m3@\d|0\.9\b|prod", text):
        assert fact in shown


def words(html):
    """The visible text of HTML."""
    bare = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", " ", bare))


def test_the_registry_shows_its_stages_first_with_reasons_and_metrics(saved):
    html = saved[0]["registry"]["text/html"]
    stages, versions = html.split("<h4>versions</h4>")
    assert re.search(r"prod.*m3@2.*passed review.*auc 0\.9, before: 0\.1", words(stages))
    assert "m4@1" in stages
    assert versions.count("<tr>") == saved_view.MAX_ROWS + 1
    assert "... 10 more" in versions


def test_the_page_of_nbconvert_shows_the_same_and_runs_nothing(saved):
    outputs, page = saved
    assert "m3@2" in page
    assert page.count(saved_view.NOTE) == len(CELLS)
    assert "<script>alert" not in page
    assert "<img" not in page
    for data in outputs.values():
        assert not re.search(
            r"<(script|img|a|iframe|b>&)", data["text/html"].replace("<b>server", "")
        )
        assert " style=" not in data["text/html"]


def test_a_view_that_is_too_large_is_the_beginning_of_the_text():
    hostile = "<\u202e\U000e0001&\"'" * 100_000
    view = saved_view.bounded(f"<p>{'x' * saved_view.MAX_HTML_BYTES}</p>", hostile)
    assert len(view.encode()) <= saved_view.MAX_HTML_BYTES
    assert "<pre>&lt;\\u202e" in view
    assert saved_view.NOTE in view
