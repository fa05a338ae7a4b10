"""Figures and files by magic, in a real kernel: what comes to mind works, and works twice."""

import pytest

SETUP = """
%load_ext nbmodel
from pathlib import Path
import plotly.express as px
from matplotlib.figure import Figure
fig = px.imshow([[9, 1], [2, 8]])
bars = Figure()
_ = bars.subplots().bar(["ä", "<b>"], [1, 2])
Path("report.html").write_text("<h1>Report</h1>")
model = {"a": 1}
"""


@pytest.fixture(scope="module")
def notebook(kernel):
    kernel.run(SETUP)
    return kernel


def test_commit_with_figures_and_a_file_twice(notebook):
    line = "%model_commit model --figure confusion=fig --figure bars --file report.html"
    assert "model@1" in notebook.result(line)
    assert "unchanged since @1" in notebook.result(line)
    assert "model@2" in notebook.result(f"{line} --again")
    shown = notebook.result("%model_show model --files")
    for name in ("confusion.plotly.json", "bars.png", "bars.svg", "report.html"):
        assert name in shown
    assert "![bars](files/bars.png)" in notebook.result("%model_card model")


def test_annotate_with_a_figure(notebook):
    notebook.run("%model_commit model --name noted")
    assert "later.plotly.json" in notebook.result("%model_annotate noted@1 --figure later=fig")
    assert "later.plotly.json' already" in notebook.usage_error(
        "%model_annotate noted@1 --figure later=fig"
    )
    assert "copy.html" in notebook.result("%model_annotate noted@1 --file copy.html=report.html")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--figure roc=figg", "Did you mean fig"),
        ("--figure roc=model", "dict is not a figure of plotly or matplotlib"),
        ("--figure roc=", "no variable"),
        ("--figure a/b=fig", "is a path"),
        ("--figure x=fig --figure x=bars", "has the name 'x' twice"),
        ("--file raport.html", "Did you mean report.html"),
        ("--file .", "not a regular file"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_committed(notebook, options, words):
    assert words in notebook.usage_error(f"%model_commit model --name refused {options}")
    assert "refused" not in notebook.result("%model_list")
