"""From a sample to an evaluation."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.evaluation import evaluate_sample
from nbmodel.evaluation.metrics.table import DEFAULTS
from nbmodel.evaluation.record import Evaluation
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.slice_columns import slice_column
from tests.evaluation import samples

MAKERS = [
    samples.binary,
    samples.multiclass,
    samples.multilabel,
    samples.regression,
    samples.ranking,
    samples.clustering,
    samples.anomaly,
]


@pytest.mark.parametrize("make", MAKERS)
def test_each_task_has_all_metrics_with_intervals(make):
    sample = make()
    evaluation = evaluate_sample(sample, rounds=100, seed=3)
    assert list(evaluation.metrics) == list(DEFAULTS[sample.task])
    assert evaluation.remarks == ()
    for name, estimate in evaluation.metrics.items():
        if name == "max_error":
            assert (estimate.low, estimate.rounds) == (None, 0)
            continue
        assert estimate.rounds == 100, name
        assert estimate.low < estimate.high, name
    document = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert Evaluation.from_json(document) == evaluation


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_few_rows_have_what_is_defined(make, rows):
    """Also as slices: what is not defined is left out, and nothing warns."""
    sample = make(rows)
    slices = [slice_column("third", np.arange(sample.rows) % 3)]
    evaluation = evaluate_sample(sample, rounds=30, slices=slices, min_slice_rows=1)
    assert evaluation.metrics
    document = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert Evaluation.from_json(document) == evaluation


def test_numbers_that_are_too_large_for_a_square():
    sample = Sample(task="regression", actual=np.zeros(40), predicted=np.full(40, 1e300))
    evaluation = evaluate_sample(sample, rounds=30)
    assert evaluation.metrics["mae"].value == pytest.approx(1e300)
    assert "r2" not in evaluation.metrics
    assert "rmse is not defined for these rows." in evaluation.remarks


def test_the_seed_decides_the_intervals():
    sample = samples.binary()
    first, again, other = (evaluate_sample(sample, rounds=50, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.metrics != other.metrics
    assert first.metrics["f1"].value == other.metrics["f1"].value


def test_metrics_that_need_more_than_there_is():
    sample = samples.binary(margins=True)
    evaluation = evaluate_sample(sample, rounds=0)
    assert "log_loss" not in evaluation.metrics
    assert "log_loss is left out: it needs probabilities." in evaluation.remarks
    with pytest.raises(InvalidValue, match="log_loss cannot be computed: it needs probabilities"):
        evaluate_sample(sample, metrics=["f1", "log_loss"])
    with pytest.raises(InvalidValue, match="needs true labels"):
        evaluate_sample(samples.clustering(labels=False), metrics=["nmi"])


def test_a_target_of_one_class_leaves_a_remark():
    sample = samples.binary(100)
    evaluation = evaluate_sample(sample.take(sample.actual == 1), rounds=50)
    assert "roc_auc" not in evaluation.metrics
    assert "roc_auc is not defined for these rows." in evaluation.remarks
    assert evaluation.metrics["accuracy"].rounds == 50


def test_a_metric_that_is_defined_in_few_rounds_says_so():
    sample = samples.binary(200, margins=True)
    rows = [*(sample.actual == 0).nonzero()[0], (sample.actual == 1).nonzero()[0][0]]
    evaluation = evaluate_sample(sample.take(rows), metrics=["roc_auc"], rounds=100)
    assert 20 < evaluation.metrics["roc_auc"].rounds < 100
    assert any("rounds, not 100" in remark for remark in evaluation.remarks)
    rare = evaluate_sample(sample.take(rows), metrics=["roc_auc"], rounds=22)
    assert rare.metrics["roc_auc"].low is None
    assert any("roc_auc has no interval" in remark for remark in rare.remarks)


def test_functions_are_metrics():
    evaluation = evaluate_sample(
        samples.binary(), metrics={"misses": lambda a, p: float((a != p).sum())}, rounds=1000
    )
    estimate = evaluation.metrics["misses"]
    assert estimate.low < estimate.value < estimate.high
    assert estimate.rounds == 200
    assert any("200 rounds, not 1000" in remark for remark in evaluation.remarks)
    none = evaluate_sample(
        samples.binary(), metrics={"misses": lambda a, p: float((a != p).sum())}, budget_s=0
    )
    assert none.metrics["misses"].rounds == 0
    assert any("misses has no interval" in remark for remark in none.remarks)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"rounds": -1}, "-1 rounds are not allowed"),
        ({"rounds": 10**6}, "1000000 rounds are not allowed"),
        ({"level": 1.0}, "The level 1.0 is not allowed"),
        ({"metrics": ["acuracy"]}, "There is no metric 'acuracy'"),
    ],
)
def test_arguments_that_are_not_allowed(options, why):
    with pytest.raises(InvalidValue, match=why):
        evaluate_sample(samples.binary(), **options)
