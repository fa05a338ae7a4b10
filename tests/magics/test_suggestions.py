"""Every line that a magic suggests runs unchanged, and a slip in a name is told."""

from __future__ import annotations

import pytest

CELLS = """
import pandas as pd
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
frame = pd.DataFrame({"größe": [1.0, 2.0, 3.5, 4.0], "day": [1, 2, 3, 4]})
target = [2.0, 4.1, 6.9, 8.2]
prep = StandardScaler()
returns = make_pipeline(prep, Ridge()).fit(frame, target)
"""


@pytest.fixture(scope="module")
def kernel(kernel):
    kernel.run(CELLS)
    return kernel


def test_a_part_of_a_model_is_not_committed_without_a_question(kernel):
    assert kernel.result("%model_commit").startswith("returns@1  ")
    said = kernel.result("%model_commit")
    assert "prep@1" not in said
    assert "prep" in said  # the list to choose from
    kernel.run("first = Ridge().fit(frame, target)\nsecond = Ridge(2).fit(frame, target)")
    said = kernel.result("%model_commit")
    assert "first@1" not in said
    assert "second" in said


def test_a_slip_in_a_name_is_told(kernel):
    said = kernel.result("%model_commit first --name returnz")
    assert said.startswith("returnz@1")
    assert "returnz is a new model; did you mean returns?" in said
    assert "did you mean" not in kernel.result("%model_commit second --name houses")


@pytest.mark.parametrize(
    "line",
    [
        "%model_show", "%model_show --cells", "%model_diff", "%model_card", "%model_checkout",
        "%model_branch", "%model_compare", "%model_annotate", "%model_promote", "%model_release",
        "%model_rollback", "%model_log --stages", "%model_log --graph",
    ],
)  # fmt: skip
def test_a_suggested_line_runs(kernel, line):
    if line == "%model_rollback":
        assert "No stage has an earlier version" in kernel.result(line)
        kernel.run("returns = make_pipeline(prep, Ridge(2)).fit(frame, target)")
        kernel.result("%model_commit returns")
        kernel.result("%model_promote returns@1 prod")
        kernel.result("%model_promote returns@2 prod")
    said = kernel.result(line)
    _, mark, suggestion = said.partition("Choose one: ")
    assert mark, said
    suggestion = suggestion.splitlines()[0]
    assert suggestion.startswith(line.split()[0])
    assert suggestion.endswith(" ".join(line.split()[1:]))
    assert not kernel.run(suggestion)["error"], suggestion
