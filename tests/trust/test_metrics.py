"""Distances of a stranger's model: memory that they read and write is that of their own state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, HDBSCAN, OPTICS
from sklearn.gaussian_process.kernels import PairwiseKernel
from sklearn.manifold import TSNE, Isomap
from sklearn.metrics import _dist_metrics as distances
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    KNeighborsTransformer,
    LocalOutlierFactor,
    NearestNeighbors,
    RadiusNeighborsClassifier,
)

from nbmodel.errors import Untrusted
from nbmodel.trust.sklearn_neighbors import _DISTANCE_CLASSES
from tests.trust.crafted import Call, reload

ROWS = np.random.default_rng(0).random((20, 3))
CLASSES = np.arange(20) % 2
SMALL = {"VI": np.eye(1)}
FITTED = {"VI": np.eye(3)}


@pytest.mark.parametrize("name", [n for n in _DISTANCE_CLASSES if hasattr(distances, n)])
def test_a_distance_without_a_state_of_its_own_works(name: str) -> None:
    # A Mahalanobis distance wrote to scratch memory that only BUILD had made: the process died.
    metric = reload(Call(distances.newObj, getattr(distances, name)))
    width = 2 if name.startswith("Haversine") else 1
    dtype = np.float32 if name.endswith("32") else np.float64
    assert metric.pairwise(ROWS[:4, :width].astype(dtype)).shape == (4, 4)


@pytest.mark.parametrize(
    "kind",
    [
        KNeighborsClassifier, KNeighborsRegressor, KNeighborsTransformer, LocalOutlierFactor,
        NearestNeighbors, RadiusNeighborsClassifier,
    ],
)  # fmt: skip
@pytest.mark.parametrize("attribute", ["metric_params", "effective_metric_params_"])
def test_a_matrix_of_a_distance_has_the_width_of_the_data(kind: Any, attribute: str) -> None:
    model = kind(metric="mahalanobis", metric_params=FITTED, algorithm="brute")
    model.fit(ROWS, CLASSES)
    loaded = reload(model)
    assert type(loaded) is kind
    assert loaded.metric_params["VI"].shape == (3, 3)
    setattr(model, attribute, SMALL)
    with pytest.raises(Untrusted, match=f"VI in {attribute} for a different number of features"):
        reload(model)


def test_a_fitted_distance_answers_as_before() -> None:
    model = KNeighborsClassifier(metric="mahalanobis", metric_params=FITTED, algorithm="brute")
    model.fit(ROWS, CLASSES)
    loaded = reload(model)
    for rows in (ROWS, ROWS.astype(np.float32)):  # scikit-learn's own way, and scipy's
        assert np.array_equal(loaded.predict(rows), model.predict(rows))


@pytest.mark.parametrize("kind", [DBSCAN, OPTICS, HDBSCAN, NearestNeighbors, TSNE, Isomap])
def test_before_a_fit_there_is_no_width(kind: Any) -> None:
    with pytest.raises(Untrusted, match="VI in metric_params of a model that is not fitted"):
        reload(kind(metric="mahalanobis", metric_params=SMALL))


def test_nor_in_a_grid() -> None:
    grid = {"metric_params": [None, SMALL]}
    with pytest.raises(Untrusted, match="VI in a grid"):
        reload(GridSearchCV(KNeighborsClassifier(metric="mahalanobis"), grid))


def test_a_kernel_asks_for_no_thousand_threads() -> None:
    assert reload(PairwiseKernel(pairwise_kernels_kwargs={"n_jobs": 2})).pairwise_kernels_kwargs
    with pytest.raises(Untrusted, match="5000"):
        reload(PairwiseKernel(pairwise_kernels_kwargs={"n_jobs": 5000}))
