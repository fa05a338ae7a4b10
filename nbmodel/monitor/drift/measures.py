"""Measures of drift: functions of a column in a window beside its reference, in the same bins."""

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
    """What a detector says of a column.

    Attributes
    ----------
    value : float
    p : float or None
        Probability of such a value without drift, for a test.
    excess : float or None
        What is compared with the detector's limit, where that is not the value itself.
    """

    value: float
    p_value: float | None = None
    excess: float | None = None


def psi(found: WindowCounts) -> Score | None:
    """Population stability index: the sum over bins of ``(q - p) ln(q / p)``.

    Bins of less than 5% of the reference, or for which fewer than 5 rows of the smaller sample
    are expected, are merged. The p-value is that of Pearson's chi-square test on the same bins.
    (The index divided by ``1/n + 1/m`` has the same limit, but reaches it slowly: with ten rows
    a bin, p-values below 0.001 are four times as frequent as they should be.)

    Sources: Siddiqi (2006), Credit Risk Scorecards, on the index and its limits of 0.1 and 0.2;
    Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14(4), on its distribution;
    Pearson (1900), Philosophical Magazine 50, for the test.
    """
    pair = _merge_bins(found)
    if pair is None:
        return None
    p, q = _smooth(pair[0]), _smooth(pair[1])
    value = float(np.sum((q - p) * np.log(q / p)))
    return Score(value, _homogeneity(found, *pair)[1])


def kolmogorov_smirnov(found: WindowCounts) -> Score | None:
    """Largest distance of the two distribution functions, where bins end.

    Between the ends it may be larger: the p-value is an upper bound.

    Source: Smirnov (1948), Annals of Mathematical Statistics 19(2); Kolmogorov's limit.
    """
    before, after = _arrays(found)
    n, m = before.sum(), after.sum()
    if not n or not m:
        return None
    value = float(np.max(np.abs(np.cumsum(before) / n - np.cumsum(after) / m)))
    limit = import_optional("scipy.special", "Measuring drift").kolmogorov
    return Score(value, float(limit(value * math.sqrt(n * m / (n + m)))))


def wasserstein(found: WindowCounts) -> Score | None:
    """Earth mover's distance, in standard deviations of the reference.

    The area between the two distribution functions, taken as straight within a bin; beyond
    the reference's edges it is exact.

    Source: Vallender (1974), Theory of Probability and its Applications 18(4), for the area.
    """
    before, after = _arrays(found)
    n, m, std = before.sum(), after.sum(), found.reference.std
    if not n or not m or not std or not math.isfinite(found.beyond):
        return None
    gap = (np.cumsum(before) / n - np.cumsum(after) / m)[:-1]  # at each edge
    widths = np.diff(found.reference.edges)
    left, right = gap[:-1], gap[1:]
    same = left * right >= 0
    total = np.abs(left) + np.abs(right)
    # Where the sign changes, two triangles: (a^2 + b^2) / (|a| + |b|) times half the width.
    crossed = np.divide(left**2 + right**2, total, out=np.zeros_like(total), where=total > 0)
    area = float(np.sum(widths * np.where(same, total, crossed) / 2)) + found.beyond / m
    return Score(area / std)


def jensen_shannon(found: WindowCounts) -> Score | None:
    """Square root of the Jensen-Shannon divergence to base 2: 0 alike, 1 nothing in common.

    Sources: Lin (1991), IEEE Transactions on Information Theory 37(1); Endres and Schindelin
    (2003), the same 49(7), on the square root being a metric.
    """
    pair = _merge_bins(found)
    if pair is None:
        return None
    p, q = (counts / counts.sum() for counts in pair)
    middle = (p + q) / 2
    divergence = (_kullback_leibler(p, middle) + _kullback_leibler(q, middle)) / 2
    return Score(math.sqrt(max(0.0, divergence)))


def chi_square(found: WindowCounts) -> Score | None:
    """Cramér's V of window and reference by category, and the p-value of the chi-square test.

    Categories of less than 5% of the reference are counted together, with all that are not
    listed. Where fewer than 5 rows of those are expected, they are compared by Fisher's exact
    test instead, and the smaller p-value counts twice (Bonferroni).

    Sources: Pearson (1900), Philosophical Magazine 50; Cramér (1946), Mathematical Methods of
    Statistics, section 21.9; Cochran (1954), Biometrics 10(4), on small counts; Fisher (1935),
    Journal of the Royal Statistical Society 98(1).
    """
    pair = _merge_bins(found)
    if pair is None:
        return None
    statistic, p = _homogeneity(found, *pair)
    # Two rows: the smaller dimension less 1 is 1.
    return Score(math.sqrt(statistic / sum(counts.sum() for counts in pair)), p)


def missing_share(found: WindowCounts) -> Score | None:
    """Share of rows without a value; drift if it grew, by Fisher's exact test, one-sided.

    Source: Fisher (1935), Journal of the Royal Statistical Society 98(1).
    """
    reference = found.reference
    if not found.rows:
        return None
    value, before = found.missing / found.rows, reference.missing / reference.rows
    p = _increase_p_value(reference.missing, reference.rows, found.missing, found.rows)
    return Score(value, p, value - before)


def out_of_range(found: WindowCounts) -> Score | None:
    """Share of the values present that are below or above all of the reference.

    The p-value is an upper bound: ``k + 1`` times the probability that the ``k`` outermost of
    all ``n + m`` values, on given sides, are the window's.

    Source: Gumbel and von Schelling (1950), Annals of Mathematical Statistics 21(2), on the
    number of exceedances.
    """
    before, after = _arrays(found)
    n, m, k = before.sum(), after.sum(), after[0] + after[-1]
    if not n or not m:
        return None
    value = float(k / m)
    chance = _log_falling(m, k) - _log_falling(n + m, k)
    p = min(1.0, (k + 1) * math.exp(chance))
    infinite = float(before[-1] / n)
    return Score(value, p, value - infinite)


def new_categories(found: WindowCounts) -> Score | None:
    """Share of the values present that are none of the reference's, as far as those are known.

    A profile lists the common categories and counts the rows of all others. Those rows, and
    those of categories that are listed by chance (see `Reference.uncertain_rows`), may come
    again: the share beyond theirs is new for certain; whether it grew is said by Fisher's exact
    test. Of a list that was cut off at the most frequent categories nothing is said.

    Sources: Fisher (1935), Journal of the Royal Statistical Society 98(1); Good (1953),
    Biometrika 40(3/4), on the share of what was not seen, which rare categories measure.
    """
    before, after = _arrays(found)
    uncertain, n, m = found.reference.uncertain_rows, float(before.sum()), float(after.sum())
    if uncertain is None or not n or not m:
        return None
    value = float(after[-1]) / m - uncertain / n
    return Score(max(0.0, value), _increase_p_value(uncertain, n, float(after[-1]), m), value)


# -- binned columns ----------------------------------------------------------


def _arrays(found: WindowCounts) -> tuple[Array, Array]:
    return np.asarray(found.reference.counts, float), np.asarray(found.counts, float)


def _merge_bins(found: WindowCounts) -> tuple[Array, Array] | None:
    """Both columns in bins that each hold a fair share of the reference; None for fewer than two.

    Neighbors are merged for a number; for a category all that are rare, with the unknown.
    """
    before, after = _arrays(found)
    n, m = before.sum(), after.sum()
    if not n or not m:
        return None
    least = max(MIN_BIN_SHARE * n, MIN_EXPECTED_ROWS * max(1.0, n / m))
    if found.reference.kind == "category":
        listed = 0.0 if found.reference.uncertain_rows == 0 else MIN_LISTED_ROWS
        rare = before < max(least, listed)
        rare[-1] = True
        before = np.append(before[~rare], before[rare].sum())
        after = np.append(after[~rare], after[rare].sum())
    else:
        starts = _starts(before, least)
        before, after = np.add.reduceat(before, starts), np.add.reduceat(after, starts)
    used = (before + after) > 0
    return (before[used], after[used]) if used.sum() > 1 else None


def _starts(counts: Array, least: float) -> list[int]:
    """Where merged bins begin: each holds `least` rows, the last what is left over too."""
    starts, held = [0], 0.0
    left = float(counts.sum())
    for place, count in enumerate(counts):
        if held >= least and left >= least:
            starts.append(place)
            held = 0.0
        held += float(count)
        left -= float(count)
    return starts


def _homogeneity(found: WindowCounts, before: Array, after: Array) -> tuple[float, float]:
    """Pearson's statistic of two samples in the same bins, and its p-value.

    The last bin of a category holds the rare and the unknown, and may be next to empty: then
    it is tested apart.
    """
    statistic, expected = _pearson(before, after)
    if found.reference.kind != "category" or expected[:, -1].min() >= MIN_EXPECTED_ROWS:
        return statistic, _chi_square_tail(statistic, len(before) - 1)
    rest, n, m = (float(before[-1]), float(after[-1])), float(before.sum()), float(after.sum())
    p = 2 * min(
        _increase_p_value(rest[0], n, rest[1], m), _increase_p_value(rest[1], m, rest[0], n)
    )
    if len(before) > 2 and before[:-1].sum() and after[:-1].sum():
        listed, _ = _pearson(before[:-1], after[:-1])
        p = 2 * min(p, _chi_square_tail(listed, len(before) - 2))
    return statistic, min(1.0, p)


def _pearson(before: Array, after: Array) -> tuple[float, Array]:
    """The statistic, and what is expected: sample x bin."""
    table = np.stack((before, after))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(np.sum((table - expected) ** 2 / expected)), expected


def _smooth(counts: Array) -> Array:
    raised = np.maximum(counts, EMPTY_BIN_ROWS)
    return np.asarray(raised / raised.sum())


def _kullback_leibler(p: Array, q: Array) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))


def _increase_p_value(before: float, n: float, after: float, m: float) -> float:
    """One-sided p-value of `after` of `m` rows, where `before` of `n` were: Fisher's exact test.

    The tail of the hypergeometric distribution; where many rows are expected, the two-proportion
    z-test (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, chapter
    3), which would alarm on two or three rows.
    """
    both, rows = before + after, n + m
    if after * n <= before * m:
        return 1.0
    if both * m / rows > MAX_EXACT_ROWS:
        return _z_test(before, n, after, m)
    log_gamma = import_optional("scipy.special", "Measuring drift").gammaln

    def log_chosen(of: Any, some: Any) -> Any:
        return log_gamma(of + 1) - log_gamma(some + 1) - log_gamma(of - some + 1)

    # Beyond the mean the terms fall fast: those that are left out are too small to count.
    counts = after + np.arange(min(both - after, m - after, MAX_EXACT_ROWS) + 1)
    terms = log_chosen(both, counts) + log_chosen(rows - both, m - counts) - log_chosen(rows, m)
    return min(1.0, float(np.exp(terms).sum()))


def _z_test(before: float, n: float, after: float, m: float) -> float:
    both = (before + after) / (n + m)
    spread = math.sqrt(both * (1 - both) * (1 / n + 1 / m))
    return math.erfc((after / m - before / n) / spread / math.sqrt(2)) / 2 if spread else 1.0


def _log_falling(n: float, k: float) -> float:
    """Logarithm of ``n (n - 1) ... (n - k + 1)``."""
    return math.lgamma(n + 1) - math.lgamma(n - k + 1)


def _chi_square_tail(statistic: float, freedom: int) -> float:
    return float(import_optional("scipy.special", "Measuring drift").chdtrc(freedom, statistic))
