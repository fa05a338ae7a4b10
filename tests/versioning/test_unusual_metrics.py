"""Metrics that are NaN or infinite: recorded, said, and sorted."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbmodel
from nbmodel.views import answer

VALUES = (math.nan, 0.5, math.inf, 0.9, -math.inf)


@pytest.fixture
def registry(tmp_path):
    with nbmodel.open(tmp_path, create=True) as opened:
        yield opened


def commit(registry, number, value):
    return registry.commit({"weights": np.arange(number)}, "m", metrics={"auc": value, "n": 3})


def test_they_are_recorded_with_a_warning_that_names_them(registry):
    said = [
        [line for line in commit(registry, n, value).warnings if "metric" in line]
        for n, value in enumerate(VALUES)
    ]
    assert said == [
        ["The metric auc is NaN: charts cannot draw it, and it is sorted last."],
        [],
        ["The metric auc is inf: charts cannot draw it, and it is sorted beyond all numbers."],
        [],
        ["The metric auc is -inf: charts cannot draw it, and it is sorted beyond all numbers."],
    ]
    assert math.isnan(registry.show("m@1").version.metrics["auc"])
    assert "NaN" in registry.show("m@1").text()


@pytest.mark.parametrize("value", [np.float32("nan"), np.float64("nan")])
def test_numbers_of_numpy_are_named_too(registry, value):
    assert "The metric auc is NaN" in commit(registry, 1, value).text()


def test_nan_is_sorted_last_in_both_directions(registry):
    for number, value in enumerate(VALUES):
        commit(registry, number, value)
    for sort, expected in (("auc", [5, 2, 4, 3, 1]), ("-auc", [3, 4, 2, 5, 1])):
        rows = answer(registry, "rows", {"sort": sort, "every": True})["rows"]
        assert [row["number"] for row in rows] == expected
