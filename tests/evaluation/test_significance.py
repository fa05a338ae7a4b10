"""Tests of differences against published examples and computations by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from nbmodel.evaluation.significance import (
    benjamini_hochberg,
    bootstrap_difference,
    corrected_t,
    delong,
    mcnemar,
    mcnemar_p,
    t_p,
)

# DeLong, DeLong and Clarke-Pearson 1988: 49 patients with ovarian cancer, of whom 43 have all
# tests. Reprinted in the SAS/STAT User's Guide, "The LOGISTIC Procedure", example "Comparing
# Receiver Operating Characteristic Curves": albumin, total protein, K-G score, outcome.
PATIENTS = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0
1.6 5.6 5 1  3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1
4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1
3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1
3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1
3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1
3.6 6.6 5 1
"""
ALBUMIN, PROTEIN, KG_SCORE, OUTCOME = np.array(PATIENTS.split(), float).reshape(-1, 4).T


# -- McNemar -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("wins", "losses", "p"),
    [
        # Fagerland, Lydersen and Laake 2013, "The McNemar test for binary matched-pairs data", BMC
        # Medical Research Methodology 13:91, exact conditional test: the data of Bentur et al. 2009
        # and of Cavo et al. 2012.
        (1, 7, 0.070),
        (6, 16, 0.052),
    ],
)
def test_mcnemar_with_few_rows_as_published(wins, losses, p):
    assert mcnemar_p(wins, losses) == pytest.approx(p, abs=0.0006)
    assert mcnemar_p(losses, wins) == mcnemar_p(wins, losses)


def test_mcnemar_with_many_rows_by_hand():
    """The approval ratings of Agresti 1990, "Categorical data analysis", p. 350: 150 against 86.

    He gives (150 - 86)**2 / 236 = 17.36; with the correction it is 63**2 / 236 = 16.82, by hand.
    """
    assert mcnemar_p(150, 86) == pytest.approx(stats.chi2.sf(63**2 / 236, 1), rel=1e-9)


@pytest.mark.parametrize(
    ("wins", "losses"), [(0, 0), (0, 3), (12, 12), (5, 19), (12, 13), (30, 5), (500, 400)]
)
def test_mcnemar_is_that_of_statsmodels(wins, losses):
    exact = wins + losses < 25
    table = [[50, wins], [losses, 50]]
    expected = statsmodels_mcnemar(table, exact=exact, correction=True).pvalue
    expected = 1.0 if math.isnan(expected) else expected
    assert mcnemar_p(wins, losses) == pytest.approx(expected, abs=1e-9)


def test_the_interval_of_a_difference_of_accuracies():
    right = np.array([True] * 70 + [False] * 30)
    other = np.array([True] * 60 + [False] * 35 + [True] * 5)
    result = mcnemar(right, other)
    # 10 rows against 5 of 100: the variance of one row is 0.15 - 0.05**2.
    half = 1.959964 * math.sqrt((0.15 - 0.05**2) / 100)
    assert (result.value, result.low, result.high) == pytest.approx(
        (0.05, 0.05 - half, 0.05 + half)
    )


# -- DeLong ------------------------------------------------------------------


def test_delong_as_published_for_patients_with_ovarian_cancer():
    """The areas and tests of the SAS/STAT User's Guide, to the digits that are printed there."""
    positive = OUTCOME == 1
    assert (len(positive), positive.sum()) == (43, 31)
    scores = {"albumin": ALBUMIN, "protein": PROTEIN}
    areas = {"albumin": 0.7366, "protein": 0.6478}
    published = {"albumin": (0.0108, 0.0127, 0.9102), "protein": (-0.0780, 0.5554, 0.4561)}
    for name, (value, chi_square, p) in published.items():
        result = delong(positive, scores[name], -KG_SCORE)
        assert result.value == pytest.approx(value, abs=5e-5)
        assert result.value + 0.7258 == pytest.approx(areas[name], abs=1e-4)
        assert result.p == pytest.approx(p, abs=5e-5)
        spread = (result.high - result.low) / 2 / 1.959964
        assert (result.value / spread) ** 2 == pytest.approx(chi_square, abs=5e-5)


def by_pairs(positive, scores):
    """The components of DeLong, from every pair of rows."""
    above = scores[positive][:, np.newaxis] - scores[~positive]
    wins = (above > 0) + (above == 0) / 2
    return wins.mean(), wins.mean(axis=1), wins.mean(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_delong_is_that_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    positive = rng.random(200) < 0.3
    scores = np.round(rng.normal(size=(2, 200)) + positive, seed % 2 + 1)
    parts = [by_pairs(positive, each) for each in scores]
    value = parts[0][0] - parts[1][0]
    variance = sum(
        np.cov(parts[0][n], parts[1][n]) @ [1, -1] @ [1, -1] / len(parts[0][n]) for n in (1, 2)
    )
    result = delong(positive, *scores)
    assert result.value == pytest.approx(value)
    assert result.p == pytest.approx(2 * stats.norm.sf(abs(value) / math.sqrt(variance)))


def test_delong_of_the_same_scores_and_of_one_positive_row():
    positive = np.array([True, True, False, False, False])
    scores = np.array([3, 1, 2, 0, 1.0])
    assert delong(positive, scores, scores).p == 1
    assert delong(positive, scores, -scores).p < 1
    one = np.array([True, False, False, False, False])
    assert delong(one, scores, -scores).p is None


# -- folds -------------------------------------------------------------------


def test_the_corrected_t_as_published_by_scikit_learn():
    """The example "Statistical comparison of models using grid search" of scikit-learn.

    It prints a corrected t of 0.750 with p = 0.227, one-sided, and without the correction 2.611.
    """
    features, target = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    first, second = (
        cross_val_score(
            SVC(kernel=k, random_state=0), features, target, scoring="roc_auc", cv=folds
        )
        for k in ("rbf", "linear")
    )
    result = corrected_t(first - second, test_share=10 / 90)
    assert result.p / 2 == pytest.approx(0.227, abs=0.0005)
    half = (result.high - result.low) / 2
    assert result.value / half * stats.t.ppf(0.975, 99) == pytest.approx(0.750, abs=0.0005)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 9, 10, 99, 100])
def test_the_distribution_of_t(degrees):
    for statistic in (0, 0.1, 1, 2.5, -2.5, 8, 40):
        expected = 2 * stats.t.sf(abs(statistic), degrees)
        assert t_p(statistic, degrees) == pytest.approx(expected, abs=1e-12)


def test_folds_that_do_not_differ_or_differ_always_alike():
    assert corrected_t([0, 0, 0], 0.5).p == 1
    assert corrected_t([0.1, 0.1], 0.5).p == 0
    assert corrected_t([0.1], 0.5).p is None


# -- bootstrap and several tests ---------------------------------------------


def test_the_bootstrap_of_a_difference_by_hand():
    rounds = np.arange(-10, 190) / 100
    result = bootstrap_difference(0.9, np.append(rounds, math.nan), 0.9)
    assert result.p == pytest.approx(2 * 12 / 201)  # 11 rounds are not above 0
    assert (result.low, result.high) == pytest.approx(tuple(np.quantile(rounds, [0.05, 0.95])))
    assert bootstrap_difference(0.0, np.zeros(50)).p == 1
    assert bootstrap_difference(0.1, np.empty(0)).p is None


def test_benjamini_and_hochberg_as_published():
    """The fifteen probabilities of their example, of which they find the four smallest."""
    published = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    adjusted = benjamini_hochberg(published)
    assert [p < 0.05 for p in adjusted] == [True] * 4 + [False] * 11
    assert adjusted == pytest.approx(multipletests(published, method="fdr_bh")[1])
    assert benjamini_hochberg([]) == []
    mixed = [published[n] for n in (9, 0, 4, 14, 2)]
    assert benjamini_hochberg(mixed) == pytest.approx(multipletests(mixed, method="fdr_bh")[1])
