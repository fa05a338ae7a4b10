"""A cell that ended in an error is not recorded as one that made the model."""

from __future__ import annotations

import pytest

from tests.fixtures.kernels import Kernel

CELLS = (
    "import pandas as pd",
    'frame = pd.DataFrame({"größe": [1.0, 2.0, 3.5, 4.0], "day": [1, 2, 3, 4]})',
    "from sklearn.linear_model import Ridge, SGDRegressor\nfrom sklearn.svm import NoModel",
    "target = [2.0, 4.1, 6.9, 8.2]\nfor name in columns:\n    frame[name] = 0",
    "house = Ridge(alpha=0.5)\nhouse.fit(frame, targets)",
    "house.fit(frame, target",
    "house.fit(frame.head(2), target)",
    "house.fit(frame, target).scor(frame, target)",
    'assert house.nothing, f"{house.alpha:.2f}"',
)


@pytest.fixture(scope="module")
def kernel(kernel):
    for cell in CELLS:
        kernel.run(cell)
    return kernel


def recorded(kernel, reference):
    kernel.run(f"text = nbmodel.open().show('{reference}').cells")
    return eval(kernel.result("text"))


def made_again(folder, script, name):
    """Run a script of cells in a fresh kernel; returns the model's coefficients."""
    with Kernel(folder) as fresh:
        assert not fresh.run(script)["error"]
        return fresh.result(f"{name}.coef_.tolist()")


def test_what_failed_is_left_out_and_the_rest_makes_the_model_again(kernel, tmp_path):
    kernel.run("import nbmodel")
    kernel.result("%model_commit house")
    script = recorded(kernel, "house@1")
    for absent in (
        "NoModel",
        "columns",
        "targets",
        "head(2)",
        "nothing",
        "scor",
        "# %% [7]",
        "# %% [8]",
    ):
        assert absent not in script
    assert "house.fit(frame, target)" in script
    assert made_again(tmp_path, script, "house") == kernel.result("house.coef_.tolist()")


def test_a_loop_that_failed_half_way_is_recorded_with_its_error(kernel, tmp_path):
    kernel.run("steady = SGDRegressor(random_state=7)")
    failed = kernel.run(
        "for rows in (4, 3, 0, 2):\n    steady.partial_fit(frame.head(rows), target[:rows])"
    )
    assert "ValueError" in failed["error"]
    kernel.result("%model_commit steady")
    script = recorded(kernel, "steady@1")
    assert "try:  # In the notebook, this statement ended in ValueError." in script
    assert made_again(tmp_path, script, "steady") == kernel.result("steady.coef_.tolist()")


def test_an_interrupted_cell_is_marked(kernel):
    kernel.run("import os, signal\npart = SGDRegressor(random_state=7)")
    kernel.run(
        "for step in range(50):\n    part.partial_fit(frame, target)\n"
        "    if step == 5:\n        os.kill(os.getpid(), signal.SIGINT)"
    )
    kernel.result("%model_commit part")
    assert "try:  # In the notebook, this statement was interrupted." in recorded(kernel, "part@1")


def test_a_cell_whose_commit_failed_keeps_what_it_made(kernel, tmp_path):
    kernel.usage_error("other = Ridge(2).fit(frame, target)\n%model_commit other -m no quotes")
    kernel.result("%model_commit other")
    script = recorded(kernel, "other@1")
    assert "other = Ridge(2).fit(frame, target)" in script
    assert "no quotes" not in script


FAILURES = {
    "a timed cell": "%%time\n# ridge\n{0}.set_params(alpha=3)\n{0}.fit(frame, target)\nprint(acc)",
    "a timed line": "%time {0}.set_params(alpha=3).fit(frame, target).scor(frame, target)",
    "a profiled cell": "%%prun -q\n{0}.set_params(alpha=3)\n{0}.fit(frame, target)\nprint(acc)",
    "a cell run often": "%%timeit\n{0}.set_params(alpha=3)\n{0}.fit(frame, target)\nprint(acc)",
    "a statement that is not compiled": (
        "{0}.set_params(alpha=3)\n{0}.fit(frame, target)\ndef scores(a, a):\n    pass"
    ),
    "an exit": "import sys\n{0}.set_params(alpha=3).fit(frame, target)\nsys.exit('done')",
}


def test_what_ran_before_the_error_makes_the_model_again(kernel, tmp_path):
    scripts = {}
    for number, (title, failing) in enumerate(FAILURES.items()):
        name = f"model_{number}"
        kernel.run(f"{name} = Ridge()")
        assert kernel.run(failing.format(name))["error"] or "exit" in title
        kernel.result(f"%model_commit {name}")
        scripts[name] = title, recorded(kernel, f"{name}@1")
    with Kernel(tmp_path) as fresh:
        for name, (title, script) in scripts.items():
            assert not fresh.run(script)["error"], (title, script)
            for asked in (f"{name}.alpha", f"getattr({name}, 'coef_', None) is not None"):
                assert fresh.result(asked) == kernel.result(asked), (title, script)
