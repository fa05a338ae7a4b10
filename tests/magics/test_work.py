"""``%%model_work``: a cell that runs in a notebook, and not in a dashboard."""

from __future__ import annotations

SOURCE = "%%model_work\nseen = 1\n%time twice = 2 * seen\ntwice"


def test_a_work_cell_runs_like_any_other_cell(kernel):
    assert kernel.result(SOURCE) == "2"
    assert "ZeroDivisionError" in kernel.run("%%model_work\n\n1 / 0")["error"]
    assert kernel.result("twice") == "2"


def test_a_version_stores_its_work_cells(kernel):
    kernel.result("%%model_work\nfrom sklearn.linear_model import Ridge\nrate = 2.0")
    kernel.result("%%model_work\nclf = Ridge(alpha=rate).fit([[1], [2]], [1, 2])")
    kernel.result("%%model_work\nunrelated = 5")
    kernel.result("%model_commit clf -m first --name ridge")
    shown = kernel.result("%model_show ridge --cells")
    assert "rate = 2.0" in shown
    assert "Ridge(alpha=rate)" in shown
    assert "unrelated" not in shown


def test_a_work_cell_does_not_run_in_a_dashboard(kernel):
    kernel.run("%config NbModel.read_only = True")
    assert kernel.run("%%model_work\nlooked = 1")["error"] == ""
    assert kernel.run("\n\n%%model_work\nlooked = 1 / 0")["error"] == ""
    assert kernel.result("'looked' in globals()") == "False"
    assert kernel.result("'%%model_work'\n3") == "3"
    kernel.run("%config NbModel.read_only = False")
    assert kernel.result("%%model_work\nlooked = 1\nlooked") == "1"
