"""What people type by habit: blanks and quotes in values, commits in loops, rows for a model."""

from __future__ import annotations

import pytest

CELLS = """
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import Ridge
frame = pd.DataFrame({"größe": [1.0, 2.0, 3.5, 4.0], "stadt": pd.Categorical(["a", "b", "a", "b"])})
rows = frame[["größe"]].to_numpy()
target = [2.0, 4.1, 6.9, 8.2]
house = Ridge(1.0).fit(rows, target)
"""


@pytest.fixture(scope="module")
def kernel(kernel):
    kernel.run(CELLS)
    kernel.result("%model_commit house")
    return kernel


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--metric f1=f1_score(y, m.predict(X))",
         "Put the expression into a variable first: f1 = f1_score(y, m.predict(X)), "
         "then write --metric f1={f1}."),
        ("-m it's good --again", 'Quote the message: -m "it\'s good".'),
        ('-m "it is good', 'Quote the message: -m "it is good".'),
        ('--tag "team', "A quote is not closed in: house --tag \"team"),
        ("--tag team=data science", 'Quote the value: --tag team="data science".'),
        ("--param seed = 7", "Write --param seed=7, without blanks."),
        ("--metric auc 0.7", "Write --metric auc=0.7, without blanks."),
        ("metric auc=0.7", "Did you mean --metric?"),
    ],
)  # fmt: skip
def test_a_slip_in_a_value_is_named(kernel, options, says):
    assert says in kernel.usage_error(f"%model_commit house {options}")


@pytest.mark.parametrize(
    "cell",
    [
        "for strength in (3, 4):\n    loop = Ridge(strength).fit(rows, target)\n"
        "    %model_commit loop",
        "if True:\n    with open('x', 'w'):\n        %model_commit loop --again\n"
        "        %model_commit loop --again",
        "%%time\n%model_commit loop --again\n%model_commit loop --again",
    ],
    ids=["loop", "block", "timed"],
)
def test_every_commit_of_a_cell_is_shown(kernel, cell):
    outputs = kernel.run(cell)
    assert (outputs["shown"] + outputs["result"]).count("loop@") == 2


def test_a_value_that_is_assigned_or_silenced_is_not_shown(kernel):
    for cell in ("for n in (1, 2):\n    log = %model_log house", "%model_log house;",
                 "if True:\n    %model_log house;"):  # fmt: skip
        outputs = kernel.run(cell)
        assert outputs == dict.fromkeys(outputs, "")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("rows", "is a ndarray: its rows would be stored in git"),
        ("sparse.csr_matrix(rows)", "is a csr_matrix: its rows would be stored in git"),
        ('{"X": frame, "y": target}', "holds 'X', which is a DataFrame: its rows"),
        ("[house, Ridge()]", "holds 1, which is a Ridge that is not fitted"),
        ("np", "is a module, not an object"),
        ('"text"', "is a plain str, not a model"),
    ],
)
def test_what_cannot_be_a_model_needs_force(kernel, value, says):
    kernel.run(f"thing = {value}")
    assert f"thing {says}" in " ".join(kernel.usage_error("%model_commit thing").split())


@pytest.mark.parametrize("value", ['{"w": rows}', "[house, house]", "lambda_of(1)"])
def test_what_may_be_a_model_is_committed(kernel, value):
    kernel.run("def lambda_of(x):\n    def model(row):\n        return x\n    return model")
    kernel.run(f"thing = {value}")
    assert "thing@" in kernel.result("%model_commit thing")


def test_data_is_offered_before_other_variables(kernel):
    offered = kernel.complete("%model_commit house --data ")
    assert {"frame", "rows"} <= set(offered)
    assert not {"house", "np", "target"} & set(offered)
    assert kernel.complete("%model_commit house --data h") == ["house"]


def test_a_variable_is_compared_with_any_version(kernel):
    kernel.run("other = Ridge(9).fit(rows, target)")
    refused = kernel.usage_error("%model_diff other")
    assert "other was not committed, so there is no version to compare it with" in refused
    for words in ("house@1 other", "other house@1"):
        said = kernel.result(f"%model_diff {words}")
        assert said.startswith("house@1 .. other (not committed)")
        assert "+8" in said


def test_a_stage_to_remove_is_asked_for(kernel):
    kernel.result("%model_promote house@1 prod")
    said = kernel.usage_error("%model_promote house --remove")
    assert "Name the stage for house. house has prod." in said
    assert "Write %model_promote house prod --remove." in said
    said = kernel.usage_error("%model_rollback house")
    assert 'Write %model_rollback house prod -m "reason".' in said


def test_another_reason_for_a_release_is_not_lost_silently(kernel):
    kernel.result('%model_release house@1 1.0.0 -m "first"')
    assert "not recorded" not in kernel.result('%model_release house@1 -m "first"')
    said = kernel.result('%model_release house@1 1.0.0 -m "another"')
    assert "The reason was not recorded. Add it: %model_annotate house@1" in said


def test_both_spellings_of_a_stage_have_one_server(kernel):
    kernel.result("%model_promote house@1 live --new-stage")
    kernel.run("server = %model_serve house@live")
    try:
        assert (
            "house@live is served already at" in kernel.run("x = %model_serve house#live")["stream"]
        )
        refused = kernel.usage_error("%model_serve house/live")
        assert refused.startswith("UsageError: 'house/live' is not a reference: write the stage as")
        assert "'eighty' is not a whole number" in kernel.usage_error("%model_serve --port eighty")
    finally:
        kernel.result("%model_stop")
