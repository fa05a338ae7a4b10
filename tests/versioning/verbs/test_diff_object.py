"""The difference between a variable and its last version: what did not change is not reported."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import nbmodel
from nbmodel.versioning.verbs.diff_object import diff_object
from tests.fixtures.projects import make_project


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return nbmodel.open(make_project(tmp_path_factory.mktemp("objects")))


def with_coefficients(values) -> LinearRegression:
    model = LinearRegression()
    model.coef_, model.intercept_ = values, np.array([0.5])
    return model


GRID = np.arange(12.0).reshape(3, 4)
MASKED = np.ma.masked_array(np.arange(5.0), mask=[0, 1, 0, 0, 1])
LONG = np.arange(100.0)  # too long to be recorded in full, too short for a segment
LARGE = np.arange(1000.0)  # has a buffer of its own


@pytest.mark.parametrize(
    "values",
    [
        GRID, np.asfortranarray(GRID), np.array([1.0, np.nan, np.inf]), MASKED, LONG, LARGE,
        np.where(LARGE > 5, LARGE, np.nan), np.array([True, False]), np.array([1 + 2j]),
    ],
    ids=["C", "F", "nan", "masked", "long", "large", "large nan", "bool", "complex"],
)  # fmt: skip
def test_an_unchanged_array_is_not_reported(registry, values):
    model = with_coefficients(values)
    ref = registry.commit(model, "same", "again").version.ref
    assert list(diff_object(registry.context, ref, model, "model").arrays) == []


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (GRID, GRID + 1, "moved by 3.464"),
        (np.asfortranarray(GRID), np.asfortranarray(GRID.T).T + 1, "moved by 3.464"),
        (LONG, LONG[::-1].copy(), "changed; norm"),
        (LARGE, LARGE[::-1].copy(), "moved by"),
        (GRID, GRID.astype(np.float32), "another shape"),
        (np.array([1.0, np.nan]), np.array([3.0, np.nan]), "moved by 2"),
    ],
    ids=["C", "F", "long", "large", "dtype", "nan"],
)
def test_a_changed_array_is_reported(registry, before, after, says):
    model = with_coefficients(before)
    ref = registry.commit(model, "changed", "again").version.ref
    (change,) = diff_object(registry.context, ref, with_coefficients(after), "model").arrays
    assert change.path == "coef_"
    assert says in change.describe()
