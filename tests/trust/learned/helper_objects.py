"""Objects in models that are not estimators: splitters, scorers, kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.gaussian_process import kernels
from sklearn.metrics import get_scorer, get_scorer_names, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePGroupsOut,
    LeavePOut,
    ParameterGrid,
    ParameterSampler,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    check_cv,
)

SPLITTERS: list[Any] = [
    2,
    3,
    KFold(3),
    KFold(2, shuffle=True, random_state=1),
    StratifiedKFold(2, shuffle=True, random_state=np.random.RandomState(0)),
    ShuffleSplit(2, test_size=0.3, random_state=0),
    StratifiedShuffleSplit(2, train_size=10, test_size=8),
    RepeatedKFold(n_splits=2, n_repeats=2),
    TimeSeriesSplit(2),
    [(np.arange(0, 12), np.arange(12, 20)), (np.arange(12, 20), np.arange(0, 12))],
    None,
]


def _splitters() -> Iterator[Any]:
    for state in (None, 3, np.random.RandomState(0)):
        for count in (2, 3, 5, np.int64(4)):
            yield from (KFold(count), StratifiedKFold(count), StratifiedGroupKFold(count))
            yield KFold(count, shuffle=True, random_state=state)
            yield StratifiedKFold(count, shuffle=True, random_state=state)
            yield StratifiedGroupKFold(count, shuffle=True, random_state=state)
            yield RepeatedKFold(n_splits=count, n_repeats=2, random_state=state)
            yield RepeatedStratifiedKFold(n_splits=count, n_repeats=3, random_state=state)
            for size in (None, 0.3, 4):
                for other in (None, 0.4, 7):
                    for kind in (ShuffleSplit, StratifiedShuffleSplit, GroupShuffleSplit):
                        yield kind(int(count), test_size=size, train_size=other, random_state=state)
    for count in (2, 3, 5):
        yield from (GroupKFold(count), LeavePOut(count), LeavePGroupsOut(count))
        yield from (TimeSeriesSplit(count), TimeSeriesSplit(count, max_train_size=9))
        yield TimeSeriesSplit(count, test_size=4, gap=count)
        yield PredefinedSplit(np.arange(12) % count)
    yield from (LeaveOneOut(), LeaveOneGroupOut())
    yield check_cv([(np.arange(5), np.arange(5, 9))])
    yield check_cv([([0, 1, 2], [3, 4])])


def _scorers() -> Iterator[Any]:
    yield from (get_scorer(name) for name in get_scorer_names())
    yield make_scorer(metrics.fbeta_score, beta=2, average="macro")
    yield make_scorer(metrics.mean_squared_error, greater_is_better=False)
    yield make_scorer(metrics.roc_auc_score, response_method=["predict_proba", "decision_function"])
    yield make_scorer(metrics.log_loss, response_method="predict_proba", labels=[0, 1])


def _kernels() -> Iterator[Any]:
    arrays = (np.array([1.0, 2.0]), np.ones(3), 1.5, 2, [1.0, 2.0], [1, 2, 3], (0.5, 1.0))
    bounds = ("fixed", (1e-3, 10.0), (1, 2), np.array([[0.1, 1.0], [0.2, 2.0]]))
    for length in arrays:
        for limit in bounds:
            yield kernels.RBF(length, limit)
            for nu in (0.5, 1.5, 2.5, np.inf, 0.7):
                yield kernels.Matern(length, limit, nu)
    for limit in bounds:
        yield kernels.ConstantKernel(2.0, limit)
        yield kernels.WhiteKernel(0.5, limit)
        yield kernels.DotProduct(1, limit)
        yield kernels.RationalQuadratic(1.0, 2, limit, limit)
        yield kernels.ExpSineSquared(1.0, 3.0, limit, limit)
        for metric in ("linear", "rbf", "polynomial", "laplacian", "cosine", "sigmoid"):
            yield kernels.PairwiseKernel(1.0, limit, metric=metric)
    yield kernels.PairwiseKernel(metric="rbf", pairwise_kernels_kwargs={"n_jobs": 1})
    one, other = kernels.RBF(), kernels.Matern()
    yield from (one + other, one * other, one**2.5, one**2, one + 2.0)
    yield kernels.CompoundKernel([one, other])
    yield kernels.Hyperparameter("length_scale", "numeric", np.array([[0.1, 2.0]]), 1)


def objects() -> Iterator[Any]:
    """Many of each, made in different ways."""
    yield from _splitters()
    yield from _scorers()
    yield from _kernels()
    yield ParameterGrid({"a": [1, 2], "b": ["x"]})
    yield ParameterSampler({"a": [1, 2]}, n_iter=2, random_state=0)
