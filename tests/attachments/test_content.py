"""What can be attached, and the refusals."""

import json
import os

import matplotlib as mpl
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import ConfusionMatrixDisplay

from nbmodel.attachments import collect, content, kind_of, title_of
from nbmodel.attachments.names import tree_path
from nbmodel.errors import InvalidValue, NotFound, TooLarge

mpl.use("Agg")
import matplotlib.pyplot as plt

FRAME = pd.DataFrame(
    {
        "when": pd.date_range("2026-01-01", periods=3),
        "n": [1.0, None, 3.0],
        "kind": ["<b>", "é", "a"],
    }
)


def drawn():
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    return figure


def names(**figures):
    return [file.name for file in collect(figures, ())]


def test_a_figure_of_plotly_is_json():
    (file,) = collect({"über sicht": px.line(FRAME, x="when", y="n", color="kind")}, ())
    assert file.name == "über sicht.plotly.json"
    assert file.path == "files/0000.plotly.json"
    document = json.loads(file.content)
    assert [trace["name"] for trace in document["data"]] == ["<b>", "é", "a"]
    assert go.Figure(document).data[1].x


def test_a_figure_of_matplotlib_is_png_and_svg_and_always_the_same():
    first, second = collect({"roc": drawn()}, ()), collect({"roc": drawn()}, ())
    assert [file.name for file in first] == ["roc.png", "roc.svg"]
    assert first[0].content.startswith(b"\x89PNG")
    assert first == second


def test_a_large_svg_is_left_out():
    figure, axes = plt.subplots()
    axes.scatter(range(20_000), range(20_000))
    assert names(cloud=figure) == ["cloud.png"]


@pytest.mark.parametrize(
    "holder",
    [
        lambda: drawn().axes[0],
        lambda: ConfusionMatrixDisplay.from_predictions(load_iris().target, load_iris().target),
        lambda: plt.figure().subfigures(1, 2)[0],
    ],
    ids=["axes", "display of scikit-learn", "part of a figure"],
)
def test_an_object_that_holds_a_figure_can_be_given(holder):
    assert names(x=holder())[0] == "x.png"


@pytest.mark.parametrize("value", [3, "fig", FRAME, plt, {"data": []}, None], ids=repr)
def test_another_object_is_refused(value):
    with pytest.raises(InvalidValue, match=r"--figure roc: .* is not a figure of plotly or"):
        collect({"roc": value}, ())


def test_a_figure_that_cannot_be_drawn_is_refused():
    figure = drawn()
    figure.axes[0].set_title("$\\nothing{$")
    with pytest.raises(InvalidValue, match="--figure roc: it cannot be drawn"):
        collect({"roc": figure}, ())


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "..", "../x", "a\\b", ".hidden", "a\nb", "a\u202eb", "a\0", "x" * 101]
)
def test_a_name_that_is_not_plain_is_refused(name):
    with pytest.raises(InvalidValue, match="the name"):
        collect({name: px.line(x=[1], y=[1])}, ())


def test_names_that_differ_in_case_are_refused(tmp_path):
    for name in ("roc.html", "ROC.html"):
        (tmp_path / name).write_text("x")
    with pytest.raises(InvalidValue, match="already"):
        collect({}, [tmp_path / "roc.html", tmp_path / "ROC.html"])
    with pytest.raises(InvalidValue, match="already"):
        collect({}, [tmp_path / "roc.html"], present=["Roc.HTML"])
    with pytest.raises(InvalidValue, match="already"):  # one letter, written in two ways
        collect({"\u00e9": px.line(), "e\u0301": px.line()}, ())


def test_a_path_is_one_that_every_file_system_can_have():
    assert tree_path("roc.png", ()) == "files/roc.png"
    assert tree_path("my report (1).html", ()) == "files/0000.html"
    assert tree_path("CON.txt", ()) == "files/0000.txt"
    assert tree_path("data.tar.gz", {"files/data.tar.gz"}) == "files/0001.tar.gz"


def test_kinds_and_titles():
    assert [kind_of(n) for n in ("a.plotly.json", "a.json", "a.PNG", "a.htm", ".png")] == [
        "plotly", "other", "image", "html", "other",
    ]  # fmt: skip
    assert [title_of(n) for n in ("roc.plotly.json", "roc.png", "report.html")] == [
        "roc", "roc", "report.html",
    ]  # fmt: skip


def test_a_file_that_is_missing_or_no_file(tmp_path):
    (tmp_path / "report.html").write_text("x")
    with pytest.raises(NotFound, match=r"Did you mean report\.html"):
        collect({}, [tmp_path / "raport.html"])
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(InvalidValue, match="not a regular file"):
            collect({}, [path])


def test_limits_of_size_and_number(tmp_path, monkeypatch):
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(content.MAX_FILE_BYTES + 1)
    with pytest.raises(TooLarge, match=r"large\.bin has 32 MB.*at most 32 MB.*Nothing was stored"):
        collect({}, [large])
    monkeypatch.setattr(content, "MAX_TOTAL_BYTES", 5)
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "b").write_bytes(b"123")
    with pytest.raises(TooLarge, match="2 files of 6 B"):
        collect({}, [tmp_path / "a", tmp_path / "b"])
