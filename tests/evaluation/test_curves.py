"""Curves equal those of scikit-learn, and fit into a small document."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from nbmodel.evaluation.curves import curves_of
from nbmodel.evaluation.evaluation import evaluate_sample
from nbmodel.evaluation.record import Evaluation
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.slice_columns import slice_column
from tests.evaluation import samples

KINDS = ["roc", "precision_recall", "gain", "calibration", "thresholds", "confusion"]


def by_kind(sample):
    return {(curve.kind, curve.of): curve.series for curve in curves_of(sample)}


def area(x, y):
    x, y = np.array(x), np.array(y)
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())


@pytest.mark.parametrize("rows", [10, 1000, 200_000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_curves_of_scores_have_the_exact_area(rows, weighted, ties):
    sample = samples.binary(rows, weighted=weighted, ties=ties, seed=1)
    series = by_kind(sample)
    scores, weights = sample.scores[:, 1], sample.weights
    roc = series["roc", ""]
    exact = sk.roc_auc_score(sample.actual, scores, sample_weight=weights)
    assert area(roc["false_positive_rate"], roc["true_positive_rate"]) == pytest.approx(
        exact, abs=1e-3
    )
    curve = series["precision_recall", ""]
    precision, recall, _ = sk.precision_recall_curve(sample.actual, scores, sample_weight=weights)
    exact = area(recall[::-1], precision[::-1])
    assert area(curve["recall"], curve["precision"]) == pytest.approx(exact, abs=1e-3)
    for values in (*roc.values(), *curve.values()):
        assert len(values) <= 100


def test_the_gain_by_hand():
    sample = Sample(
        task="binary", actual=np.array([1, 0, 1, 0]), predicted=np.array([1, 0, 1, 0]),
        scores=np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]]), classes=(0, 1),
    )  # fmt: skip
    gain = by_kind(sample)["gain", ""]
    assert gain["share"] == (0, 0.25, 0.5, 0.75, 1)
    assert gain["positives"] == (0, 0.5, 0.5, 1, 1)


def test_the_calibration_is_that_of_scikit_learn():
    sample = samples.binary(5000)
    series = by_kind(sample)["calibration", ""]
    actual, predicted = calibration_curve(
        sample.actual, sample.scores[:, 1], n_bins=10, strategy="quantile"
    )
    assert series["actual"] == pytest.approx(actual, rel=1e-5)
    assert series["predicted"] == pytest.approx(predicted, rel=1e-5)
    assert series["rows"] == (500,) * 10


def test_a_calibration_with_weights_and_ties():
    sample = samples.binary(500, weighted=True)
    few = replace(sample, scores=np.round(sample.scores))
    series = by_kind(few)["calibration", ""]
    assert series["predicted"] == (0, 1)
    is_high = few.scores[:, 1] == 1
    expected = [
        np.average(few.actual[mask], weights=few.weights[mask]) for mask in (~is_high, is_high)
    ]
    assert series["actual"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("margins", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_thresholds_by_hand(margins, weighted):
    sample = samples.binary(400, margins=margins, weighted=weighted)
    series = by_kind(sample)["thresholds", ""]
    scores, positive = sample.scores[:, 1], sample.actual == 1
    assert len(series["threshold"]) == 101
    for n, limit in enumerate(series["threshold"]):
        is_above = scores >= limit
        expected = {
            "true_positive": is_above & positive,
            "false_positive": is_above & ~positive,
            "true_negative": ~is_above & ~positive,
            "false_negative": ~is_above & positive,
        }
        for name, mask in expected.items():
            assert series[name][n] == pytest.approx(sample.weighting[mask].sum(), rel=1e-5)


def test_counts_of_many_rows_keep_their_digits():
    sample = samples.binary(1_234_567)
    series = by_kind(sample)["thresholds", ""]
    assert series["true_positive"][0] + series["false_positive"][0] == 1_234_567


def test_the_confusion_matrix():
    sample = samples.multiclass(weighted=True)
    [curve] = [curve for curve in curves_of(sample) if curve.kind == "confusion"]
    table = sk.confusion_matrix(sample.actual, sample.predicted, sample_weight=sample.weights)
    assert np.array(curve.series["cells"]).reshape(3, 3) == pytest.approx(table, rel=1e-5)
    assert curve.names == ("a", "b", "c")


def test_the_most_frequent_classes_have_curves():
    classes = tuple(range(8))
    sample = samples.multiclass(2000, classes=classes)
    rare = np.isin(sample.actual, [1, 4, 6]) & (np.arange(2000) % 3 > 0)
    sample = sample.take(~rare)
    assert {of for kind, of in by_kind(sample) if kind == "roc"} == {"0", "2", "3", "5", "7"}
    many = samples.multiclass(500, classes=tuple(range(31)))
    assert "confusion" not in {kind for kind, _ in by_kind(many)}


def test_residuals():
    sample = samples.regression(400)
    series = by_kind(sample)["residuals", ""]
    error = (sample.predicted - sample.actual)[:, 0]
    assert sum(series["rows"]) == 400
    assert len(series["edges"]) == len(series["rows"]) + 1
    assert (series["edges"][0], series["edges"][-1]) == pytest.approx(
        (error.min(), error.max()), rel=1e-5
    )
    order = np.argsort(sample.predicted[:, 0])
    first, last = error[order[:20]], error[order[-20:]]
    assert (series["low"][0], series["high"][-1]) == pytest.approx(
        (np.quantile(first, 0.1), np.quantile(last, 0.9)), rel=1e-5
    )
    assert list(series["predicted"]) == sorted(series["predicted"])
    several = by_kind(samples.regression(outputs=2))
    assert several.keys() == {("residuals", "y0"), ("residuals", "y1")}
    assert by_kind(sample.take(np.array([0])))["residuals", ""]["middle"] == pytest.approx(
        (error[0],), rel=1e-5
    )


@pytest.mark.parametrize("error", [0.0, 0.5, 1e17])
def test_residuals_that_are_all_the_same(error):
    sample = samples.regression(50)
    series = by_kind(replace(sample, predicted=np.zeros((50, 1)), actual=np.full((50, 1), -error)))
    assert series["residuals", ""]["rows"] == (50,)
    assert series["residuals", ""]["edges"] == (error, error)


@pytest.mark.parametrize(
    ("sample", "kinds"),
    [
        (samples.binary(), KINDS),
        (samples.binary(margins=True), [kind for kind in KINDS if kind != "calibration"]),
        (samples.anomaly(), [kind for kind in KINDS if kind != "calibration"]),
        (replace(samples.binary(), scores=None), ["confusion"]),
        (samples.multilabel(), ["roc", "precision_recall"] * 4),
        (samples.ranking(), []),
        (samples.clustering(), []),
    ],
)
def test_what_each_task_has(sample, kinds):
    assert [curve.kind for curve in curves_of(sample)] == kinds


def test_one_class_only_has_a_confusion_matrix():
    sample = samples.binary()
    assert [c.kind for c in curves_of(sample.take(sample.actual == 1))] == ["confusion"]


def test_the_document_of_an_evaluation_is_small():
    rng = np.random.default_rng(7)
    sample = samples.binary(300_000)
    slices = [slice_column(f"column_{n}", rng.integers(0, 5, sample.rows), 5) for n in range(4)]
    evaluation = evaluate_sample(sample, rounds=50, slices=slices)
    assert len(evaluation.slices) == 20
    assert len(evaluation.curves) >= 5
    text = json.dumps(evaluation.to_json(), separators=(",", ":"), allow_nan=False)
    assert len(text) < 24 * 1024
    assert Evaluation.from_json(json.loads(text)) == evaluation
