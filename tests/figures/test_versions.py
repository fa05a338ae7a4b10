"""Figures contain the numbers of the records that they are made from."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import nbmodel
from nbmodel.errors import InvalidValue, NotFound
from nbmodel.figures.comparison import NO_VALUE
from nbmodel.figures.lineage import lineage_graph
from nbmodel.figures.plotly_chart import SERIES
from nbmodel.figures.scales import families
from nbmodel.figures.versions import training_data

HOSTILE = "<a href='https://evil.example'>auc</a> $x$"


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Four versions of ``churn`` with metrics, two of them on a branch; the last is in prod."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"age": rng.normal(40, 10, 500), "city": rng.choice(["Rome", "Oslo"], 500)})
    with nbmodel.open(tmp_path_factory.mktemp("figures"), create=True) as opened:
        for auc in (0.7, 0.8):
            opened.commit(
                [auc], "churn", f"auc {auc}", data=data, params={"C": auc, "solver": "lbfgs"},
                metrics={"auc": auc, "rmse": 100 * auc},
            )  # fmt: skip
        opened.branch("churn", "trial", "churn@1")
        opened.commit({"auc": 0.6}, "churn", branch="trial", metrics={"auc": 0.6})
        opened.commit({"auc": float("nan")}, "churn", metrics={"auc": float("nan"), "f1": 0.5})
        opened.promote("churn@3", "prod")
        yield opened


def test_a_log_draws_each_metric_over_its_versions(registry):
    log = registry.log("churn")
    assert log.figures[0] == "metrics"
    assert set(log.figures) == {"metrics", "auc", "f1", "rmse", "lineage"}
    (line,) = log.figure("rmse").data
    by_ref = dict(zip(line.customdata, line.y, strict=True))
    assert by_ref == {v.ref: v.metrics.get("rmse") for v in log.versions}
    assert list(line.customdata) == ["churn@1", "churn@2", "churn@3"]
    assert log.figure().layout.title.text == "Metrics of churn"
    assert "@prod" in {note.text for note in log.figure("auc").layout.annotations}


def test_a_title_names_its_metric(registry):
    assert registry.log("churn").figure("auc").layout.title.text == "auc of churn"
    both = registry.diff("churn@1", "churn@2")
    assert both.figure("auc").layout.title.text == "auc by version"
    assert both.figure("metrics").layout.title.text == "Metrics by version"


def test_a_metric_with_the_name_of_another_figure_has_a_prefix(tmp_path):
    names = ("metrics", "lineage", "parallel", "data(age)", "metric:lineage")
    with nbmodel.open(tmp_path, create=True) as opened:
        for value in (1.0, 2.0):
            metrics = dict.fromkeys(names, value)
            opened.commit([value], "m", data=pd.DataFrame({"age": range(60)}), metrics=metrics)
        shown, both = opened.show("m@2"), opened.diff("m@1", "m@2")
        for result in (opened.log("m"), shown, both):
            for name in names:
                figure = result.figure(f"metric:{name}")
                assert figure.layout.title.text.startswith(name)
        assert shown.figure("lineage").layout.title.text == "Lineage"
        assert shown.figure("data(age)").data[0].type == "bar"
        assert len(shown.figure("metrics").data) == len(names)
        assert both.figure("parallel").data[0].customdata is not None


def test_a_figure_is_chosen_by_text(registry):
    with pytest.raises(InvalidValue, match=r"^3 is not the name of a figure"):
        registry.log("churn").figure(3)


def test_metrics_of_another_size_have_their_own_axis(registry):
    axes = {trace.name: trace.yaxis for trace in registry.log("churn").figure("metrics").data}
    assert axes["auc"] == axes["f1"] != axes["rmse"]
    assert families({"a": [0.0], "b": [None], "c": [-3, 50]}) == [["a", "b"], ["c"]]


def test_a_value_that_cannot_be_drawn_is_a_gap(registry):
    (line,) = registry.log("churn").figure("auc").data
    assert list(line.y) == [0.7, 0.8, None]


def test_a_branch_starts_at_the_version_that_it_left(registry):
    lines = registry.show("churn@3").figure("auc").data
    assert {line.name for line in lines} == {"auc", "auc, trial"}
    (trial,) = [line for line in lines if line.name != "auc"]
    assert list(trial.customdata) == ["churn@1", "churn:trial@2"]
    assert list(trial.y) == [0.7, 0.6]


def test_the_lineage_has_every_version_and_its_parents(registry):
    registry.commit([7], "sum", uses=["churn@1", "churn:trial@2"])
    versions = [*registry.log("churn"), *registry.log("churn:trial"), *registry.log("sum")]
    graph = lineage_graph(versions)
    nodes = {}
    for trace in graph.data:
        if trace.mode == "markers":
            nodes |= dict(zip(trace.x, trace.customdata, strict=True))
    commits = {version.commit: version.ref for version in versions}
    assert sorted(nodes.values()) == sorted(set(commits.values()))
    edges = {
        trace.name: {(nodes[a], nodes[b]) for a, b in zip(trace.x[::3], trace.x[1::3], strict=True)}
        for trace in graph.data
        if trace.mode == "lines"
    }
    assert edges["parent"] == {
        (commits[parent], version.ref) for version in versions for parent in version.parents
    }
    assert edges["made from"] == {("churn@1", "sum@1"), ("churn:trial@2", "sum@1")}
    around = registry.show("sum@1").figure("lineage")
    drawn = {ref for t in around.data if t.mode == "markers" for ref in t.customdata}
    assert drawn >= {"sum@1", "churn@1", "churn:trial@2"}


def test_show_draws_the_training_data(registry):
    shown = registry.show("churn@1")
    assert "data(age)" in shown.figures
    columns = {column["name"]: column for column in shown.profile["columns"]}
    (bars,) = shown.figure("data(age)").data
    assert list(bars.y) == columns["age"]["histogram"]["counts"]
    ends = np.add(bars.x, np.divide(bars.width, 2))
    assert np.allclose(ends, columns["age"]["histogram"]["edges"][1:])
    (bars,) = shown.figure("data(city)").data
    assert dict(zip(bars.x, bars.y, strict=True)) == dict(columns["city"]["top"])


def test_a_column_without_a_figure_says_why(tmp_path):
    data = pd.DataFrame({"opened": pd.date_range("2026-01-01", periods=9), "price": range(9)})
    with nbmodel.open(tmp_path, create=True) as opened:
        opened.commit([1], "tickets", data=data)
        shown = opened.show("tickets@1")
    assert "data(opened)" not in shown.figures
    with pytest.raises(
        InvalidValue, match=r"'opened' has no figure: .* numbers and categories only"
    ):
        shown.figure("data(opened)")
    with pytest.raises(NotFound, match=r"Did you mean data\(price\)"):
        shown.figure("data(prise)")


def test_versions_side_by_side(registry):
    both = registry.diff("churn@1", "churn@2")
    figure = both.figure("auc")
    assert {dot.name: list(dot.y) for dot in figure.data} == {"churn@1": [0.7], "churn@2": [0.8]}
    low, high = figure.layout.yaxis.range
    assert 0.6 < low < 0.7 < 0.8 < high < 0.9  # an axis from 0 would hide the difference
    three = registry.compare("churn@1", "churn@2", "churn@prod")
    assert [v.ref for v in three.versions] == ["churn@1", "churn@2", "churn@3"]
    lines = {line.name: line for line in three.figure("parallel").data}
    values = dict(zip(lines["churn@2"].x, lines["churn@2"].customdata, strict=True))
    assert values == {"C": 0.8, "auc": 0.8, "rmse": 80.0, "f1": None}
    assert list(lines["churn@1"].y) == [0, 0, 0, NO_VALUE]
    assert "churn@2" in str(three)


def test_a_version_without_a_value_keeps_its_line(registry):
    registry.commit([1], "tree", params={"depth": None, "seed": 1})
    registry.commit([2], "tree", params={"depth": 4, "seed": 1})
    registry.commit([3], "tree", params={"depth": 8, "seed": 1})
    lines = registry.compare("tree@1", "tree@2", "tree@3").figure("parallel").data
    assert [list(line.y) for line in lines] == [[NO_VALUE], [0], [1]]
    assert lines[0].text == ("no value",)
    pair = registry.diff("tree@1", "tree@2").figure("parallel").data
    assert [list(line.y) for line in pair] == [[NO_VALUE], [0.5]]


def test_colors_come_with_another_sign(registry):
    lines = registry.log("churn").figure()
    dots = registry.compare("churn@1", "churn@2").figure("auc")
    for figure in (lines, dots):
        assert len({trace.marker.symbol for trace in figure.data}) == len(figure.data) > 1
        assert figure.layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
        assert figure.layout.colorway == SERIES


def test_an_unknown_name_is_corrected(registry):
    with pytest.raises(NotFound, match="Did you mean auc"):
        registry.log("churn").figure("acu")
    with pytest.raises(NotFound, match=r"Available: .*rmse"):
        registry.log("churn").figure("nothing like it")


def test_names_of_strangers_are_text_in_a_figure(registry):
    registry.commit([1], "odd", metrics={HOSTILE: 1.0}, message=HOSTILE)
    registry.commit([2], "odd", metrics={HOSTILE: 2.0}, message=HOSTILE)
    for result in (registry.log("odd"), registry.diff("odd@1", "odd@2")):
        drawn = result.figure(HOSTILE).to_json()
        assert "<a" not in drawn
        assert "$x$" not in drawn


@pytest.mark.parametrize("histogram", [[], {}, {"edges": [1], "counts": "x"}, {"edges": None}])
def test_an_odd_profile_draws_nothing(histogram):
    assert not training_data({"name": "age", "histogram": histogram, "top": 3}).data


def test_without_plotly_the_extra_is_named(registry, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "plotly"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(nbmodel.NbModelError, match=r'pip install "nbmodel\[plot\]"'):
        registry.log("churn").figure("auc")


def test_a_result_imports_plotly_with_the_first_figure_only(registry):
    script = (
        "import sys, nbmodel\n"
        f"log = nbmodel.open({str(registry.path.parent)!r}).log('churn')\n"
        "names = log.figures\n"
        "assert 'plotly' not in sys.modules\n"
        "log.figure('auc')\n"
        "assert 'plotly' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
