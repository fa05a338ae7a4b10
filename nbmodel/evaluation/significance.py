"""Tests of a difference between two models on the same rows, or on the same folds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.scores import placements

MIN_DISCORDANT = 25  # below, the exact test of McNemar


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """A difference with its interval, and the probability of one as large by chance.

    `low`, `high` and `p` are None if there are too few rows.
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None


def mcnemar(right: Any, other_right: Any, level: float = 0.95) -> MetricDifference:
    """Compare two accuracies.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12, with the continuity correction of Edwards 1948, Psychometrika
    13. It is the exact binomial test if fewer than `MIN_DISCORDANT` rows differ. The interval is
    that of Fleiss 1981, "Statistical methods for rates and proportions", section 8.1.

    Parameters
    ----------
    right, other_right : ndarray of bool
        Which rows each model predicts correctly.
    level : float

    Examples
    --------
    >>> right = np.array([True] * 7 + [False])
    >>> mcnemar(right, ~right).p  # 7 rows against 1
    0.0703125
    """
    rows = len(right)
    wins, losses = int((right & ~other_right).sum()), int((~right & other_right).sum())
    value = (wins - losses) / rows
    spread = math.sqrt(max(wins + losses - (wins - losses) ** 2 / rows, 0)) / rows
    half = _quantile(level) * spread
    return MetricDifference(value, value - half, value + half, mcnemar_p(wins, losses))


def mcnemar_p(wins: int, losses: int) -> float:
    """Return the probability that rows on which two models differ are split so unequally.

    Parameters
    ----------
    wins, losses : int
        Rows that only the first, and only the second model predicts correctly.
    """
    total = wins + losses
    if total < MIN_DISCORDANT:
        tail = sum(math.comb(total, n) for n in range(min(wins, losses) + 1))
        return min(1.0, 2 * float(tail / 2**total))
    return _chi_square_p(max(abs(wins - losses) - 1, 0) ** 2 / total)


def _chi_square_p(statistic: float) -> float:
    """Upper tail of the chi-square distribution with one degree of freedom."""
    return math.erfc(math.sqrt(statistic / 2))


def _quantile(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def delong(positive: Any, scores: Any, other_scores: Any, level: float = 0.95) -> MetricDifference:
    """Compare two areas under the ROC curve on the same rows.

    DeLong, DeLong and Clarke-Pearson 1988, "Comparing the areas under two or more correlated
    receiver operating characteristic curves", Biometrics 44; for the algorithm see
    `nbmodel.evaluation.metrics.scores.placements`.

    Parameters
    ----------
    positive : ndarray of bool
    scores, other_scores : ndarray of float
    level : float
    """
    area, placement = placements(positive, scores)
    other_area, other_placement = placements(positive, other_scores)
    value = area - other_area
    parts = (placement - other_placement)[positive], (placement - other_placement)[~positive]
    if min(map(len, parts)) < 2:
        return MetricDifference(value)
    spread = math.sqrt(sum(float(part.var(ddof=1)) / len(part) for part in parts))
    half = _quantile(level) * spread
    return MetricDifference(value, value - half, value + half, _normal_p(value, spread))


def _normal_p(value: float, spread: float) -> float:
    if spread == 0:
        return 1.0 if value == 0 else 0.0
    return math.erfc(abs(value) / spread / math.sqrt(2))


def corrected_t(
    differences: Sequence[float], test_share: float, level: float = 0.95
) -> MetricDifference:
    """Compare two models by their metrics on the same folds.

    Folds share training rows, so that the usual t test is too certain. The correction is that of
    Nadeau and Bengio 2003, "Inference for the generalization error", Machine Learning 52.

    Parameters
    ----------
    differences : sequence of float
        The metric of one model minus that of the other one, for each fold.
    test_share : float
        Rows of a test fold for each row of a training fold: 0.25 for five folds.
    level : float
    """
    values = np.asarray(differences, dtype=np.float64)
    value, count = float(values.mean()), len(values)
    if count < 2:
        return MetricDifference(value)
    spread = math.sqrt((1 / count + test_share) * float(values.var(ddof=1)))
    if spread == 0:
        return MetricDifference(value, value, value, _normal_p(value, spread))
    half = _t_quantile(level, count - 1) * spread
    return MetricDifference(value, value - half, value + half, t_p(value / spread, count - 1))


def t_p(statistic: float, degrees: int) -> float:
    """Return both tails of Student's t distribution with a whole number of degrees of freedom.

    Abramowitz and Stegun 1964, "Handbook of mathematical functions", 26.7.3 and 26.7.4.

    Examples
    --------
    >>> round(t_p(2.228, 10), 4)  # the usual table of critical values
    0.05
    """
    angle = math.atan2(abs(statistic), math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    is_odd = degrees % 2
    term = cosine if is_odd else 1.0
    total = term if degrees > 1 else 0.0
    for n in range(3 if is_odd else 2, degrees - 1, 2):
        term *= cosine**2 * (n - 1) / n
        total += term
    inside = 2 / math.pi * (angle + sine * total) if is_odd else sine * total
    return min(1.0, max(0.0, 1 - inside))


def _t_quantile(level: float, degrees: int) -> float:
    low, high = 0.0, 1.0
    while t_p(high, degrees) > 1 - level:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_p(middle, degrees) > 1 - level else (low, middle)
    return high


def bootstrap_difference(value: float, rounds: Any, level: float = 0.95) -> MetricDifference:
    """Compare any metric by the rounds of a paired bootstrap.

    Efron and Tibshirani 1993, "An introduction to the bootstrap", sections 13.3 and 16.4: the
    quantiles of the difference, and twice the smaller share of rounds on one side of 0.

    Parameters
    ----------
    value : float
        The difference on all rows.
    rounds : ndarray of float
        The difference in each round; NaN where it is not defined.
    level : float
    """
    rounds = rounds[np.isfinite(rounds)]
    count = len(rounds)
    if count < 2:
        return MetricDifference(value)
    low, high = np.quantile(rounds, [(1 - level) / 2, (1 + level) / 2])
    side = min((rounds <= 0).sum(), (rounds >= 0).sum())
    return MetricDifference(
        value, float(low), float(high), min(1.0, 2 * float(side + 1) / (count + 1))
    )


def benjamini_hochberg(probabilities: Sequence[float]) -> list[float]:
    """Adjust probabilities for their number, so that few of the findings are chance.

    Benjamini and Hochberg 1995, "Controlling the false discovery rate", Journal of the Royal
    Statistical Society B 57.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    values = np.asarray(probabilities, dtype=np.float64)
    order = np.argsort(-values)
    scale = len(values) / np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.minimum.accumulate(values[order] * scale), 1)
    return [float(value) for value in adjusted]
