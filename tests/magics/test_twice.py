"""Every magic runs twice: what is so already is a success, and nothing is stored again."""

from __future__ import annotations

import subprocess

import pytest

TRAIN = """
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
frame = pd.DataFrame({
    "Stadt, PLZ": ["Köln", None, "Ulm", "Köln", "Bern", None, "Ulm", "Bern"],
    "plan": pd.Categorical(list("abaabbab")),
    "since": pd.date_range("2026-01-01", periods=8, freq="31h"),
})
y = [0, 1, 0, 1, 0, 1, 1, 0]
def fit(C=1.0):
    encode = make_column_transformer((OneHotEncoder(), ["Stadt, PLZ", "plan"]))
    return make_pipeline(encode, LogisticRegression(C=C)).fit(frame, y)
clf = fit()
"""


@pytest.fixture(scope="module")
def folder(kernel):
    kernel.run(TRAIN)
    kernel.result('%model_commit clf --name churn -m "first" --metric f1=0.5 --data frame')
    return kernel


def refs(kernel):
    """All refs of the registry, to see that nothing has moved."""
    kernel.run("import nbmodel; place = str(nbmodel.open().path)")
    place = kernel.result("place").strip("'")
    listed = subprocess.run(
        ["git", "--git-dir", place, "for-each-ref"], capture_output=True, text=True, check=True
    )
    return listed.stdout


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('%model_commit clf --name churn -m "first" --metric f1=0.5 --data frame',
         "unchanged since @1"),
        ("%model_commit clf", "unchanged since @1"),
        ("%model_release churn@1 v1.0.0", "churn@v1.0.0  churn@1"),
        ("%model_release churn@1", "churn@v1.0.0  churn@1"),
        ('%model_promote churn@1 prod -m "passed"', "churn@prod  churn@1"),
        ("%model_branch churn exp --from churn@1", "churn:exp "),
        ('%model_annotate churn@1 -m "approved" --metric q3=0.4', "approved"),
        ("%model_checkout churn@1 --as old", "churn@1"),
        ('%model_alert churn "f1 < 0.2"', "f1 < 0.2"),
        ("%model_promote churn prod --remove", "churn@prod  "),
        ("%model_promote churn@prod --remove", "no version holds it"),
    ],
)  # fmt: skip
def test_a_cell_that_runs_again_changes_nothing(folder, cell, says):
    assert says in folder.result(cell)
    before = refs(folder)
    assert says.rstrip() in folder.result(cell)
    assert refs(folder) == before


def test_what_is_new_makes_a_version(folder):
    new = ('-m "other words"', "--metric f1=0.6", "--metric auc=0.7", "--data half",
           "--tag team=ä", "--param seed=7", "--again")  # fmt: skip
    folder.run("half = frame.head(6)")
    for number, options in enumerate(new, 2):
        assert f"churn@{number}  " in folder.result(f"%model_commit clf --name churn {options}")
    folder.run("clf = fit(C=0.01)")
    assert "churn@9  " in folder.result("%model_commit clf")
    assert "unchanged since @9" in folder.result("%model_commit clf")


def test_a_rollback_for_the_same_reason_goes_back_once(folder):
    for number in (1, 2, 3):
        folder.result(f"%model_promote churn@{number} live")
    assert "churn@live  churn@2  (was churn@3)" in folder.result(
        '%model_rollback churn live -m "x"'
    )
    assert "churn@2, unchanged" in folder.result('%model_rollback churn@live -m "x"')
    assert "churn@1" in folder.result('%model_rollback churn@live -m "also bad"')


def test_another_reason_for_what_is_so_already_is_not_lost_silently(folder):
    folder.result('%model_promote churn@1 canary -m "why"')
    said = folder.result('%model_promote churn@1 canary -m "another why"')
    assert "The reason was not recorded. Add it: %model_annotate churn@1" in said


def test_a_folder_with_the_same_files_is_not_written_again(folder):
    first = folder.result("%model_checkout churn@1 --to written")
    assert first.startswith("churn@1  ")
    folder.run("from pathlib import Path; model = Path('written/model.json')")
    before = folder.result("model.stat().st_mtime_ns")
    assert "is in written already" in folder.result("%model_checkout churn@1 --to written")
    assert folder.result("model.stat().st_mtime_ns") == before
    assert "written exists" in folder.usage_error("%model_checkout churn@2 --to written")
    folder.run("model.write_text('{}')")
    assert "written exists" in folder.usage_error("%model_checkout churn@1 --to written")
    refused = folder.usage_error("%model_checkout churn@1 --to other --as old --force")
    assert "--as and --force would have no effect" in refused


def test_a_rule_is_removed_once(folder):
    folder.result('%model_alert churn "f1 < 0.3"')
    assert "Rule removed" in folder.result('%model_alert churn --remove "f1 < 0.3"')
    said = folder.result('%model_alert churn --remove "f1 < 0.3"')
    assert "No rule f1 < 0.3 is set for churn: nothing to remove" in said
    assert "nothing like this" in folder.usage_error(
        '%model_alert churn --remove "nothing like this"'
    )


def test_a_stage_is_taken_from_the_version_that_holds_it(folder):
    folder.result("%model_promote churn@2 shadow")
    assert "churn@2 does" in folder.usage_error("%model_promote churn@1 shadow --remove")
    assert "no stage 'shado'" in folder.usage_error("%model_promote churn shado --remove")
    said = folder.result('%model_promote churn@2 shadow --remove -m "retired"')
    assert said == "churn@shadow  removed from churn@2  retired"
    assert "no stage 'shadow'" in folder.usage_error("%model_show churn@shadow")
    assert "churn@shadow  churn@3" in folder.result("%model_promote churn@3 shadow")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%model_release churn@1 minor --bump major", "minor and --bump major contradict"),
        ("%model_release churn@1 v1.0.0 --version v2.0.0", "Give one of them"),
        ('%model_rollback churn@live dev -m "x"', "churn@live and dev are two stages"),
        ("%model_promote churn@live dev --remove", "churn@live and dev are two stages"),
        ("%model_release churn@2 v1.0.0", "churn@v1.0.0 is another version"),
        ("%model_release churn@1 v2.0.0", "churn@1 is released as churn@v1.0.0"),
        ("%model_release churn@2 --bump major v3.0.0", "Give one of them"),
        ("%model_promote churn@2 v1.2.0", "reads as latest, a number, a release"),
        ("%model_promote churn@2 Live", "differ only in case"),
    ],
)
def test_a_contradiction_is_refused(folder, cell, says):
    assert says in folder.usage_error(cell)


def test_a_new_stage_is_confirmed(folder):
    for stage, close in (("prodd", "Did you mean prod?"), ("production", "Did you mean prod?"),
                         ("eu-west", "")):  # fmt: skip
        said = folder.usage_error(f"%model_promote churn@1 {stage}")
        assert f"'{stage}' is a new stage: no version of this registry has had it" in said
        assert close in said
        assert "add --new-stage" in said
    for _ in range(2):  # Run All twice
        assert "churn@eu-west  churn@1" in folder.result(
            "%model_promote churn@1 eu-west --new-stage"
        )
    assert "churn@eu-west  churn@2" in folder.result("%model_promote churn@2 eu-west")
    folder.run("%model_commit clf --name other")
    assert "other@eu-west  other@1" in folder.result("%model_promote other@1 eu-west")


def test_a_release_number_or_its_part_needs_no_option(folder):
    assert "churn@v1.1.0  churn@2" in folder.result("%model_release churn@2 minor")
    assert "churn@v2.0.0  churn@3" in folder.result("%model_release churn@3 2.0.0")
