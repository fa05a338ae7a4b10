"""The bootstrap draws what drawing rows would draw."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from nbmodel.evaluation.metrics.confusion import confusion_cells
from nbmodel.evaluation.metrics.regression import error_sums
from nbmodel.evaluation.metrics.scores import MAX_ENTRIES, area_statistic, bins_of, score_cells
from nbmodel.evaluation.metrics.table import METRICS, find_metric
from nbmodel.evaluation.resampling import MAX_UNITS, CellCounts, Draws, RowSums
from nbmodel.evaluation.sample import TASKS
from tests.evaluation import samples

RNG = np.random.default_rng(2)


def all_rounds(statistic, draws, **options):
    return np.concatenate(list(statistic.rounds(draws, **options)))


def values(name, sample, draws, **options):
    metric = find_metric(name, sample.task)
    return metric.of_rounds(all_rounds(metric.statistic(sample), draws, **options))


# -- cells and sums ----------------------------------------------------------


@pytest.mark.parametrize("rows", [500, MAX_UNITS + 5000])
def test_counts_of_cells_have_the_moments_of_a_multinomial(rows):
    cells = RNG.choice(5, rows, p=[0.5, 0.3, 0.15, 0.05, 0])
    statistic = CellCounts(cells, (5,))
    tables = all_rounds(statistic, Draws(4000, 0))
    share = statistic.exact[0] / rows
    assert tables.shape == (4000, 5)
    assert (tables[:, 4] == 0).all()
    shares = tables / tables.sum(axis=1, keepdims=True)
    spread = np.sqrt(share * (1 - share) / rows)
    assert shares.mean(axis=0) == pytest.approx(share, abs=5 * spread.max() / np.sqrt(4000))
    assert shares.std(axis=0) == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("name", ["accuracy", "f1", "roc_auc", "average_precision"])
def test_many_weighted_rows_have_the_spread_of_drawn_rows(name):
    """Cells are drawn with their mean and variance; drawn groups of rows are the other way."""
    sample = samples.binary(MAX_UNITS + 5000, weighted=True, ties=True)
    by_cells = values(name, sample, Draws(2000, 0))
    by_rows = values(name, sample, Draws(2000, 0), paired=True)
    assert by_cells.std() == pytest.approx(by_rows.std(), rel=0.1)
    assert by_cells.mean() == pytest.approx(by_rows.mean(), abs=by_rows.std() / 5)


def test_few_rows_are_drawn_with_their_exact_number():
    statistic = CellCounts(RNG.integers(0, 50, 300), (50,))
    assert set(all_rounds(statistic, Draws(100, 0)).sum(axis=1)) == {300}


@pytest.mark.parametrize("rows", [300, MAX_UNITS + 777])
@pytest.mark.parametrize("weighted", [False, True])
def test_rounds_in_pairs_are_those_of_drawn_rows(rows, weighted):
    sample = samples.binary(rows, weighted=weighted)
    draws = Draws(20, 5)
    times = draws.counts(rows)[:, draws.groups(rows)]
    tables = all_rounds(confusion_cells(sample), draws, paired=True)
    expected = [
        sk.confusion_matrix(sample.actual, sample.predicted, sample_weight=row * sample.weighting)
        for row in times
    ]
    assert tables == pytest.approx(np.array(expected))
    sums = all_rounds(RowSums(sample.scores), draws)
    assert sums == pytest.approx(times @ sample.scores)


def test_units_are_rows_or_random_groups_of_equal_size():
    draws = Draws(3, 0)
    assert draws.groups(7).tolist() == list(range(7))
    sizes = np.bincount(draws.groups(25_000))
    assert (len(sizes), set(sizes)) == (MAX_UNITS, {2, 3})
    assert draws.counts(25_000).sum(axis=1).tolist() == [MAX_UNITS] * 3


def test_the_seed_decides_the_rounds():
    sample = samples.binary()
    first, again, other = (values("f1", sample, Draws(50, seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(set(first)) > 10


# -- metrics over rounds -----------------------------------------------------


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "f1", "balanced_accuracy"])
@pytest.mark.parametrize("ties", [False, True])
def test_a_metric_of_a_round_is_that_of_its_rows(name, ties):
    sample = samples.binary(200, ties=ties)
    draws = Draws(15, 0)
    expected = [
        find_metric(name, "binary").value(sample.take(np.repeat(np.arange(200), times)))
        for times in draws.counts(200)
    ]
    assert values(name, sample, draws, paired=True) == pytest.approx(np.array(expected))


CASES = [
    *(samples.binary(150, weighted=weighted) for weighted in (False, True)),
    samples.multiclass(150, weighted=True),
    samples.multilabel(150),
    samples.regression(151, outputs=2),
    samples.regression(151),
    samples.clustering(150),
    samples.anomaly(400),
]


@pytest.mark.parametrize("sample", CASES, ids=lambda sample: sample.task)
def test_every_metric_of_a_round_is_that_of_its_rows(sample):
    draws = Draws(5, 1)
    rows = [np.repeat(np.arange(sample.rows), times) for times in draws.counts(sample.rows)]
    compared = 0
    for metric in METRICS:
        if sample.task not in metric.tasks or metric.statistic is None or metric.obstacle(sample):
            continue
        if metric.name == "silhouette" or (statistic := metric.statistic(sample)) is None:
            continue  # the silhouette of a row is that among all rows
        drawn = metric.of_rounds(all_rounds(statistic, draws, paired=True))
        expected = [metric.value(sample.take(positions)) for positions in rows]
        assert drawn == pytest.approx(np.array(expected), rel=1e-6, abs=1e-9), metric.name
        compared += 1
    assert compared >= 2


def test_every_task_has_a_case():
    assert {sample.task for sample in CASES} == set(TASKS) - {"ranking"}


def test_queries_are_resampled_and_not_rows():
    sample = samples.ranking(queries=30, size=10)
    statistic = find_metric("ndcg", "ranking").statistic(sample)
    assert all_rounds(statistic, Draws(40, 0))[:, 0].tolist() == [30] * 40


# -- bins --------------------------------------------------------------------


def test_few_scores_are_cells_themselves():
    bins, count = bins_of(np.array([0.5, 0.1, 0.5, 0.9]))
    assert (bins.tolist(), count) == ([1, 0, 1, 2], 3)


@pytest.mark.parametrize("share", [0.5, 0.02])
@pytest.mark.parametrize("digits", [None, 5, 4])
def test_bins_change_an_area_by_less_than_their_error(share, digits):
    sample = samples.binary(60_000, share=share)
    if digits:
        sample.scores[:] = np.round(sample.scores, digits)
    metric = find_metric("roc_auc", "binary")
    binned = metric.of_rounds(score_cells(sample).exact)[0]
    assert binned == pytest.approx(metric.value(sample), abs=1 / MAX_UNITS)
    assert metric.value(sample) == pytest.approx(
        sk.roc_auc_score(sample.actual, sample.scores[:, 1]), abs=1e-12
    )


def test_bins_keep_the_order_and_hold_equally_many_rows():
    scores = np.concatenate([RNG.normal(size=50_000), np.zeros(20_000)])
    bins, count = bins_of(scores)
    assert count <= 2 * MAX_UNITS
    order = np.argsort(scores, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    sizes = np.bincount(bins)
    zero = bins[-1]
    assert sizes[zero] == 20_000
    assert np.delete(sizes, zero).max() <= 2 * len(scores) / MAX_UNITS


def test_the_area_of_many_classes_has_the_spread_of_drawn_rows():
    """Above a number of entries an area is the mean of terms; its spread is that of cells."""
    sample = samples.multiclass(MAX_UNITS - 1)
    exact = values("roc_auc", sample, Draws(300, 0))
    classes = tuple(range(21))
    wide = samples.multiclass(MAX_UNITS - 1, classes=classes)
    assert wide.scores.size > MAX_ENTRIES >= sample.scores.size
    statistic = area_statistic(wide)
    metric = find_metric("roc_auc", "multiclass")
    assert metric.of_rounds(statistic.exact)[0] == pytest.approx(metric.value(wide), abs=1e-9)
    part = wide.take(np.arange(2000))
    by_cells = values("roc_auc", part, Draws(300, 0)).std()
    terms = metric.of_rounds(all_rounds(statistic, Draws(300, 0))).std()
    assert terms == pytest.approx(by_cells * np.sqrt(2000 / wide.rows), rel=0.15)
    assert exact.std() > 0


def test_sums_of_large_numbers_keep_their_digits():
    sample = samples.regression(5000)
    shifted = sample.actual + 1e7
    shifted = type(sample)(
        task="regression", actual=shifted, predicted=shifted + sample.predicted - sample.actual
    )
    r2 = find_metric("r2", "regression")
    assert r2.of_rounds(error_sums(shifted).exact)[0] == pytest.approx(r2.value(sample), rel=1e-6)
