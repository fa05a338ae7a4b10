"""A session of magics in a real kernel, and what a user does wrong in it."""

from __future__ import annotations

import ast
import re

import pytest

from tests.fixtures.kernels import Kernel

TRAIN = """
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X_train, y_train = load_breast_cancer(return_X_y=True, as_frame=True)
unrelated = 41
"""
FIT = "clf = make_pipeline(StandardScaler(), LogisticRegression(C={C})).fit(X_train, y_train)"


@pytest.fixture(scope="module")
def trained(kernel):
    kernel.run(TRAIN)
    kernel.run("unrelated += 1")
    kernel.run(FIT.format(C=1.0))
    kernel.run("score = 0.981")
    first = kernel.result(
        '%model_commit clf -m "baseline" --name churn --metric auc={score} --data X_train'
    )
    kernel.run(FIT.format(C=0.1))
    second = kernel.result("%model_commit clf -m 'C=0.1' --metric auc=$score")
    release = kernel.result("%model_release churn@2 --bump minor")
    promoted = kernel.result('%model_promote churn@v0.1.0 prod -m "passed review"')
    return first, second, release, promoted


def test_a_session_from_commit_to_rollback(kernel, trained):
    first, second, release, promoted = trained
    line, *notices = first.splitlines()
    assert re.fullmatch(
        r"churn@1  [0-9a-f]{7}  auc 0.981  sklearn Pipeline  [\d.]+ KB stored  \d+ ms", line
    )
    # On a busy machine the rows may take longer than a commit may spend on them.
    assert all(notice.startswith("  No acceptance rows yet: ") for notice in notices)
    assert second.startswith("churn@2  ")
    log = kernel.result("%model_log churn")
    assert re.search(r"churn@2 .* C=0.1\nchurn@1 .* baseline", log)
    diff = kernel.result("%model_diff churn@1 churn@2")
    assert re.search(r"logisticregression__C +1(\.0)? +0\.1 +-0\.9", diff)
    assert "-clf = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))" in diff
    kernel.result("%model_checkout churn@1 --as old")
    assert kernel.result("old[-1].C, clf[-1].C") == "(1.0, 0.1)"
    assert "churn@v0.1.0" in release
    assert "churn@prod" in promoted
    kernel.result("%model_promote churn@1 prod")
    back = kernel.result('%model_rollback churn@prod -m "calibration off on new region"')
    assert back.startswith("churn@prod  churn@2  (was churn@1)  calibration off")


def test_the_first_commit_names_the_registry_that_it_made(tmp_path):
    with Kernel(tmp_path) as fresh:
        fresh.run("d = {'a': 1}")
        assert ".nbmodel.git" in fresh.result("%model_commit d")
        assert ".nbmodel.git" not in fresh.result("%model_commit d")


def test_a_version_stores_only_the_cells_that_made_it(kernel, trained):
    cells = kernel.result("%model_show churn@2 --cells")
    assert "load_breast_cancer" in cells
    assert "LogisticRegression(C=0.1)" in cells
    assert "C=1.0" not in cells
    assert "unrelated += 1" not in cells


def test_results_can_be_assigned_and_used(kernel, trained):
    kernel.run("r = %model_log churn")
    assert kernel.result("[v.number for v in r]") == "[2, 1]"
    kernel.run("c = %model_checkout churn@2 --as again")
    assert kernel.result("c.model is again") == "True"
    assert kernel.run("%model_list churn")["html"].startswith("<style>")


def test_a_model_made_from_a_checked_out_model_records_it(kernel, trained):
    kernel.run("%model_checkout churn@1 --as base")
    kernel.run("better = {'base': base, 'shift': 1}")
    kernel.result("%model_commit better")
    assert re.search(r"uses +churn@[0-9a-f]{7}", kernel.result("%model_show better"))


def test_a_version_contains_the_classes_and_functions_of_the_notebook(kernel, trained):
    kernel.run("class Twice:\n    def predict(self, x): return [helper(v) for v in x]")
    kernel.run("def helper(v): return 2 * v")
    kernel.run("twice = Twice()")
    kernel.result("%model_commit twice")
    kernel.run("%model_checkout twice@1 --as loaded")
    assert kernel.result("loaded.predict([1, 2])") == "[2, 4]"
    cells = kernel.result("%model_show twice --cells")
    assert "class Twice" in cells
    assert "def helper" in cells


def test_search(kernel, trained):
    rows = kernel.result("%model_list metrics.auc > 0.9 and params.logisticregression__C < 0.5")
    assert "churn@2" in rows
    assert "churn@1" not in rows
    assert "churn@1" in kernel.result('%model_list message ~ "base"')


def test_search_by_a_part_of_an_author_and_in_an_order(kernel, trained):
    kernel.run("%env GIT_AUTHOR_NAME=Nina Simone")
    kernel.run("import nbmodel")
    kernel.result("nbmodel.open('.').commit([1, 2], name='ranked', metrics={'auc': 0.5})")

    def found(query):
        kernel.run(f"found = %model_list {query}")
        refs = kernel.result("list(version.ref for version in found)")
        return ast.literal_eval(refs)

    assert found("author = nina") == ["ranked@1"]
    assert found('author = "Nina S"') == ["ranked@1"]
    assert found("author != nina auc > 0 order by number desc") == ["churn@2", "churn@1"]
    assert found("auc > 0 order by metrics.auc, date") == ["ranked@1", "churn@1", "churn@2"]
    said = kernel.usage_error("%model_list churn order by acu")
    assert "there is no field, metric, parameter or tag 'acu'" in said
    assert "(at character 16)" in said


def test_completion(kernel, trained):
    assert "clf" in kernel.complete("%model_commit cl")
    assert "churn" in kernel.complete("%model_log ch")
    assert {"churn@1", "churn@2", "churn@v0.1.0"} <= set(kernel.complete("%model_diff churn@"))
    assert kernel.complete("%model_rollback churn@") == ["churn@prod"]
    assert kernel.complete("%model_rollback churn#") == ["churn#prod"]
    assert "prod" in kernel.complete("%model_promote churn@1 pr")
    assert "--metric" in kernel.complete("%model_commit clf --me")
    assert "X_train" in kernel.complete("%model_commit clf --data X_")
    assert kernel.complete("%model_monitor churn --as pro") == ["prometheus"]
    assert kernel.complete("%model_release churn@2 --bump mi") == ["minor"]
    assert {"churn", "author", "metrics.auc"} <= set(kernel.complete("%model_list "))
    assert kernel.complete("%model_list churn ord") == ["order by"]
    assert kernel.complete("%model_list churn order ") == ["by"]
    assert "metrics.auc" in kernel.complete("%model_list order by me")
    assert "stage" not in kernel.complete("%model_list order by s")
    assert kernel.complete("%model_list order by metrics.auc de") == ["desc"]
    assert "author" in kernel.complete("%model_list order by metrics.auc desc, au")
    assert "Ann" in kernel.complete("%model_list author = ")
    assert kernel.complete("%model_list author != an") == ["Ann"]
    assert kernel.complete("%model_list churn stage = pr") == ["prod"]
    assert kernel.complete("%model_list model=chu") == ["model=churn"]
    assert kernel.complete("%model_list type ~ pip") == ["Pipeline"]
    assert "churn" not in kernel.complete("%model_list message = ")


def test_completion_of_the_charts_of_a_result(kernel, trained):
    kernel.run("r = %model_log churn")
    assert kernel.complete('r.figure("au') == ["auc"]
    assert kernel.complete("r.figure('me") == ["metrics"]
    assert "auc" not in kernel.complete('str.figure("au')
    assert kernel.result("[*r.figure('auc').data[0].y]") == "[0.981, 0.981]"


def test_a_panel_draws_the_figures_of_its_result(kernel, trained):
    kernel.run("p = %model_compare churn@1 churn@2")
    assert "'parallel'" in kernel.result("p.figures")
    assert kernel.result("[bar.name for bar in p.figure('auc').data]") == "['churn@1', 'churn@2']"
    kernel.run("p = %model_panel")
    assert kernel.result("p.figures") == "()"


def test_help_and_settings(kernel, trained):
    assert "%model_rollback" in kernel.result("%model_help")
    shown = kernel.run("%model_commit?")
    assert not shown["error"]
    assert "NbModel.repo" in kernel.run("%config NbModel")["stream"]
    kernel.run("%config NbModel.page = 1")
    assert kernel.result("len(get_ipython().run_line_magic('model_log', 'churn'))") == "1"
    kernel.run("%config NbModel.page = 20")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%model_commit clff", "Did you mean clf?"),
        ("%model_commit clf --name bad/name", "is not a model name"),
        ("%model_commit clf --name CHURN", "only in case"),
        ("%model_commit clf --metric auc", "NAME=VALUE"),
        ("%model_commit clf --metric auc=high", "is not a number"),
        ("%model_commit clf -m 'open", 'Quote the message: -m "open"'),
        ("%model_checkout chrun@1", "Did you mean churn?"),
        ("%model_checkout churn@99", "has no version 99"),
        ("%model_checkout churn@@", "is not a reference"),
        ("%model_checkout churn@1 --as 1x", "is not a variable's name"),
        ("%model_log churn -n 0", "Use 1 or more"),
        ("%model_log churn -n x", "'x' is not a whole number"),
        ("%model_list metrics.auc >", "Cannot search"),
        ("%model_release churn@1 --version one", "'one' is not a version"),
        ("%model_release churn@1 --bump huge", "invalid choice"),
        ("%model_promote churn@1 'bad stage'", "is not a stage name"),
        ("%model_rollback churn@prod", "needs a reason"),
        ("%model_rollback churn@dev -m x", "no stage 'dev'"),
        ("%model_gc --grace -1", "is not possible"),
        ("%model_gc --grace soon", "'soon' is not a number of days"),
        ("%model_annotate churn@1", "The note is empty"),
    ],
)
def test_a_users_mistake_is_reported_without_a_traceback(kernel, trained, line, message):
    assert message in kernel.usage_error(line)


def test_the_part_that_cannot_be_pickled_is_named(kernel, trained):
    kernel.run("import threading\nd = {'a': [1, threading.Lock()]}")
    assert "d['a'][1] cannot be stored" in kernel.usage_error("%model_commit d")


def test_a_variable_in_use_is_not_overwritten(kernel, trained):
    kernel.run("clf = 'mine'")
    assert "in use" in kernel.usage_error("%model_checkout churn@1")
    assert kernel.result("clf") == "'mine'"
    kernel.result("%model_checkout churn@1 --force")
    kernel.result("%model_checkout churn@2")
    assert kernel.result("clf[-1].C") == "0.1"


def test_unload_and_load_again(kernel, trained):
    kernel.run("%unload_ext nbmodel")
    assert "not found" in kernel.run("%model_help")["stream"]
    kernel.run("%load_ext nbmodel")
    kernel.run("%load_ext nbmodel")
    assert "churn@2" in kernel.result("%model_log churn")
