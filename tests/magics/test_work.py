"""``%%model_work``: a cell for whoever works, left out where one only looks."""

from __future__ import annotations

SOURCE = "%%model_work\nseen = 1\n%time twice = 2 * seen\ntwice"


def test_it_is_a_cell_like_any_other(kernel):
    assert kernel.result(SOURCE) == "2"
    assert "ZeroDivisionError" in kernel.run("%%model_work\n\n1 / 0")["error"]
    assert kernel.result("twice") == "2"


def test_the_cells_of_a_version_have_it(kernel):
    kernel.result("%%model_work\nfrom sklearn.linear_model import Ridge\nrate = 2.0")
    kernel.result("%%model_work\nclf = Ridge(alpha=rate).fit([[1], [2]], [1, 2])")
    kernel.result("%%model_work\nunrelated = 5")
    kernel.result("%model_commit clf -m first --name ridge")
    shown = kernel.result("%model_show ridge --cells")
    assert "rate = 2.0" in shown
    assert "Ridge(alpha=rate)" in shown
    assert "unrelated" not in shown


def test_where_one_only_looks_nothing_of_it_runs(kernel):
    kernel.run("%config NbModel.read_only = True")
    assert kernel.run("%%model_work\nlooked = 1")["error"] == ""
    assert kernel.run("\n\n%%model_work\nlooked = 1 / 0")["error"] == ""
    assert kernel.result("'looked' in globals()") == "False"
    assert kernel.result("'%%model_work'\n3") == "3"
    kernel.run("%config NbModel.read_only = False")
    assert kernel.result("%%model_work\nlooked = 1\nlooked") == "1"
