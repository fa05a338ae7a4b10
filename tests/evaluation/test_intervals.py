"""Intervals hold the true value as often as they say."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from nbmodel.evaluation.intervals import estimate, interval
from nbmodel.evaluation.metrics.table import find_metric
from nbmodel.evaluation.resampling import MAX_UNITS, Draws
from nbmodel.evaluation.sample import Sample

NORMAL = NormalDist()
SHIFT = 1.0  # between the scores of two classes
# The threshold is in the middle, so that each class is right with the same probability.
HIT = NORMAL.cdf(SHIFT / 2)


def two_classes(seed, rows=300, *, weighted=False):
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 2, rows)
    margin = rng.normal(size=rows) + SHIFT * actual
    return Sample(
        task="binary",
        actual=actual,
        predicted=(margin > SHIFT / 2).astype(int),
        scores=np.column_stack([-margin, margin]),
        classes=("no", "yes"),
        weights=rng.random(rows) if weighted else None,
    )


def errors(seed, rows=300):
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=rows)
    return Sample(
        task="regression", actual=actual, predicted=actual + rng.normal(0, 0.5, size=rows)
    )


def three_classes(seed, rows=300):
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 3, rows)
    scores = rng.normal(size=(rows, 3)) + SHIFT * np.eye(3)[actual]
    return Sample(
        task="multiclass", actual=actual, predicted=scores.argmax(axis=1), scores=scores,
        classes=(0, 1, 2),
    )  # fmt: skip


# The sample, the metric and its true value: of two normal distributions, a score of one is above
# one of the other with the probability of the shift over the square root of 2.
AREA = NORMAL.cdf(SHIFT / math.sqrt(2))
CASES = {
    "accuracy": (two_classes, "accuracy", HIT),
    "weighted accuracy": (lambda seed: two_classes(seed, weighted=True), "accuracy", HIT),
    "recall": (two_classes, "recall", HIT),
    "f1": (two_classes, "f1", HIT),
    "roc_auc": (two_classes, "roc_auc", AREA),
    "weighted roc_auc": (lambda seed: two_classes(seed, weighted=True), "roc_auc", AREA),
    "roc_auc of three": (three_classes, "roc_auc", AREA),
    "rmse": (errors, "rmse", 0.5),
    "mae": (errors, "mae", 0.5 * math.sqrt(2 / math.pi)),
    "r2": (errors, "r2", 0.75),
    "median_absolute_error": (errors, "median_absolute_error", 0.5 * NORMAL.inv_cdf(0.75)),
}


def hits(name, runs, rounds):
    """In how many runs the interval holds the true value."""
    make, metric, truth = CASES[name]
    number = 0
    for seed in range(runs):
        sample = make(seed)
        result = estimate(sample, [find_metric(metric, sample.task)], Draws(rounds, seed))
        number += result.values[metric].low <= truth <= result.values[metric].high
    return number


@pytest.mark.parametrize("name", CASES)
def test_intervals_hold_the_true_value(name):
    assert 88 <= hits(name, 100, 400) <= 99


@pytest.mark.stress
@pytest.mark.parametrize("name", CASES)
def test_intervals_hold_the_true_value_in_95_percent(name):
    assert 930 <= hits(name, 1000, 1000) <= 970


@pytest.mark.parametrize("rows", [MAX_UNITS, 4 * MAX_UNITS])
def test_the_interval_of_an_accuracy_is_that_of_a_proportion(rows):
    sample = two_classes(0, rows)
    result = estimate(sample, [find_metric("accuracy", "binary")], Draws(2000, 0)).values
    share = result["accuracy"].value
    half = NORMAL.inv_cdf(0.975) * math.sqrt(share * (1 - share) / rows)
    assert result["accuracy"].low == pytest.approx(share - half, abs=0.1 * half)
    assert result["accuracy"].high == pytest.approx(share + half, abs=0.1 * half)


def test_intervals_of_groups_are_as_wide_as_those_of_rows():
    sample = errors(1, 5 * MAX_UNITS)
    metrics = [find_metric(name, "regression") for name in ("mae", "rmse")]
    result = estimate(sample, metrics, Draws(2000, 0)).values
    spread = np.abs(sample.predicted - sample.actual).std() / math.sqrt(sample.rows)
    width = result["mae"].high - result["mae"].low
    assert width == pytest.approx(2 * NORMAL.inv_cdf(0.975) * spread, rel=0.1)


def test_the_quantiles_of_rounds():
    values = np.array([*range(101), math.nan])
    result = interval(50.0, values, 0.9)
    assert (result.low, result.high, result.rounds) == (5, 95, 101)
    assert interval(50.0, values[:19], 0.9).low is None
