"""Bins by batches are numpy's histogram, on every edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nbmodel.monitor.binning import TOGETHER, Bins

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


def test_groups_are_counted_apart_over_many_batches():
    rng = np.random.default_rng(0)
    rows = 3 * TOGETHER + 17
    values, groups = rng.normal(size=rows), rng.integers(0, 5, rows)
    values[::100] = np.nan
    edges = np.linspace(-2, 2, 11)
    bins = counted(edges, values, groups, 5)
    for group in range(5):
        alone = counted(edges, values[groups == group])
        assert bins.counts[group].tolist() == alone.counts[0].tolist()
        assert bins.beyond[group] == pytest.approx(alone.beyond[0])
    assert bins.counts.sum() == np.isfinite(values).sum()
