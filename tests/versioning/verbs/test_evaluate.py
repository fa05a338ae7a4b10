"""Versions are evaluated on rows with true answers; the result is a note without a row."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import nbmodel
from nbmodel.errors import InvalidValue, ReadOnlyRegistry, ScoringFailed, VersionPurged
from nbmodel.refs import NOTES_REF
from tests.fixtures.projects import git

RNG = np.random.default_rng(11)
ROWS = 300
X = pd.DataFrame(
    {
        "age": RNG.normal(40, 12, ROWS).round(1),
        "region": pd.Categorical(RNG.choice(["north", "süd", "east"], ROWS)),
        "visits": pd.array(RNG.integers(0, 9, ROWS), dtype="Int64"),
    }
)
Y = pd.Series(np.where(X["age"] + RNG.normal(0, 8, ROWS) > 42, "left", "stayed"), name="status")


@pytest.fixture
def churn(registry):
    """Two versions of a pipeline over numbers, text categories and nullable integers."""
    for depth in (1.0, 0.01):
        encode = make_column_transformer((OneHotEncoder(), ["region"]), remainder="passthrough")
        model = make_pipeline(encode, LogisticRegression(C=depth)).fit(X[:150], Y[:150])
        registry.commit(model, "churn", data=X[:150])
    return registry


def note_text(registry, reference):
    commit = registry.show(reference).version.commit
    return git(registry.path, "notes", f"--ref={NOTES_REF}", "show", commit)


def test_the_metrics_are_those_of_scikit_learn(churn):
    result = churn.evaluate("churn@1", data=X[150:], target=Y[150:], name="X_test")
    model = churn.checkout("churn@1")
    positive = (Y[150:] == "stayed").to_numpy()
    expected = roc_auc_score(positive, model.predict_proba(X[150:])[:, 1])
    assert result.metrics["roc_auc"].value == pytest.approx(expected)
    low, high = result.metrics["roc_auc"].low, result.metrics["roc_auc"].high
    assert low < expected < high
    expected = accuracy_score(Y[150:], model.predict(X[150:]))
    assert result.metrics["accuracy"].value == pytest.approx(expected)
    assert result.text().startswith("churn@1 on 150 rows of X_test  roc_auc ")


def test_the_note_has_no_row_and_is_shown(churn):
    result = churn.evaluate("churn@1", data=X, target=Y)
    (line,) = note_text(churn, "churn@1").splitlines()
    document = json.loads(line)["attached"]["evaluation"]
    assert document["rows"] == ROWS
    assert document["fingerprint"].startswith("blake3:")
    assert "süd" not in line
    assert str(X["age"][0]) not in line
    shown = churn.show("churn@1")
    assert [stored.evaluation for stored in shown.evaluations] == [result.evaluation]
    assert next(iter(shown.evaluations[0].evaluation.metrics)) == "roc_auc"
    assert shown.notes == []
    assert "evaluations" in shown.text()
    assert [version.ref for version in churn.list("eval.roc_auc > 0.5")] == ["churn@1"]
    listed = churn.list("eval.roc_auc > 0").text()
    assert "evaluation" in listed.splitlines()[0]
    assert "roc_auc" in churn.log("churn").text()
    assert "evaluation" in [event.kind for event in churn.timeline("churn").events]


def test_a_repetition_on_the_same_data_says_so(churn):
    first = churn.evaluate("churn@1", data=X, target=Y)
    again = churn.evaluate("churn@1", data=X.copy(), target=Y.tolist())
    assert again.evaluated[0].unchanged
    assert again.evaluation == first.evaluation
    assert "Evaluated already on the same data" in again.text()
    assert len(note_text(churn, "churn@1").splitlines()) == 1
    other_rows = churn.evaluate("churn@1", data=X[1:], target=Y[1:])
    other_settings = churn.evaluate("churn@1", data=X, target=Y, metrics=["f1_macro"])
    assert not other_rows.evaluated[0].unchanged
    assert not other_settings.evaluated[0].unchanged
    assert len(note_text(churn, "churn@1").splitlines()) == 3


def test_a_seed_gives_the_same_intervals(churn):
    first = churn.evaluate("churn@1", data=X, target=Y, seed=7, metrics=["accuracy"])
    other = churn.evaluate("churn@2", data=X, target=Y, seed=7, metrics=["accuracy"])
    again = churn.evaluate("churn@1", data=X, target=Y, seed=8, metrics=["accuracy"])
    assert first.metrics["accuracy"] != again.metrics["accuracy"]
    assert first.metrics["accuracy"].value == again.metrics["accuracy"].value
    assert other.metrics["accuracy"].low is not None


def test_several_versions_are_one_table(churn):
    result = churn.evaluate("churn@1", "churn@2", data=X, target=Y, metrics=["roc_auc", "f1_macro"])
    assert [each.version.ref for each in result.evaluated] == ["churn@1", "churn@2"]
    table = result.text().splitlines()[2:5]
    assert table[0].split() == ["version", "roc_auc", "f1_macro"]
    assert [line.split()[0] for line in table[1:]] == ["churn@1", "churn@2"]


def test_a_function_of_the_user_is_a_metric(churn):
    def cost(actual, predicted):
        return float(((actual == "left") & (predicted == "stayed")).sum() * 5)

    result = churn.evaluate("churn@1", data=X, target=Y, metrics=[cost], rounds=20)
    model = churn.checkout("churn@1")
    assert (
        result.metrics["cost"].value == 5 * ((Y == "left") & (model.predict(X) == "stayed")).sum()
    )
    # The code may have changed under the same name, so it is computed again.
    repeated = churn.evaluate("churn@1", data=X, target=Y, metrics=[cost], rounds=20)
    assert not repeated.evaluated[0].unchanged


def test_a_function_that_fails_is_named(churn):
    def broken(actual, predicted):
        return actual.no_such_method()

    with pytest.raises(InvalidValue, match="broken"):
        churn.evaluate("churn@1", data=X, target=Y, metrics=[broken])
    assert churn.show("churn@1").evaluations == []


def test_columns_in_another_order_and_further_columns(registry):
    numbers = X[["age", "visits"]].astype(float)
    model = LGBMClassifier(n_estimators=5, verbose=-1).fit(numbers, Y)
    registry.commit(model, "tree", data=numbers)
    expected = registry.evaluate("tree", data=numbers, target=Y, rounds=0).metrics
    swapped = numbers[["visits", "age"]]
    among_others = registry.evaluate(
        "tree", data=swapped.assign(status=Y), target="status", rounds=0
    )
    assert among_others.metrics == expected
    result = registry.evaluate("tree", data=swapped, target=Y, rounds=0)
    assert result.metrics == expected
    assert "put into the order of the training data" in result.text()
    with pytest.raises(InvalidValue, match="lacks the column 'visits' of tree@1"):
        registry.evaluate("tree", data=numbers.rename(columns={"visits": "Visits"}), target=Y)


def test_weights_and_a_regression_with_two_outputs(registry):
    numbers = X[["age"]]
    targets = pd.DataFrame({"a": X["age"] * 2 + 1, "b": -X["age"]})
    registry.commit(LinearRegression().fit(numbers, targets), "line", data=numbers)
    result = registry.evaluate("line", data=numbers, target=targets, weights=X["age"].abs())
    assert result.metrics["rmse"].value == pytest.approx(0, abs=1e-9)
    assert result.evaluation.task == "regression"


def test_all_true_answers_of_one_class(churn):
    result = churn.evaluate("churn@1", data=X[:40], target=["left"] * 40)
    assert "roc_auc" not in result.metrics
    remarks = " ".join(result.evaluation.remarks)
    assert "roc_auc" in remarks
    assert "No row has the true answer 'stayed'" in remarks
    assert 0 <= result.metrics["accuracy"].value <= 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": None}, "no true answers"),
        ({"target": Y[:5]}, "300 rows and 5 true answers"),
        ({"target": Y.replace("left", "gone")}, "'gone'"),
        ({"target": Y.where(X["age"] < 60)}, "missing"),
        ({"metrics": ["roc_auk"]}, "no metric 'roc_auk'"),
        ({"metrics": ["r2"]}, "r2 is a metric of regression"),
        ({"rounds": -1}, "-1 rounds"),
        ({"level": 1.5}, "level"),
        ({"seed": -3}, "seed -3 is negative"),
        ({"task": "klassification"}, "no task 'klassification'"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_before_a_note_is_written(churn, given, message):
    with pytest.raises(InvalidValue, match=message):
        churn.evaluate("churn@1", **{"data": X, "target": Y, **given})
    assert churn.show("churn@1").evaluations == []


def test_a_model_that_fails_on_these_rows(churn):
    rows = X.assign(region="unheard of")
    with pytest.raises(ScoringFailed, match="churn@1 could not score these rows"):
        churn.evaluate("churn@1", data=rows, target=Y)


def test_a_purged_version_and_a_registry_that_cannot_change(churn):
    numbers = X[["age"]]
    for trees in (30, 31):
        churn.commit(RandomForestClassifier(trees).fit(numbers, Y), "forest", data=numbers)
    churn.delete("forest@1", force=True)
    with pytest.raises(VersionPurged):
        churn.evaluate("forest@1", data=numbers, target=Y)
    with nbmodel.open(churn.path, read_only=True) as reader, pytest.raises(ReadOnlyRegistry):
        reader.evaluate("churn@2", data=X, target=Y)


def test_an_evaluation_that_another_person_wrote_is_checked(churn):
    result = churn.evaluate("churn@1", data=X, target=Y)
    commit = result.version.commit
    hostile = {"format": 1, "task": "binary", "rows": -5, "metrics": [["<script>", {"value": 1}]]}
    fact = {"who": "E", "email": "e@x", "time": 1, "text": "", "metrics": {"<b>": 1.0},
            "attached": {"evaluation": hostile}}  # fmt: skip
    words = ("-c", "user.name=E", "-c", "user.email=e@x", "notes", f"--ref={NOTES_REF}")
    git(churn.path, *words, "append", "-m", json.dumps(fact), commit)
    stored = churn.show("churn@1").evaluations
    assert [each.evaluation for each in stored] == [result.evaluation]
    assert "<b>" not in churn.show("churn@1").html()


def test_another_version_on_the_same_rows(churn):
    churn.promote("churn@1", "prod")
    result = churn.evaluate("churn@2", data=X, target=Y, against="churn@prod")
    alone = churn.evaluate("churn@1", data=X, target=Y)
    by_metric = {each.metric: each for each in result.evaluation.comparisons}
    assert by_metric["roc_auc"].test == "DeLong"
    assert by_metric["accuracy"].test == "McNemar"
    assert by_metric["f1"].test == "paired bootstrap"
    difference = result.metrics["roc_auc"].value - alone.metrics["roc_auc"].value
    assert by_metric["roc_auc"].difference == pytest.approx(difference, abs=1e-6)
    assert by_metric["roc_auc"].low <= difference <= by_metric["roc_auc"].high
    assert result.evaluation.against == alone.version.commit
    assert "over churn@1 (p " in result.text().splitlines()[0]
    # Only the version that was asked for gets a note.
    assert len(churn.show("churn@1").evaluations) == 1
    assert churn.evaluate("churn@2", data=X, target=Y, against="churn@1").evaluated[0].unchanged
    assert not churn.evaluate("churn@2", data=X, target=Y).evaluated[0].unchanged


def test_a_version_is_not_compared_with_itself(churn):
    result = churn.evaluate("churn@1", "churn@2", data=X, target=Y, against="churn@1")
    assert [len(each.evaluation.comparisons) > 0 for each in result.evaluated] == [False, True]


def test_versions_with_other_classes_are_not_compared(churn):
    churn.commit(LogisticRegression().fit(X[["age"]], Y == "left"), "other", data=X[["age"]])
    with pytest.raises(InvalidValue, match="not classes of the model"):
        churn.evaluate("churn@1", data=X, target=Y, against="other@1")


def test_a_cross_validation_is_kept_with_its_folds(churn):
    result = churn.evaluate("churn@1", data=X, target=Y, cv=3, metrics=["roc_auc"])
    stored = churn.show("churn@1").evaluations[0].evaluation
    assert stored == result.evaluation
    assert [list(fold) for fold in stored.folds] == [["roc_auc"]] * 3
    assert "3 folds" in result.text()
    assert "3 folds" in churn.show("churn@1").text()
    against = churn.evaluate("churn@2", data=X, target=Y, cv=3, against="churn@1")
    assert {each.test for each in against.evaluation.comparisons} == {"corrected resampled t"}


def test_slices_by_columns_that_the_model_does_not_take(churn):
    rows = X.assign(team=np.where(np.arange(ROWS) < 290, "a", "b"))
    result = churn.evaluate("churn@1", data=rows, target=Y, slices=["region", "age:2", "team"])
    slices = {each.name: each for each in result.evaluation.slices}
    model = churn.checkout("churn@1")
    south = X["region"] == "süd"
    expected = accuracy_score(Y[south], model.predict(X[south]))
    assert slices["region=süd"].metrics["accuracy"].value == pytest.approx(expected)
    assert slices["region=süd"].rows == south.sum()
    assert slices["team=b"].metrics == {}
    ends = [(m.low, m.high) for each in slices.values() for m in each.metrics.values()]
    assert all(0 <= low <= high <= 1 for low, high in ends)
    assert "not judged" in result.text()
    assert "worst slice" in result.text().splitlines()[0]
    assert churn.show("churn@1").evaluations[0].evaluation == result.evaluation
    with pytest.raises(InvalidValue, match="Did you mean region"):
        churn.evaluate("churn@1", data=rows, target=Y, slices=["regoin"])
    with pytest.raises(InvalidValue, match="no slices"):
        churn.evaluate("churn@1", data=rows, target=Y, slices=["region"], cv=3)


def test_figures_of_two_versions_are_in_one_chart(churn):
    rows = X.assign(team=np.where(X["age"] > 40, "<b>a</b>", "$b$"))
    result = churn.evaluate("churn@1", "churn@2", data=rows, target=Y, slices=["team"])
    assert result.figures == (
        "metrics", "slices", "roc", "precision_recall", "calibration", "gain", "confusion",
    )  # fmt: skip
    roc = result.figure("roc")
    assert [trace.name for trace in roc.data] == [None, "churn@1", "churn@2"]
    curve = next(c for c in result.evaluation.curves if c.kind == "roc")
    assert tuple(roc.data[1].x) == curve.series["false_positive_rate"]
    metrics = result.figure("metrics").data[0]
    estimate = result.metrics["roc_auc"]
    assert metrics.x[0] + metrics.error_x.array[0] == pytest.approx(estimate.high)
    assert "<b>a" not in result.figure("slices").to_json()
    confusion = result.figure("confusion").data[0]
    assert sum(map(sum, confusion.z)) == ROWS
    assert tuple(confusion.x) == ("left", "stayed")
    for name in result.figures:
        assert result.figure(name).data


def test_figures_of_a_regression(registry):
    numbers = X[["age"]]
    registry.commit(LinearRegression().fit(numbers, X["age"] ** 2), "line", data=numbers)
    result = registry.evaluate("line", data=numbers, target=X["age"] ** 2)
    assert result.figures == ("metrics", "residuals")
    assert len(result.figure("residuals").data[0].x) == 20


def test_a_diff_compares_the_newest_evaluations_and_names_their_data(churn):
    assert "evaluation" not in churn.diff("churn@1", "churn@2").sections
    churn.evaluate("churn@1", "churn@2", data=X, target=Y, name="X_test", metrics=["f1_macro"])
    changes = churn.diff("churn@1", "churn@2").sections["evaluation"]
    assert [change.name for change in changes] == ["f1_macro"]
    churn.evaluate("churn@2", data=X[1:], target=Y[1:], name="X_new", metrics=["f1_macro"])
    names = [change.name for change in churn.diff("churn@1", "churn@2").sections["evaluation"]]
    assert names == ["data", "rows", "fingerprint", "f1_macro"]
