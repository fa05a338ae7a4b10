"""Two models on the same rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.comparison import compare, compare_folds
from nbmodel.evaluation.metrics.table import choose_metrics
from nbmodel.evaluation.resampling import MAX_UNITS, Draws
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.significance import delong, mcnemar
from tests.evaluation import samples

RNG = np.random.default_rng(3)


def noisier(sample, noise=1.0):
    """The same rows, scored by a model that knows less."""
    if sample.task == "regression":
        return replace(
            sample, predicted=sample.predicted + RNG.normal(0, noise, sample.predicted.shape)
        )
    margin = np.log(sample.scores / (1 - sample.scores))[:, 1] + RNG.normal(0, noise, sample.rows)
    chance = 1 / (1 + np.exp(-margin))
    return replace(
        sample,
        predicted=(chance > 0.5).astype(int),
        scores=np.column_stack([1 - chance, chance]),
    )


def by_metric(sample, other, metrics=None, rounds=300, **options):
    chosen = choose_metrics(metrics, sample.task)
    results = compare(sample, other, chosen, Draws(rounds, 0), name="churn@5", **options)
    assert {result.other for result in results} <= {"churn@5"}
    return {result.metric: result for result in results}


def test_each_metric_has_its_test():
    sample = samples.binary(600)
    other = noisier(sample)
    results = by_metric(sample, other)
    tests = {name: result.test for name, result in results.items()}
    assert tests.pop("accuracy") == "McNemar"
    assert tests.pop("roc_auc") == "DeLong"
    assert set(tests.values()) == {"paired bootstrap"}
    right = [each.actual == each.predicted for each in (sample, other)]
    assert results["accuracy"].p == pytest.approx(mcnemar(*right).p, rel=1e-5)
    scores = sample.scores[:, 1], other.scores[:, 1]
    assert results["roc_auc"].p == pytest.approx(delong(sample.actual == 1, *scores).p, rel=1e-5)
    assert results["log_loss"].difference < 0 < results["roc_auc"].difference
    for result in results.values():
        assert result.low <= result.difference <= result.high, result.metric
        assert 0 <= result.p <= 1


def test_the_bootstrap_agrees_with_the_test_of_delong():
    sample = samples.binary(1500)
    other = noisier(sample)
    [exact] = by_metric(sample, other, ["roc_auc"]).values()
    weights = np.ones(sample.rows)
    weighted = replace(sample, weights=weights), replace(other, weights=weights)
    [resampled] = by_metric(*weighted, ["roc_auc"], rounds=2000).values()
    assert resampled.test == "paired bootstrap"
    assert resampled.difference == pytest.approx(exact.difference)
    assert (resampled.low, resampled.high) == pytest.approx((exact.low, exact.high), abs=0.003)


def test_a_pair_is_more_certain_than_two_intervals():
    """The same rows are hard for both models, so that a difference is known better than both."""
    sample = samples.regression(3 * MAX_UNITS)
    other = noisier(sample, 0.2)
    result = by_metric(sample, other, ["mae"])["mae"]
    values = np.abs(sample.predicted - sample.actual) - np.abs(other.predicted - other.actual)
    spread = values.std() / np.sqrt(sample.rows)
    assert result.high - result.low == pytest.approx(2 * 1.96 * spread, rel=0.2)
    assert result.difference == pytest.approx(values.mean())
    assert result.p < 0.05


@pytest.mark.parametrize("rows", [300, 2 * MAX_UNITS])
def test_equal_models_do_not_differ(rows):
    sample = samples.binary(rows)
    for result in by_metric(sample, sample, rounds=50).values():
        assert (result.difference, result.p) == (0, 1), result.metric


def test_metrics_of_other_tasks_and_functions():
    sample = samples.regression()
    results = by_metric(sample, noisier(sample), {"cost": lambda a, p: float(abs(a - p).sum())})
    assert results["cost"].p < 0.05
    results = by_metric(sample, noisier(sample))
    assert (results["max_error"].p, results["max_error"].test) == (None, "")
    multi = samples.multiclass()
    other = replace(multi, predicted=RNG.permutation(multi.predicted))
    results = by_metric(multi, other, ["accuracy", "f1_macro"])
    assert all(result.p < 0.01 for result in results.values())


def test_a_budget_ends_the_rounds_but_not_before_some():
    sample = samples.binary()
    results = by_metric(sample, noisier(sample), {"own": lambda a, p: 1.0}, budget_s=0)
    assert results["own"].p == 1


def test_a_metric_that_one_model_does_not_have_is_left_out():
    sample = samples.binary()
    other = replace(sample, scores=None, scores_are_probabilities=False)
    assert "roc_auc" not in by_metric(sample, other)
    assert "accuracy" in by_metric(sample, other)


@pytest.mark.parametrize(
    "change",
    [
        {"actual": 1 - samples.binary().actual},
        {"weights": np.ones(400)},
        {"classes": ("a", "b")},
    ],
)
def test_different_rows_are_not_compared(change):
    sample = samples.binary()
    with pytest.raises(InvalidValue, match=r"different rows|different tasks or classes"):
        by_metric(sample, replace(sample, **change))
    part = sample.take(np.arange(10))
    assert isinstance(part, Sample)
    with pytest.raises(InvalidValue, match="different rows"):
        by_metric(sample, part)


def test_folds_are_compared_by_the_corrected_t():
    folds = [{"f1": value, "own": 1.0} for value in (0.8, 0.82, 0.81, 0.79, 0.83)]
    others = [{"f1": value} for value in (0.75, 0.78, 0.77, 0.76, 0.74)]
    [result] = compare_folds(folds, others, 0.25, name="churn@5")
    assert result.metric == "f1"
    assert result.difference == pytest.approx(0.05)
    differences = np.array([0.05, 0.04, 0.04, 0.03, 0.09])
    statistic = 0.05 / np.sqrt((1 / 5 + 0.25) * differences.var(ddof=1))
    assert result.low < 0.05 < result.high
    assert (result.p < 0.05) == (statistic > 2.776)  # the critical value of 4 degrees
    with pytest.raises(InvalidValue, match="5 folds of one model and 4 of the other"):
        compare_folds(folds, others[:4], 0.25)
