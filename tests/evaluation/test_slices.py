"""Metrics of slices equal fairlearn's MetricFrame; their intervals and tests are right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame
from scipy import stats
from sklearn import metrics as sk

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.evaluation import evaluate_sample
from nbmodel.evaluation.metrics.table import choose_metrics, find_metric
from nbmodel.evaluation.slice_columns import cross, slice_column
from nbmodel.evaluation.slices import judge_slices
from tests.evaluation import samples

RNG = np.random.default_rng(4)
REGION = RNG.choice(["east", "north", "west"], 600, p=[0.5, 0.3, 0.2])
AGE = RNG.integers(18, 90, 600)


def judge(sample, columns, names, **options):
    chosen = choose_metrics(names, sample.task)
    results = judge_slices(sample, columns, chosen, **options)
    return {result.levels: result for result in results}


def frame(function, sample, features, **options):
    """The metric of each group, by fairlearn."""
    parameters = {}
    if sample.weights is not None:
        parameters["sample_params"] = {"sample_weight": sample.weights}
    result = MetricFrame(
        metrics=lambda *a, **k: function(*a, **k, **options),
        y_true=sample.actual, y_pred=sample.predicted, sensitive_features=features, **parameters,
    )  # fmt: skip
    return result.by_group.to_dict()


FUNCTIONS = {
    "accuracy": (sk.accuracy_score, {}),
    "recall": (sk.recall_score, {}),
    "precision": (sk.precision_score, {"zero_division": 0}),
    "f1": (sk.f1_score, {}),
    "balanced_accuracy": (sk.balanced_accuracy_score, {}),
}


@pytest.mark.parametrize("weighted", [False, True])
def test_metrics_of_one_column_are_those_of_fairlearn(weighted):
    sample = samples.binary(600, weighted=weighted)
    results = judge(sample, [slice_column("region", REGION)], list(FUNCTIONS))
    for name, (function, options) in FUNCTIONS.items():
        expected = frame(function, sample, REGION, **options)
        ours = {region: result.metrics[name].value for (region,), result in results.items()}
        assert ours == pytest.approx(expected, rel=1e-5), name


def test_metrics_of_two_columns_and_of_bins_are_those_of_fairlearn():
    sample = samples.binary(600)
    age = slice_column("age", AGE, 3)
    both = cross(slice_column("region", REGION), age)
    results = judge(sample, [both], list(FUNCTIONS), min_rows=1)
    names = np.array([level for (level,) in age.levels])[age.codes]
    features = {"region": REGION, "age": names}
    for name, (function, options) in FUNCTIONS.items():
        expected = frame(function, sample, features, **options)
        assert len(expected) == 9
        ours = {levels: result.metrics[name].value for levels, result in results.items()}
        assert ours == pytest.approx(expected, rel=1e-5), name


def test_errors_of_a_regression_are_those_of_fairlearn():
    sample = samples.regression(600, weighted=True)
    sample = replace(sample, actual=sample.actual[:, 0], predicted=sample.predicted[:, 0])
    results = judge(sample, [slice_column("region", REGION)], ["rmse", "mae", "r2"])
    for name, function in {
        "rmse": sk.root_mean_squared_error, "mae": sk.mean_absolute_error, "r2": sk.r2_score,
    }.items():  # fmt: skip
        flat = {"y_true": sample.actual[:, 0], "y_pred": sample.predicted[:, 0]}
        expected = MetricFrame(
            metrics=function, sensitive_features=REGION, **flat,
            sample_params={"sample_weight": sample.weights},
        ).by_group.to_dict()  # fmt: skip
        ours = {region: result.metrics[name].value for (region,), result in results.items()}
        assert ours == pytest.approx(expected, rel=1e-5), name


# -- every metric ------------------------------------------------------------

CASES = [
    samples.binary(600), samples.binary(600, weighted=True), samples.multiclass(600),
    samples.multilabel(600), samples.regression(600, outputs=2), samples.clustering(600),
    samples.anomaly(600),
]  # fmt: skip


MORE = {"binary": ["f1_macro"], "multiclass": ["average_precision", "f1_weighted"]}


@pytest.mark.parametrize("sample", CASES, ids=lambda sample: sample.task)
def test_values_and_differences_are_those_of_the_rows(sample):
    chosen = choose_metrics(None, sample.task)
    chosen += [find_metric(name, sample.task) for name in MORE.get(sample.task, ())]
    results = judge_slices(sample, [slice_column("region", REGION)], chosen)
    for metric in chosen:
        for result in results:
            if metric.name == "silhouette":
                continue  # that of a row is among all rows
            inside = result.levels[0] == REGION
            value, rest = metric.value(sample.take(inside)), metric.value(sample.take(~inside))
            estimate = result.metrics[metric.name]
            assert estimate.value == pytest.approx(value, rel=1e-5), metric.name
            assert estimate.difference == pytest.approx(value - rest, rel=1e-4, abs=1e-6)


def test_the_silhouette_of_a_slice_is_that_of_its_rows_among_all_rows():
    sample = samples.clustering(600)
    results = judge(sample, [slice_column("region", REGION)], ["silhouette"])
    values = sk.silhouette_samples(sample.data, sample.predicted)
    for (region,), result in results.items():
        expected = values[region == REGION].mean()
        assert result.metrics["silhouette"].value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("sample", "names"),
    [
        (samples.binary(5000), ["accuracy", "f1", "roc_auc", "log_loss", "matthews_corrcoef"]),
        (samples.binary(5000, weighted=True), ["accuracy", "f1", "roc_auc", "brier"]),
        (samples.multiclass(5000), ["f1_macro", "balanced_accuracy"]),
        (samples.regression(5000), ["rmse", "mae", "r2", "mape"]),
        (samples.multilabel(5000), ["f1_macro", "f1_samples", "hamming_loss"]),
    ],
)
def test_intervals_are_those_of_the_bootstrap(sample, names):
    half = slice_column("half", np.arange(5000) % 2)
    results = judge(sample, [half], names)
    part = sample.take(np.arange(5000) % 2 == 1)
    bootstrap = evaluate_sample(part, metrics=names, rounds=2000).metrics
    for name in names:
        ours, theirs = results[("1",)].metrics[name], bootstrap[name]
        assert ours.high - ours.low == pytest.approx(theirs.high - theirs.low, rel=0.1), name
        assert ours.value == pytest.approx(theirs.value, rel=1e-5)


def test_the_test_of_an_accuracy_is_that_of_two_proportions():
    sample = samples.binary(600)
    results = judge(sample, [slice_column("region", REGION)], ["accuracy"])
    right = sample.actual == sample.predicted
    for (region,), result in results.items():
        inside = region == REGION
        shares = [right[mask].mean() for mask in (inside, ~inside)]
        counts = inside.sum(), (~inside).sum()
        spread = math.sqrt(sum(s * (1 - s) / n for s, n in zip(shares, counts, strict=True)))
        p = 2 * stats.norm.sf(abs(shares[0] - shares[1]) / spread)
        assert result.metrics["accuracy"].p == pytest.approx(p, rel=1e-3)
        assert result.rows == counts[0]
        assert result.positive_share == pytest.approx(sample.actual[inside].mean(), rel=1e-5)


def test_chance_is_found_as_often_as_the_level_says():
    """Slices that mean nothing: few probabilities are small, and fewer still after adjustment."""
    sample = samples.binary(4000)
    columns = [slice_column(f"c{n}", RNG.integers(0, 4, 4000)) for n in range(100)]
    results = judge_slices(sample, columns, choose_metrics(["accuracy", "roc_auc"], "binary"))
    for name in ("accuracy", "roc_auc"):
        probabilities = [result.metrics[name].p for result in results]
        assert len(probabilities) == 400
        assert np.mean(np.array(probabilities) < 0.05) == pytest.approx(0.05, abs=0.03)
        assert sum(result.metrics[name].adjusted_p < 0.05 for result in results) <= 2


def test_a_slice_that_is_worse_is_found():
    sample = samples.binary(3000)
    region = RNG.choice(["east", "north", "west"], 3000)
    wrong = (region == "north") & (RNG.random(3000) < 0.2)
    sample = replace(sample, predicted=np.where(wrong, 1 - sample.actual, sample.predicted))
    results = judge(sample, [slice_column("region", region)], ["accuracy"])
    worst = results[("north",)].metrics["accuracy"]
    assert worst.difference < -0.05
    assert worst.p <= worst.adjusted_p < 0.001


# -- what is not judged ------------------------------------------------------


def test_slices_that_are_not_judged_say_why():
    sample = samples.binary(600)
    region = REGION.astype(object)
    region[:12] = "small"
    region[sample.actual == 1] = np.where(
        region[sample.actual == 1] == "west", "east", region[sample.actual == 1]
    )
    results = judge(sample, [slice_column("region", region)], ["accuracy"])
    assert results[("small",)].reason == "it has 12 rows, fewer than 30"
    assert results[("west",)].reason == "its rows are of one class only"
    assert not results[("west",)].metrics
    assert results[("east",)].reason == ""
    one = judge(sample, [slice_column("same", np.zeros(600))], ["accuracy"])
    assert one[("0",)].reason == "it has all rows"
    fewer = judge(sample, [slice_column("region", region)], ["accuracy"], min_rows=5)
    assert fewer[("small",)].reason == ""


def test_a_slice_of_one_row_and_a_column_of_other_rows():
    sample = samples.binary(600)
    column = np.where(np.arange(600) == 7, "one", "rest")
    results = judge(sample, [slice_column("c", column)], ["f1"])
    assert results[("one",)].reason == "it has 1 row, fewer than 30"
    with pytest.raises(InvalidValue, match="region has 5 rows, and there are 600 predictions"):
        judge(sample, [slice_column("region", REGION[:5])], ["f1"])


def test_an_evaluation_has_slices():
    evaluation = evaluate_sample(
        samples.binary(600), rounds=20, slices=[slice_column("region", REGION)]
    )
    assert [part.name for part in evaluation.slices] == [
        "region=east", "region=north", "region=west",
    ]  # fmt: skip
    assert list(evaluation.slices[0].metrics) == list(evaluation.metrics)[:4]
