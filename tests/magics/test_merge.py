"""Merge as people type it: in a notebook and in a shell."""

from __future__ import annotations

import subprocess
import sys

import pytest

CELLS = """
import numpy as np
from sklearn.linear_model import LogisticRegression
rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
y = np.where(X.sum(axis=1) > 0, "yes", "no")
X_test, y_test = X[100:], y[100:]
clf = LogisticRegression().fit(X[:30], y[:30])
"""


@pytest.fixture(scope="module")
def branches(kernel):
    kernel.run(CELLS)
    kernel.result("%model_commit clf --name churn --data X")
    for branch, part in (("exp", "30:60"), ("eu", "60:100"), ("asia", "100:150")):
        kernel.result(f"%model_branch churn {branch}")
        kernel.run(f"{branch} = LogisticRegression().fit(X[{part}], y[{part}])")
        kernel.result(f"%model_commit {branch} --name churn --branch {branch} --data X")


def test_a_merge_in_a_notebook_and_a_repeat_in_a_shell(kernel, branches):
    line = (
        "%model_merge churn:exp churn:eu --into churn --how average --weights 100,300 "
        "--data X_test --target y_test -m 'both regions'"
    )
    first = kernel.result(line)
    assert "accuracy" in first
    assert "merged" in first
    assert "churn@3" in first
    assert "average of churn:exp@2 (0.25), churn:eu@2 (0.75)" in first
    assert kernel.result(line).startswith("Nothing to merge: churn@3 contains")
    mean = "0.25 * exp.coef_ + 0.75 * eu.coef_"
    kernel.result("%model_checkout churn --as merged_model")
    assert kernel.result(f"bool(np.allclose(merged_model.coef_, {mean}))") == "True"
    assert "both regions" in kernel.result("%model_show churn")
    folder = kernel.result("import os; os.getcwd()").strip("'")
    run = [sys.executable, "-m", "nbmodel.cli"]
    words = ["merge", "churn:exp", "--into", "churn:eu", "--how", "average", "--weights", "samples"]
    done = subprocess.run([*run, *words], cwd=folder, capture_output=True, text=True, check=True)
    assert "average of churn:eu@2 (0.5), churn:exp@2 (0.5)" in done.stdout
    again = subprocess.run([*run, *words], cwd=folder, capture_output=True, text=True, check=True)
    assert again.stdout.startswith("Nothing to merge: churn:eu@3 contains churn:exp@2 already.")
    failed = subprocess.run(
        [*run, *words[:5], "best"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "There is no method of merging 'best'" in failed.stderr


def test_a_function_of_the_notebook(kernel, branches):
    kernel.run("def first_of(models):\n    return models[0]")
    kernel.result("%model_branch churn side --from churn@1")
    kernel.result("%model_merge churn:exp --into churn:side --how first_of")
    assert "def first_of" in kernel.result("%model_show churn:side --cells")
    assert "first_of of churn:exp@2" in kernel.result("%model_show churn:side")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%model_merge --into churn --how average", "No version to merge was named"),
        ("%model_merge churn:exp --how average", "--into"),
        ("%model_merge churn:exp --into churn --how mean", "mean"),
        ("%model_merge churn:exp --into churn --how averagee", "Did you mean average?"),
        ("%model_merge churn:exp --into churn --how frist_of", "Did you mean first_of?"),
        ("%model_merge churn:exp --into churn --how X", "neither the name of a method"),
        ("%model_merge churn:asia --into churn:eu --how average --weights 1,x", "not numbers"),
        ("%model_merge churn:asia --into churn:eu --how average --weights=-1,2", "at least 0"),
        (
            "%model_merge churn:asia --into churn:eu --how average --data X_tset --target y",
            "X_tset",
        ),
    ],
)
def test_a_slip_is_an_error_in_a_sentence(kernel, branches, line, says):
    assert says in kernel.usage_error(line)
