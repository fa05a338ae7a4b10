"""Measures of drift: functions that compare a column in one window with its reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.drift.counts import WindowCounts
from nbmodel.monitor.drift.references import MIN_LISTED_ROWS

MIN_BIN_SHARE = 0.05  # of the reference in a bin: smaller ones are merged with their neighbors
MIN_EXPECTED_ROWS = (
    5.0  # rows of the smaller sample in a bin, for chi-square to hold (Cochran 1954)
)
MAX_EXACT_ROWS = (
    10_000.0  # rows that are expected: a normal approximation is good enough from here on
)
EMPTY_BIN_ROWS = 0.5  # of a row: what an empty bin counts for where logarithms are taken

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a measure.

    Attributes
    ----------
    value : float
    p_value : float or None
        Probability of a value at least this large without drift; None if the measure is not a test.
    excess : float or None
        What is compared with the threshold, if it is not the value itself.
    """

    value: float
    p_value: float | None = None
    excess: float | None = None


def psi(column: WindowCounts) -> Score | None:
    """Population stability index: the sum over bins of ``(q - p) ln(q / p)``.

    Bins with less than 5 % of the reference are merged. So are bins in which fewer than 5 rows of
    the smaller sample are expected. The p-value is that of Pearson's chi-square test on the
    merged bins. (The index divided by ``1/n + 1/m`` has the same limit distribution, but approaches
    it slowly: with ten rows in a bin, p-values below 0.001 are four times too frequent.)

    Sources: Siddiqi (2006), Credit Risk Scorecards, for the index and its thresholds 0.1 and 0.2;
    Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14(4), for its distribution;
    Pearson (1900), Philosophical Magazine 50, for the test.
    """
    pair = _merge_bins(column)
    if pair is None:
        return None
    p, q = _smooth(pair[0]), _smooth(pair[1])
    value = float(np.sum((q - p) * np.log(q / p)))
    return Score(value, _homogeneity(column, *pair)[1])


def kolmogorov_smirnov(column: WindowCounts) -> Score | None:
    """Kolmogorov-Smirnov statistic: the largest distance of distribution functions at bin edges.

    Between the edges the distance may be larger, so the p-value is an upper bound.

    Source: Smirnov (1948), Annals of Mathematical Statistics 19(2), for the limit.
    """
    reference, current = _arrays(column)
    n, m = reference.sum(), current.sum()
    if not n or not m:
        return None
    value = float(np.max(np.abs(np.cumsum(reference) / n - np.cumsum(current) / m)))
    limit = import_optional("scipy.special", "Measuring drift").kolmogorov
    return Score(value, float(limit(value * math.sqrt(n * m / (n + m)))))


def wasserstein(column: WindowCounts) -> Score | None:
    """Earth mover's distance, in standard deviations of the reference.

    It is the area between the distribution functions, which are taken as straight lines within a
    bin. Outside the edges of the reference it is exact.

    Source: Vallender (1974), Theory of Probability and its Applications 18(4), for the area.
    """
    reference, current = _arrays(column)
    n, m, std = reference.sum(), current.sum(), column.reference.std
    if not n or not m or not std or not math.isfinite(column.beyond):
        return None
    gap = (np.cumsum(reference) / n - np.cumsum(current) / m)[:-1]  # at each edge
    widths = np.diff(column.reference.edges)
    left, right = gap[:-1], gap[1:]
    same_sign = left * right >= 0
    total = np.abs(left) + np.abs(right)
    # If the sign changes, two triangles: (a^2 + b^2) / (|a| + |b|) times half the width.
    crossed = np.divide(left**2 + right**2, total, out=np.zeros_like(total), where=total > 0)
    area = float(np.sum(widths * np.where(same_sign, total, crossed) / 2)) + column.beyond / m
    return Score(area / std)


def jensen_shannon(column: WindowCounts) -> Score | None:
    """Square root of the Jensen-Shannon divergence to base 2: 0 if equal, 1 if disjoint.

    Sources: Lin (1991), IEEE Transactions on Information Theory 37(1); Endres and Schindelin
    (2003), the same 49(7), for the square root being a metric.
    """
    pair = _merge_bins(column)
    if pair is None:
        return None
    p, q = (counts / counts.sum() for counts in pair)
    middle = (p + q) / 2
    divergence = (_kullback_leibler(p, middle) + _kullback_leibler(q, middle)) / 2
    return Score(math.sqrt(max(0.0, divergence)))


def chi_square(column: WindowCounts) -> Score | None:
    """Cramér's V of window and reference by category, with the p-value of the chi-square test.

    Categories of less than 5 % of the reference are counted together, with all that are not listed.
    If fewer than 5 rows of these are expected, they are compared by Fisher's exact test instead,
    and the smaller p-value counts twice (Bonferroni).

    Sources: Pearson (1900), Philosophical Magazine 50; Cramér (1946), Mathematical Methods of
    Statistics, section 21.9; Cochran (1954), Biometrics 10(4), for small counts; Fisher (1935),
    Journal of the Royal Statistical Society 98(1).
    """
    pair = _merge_bins(column)
    if pair is None:
        return None
    statistic, p = _homogeneity(column, *pair)
    # The table has two rows, so the smaller dimension minus 1 is 1.
    return Score(math.sqrt(statistic / sum(counts.sum() for counts in pair)), p)


def missing_share(column: WindowCounts) -> Score | None:
    """Share of missing values. It is drift if the share grew, by Fisher's one-sided exact test.

    Source: Fisher (1935), Journal of the Royal Statistical Society 98(1).
    """
    reference = column.reference
    if not column.rows:
        return None
    value, reference_share = column.missing / column.rows, reference.missing / reference.rows
    p = _increase_p_value(reference.missing, reference.rows, column.missing, column.rows)
    return Score(value, p, value - reference_share)


def out_of_range(column: WindowCounts) -> Score | None:
    """Share of the present values that are below or above all values of the reference.

    The p-value is an upper bound: ``k + 1`` times the probability that the ``k`` outermost of all
    ``n + m`` values, on given sides, are in the window.

    Source: Gumbel and von Schelling (1950), Annals of Mathematical Statistics 21(2), for the
    number of exceedances.
    """
    reference, current = _arrays(column)
    n, m, k = reference.sum(), current.sum(), current[0] + current[-1]
    if not n or not m:
        return None
    value = float(k / m)
    chance = _log_falling(m, k) - _log_falling(n + m, k)
    p = min(1.0, (k + 1) * math.exp(chance))
    infinite = float(reference[-1] / n)
    return Score(value, p, value - infinite)


def new_categories(column: WindowCounts) -> Score | None:
    """Share of the present values that are not in the reference, as far as its values are known.

    A profile lists the common categories and counts the rows of all others. These others, and
    categories that are listed by chance (see `ColumnReference.uncertain_rows`), may occur again.
    Only the share beyond theirs is certainly new; Fisher's exact test says whether it grew. If
    the list was cut off at the most frequent categories, there is no result.

    Sources: Fisher (1935), Journal of the Royal Statistical Society 98(1); Good (1953),
    Biometrika 40(3/4), for the share of unseen categories, which rare categories estimate.
    """
    reference, current = _arrays(column)
    uncertain, n, m = column.reference.uncertain_rows, float(reference.sum()), float(current.sum())
    if uncertain is None or not n or not m:
        return None
    value = float(current[-1]) / m - uncertain / n
    return Score(max(0.0, value), _increase_p_value(uncertain, n, float(current[-1]), m), value)


# -- binned columns ----------------------------------------------------------


def _arrays(column: WindowCounts) -> tuple[Array, Array]:
    return np.asarray(column.reference.counts, float), np.asarray(column.counts, float)


def _merge_bins(column: WindowCounts) -> tuple[Array, Array] | None:
    """Return both columns in bins that hold a sufficient share of the reference.

    For a number, neighbors are merged; for a category, all rare values with the unlisted ones. The
    result is None if fewer than two bins remain.
    """
    reference, current = _arrays(column)
    n, m = reference.sum(), current.sum()
    if not n or not m:
        return None
    min_rows = max(MIN_BIN_SHARE * n, MIN_EXPECTED_ROWS * max(1.0, n / m))
    if column.reference.kind == "category":
        listed = 0.0 if column.reference.uncertain_rows == 0 else MIN_LISTED_ROWS
        rare = reference < max(min_rows, listed)
        rare[-1] = True
        reference = np.append(reference[~rare], reference[rare].sum())
        current = np.append(current[~rare], current[rare].sum())
    else:
        starts = _starts(reference, min_rows)
        reference, current = np.add.reduceat(reference, starts), np.add.reduceat(current, starts)
    has_rows = (reference + current) > 0
    return (reference[has_rows], current[has_rows]) if has_rows.sum() > 1 else None


def _starts(counts: Array, min_rows: float) -> list[int]:
    """Return where merged bins start: each holds `min_rows`; the last also holds the remainder."""
    starts, rows = [0], 0.0
    remaining = float(counts.sum())
    for bin_, count in enumerate(counts):
        if rows >= min_rows and remaining >= min_rows:
            starts.append(bin_)
            rows = 0.0
        rows += float(count)
        remaining -= float(count)
    return starts


def _homogeneity(column: WindowCounts, reference: Array, current: Array) -> tuple[float, float]:
    """Return Pearson's statistic of two samples in the same bins, and its p-value.

    The last bin of a category holds rare and unlisted values. If it is nearly empty, it is tested
    separately.
    """
    statistic, expected = _pearson(reference, current)
    if column.reference.kind != "category" or expected[:, -1].min() >= MIN_EXPECTED_ROWS:
        return statistic, _chi_square_tail(statistic, len(reference) - 1)
    last, n, m = (
        (float(reference[-1]), float(current[-1])),
        float(reference.sum()),
        float(current.sum()),
    )
    p = 2 * min(
        _increase_p_value(last[0], n, last[1], m), _increase_p_value(last[1], m, last[0], n)
    )
    if len(reference) > 2 and reference[:-1].sum() and current[:-1].sum():
        listed, _ = _pearson(reference[:-1], current[:-1])
        p = 2 * min(p, _chi_square_tail(listed, len(reference) - 2))
    return statistic, min(1.0, p)


def _pearson(reference: Array, current: Array) -> tuple[float, Array]:
    """Return the statistic, and the expected rows: sample x bin."""
    table = np.stack((reference, current))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(np.sum((table - expected) ** 2 / expected)), expected


def _smooth(counts: Array) -> Array:
    raised = np.maximum(counts, EMPTY_BIN_ROWS)
    return np.asarray(raised / raised.sum())


def _kullback_leibler(p: Array, q: Array) -> float:
    positive = p > 0
    return float(np.sum(p[positive] * np.log2(p[positive] / q[positive])))


def _increase_p_value(before: float, n: float, after: float, m: float) -> float:
    """Return the one-sided p-value of `after` of `m` rows, compared with `before` of `n`.

    This is Fisher's exact test: the tail of the hypergeometric distribution. If many rows are
    expected, it is the two-proportion z-test (Fleiss, Levin and Paik 2003, Statistical Methods for
    Rates and Proportions, chapter 3). With few rows the z-test would alarm on two or three of them.
    """
    both, rows = before + after, n + m
    if after * n <= before * m:
        return 1.0
    if both * m / rows > MAX_EXACT_ROWS:
        return _z_test(before, n, after, m)
    log_gamma = import_optional("scipy.special", "Measuring drift").gammaln

    def log_binomial(total: Any, subset: Any) -> Any:
        return log_gamma(total + 1) - log_gamma(subset + 1) - log_gamma(total - subset + 1)

    # Beyond the mean the terms decrease quickly, so the omitted ones are negligible.
    counts = after + np.arange(min(both - after, m - after, MAX_EXACT_ROWS) + 1)
    terms = (
        log_binomial(both, counts) + log_binomial(rows - both, m - counts) - log_binomial(rows, m)
    )
    return min(1.0, float(np.exp(terms).sum()))


def _z_test(before: float, n: float, after: float, m: float) -> float:
    both = (before + after) / (n + m)
    spread = math.sqrt(both * (1 - both) * (1 / n + 1 / m))
    return math.erfc((after / m - before / n) / spread / math.sqrt(2)) / 2 if spread else 1.0


def _log_falling(n: float, k: float) -> float:
    """Return the logarithm of ``n (n - 1) ... (n - k + 1)``."""
    return math.lgamma(n + 1) - math.lgamma(n - k + 1)


def _chi_square_tail(statistic: float, freedom: int) -> float:
    return float(import_optional("scipy.special", "Measuring drift").chdtrc(freedom, statistic))
