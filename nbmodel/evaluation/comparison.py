"""Two models on the same rows, metric by metric, each with the test that fits it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.intervals import MAX_ROW_ROUNDS, MIN_ROUNDS, ROW_BUDGET_S, rounded
from nbmodel.evaluation.metrics.base import Metric, SampleStatistics
from nbmodel.evaluation.metrics.scores import positive_scores
from nbmodel.evaluation.record import Comparison
from nbmodel.evaluation.resampling import Draws, Statistic
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.significance import (
    MetricDifference,
    bootstrap_difference,
    corrected_t,
    delong,
    mcnemar,
)


def _accuracies(sample: Sample, other: Sample, level: float) -> MetricDifference:
    return mcnemar(_right(sample), _right(other), level)


def _right(sample: Sample) -> Any:
    right = sample.actual == sample.predicted
    return right.all(axis=1) if right.ndim == 2 else right


def _areas(sample: Sample, other: Sample, level: float) -> MetricDifference:
    return delong(sample.actual == 1, positive_scores(sample), positive_scores(other), level)


_Test = Callable[[Sample, Sample, float], MetricDifference]
# The test of a metric without weights, by its name and task. All others are resampled.
TESTS: Mapping[tuple[str, str], tuple[str, _Test]] = {
    ("accuracy", "binary"): ("McNemar", _accuracies),
    ("accuracy", "multiclass"): ("McNemar", _accuracies),
    ("accuracy", "multilabel"): ("McNemar", _accuracies),
    ("roc_auc", "binary"): ("DeLong", _areas),
    ("roc_auc", "anomaly"): ("DeLong", _areas),
}


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is not defined
def compare(
    sample: Sample,
    other: Sample,
    metrics: Sequence[Metric],
    draws: Draws,
    *,
    name: str = "",
    level: float = 0.95,
    budget_s: float = ROW_BUDGET_S,
) -> tuple[Comparison, ...]:
    """Compare a model with another one on the same rows.

    Parameters
    ----------
    sample, other : Sample
        The answers of both models. Rows, true answers and weights are the same.
    metrics : sequence of Metric
        Those that one of the samples does not have are left out.
    draws : Draws
        The rounds of the paired bootstrap.
    name : str
        What the other model is called.
    level : float
        Of the intervals.
    budget_s : float
        Seconds for all metrics together that are resampled. At least `MIN_ROUNDS` are made.

    Raises
    ------
    InvalidValue
        If the rows are not the same.
    """
    _check_pairs(sample, other)
    metrics = [m for m in metrics if not m.obstacle(sample) and not m.obstacle(other)]
    tests = {m: TESTS[m.name, sample.task] for m in metrics if (m.name, sample.task) in TESTS}
    if sample.weights is not None:
        tests = {}
    rest = [metric for metric in metrics if metric not in tests]
    pair = _Pair(sample, other, draws, time.monotonic() + budget_s)
    rounds = pair.rounds([metric for metric in rest if metric.has_interval])
    comparisons = []
    for metric in metrics:
        if metric in tests:
            test, function = tests[metric]
            difference = function(sample, other, level)
        else:
            test, values = "paired bootstrap", rounds.get(metric, np.empty(0))
            difference = bootstrap_difference(pair.exact(metric), values, level)
        if np.isfinite(difference.value):
            comparisons.append(_comparison(metric.name, name, difference, test))
    return tuple(comparisons)


def _check_pairs(sample: Sample, other: Sample) -> None:
    def is_same(name: str) -> bool:
        ours, theirs = getattr(sample, name), getattr(other, name)
        return (ours is None) == (theirs is None) and (ours is None or np.array_equal(ours, theirs))

    if sample.task != other.task or sample.classes != other.classes:
        raise InvalidValue(
            "The two models have different tasks or classes.", "Compare models of the same target."
        )
    if not all(map(is_same, ("actual", "weights", "groups"))):
        raise InvalidValue(
            "The two models were evaluated on different rows.", "Use the same data for both."
        )


class _Pair:
    """Two samples of the same rows, and the differences of their metrics."""

    def __init__(self, sample: Sample, other: Sample, draws: Draws, deadline: float) -> None:
        self._samples = sample, other
        self._statistics = SampleStatistics(sample), SampleStatistics(other)
        self._draws = draws
        self._deadline = deadline

    def exact(self, metric: Metric) -> float:
        """The difference on all rows."""
        pairs = zip(self._samples, self._statistics, strict=True)
        ours, theirs = (metric.value(each, statistics.of(metric)) for each, statistics in pairs)
        return ours - theirs

    def rounds(self, metrics: Sequence[Metric]) -> dict[Metric, Any]:
        """The differences in each round, both models on the same resampled rows."""
        if not self._draws.rounds:
            return {}
        rounds: dict[Metric, Any] = {}
        for statistic, family in self._statistics[0].families(metrics):
            other = self._statistics[1].of(family[0])
            if other is None:
                continue
            parts = [*_until(self._family(family, statistic, other), self._deadline)]
            rounds |= dict(zip(family, np.concatenate(parts, axis=1), strict=True))
        for metric in metrics:
            if metric not in rounds:
                parts = [*_until(self._by_rows(metric), self._deadline)]
                rounds[metric] = np.concatenate(parts, axis=1)[0]
        return rounds

    def _family(self, family: list[Metric], ours: Statistic, theirs: Statistic) -> Iterator[Any]:
        # Cells of many scores are bins: their own difference differs a little.
        offset = [
            self.exact(metric) - (metric.of_rounds(ours.exact) - metric.of_rounds(theirs.exact))
            for metric in family
        ]
        chunks = (statistic.rounds(self._draws, paired=True) for statistic in (ours, theirs))
        for table, other_table in _aligned(*chunks):
            values = [m.of_rounds(table) - m.of_rounds(other_table) for m in family]
            yield np.array(values) + np.array(offset)

    def _by_rows(self, metric: Metric) -> Iterator[Any]:
        sample, other = self._samples
        generator = self._draws.generator(4)
        for _ in range(min(self._draws.rounds, MAX_ROW_ROUNDS)):
            picks = generator.integers(0, sample.rows, sample.rows)
            yield np.array([[metric.value(sample.take(picks)) - metric.value(other.take(picks))]])


def _aligned(first: Iterator[Any], second: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair the rounds of two statistics, which may come in parts of different length."""
    ours, theirs = next(first, None), next(second, None)
    while ours is not None and theirs is not None:
        count = min(len(ours), len(theirs))
        yield ours[:count], theirs[:count]
        ours = ours[count:] if len(ours) > count else next(first, None)
        theirs = theirs[count:] if len(theirs) > count else next(second, None)


def _until(chunks: Iterator[Any], deadline: float) -> Iterator[Any]:
    """Yield chunks of rounds, along the last axis, as far as the time allows."""
    count = 0
    for chunk in chunks:
        yield chunk
        count += chunk.shape[-1]
        if count >= MIN_ROUNDS and time.monotonic() > deadline:
            return


def compare_folds(
    folds: Sequence[Mapping[str, float]],
    other_folds: Sequence[Mapping[str, float]],
    test_share: float,
    *,
    name: str = "",
    level: float = 0.95,
) -> tuple[Comparison, ...]:
    """Compare two models by the metrics of the same folds of a cross-validation.

    Parameters
    ----------
    folds, other_folds : sequence of mapping of str to float
        The metrics of each fold, in the same order.
    test_share : float
        Rows of a test fold for each row of a training fold.
    name : str
        What the other model is called.
    level : float
    """
    if len(folds) != len(other_folds) or not folds:
        raise InvalidValue(
            f"There are {len(folds)} folds of one model and {len(other_folds)} of the other one.",
            "Use the same folds for both.",
        )
    metrics = [m for m in folds[0] if all(m in fold for fold in [*folds, *other_folds])]
    comparisons = []
    for metric in metrics:
        pairs = zip(folds, other_folds, strict=True)
        differences = [fold[metric] - other[metric] for fold, other in pairs]
        difference = corrected_t(differences, test_share, level)
        comparisons.append(_comparison(metric, name, difference, "corrected resampled t"))
    return tuple(comparisons)


def _comparison(metric: str, other: str, difference: MetricDifference, test: str) -> Comparison:
    ends = (difference.low, difference.high, difference.p)
    low, high, p = (None if end is None else rounded(end) for end in ends)
    return Comparison(
        metric=metric, other=other, difference=difference.value, low=low, high=high, p=p,
        test=test if p is not None else "",
    )  # fmt: skip
