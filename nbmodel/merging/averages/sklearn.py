"""Linear models of scikit-learn: the mean of their coefficients and intercepts.

For a linear model, the mean of the coefficients gives the mean of the predictions (of the decision
function, for a classifier). That is so only if the coefficients refer to the same columns, classes
and scales. So the steps of a pipeline before the linear model must be equal.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import linear_model, svm
from sklearn.pipeline import Pipeline

from nbmodel.errors import CannotMerge
from nbmodel.merging.averages.arrays import weighted_mean
from nbmodel.merging.base import Member
from nbmodel.merging.differences import difference, same_class

_REGRESSORS = (
    "ElasticNet", "GammaRegressor", "HuberRegressor", "Lasso", "LinearRegression",
    "MultiTaskElasticNet", "MultiTaskLasso", "PassiveAggressiveRegressor", "PoissonRegressor",
    "QuantileRegressor", "Ridge", "SGDRegressor", "TweedieRegressor",
)  # fmt: skip
_CLASSIFIERS = (
    "LogisticRegression", "PassiveAggressiveClassifier", "Perceptron", "RidgeClassifier",
    "SGDClassifier",
)  # fmt: skip
# Exactly these classes: a subclass may predict in another way.
LINEAR = frozenset(
    {getattr(linear_model, name) for name in (*_REGRESSORS, *_CLASSIFIERS)
     if hasattr(linear_model, name)} | {svm.LinearSVC, svm.LinearSVR}
)  # fmt: skip

# What a fit leaves. Any other fitted attribute must be equal.
AVERAGED = frozenset({
    "coef_", "intercept_", "_standard_coef", "_standard_intercept", "_average_coef",
    "_average_intercept",
})  # fmt: skip
LARGEST = frozenset({"n_iter_", "t_"})  # counters
OF_ONE_FIT = frozenset({"dual_gap_", "outliers_", "rank_", "scale_", "singular_"})
OURS = frozenset({"_expanded_class_weight", "_loss_function_", "solver_"})  # of the next fit alone
# Parameters that change a fit, and not what the fitted numbers mean.
TRAINING = frozenset({
    "C", "alpha", "class_weight", "copy_X", "dual", "early_stopping", "epsilon", "eta0",
    "intercept_scaling", "l1_ratio", "learning_rate", "max_iter", "n_iter_no_change", "n_jobs",
    "penalty", "positive", "power_t", "precompute", "random_state", "selection", "shuffle",
    "tol", "validation_fraction", "verbose", "warm_start",
})  # fmt: skip


def average(members: Sequence[Member], weights: Sequence[float]) -> Any:
    """Return the mean of linear models, or of pipelines that end in one."""
    estimators = {member.ref: member.model for member in members}
    _require_one_class(estimators)
    first = members[0].model
    if not isinstance(first, Pipeline):
        return _average_linear(estimators, weights)
    _require_equal_steps(estimators)
    mean = _average_linear({ref: pipe.steps[-1][1] for ref, pipe in estimators.items()}, weights)
    pipeline = copy.copy(first)
    pipeline.steps = [*first.steps[:-1], (first.steps[-1][0], mean)]
    return pipeline


def _require_one_class(estimators: dict[str, Any]) -> None:
    (ref, first), *others = estimators.items()
    for other_ref, other in others:
        if not same_class(type(first), type(other)):
            raise CannotMerge(
                f"{ref} is a {type(first).__name__}, and {other_ref} is a {type(other).__name__}",
                "Average models of one class. --how vote combines models of several classes.",
            )


def _require_equal_steps(pipelines: dict[str, Any]) -> None:
    """Refuse pipelines whose last steps get different numbers for the same row."""
    (ref, first), *others = pipelines.items()
    for other_ref, other in others:
        if [name for name, _ in first.steps] != [name for name, _ in other.steps]:
            raise CannotMerge(f"the pipelines of {ref} and {other_ref} have different steps")
        for (name, step), (_, other_step) in zip(first.steps[:-1], other.steps[:-1], strict=True):
            if part := difference(step, other_step, name):
                raise CannotMerge(
                    f"{ref} and {other_ref} prepare their rows differently ({part}), so their "
                    "coefficients do not refer to the same numbers",
                    "Fit the steps before the model once, and use them in each member. Or combine "
                    "the answers: --how vote.",
                )


def _average_linear(estimators: dict[str, Any], weights: Sequence[float]) -> Any:
    (ref, first), *others = estimators.items()
    _require_one_class(estimators)
    if type(first) not in LINEAR:
        raise CannotMerge(
            f"{ref} is a {type(first).__name__}, and only linear models of scikit-learn can be "
            "averaged",
            "Combine the answers: --how vote, or --how stack with --data and --target.",
        )
    for other_ref, other in others:
        _require_same_meaning((ref, first), (other_ref, other))
    mean = copy.deepcopy(first)
    for name in sorted(_fitted(first)):
        values = [vars(estimator)[name] for estimator in estimators.values()]
        names = [f"{name} of {each}" for each in estimators]
        if name in AVERAGED:
            setattr(mean, name, _mean(values, weights, names))
        elif name in LARGEST:
            setattr(mean, name, _largest(values))
        elif name in OF_ONE_FIT:
            delattr(mean, name)
    return mean


def _require_same_meaning(one: tuple[str, Any], two: tuple[str, Any]) -> None:
    """Refuse two linear models whose coefficients do not mean the same."""
    (ref, first), (other_ref, other) = one, two
    if not hasattr(first, "coef_") or _fitted(first) != _fitted(other):
        odd = next(iter(sorted(_fitted(first) ^ _fitted(other))), "coef_")
        raise CannotMerge(f"{odd} is not in both {ref} and {other_ref}", "Fit both in one way.")
    for name, value in first.get_params(deep=False).items():
        theirs = other.get_params(deep=False)[name]
        if name == "solver" and "liblinear" not in (value, theirs):
            continue
        if name not in TRAINING and difference(value, theirs, name):
            raise CannotMerge(
                f"the parameter {name} is {value!r:.80} in {ref} and {theirs!r:.80} in {other_ref}",
                "Average models that were trained with the same parameter.",
            )
    for name in sorted(_fitted(first) - AVERAGED - LARGEST - OF_ONE_FIT - OURS):
        values = vars(first)[name], vars(other)[name]
        if name in _LABELS:  # their dtypes may differ
            values = np.asarray(values[0]).tolist(), np.asarray(values[1]).tolist()
        if difference(*values, name):
            raise CannotMerge(
                f"{_WHAT.get(name, name)} of {ref} and {other_ref} are not the same"
                f"{_listing(*values)}",
                _HINTS.get(name, "Combine the answers: --how vote."),
            )


_LABELS = ("classes_", "feature_names_in_")
_WHAT = {
    "classes_": "the classes",
    "_label_binarizer": "the classes",
    "feature_names_in_": "the columns, or their order,",
    "n_features_in_": "the numbers of columns",
}
_HINTS = {
    "classes_": "Train each member on rows of every class.",
    "_label_binarizer": "Train each member on rows of every class.",
    "feature_names_in_": "Train each member on the same columns in the same order.",
    "n_features_in_": "Train each member on the same columns in the same order.",
}


def _listing(one: Any, two: Any) -> str:
    """Both values, if they are short."""
    texts = [str(each.tolist() if isinstance(each, np.ndarray) else each) for each in (one, two)]
    short = all(len(text) <= 80 and " object at " not in text for text in texts)
    return f": {texts[0]} and {texts[1]}" if short else ""


def _fitted(estimator: Any) -> set[str]:
    """Names of the attributes that are not parameters."""
    return set(vars(estimator)) - set(estimator.get_params(deep=False))


def _mean(values: Sequence[Any], weights: Sequence[float], names: Sequence[str]) -> Any:
    if all(value is None for value in values):
        return None
    if any(hasattr(value, "toarray") for value in values):
        raise CannotMerge(f"{names[0]} is sparse", "Call densify() on each member first.")
    arrays = [np.asarray(value, dtype=None) for value in values]
    if arrays[0].dtype.kind != "f":
        raise CannotMerge(f"{names[0]} is {arrays[0].dtype}, and not floating-point numbers")
    mean = weighted_mean(arrays, weights, names)
    return mean if isinstance(values[0], np.ndarray) else type(values[0])(mean)


def _largest(values: Sequence[Any]) -> Any:
    """The largest of each counter; the first ones if there are different numbers of them."""
    if len({np.shape(value) for value in values}) > 1 or any(value is None for value in values):
        return values[0]
    largest = np.max(np.stack([np.asarray(value) for value in values]), axis=0)
    return largest if isinstance(values[0], np.ndarray) else type(values[0])(largest)
