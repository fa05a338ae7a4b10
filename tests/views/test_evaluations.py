"""A version has its evaluations, and its notes do not repeat them."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

import nbmodel
from nbmodel.evaluation.record import Curve, Estimate, SliceResult
from nbmodel.views import answer
from nbmodel.views.evaluations import MAX_EVALUATIONS, MAX_ITEMS, MAX_POINTS, MAX_WITH_CURVES
from tests.fixtures.projects import make_project
from tests.views import evaluations

HOSTILE = "<b>\u202e\x07"


@pytest.fixture
def registry(tmp_path):
    data = pd.DataFrame({"x": [float(n % 10) for n in range(120)]})
    with nbmodel.open(make_project(tmp_path / "project")) as opened:
        model = LogisticRegression().fit(data, data["x"] > 4)
        opened.commit(model, "churn", data=data)
        opened.commit(model.fit(data, data["x"] > 6), "churn", data=data)
        yield opened


def version(registry, ref="churn"):
    return answer(registry, "version", {"ref": ref})


def test_an_evaluation_on_rows(registry):
    data = pd.DataFrame({"x": [float(n % 10) for n in range(90)], "clinic": ["a", "b", "c"] * 30})
    truth = data["x"] > 5
    registry.evaluate(
        "churn@1", data=data, target=truth, name="X_test", against="churn@2", slices=["clinic"]
    )
    (evaluation,) = version(registry, "churn@1")["evaluations"]
    accuracy = next(m for m in evaluation["metrics"] if m["name"] == "accuracy")
    model = registry.checkout("churn@1")
    assert accuracy["value"] == accuracy_score(truth, model.predict(data[["x"]]))
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert accuracy["direction"] == "higher"
    other = accuracy_score(truth, registry.checkout("churn@2").predict(data[["x"]]))
    assert accuracy["comparison"]["difference"] == pytest.approx(accuracy["value"] - other)
    assert accuracy["comparison"]["other"] == "churn@2"
    assert (evaluation["rows"], evaluation["data"], evaluation["folds"]) == (90, "X_test", 0)
    assert evaluation["headline"][0] == "churn@1 on 90 rows of X_test"
    assert {part["name"] for part in evaluation["slices"]} == {"clinic=a", "clinic=b", "clinic=c"}
    assert version(registry, "churn@2")["evaluations"] == []


def test_evaluations_are_not_among_the_notes(registry):
    registry.annotate("churn", "looked at it", {"seen": 1.0})
    evaluations.write(registry, "churn", evaluations.full("f1"))
    assert [note["text"] for note in version(registry)["notes"]] == ["looked at it"]
    assert len(version(registry)["evaluations"]) == 1


def test_the_newest_come_first_and_only_some_have_curves(registry):
    for number in range(MAX_EVALUATIONS + 2):
        evaluations.write(registry, "churn", evaluations.full(f"m{number}"), time=1000 + number)
    newest = version(registry)["evaluations"]
    assert [each["time"] for each in newest] == list(range(1001 + MAX_EVALUATIONS, 1001, -1))
    assert [bool(each["curves"]) for each in newest] == [
        place < MAX_WITH_CURVES for place in range(MAX_EVALUATIONS)
    ]


def test_slices_that_are_not_judged_come_last(registry):
    evaluations.write(registry, "churn", evaluations.full("region"))
    (evaluation,) = version(registry)["evaluations"]
    assert [part["reason"] for part in evaluation["slices"]] == ["", "region has 3 rows"]


def test_the_size_of_an_answer_is_limited(registry):
    many = [SliceResult(columns=("c",), levels=(str(n),), rows=n) for n in range(MAX_ITEMS + 7)]
    large = Curve("roc", "", {"x": (0.5,) * (MAX_POINTS + 1)})
    few = Curve("roc", "", {"x": (0.5,)})
    metrics = {f"m{n}": Estimate(0.5) for n in range(MAX_ITEMS + 1)}
    base = evaluations.full("c")
    evaluations.write(
        registry,
        "churn",
        replace(base, slices=tuple(many), curves=(large, *(few,) * 300), metrics=metrics),
    )
    (evaluation,) = version(registry)["evaluations"]
    assert (len(evaluation["slices"]), evaluation["slicesLeftOut"]) == (MAX_ITEMS, 7)
    assert len(evaluation["metrics"]) == MAX_ITEMS
    assert len(evaluation["curves"]) < MAX_ITEMS
    assert {tuple(curve["series"]["x"]) for curve in evaluation["curves"]} == {(0.5,)}


def test_texts_of_other_people_are_visible(registry):
    evaluations.write(registry, "churn", evaluations.full(HOSTILE), text=HOSTILE)
    shown = json.dumps(version(registry)["evaluations"], ensure_ascii=False)
    assert "\u202e" not in shown
    assert "\\u0007" not in shown
    assert "<b>" in shown
