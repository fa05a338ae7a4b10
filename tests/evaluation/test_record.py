"""An evaluation as a document and back; a document that another person made is checked."""

from __future__ import annotations

import copy
import json
import math

import pytest

from nbmodel.evaluation.record import (
    Comparison,
    Curve,
    Estimate,
    Evaluation,
    SliceEstimate,
    SliceResult,
)

EVALUATION = Evaluation(
    task="binary",
    rows=1000,
    seed=7,
    level=0.9,
    metrics={"roc_auc": Estimate(0.9, 0.88, 0.92, 1000), "f1": Estimate(0.5)},
    slices=(
        SliceResult(
            columns=("region",),
            levels=("north",),
            rows=400,
            positive_share=0.25,
            metrics={"roc_auc": SliceEstimate(0.8, 0.7, 0.85, -0.1, 0.01, 0.03)},
        ),
        SliceResult(columns=("region",), levels=("west",), rows=3, reason="it has 3 rows"),
    ),
    curves=(Curve("roc", "", {"x": (0.0, 0.5, 1.0), "y": (0.0, None, 1.0)}),),
    comparisons=(Comparison(metric="roc_auc", other="churn@5", difference=0.01, p=0.2),),
    remarks=("brier is left out: it needs probabilities.",),
    fingerprint="ab" * 32,
    data="X_test",
    protocol="cv",
    folds=({"roc_auc": 0.91}, {"roc_auc": 0.89}),
)


def test_a_document_is_json_and_becomes_the_same_evaluation():
    text = json.dumps(EVALUATION.to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(text)) == EVALUATION


def test_what_is_default_is_not_in_the_document():
    document = Evaluation(task="regression", rows=2).to_json()
    assert document == {"format": 1, "task": "regression", "rows": 2}
    assert EVALUATION.to_json()["metrics"][1] == ["f1", {"value": 0.5}]


def changed(path, value):
    document = json.loads(json.dumps(EVALUATION.to_json()))
    place = document
    for key in path[:-1]:
        place = entry(place, key)[1]
    entry(place, path[-1], value)
    return document


def entry(place, key, *new):
    """The name and the value of an entry, after `new` became its value: a mapping is pairs."""
    if isinstance(place, dict) or isinstance(key, int):
        if new:
            place[key] = new[0]
        return key, place[key]
    pairs = [pair for pair in place if pair[0] == key]
    if not pairs:
        pairs = [[key, None]]
        place += pairs
    if new:
        pairs[0][1] = new[0]
    return pairs[0]


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (["format"], 2, "does not have the format 1"),
        (["task"], "binery", "task is not one of"),
        (["task"], ["binary"], "task is not one of"),
        (["rows"], -1, "rows is out of range"),
        (["rows"], 1.5, "rows is not an integer"),
        (["rows"], True, "rows is not an integer"),
        (["rows"], 10**400, "rows is out of range"),
        (["level"], 1, "not between 0 and 1"),
        (["metrics"], {}, "metrics is not a list"),
        (["metrics"], [["f1"]], "metrics has an item that is not a pair"),
        (["metrics", "f1"], 0.5, "metrics.f1 is not an object"),
        (["metrics", "f1", "value"], math.nan, "metrics.f1.value is not a finite number"),
        (["metrics", "f1", "value"], math.inf, "not a finite number"),
        (["metrics", "f1", "value"], 10**400, "not a finite number"),
        (["metrics", "f1", "value"], None, "not a number"),
        (["metrics", "f1", "value"], "0.5", "not a number"),
        (["metrics", "f1", "own"], 1, "unknown field 'own'"),
        (["metrics", "f1"], {}, "metrics.f1 has no value"),
        (["metrics", "x" * 1001], {"value": 1}, "has 1001 characters"),
        (["own"], 1, "Evaluation has an unknown field 'own'"),
        (["slices"], {}, "slices is not a list"),
        (["slices", 0, "levels"], ["north", "south"], "more columns than levels"),
        (["slices", 0, "levels"], "north", "slices.0..levels is not a list"),
        (["curves", 0, "series", "x", 0], "0", "series.x.0. is not a number"),
        (["curves", 0, "series", "x"], [0] * 5001, "has 5001 entries"),
        (["remarks", 0], 3, "remarks.0. is not a text"),
        (["protocol"], "twice", "protocol is not one of holdout, cv"),
        (["folds", 0, "roc_auc"], [], "folds.0..roc_auc is not a number"),
    ],
)
def test_a_document_of_another_form_is_refused(path, value, why):
    with pytest.raises(ValueError, match=why):
        Evaluation.from_json(changed(path, value))


@pytest.mark.parametrize("document", [None, [], 3, "{}", {}, {"format": 1}, {1: 2}])
def test_what_is_not_a_document_is_refused(document):
    with pytest.raises(ValueError, match=r"format|has no"):
        Evaluation.from_json(document)


def test_each_part_can_be_of_another_type():
    """Every value of a document, replaced by values of other types, is refused or allowed."""
    document = EVALUATION.to_json()

    def places(node, path=()):
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in entries if isinstance(node, dict | list) else ():
            yield (*path, key)
            if isinstance(value, dict | list):
                yield from places(value, (*path, key))

    tries = refusals = 0
    for path in list(places(document)):
        for value in (None, True, -1, math.nan, "text", [], {}, [[]], {"a": {}}):
            attempt = copy.deepcopy(document)
            place = attempt
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            tries += 1
            try:
                Evaluation.from_json(attempt)
            except ValueError:
                refusals += 1
    assert tries > 400
    assert refusals > tries / 2
