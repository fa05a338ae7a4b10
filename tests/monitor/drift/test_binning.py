"""Counts by batches equal the histogram of numpy, with any edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nbmodel.monitor.drift.binning import BATCH_VALUES, Bins, _Grid, _Logarithmic

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)


def counted(edges, values, groups=None, of=1):
    bins = Bins(edges, of)
    bins.add(values, np.array([0]) if groups is None else groups)
    return bins


@settings(deadline=None)
@given(
    low=FINITE, span=st.floats(1e-3, 1e6), count=st.integers(1, 40),
    values=arrays(float, 50, elements=FINITE),
)  # fmt: skip
def test_even_edges_and_values_on_them(low, span, count, values):
    edges = np.linspace(low, low + span, count + 1)
    near = np.concatenate(
        [edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf), values]
    )
    bins = counted(edges, near)
    inner = np.histogram(near, edges)[0]
    below, above = (near < edges[0]).sum(), (near > edges[-1]).sum()
    assert bins.counts[0].tolist() == [below, *inner, above]
    far = np.maximum(near - edges[-1], 0) + np.maximum(edges[0] - near, 0)
    assert bins.beyond[0] == pytest.approx(far.sum())


def test_uneven_edges_and_a_single_value():
    edges = [0.0, 0.5, 3.0, 3.1, 50.0]
    values = np.array([-1, 0, 0.49, 0.5, 3.0, 3.05, 3.1, 50, 51, np.inf, -np.inf, np.nan])
    assert counted(edges, values).counts[0].tolist() == [2, 2, 1, 2, 2, 2]
    assert counted([5.0, 5.0], np.array([4.0, 5.0, 5.0, 6.0])).counts[0].tolist() == [1, 2, 1]


def test_groups_are_counted_separately_over_many_batches():
    rng = np.random.default_rng(0)
    rows = 3 * BATCH_VALUES + 17
    values, groups = rng.normal(size=rows), rng.integers(0, 5, rows)
    values[::100] = np.nan
    edges = np.linspace(-2, 2, 11)
    bins = counted(edges, values, groups, 5)
    for group in range(5):
        alone = counted(edges, values[groups == group])
        assert bins.counts[group].tolist() == alone.counts[0].tolist()
        assert bins.beyond[group] == pytest.approx(alone.beyond[0])
    assert bins.counts.sum() == np.isfinite(values).sum()


def searched(edges, values):
    """What a search for each value says."""
    bins = np.minimum(np.searchsorted(edges, values, side="right"), len(edges) - 1)
    bins[values < edges[0]] = 0
    bins[values > edges[-1]] = len(edges)
    return np.bincount(bins, minlength=len(edges) + 1).tolist()


ANY = st.floats(allow_nan=False, allow_infinity=False)
SMALL = st.one_of(FINITE, st.integers(-5, 5).map(float), st.floats(-1e-300, 1e-300))


@settings(deadline=None, max_examples=300)
@given(
    edges=st.one_of(st.lists(ANY, min_size=2, max_size=60), st.lists(SMALL, min_size=2)),
    values=st.one_of(arrays(float, 60, elements=ANY), arrays(float, 60, elements=SMALL)),
)
def test_any_edges_give_what_a_search_gives(edges, values):
    edges = np.unique(np.array(edges) + 0.0)
    if len(edges) < 2:
        edges = np.sort([edges[0], np.nextafter(edges[0], 0.0 if edges[0] else 1.0)])
    with np.errstate(over="ignore"):
        beside = [np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)]
    near = [edges, -edges, *beside, values]
    given_ = np.concatenate([*near, [0.0, -0.0, np.inf, -np.inf]])
    given_ = given_[~np.isnan(given_)]
    with np.errstate(over="ignore"):
        assert counted(edges, given_).counts[0].tolist() == searched(edges, given_)


@pytest.mark.parametrize(
    ("draw", "kind"),
    [
        (lambda rng: rng.pareto(1.1, 40_000) * 100, _Logarithmic),
        (lambda rng: rng.standard_cauchy(40_000), _Logarithmic),
        (lambda rng: rng.lognormal(0, 30, 40_000), _Logarithmic),
        (lambda rng: np.floor(rng.pareto(0.7, 40_000)), _Logarithmic),
        (lambda rng: rng.integers(0, 41, 40_000) / 10, object),
        (lambda rng: rng.normal(size=40_000).astype(np.float32), object),
        (lambda rng: rng.exponential(90, 40_000) * (rng.random(40_000) < 0.2), object),
    ],
)
def test_bins_of_quantiles_give_what_a_search_gives(draw, kind):
    rng = np.random.default_rng(6)
    before, after = draw(rng), draw(rng).astype(float)
    quantiles = np.quantile(before, [0, 0.001, 0.01, *np.linspace(0.05, 0.95, 19), 0.99, 1])
    edges = np.union1d(quantiles, np.linspace(before.min(), before.max(), 21))
    assert isinstance(_Grid.of(edges).ruler, kind)
    after[::50] = np.repeat(edges, 800)[: len(after[::50])]
    assert counted(edges, after).counts[0].tolist() == searched(edges, after)


def test_edges_that_fit_no_grid_are_searched():
    edges = np.array([1.0, *np.nextafter(1.0, [2.0]), 1 + 1e-15, 1 + 2e-15, 1 + 3e-15, 1e300])
    assert _Grid.of(edges) is None
    values = np.repeat(edges, 3)
    assert counted(edges, values).counts[0].tolist() == searched(edges, values)


def test_rounding_errors_are_not_outside_the_range():
    bins = Bins([0.3, 0.3], 1, rounding=1e-12)
    bins.add(np.array([0.1 + 0.2, 0.3, 0.3001]), np.array([0]))
    assert bins.counts[0].tolist() == [0, 2, 1]
    assert bins.beyond[0] == pytest.approx(0.0001)
