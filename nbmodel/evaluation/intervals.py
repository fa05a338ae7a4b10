"""Estimates of metrics with percentile intervals of the bootstrap.

The interval is that of Efron 1981, "Nonparametric standard errors and confidence intervals": the
quantiles of the metric over rounds. Metrics without a statistic resample rows, for which there are
at most `MAX_ROW_ROUNDS` rounds and a budget of time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.metrics.base import Metric, SampleStatistics
from nbmodel.evaluation.record import Estimate
from nbmodel.evaluation.resampling import Draws
from nbmodel.evaluation.sample import Sample

MAX_ROW_ROUNDS = 200
ROW_BUDGET_S = 10.0  # for all metrics together that resample rows
MIN_ROUNDS = 20  # in which a metric is defined; an interval of fewer is not given
MAX_ROUNDS = 100_000
DIGITS = 6  # significant, of what is not exact


@dataclass(frozen=True, slots=True)
class Estimates:
    """The metrics of a sample, and why others have no value or no interval."""

    values: dict[str, Estimate]
    remarks: tuple[str, ...]


@np.errstate(over="ignore", invalid="ignore")  # what is not finite is not defined
def estimate(
    sample: Sample,
    metrics: Iterable[Metric],
    draws: Draws,
    level: float = 0.95,
    budget_s: float = ROW_BUDGET_S,
) -> Estimates:
    """Compute metrics and their intervals.

    Parameters
    ----------
    sample : Sample
    metrics : iterable of Metric
        All can be computed for the sample: see `Metric.obstacle`.
    draws : Draws
    level : float
        Probability that an interval holds the true value.
    budget_s : float
        Seconds for metrics that have to resample rows.

    Returns
    -------
    Estimates
        A metric that is not defined for these rows is left out, with a remark.
    """
    statistics = SampleStatistics(sample)
    exact = {metric: metric.value(sample, statistics.of(metric)) for metric in metrics}
    remarks = [
        f"{metric.name} is not defined for these rows."
        for metric, value in exact.items()
        if not np.isfinite(value)
    ]
    judged = {metric: value for metric, value in exact.items() if np.isfinite(value)}
    rounds = _by_statistic(judged, statistics, draws)
    deadline = time.monotonic() + budget_s
    for metric in judged:
        if draws.rounds and metric.has_interval and statistics.of(metric) is None:
            rounds[metric] = _by_rows(metric, sample, draws, deadline)
    values = {}
    for metric, value in judged.items():
        values[metric.name] = interval(value, rounds.get(metric, np.empty(0)), level)
        if metric in rounds and (remark := _shortage(metric.name, values[metric.name], draws)):
            remarks.append(remark)
    return Estimates(values, tuple(remarks))


def _by_statistic(
    exact: Mapping[Metric, float], statistics: SampleStatistics, draws: Draws
) -> dict[Metric, Any]:
    """Return the values of all rounds, for metrics that have a statistic."""
    metrics = [metric for metric in exact if metric.has_interval and draws.rounds]
    rounds: dict[Metric, Any] = {}
    for statistic, family in statistics.families(metrics):
        parts = [
            [metric.of_rounds(table) for metric in family] for table in statistic.rounds(draws)
        ]
        for metric, values in zip(family, np.concatenate(parts, axis=1), strict=True):
            # Cells of many scores are bins: their own value differs a little.
            rounds[metric] = values + (exact[metric] - metric.of_rounds(statistic.exact)[0])
    return rounds


def _by_rows(metric: Metric, sample: Sample, draws: Draws, deadline: float) -> Any:
    """Return the values of the rounds that the time allows."""
    generator, values = draws.generator(4), []
    for _ in range(min(draws.rounds, MAX_ROW_ROUNDS)):
        if time.monotonic() > deadline:
            break
        picks = generator.integers(0, sample.rows, sample.rows)
        values.append(metric.value(sample.take(picks)))
    return np.array(values)


def interval(value: float, rounds: Any, level: float) -> Estimate:
    """Return an estimate with the percentile interval of its rounds.

    Parameters
    ----------
    value : float
    rounds : ndarray of float
        The metric of each round; NaN where it is not defined.
    level : float
    """
    rounds = rounds[np.isfinite(rounds)]
    if len(rounds) < MIN_ROUNDS:
        return Estimate(value)
    low, high = np.quantile(rounds, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, rounded(low), rounded(high), len(rounds))


def rounded(number: float) -> float:
    """Return a number with `DIGITS` significant digits."""
    return float(f"{number:.{DIGITS}g}")


def _shortage(name: str, result: Estimate, draws: Draws) -> str:
    if not result.rounds:
        return f"{name} has no interval: it is defined in too few rounds of the bootstrap."
    if result.rounds < draws.rounds:
        return f"The interval of {name} is from {result.rounds} rounds, not {draws.rounds}."
    return ""


def check_bootstrap(rounds: int, level: float) -> None:
    """Raise InvalidValue if the number of rounds or the level is not allowed."""
    if not 0 <= rounds <= MAX_ROUNDS:
        raise InvalidValue(
            f"{rounds} rounds are not allowed.", f"Give a number from 0 to {MAX_ROUNDS}."
        )
    if not 0 < level < 1:
        raise InvalidValue(f"The level {level} is not allowed.", "Give a number such as 0.95.")
