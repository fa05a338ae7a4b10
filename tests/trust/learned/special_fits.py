"""Fits of every estimator beyond what constraints and recipes make.

Weights of rows, lists where a number would do, functions of the libraries for a parameter: each
changes which attributes exist, their type or their dimension.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from sklearn import metrics
from sklearn.base import clone
from sklearn.metrics import get_scorer, make_scorer, pairwise

from tests import estimators

Make = Callable[[], Any]

_SCORES = (
    metrics.accuracy_score, metrics.balanced_accuracy_score, metrics.f1_score, metrics.r2_score,
    metrics.mean_absolute_error, metrics.mean_squared_error, metrics.explained_variance_score,
)  # fmt: skip
# Functions that a parameter may be; those that its estimator does not take are passed over.
FUNCTIONS: tuple[Any, ...] = (
    np.mean, np.median, np.max, np.min, np.nanmax, np.nanmin, np.nanmean, np.nanmedian, np.std,
    np.var, np.ptp,
    *_SCORES,
    pairwise.laplacian_kernel, pairwise.rbf_kernel, pairwise.linear_kernel,
    pairwise.polynomial_kernel, pairwise.sigmoid_kernel, pairwise.cosine_similarity,
    pairwise.chi2_kernel, pairwise.additive_chi2_kernel, pairwise.euclidean_distances,
    pairwise.manhattan_distances, pairwise.cosine_distances, pairwise.haversine_distances,
    pairwise.nan_euclidean_distances,
    get_scorer("roc_auc"), get_scorer("r2"), get_scorer("accuracy"),
    make_scorer(metrics.fbeta_score, beta=2),
    make_scorer(metrics.mean_pinball_loss, greater_is_better=False),
)  # fmt: skip
# Lists that a parameter may be, for data of five features, two or three classes, two outputs.
LISTS: tuple[Any, ...] = (
    [0.2, 0.8], [0.1, 1.0, 10.0], [1, 2], [1, 0], [0, 1], [0, 2], [0, 1, 2], [1, 2, 3], ["a", "b"],
    ["no", "yes"], [0.5, 0.5], [0.2, 0.3, 0.5], [1.0, 1.0, 1.0, 1.0, 1.0], [1, 0, 0, 0, -1],
    [True, False, True, False, False], [3, 3, 3, 3, 3], [0.1, 0.5, 0.9], {0: 1.0, 1: 2.0},
    {0: 1, 1: 0}, [{0: 1, 1: 2}, {0: 1, 1: 2}],
)  # fmt: skip
_NOT_LISTS = {
    "memory", "estimators", "steps", "transformers", "transformer_list", "param_grid", "cv",
    "param_distributions", "kw_args", "inv_kw_args", "metric_params", "kernel_params",
}  # fmt: skip
_ENOUGH = 4  # lists that one parameter of one recipe has taken


def weighted(name: str, kind: type) -> Iterator[Make]:
    """Each recipe fitted with weights: floats, whole numbers, and some that are zero."""
    if "sample_weight" not in inspect.signature(kind.fit).parameters:  # type: ignore[attr-defined]
        return
    for recipe in estimators.recipes(name, kind):
        X, y = estimators.DATA[recipe.data]()
        rows = len(y) if y is not None else X.shape[0]
        rng = np.random.default_rng(0)
        for weights in (rng.random(rows) + 0.1, rng.integers(0, 3, rows), np.ones(rows)):
            yield lambda r=recipe, X=X, y=y, w=weights: kind(**_again(r.params)).fit(
                X, y, sample_weight=w
            )


def listed(name: str, kind: type) -> Iterator[Make]:
    """Lists, tuples, arrays and dicts for each parameter that may be one; a few that it takes."""
    constraints = getattr(kind, "_parameter_constraints", {})
    for recipe in _first_recipes(name, kind):
        for parameter, allowed in constraints.items():
            if parameter in _NOT_LISTS or not isinstance(allowed, list):
                continue
            if any(_takes_lists(one) for one in allowed):
                taken: list[Any] = []
                for value in LISTS:
                    if len(taken) >= _ENOUGH:
                        break
                    before = len(taken)
                    yield _counted(_with(kind, recipe, parameter, value), taken)
                    if len(taken) > before and isinstance(value, list):
                        yield _with(kind, recipe, parameter, tuple(value))
                        if not isinstance(value[0], dict):
                            yield _with(kind, recipe, parameter, np.array(value))


def _counted(make: Make, taken: list[Any]) -> Make:
    """A fit that is noted when it succeeds."""

    def counted() -> Any:
        model = make()
        taken.append(None)
        return model

    return counted


def functions(name: str, kind: type) -> Iterator[Make]:
    """Functions and scorers of the libraries for each parameter that may be one."""
    constraints = getattr(kind, "_parameter_constraints", {})
    for recipe in _first_recipes(name, kind):
        for parameter, allowed in constraints.items():
            if isinstance(allowed, list) and any(one is callable for one in allowed):
                for value in FUNCTIONS:
                    make = _with(kind, recipe, parameter, value)
                    yield lambda m=make, r=recipe: _answering(m(), r)


def paired(name: str, kind: type) -> Iterator[Make]:
    """Two parameters changed together: an out-of-bag score needs a bootstrap as well."""
    options = list(_switches(kind))
    recipes = [*_first_recipes(name, kind)]
    recipes += [replace(recipes[0], data=data) for data in ("two", "labels")]
    for recipe in recipes:
        for first, second in combinations(options, 2):
            if first[0] != second[0]:
                changed = replace(recipe, params={**_again(recipe.params), **dict([first, second])})
                yield lambda r=changed: estimators.fit(kind, r)[0]


def _switches(kind: type) -> Iterator[tuple[str, Any]]:
    """Each boolean parameter with the opposite of its default, and with scorers it takes."""
    constraints = getattr(kind, "_parameter_constraints", {})
    for parameter, given in inspect.signature(kind).parameters.items():
        allowed = constraints.get(parameter)
        if isinstance(allowed, list) and "boolean" in allowed and isinstance(given.default, bool):
            yield parameter, not given.default
            if any(one is callable for one in allowed):
                yield from ((parameter, score) for score in _SCORES)


def _answering(model: Any, recipe: Any) -> Any:
    """A fit may take a function that is of no use afterwards."""
    X, _ = estimators.DATA[recipe.data]()
    for method in ("predict", "predict_proba", "transform"):
        if hasattr(model, method):
            getattr(model, method)(X)
    return model


def _first_recipes(name: str, kind: type) -> tuple[Any, ...]:
    recipes = {recipe.data: recipe for recipe in reversed(estimators.recipes(name, kind))}
    return tuple(recipes.values())


def _takes_lists(constraint: Any) -> bool:
    if isinstance(constraint, str):
        return constraint in ("array-like", "cv_object")
    named = getattr(constraint, "__name__", type(constraint).__name__)
    return named in ("list", "tuple", "dict", "ndarray", "Iterable", "_IterablesNotString")


def _with(kind: type, recipe: Any, parameter: str, value: Any) -> Make:
    changed = replace(recipe, params={**_again(recipe.params), parameter: value})
    return lambda: estimators.fit(kind, changed)[0]


def _again(params: dict[str, Any]) -> dict[str, Any]:
    def again(value: Any) -> Any:
        is_estimator = hasattr(value, "get_params") and not isinstance(value, type)
        return clone(value, safe=False) if is_estimator else value

    return {name: again(value) for name, value in params.items()}
