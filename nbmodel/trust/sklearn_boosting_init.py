"""Checks of the model that gradient boosting begins with: the shape of its predictions.

Compiled code adds the values of the trees to the predictions of this model: one row for each sample
and one column for each tree. It does not check their size. So the attributes of the model must
prove the shape. That is simple for few kinds of models: constants, linear models, trees, forests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute
from nbmodel.trust.rules import require

_INIT = "the model that gradient boosting begins with (init)"
_STRATEGIES = ("prior", "uniform")


def check_first_prediction(init: Any, width: int, classes: int) -> None:
    """Prove the shape of the first prediction.

    Parameters
    ----------
    init : object
        The model that gradient boosting begins with.
    width : int
        Number of features of the data.
    classes : int
        Number of columns of its probabilities; 0 for a regression, which predicts one number.
    """
    name = f"{type(init).__module__}.{type(init).__name__}"
    check = (_CLASSIFIERS if classes else _REGRESSORS).get(name)
    require(
        check is not None,
        f"{_INIT}: a {type(init).__name__}, whose predictions nbmodel cannot check",
    )
    require(
        vars(init).get("n_features_in_", width) == width,
        f"{_INIT} with a different number of features",
    )
    if check is not None:
        check(init, width, classes)


def _array(init: Any, name: str, shape: tuple[int, ...]) -> None:
    array = attribute(init, name, np.ndarray)
    require(array.shape == shape and array.dtype.kind == "f", f"{_INIT}: {name} of a wrong shape")


def _classes(init: Any, classes: int) -> None:
    names = attribute(init, "classes_", np.ndarray)
    require(names.shape == (classes,), f"{_INIT} with a different number of classes")


# -- regressions ---------------------------------------------------------------


def _constant(init: Any, width: int, classes: int) -> None:
    require(vars(init).get("n_outputs_") == 1, f"{_INIT} with a different number of outputs")
    _array(init, "constant_", (1, 1))


def _linear(init: Any, width: int, classes: int) -> None:
    """Check one weight for each feature, and an intercept."""
    _array(init, "coef_", (width,))
    intercept = vars(init).get("intercept_")
    is_number = isinstance(intercept, (float, np.floating)) or (
        type(intercept) is np.ndarray and intercept.shape == () and intercept.dtype.kind == "f"
    )
    require(is_number, f"{_INIT}: intercept_ that is not a number")


def _one_output(init: Any, width: int, classes: int) -> None:
    require(attribute(init, "n_outputs_", int) == 1, f"{_INIT} with a different number of outputs")


def _tree(init: Any, width: int, classes: int) -> None:
    """Check the outputs; the check of the tree proves that it reads these features."""
    _one_output(init, width, classes)
    tree = vars(init).get("tree_")
    require(getattr(tree, "n_outputs", None) == 1, f"{_INIT} with a different number of outputs")


# -- probabilities ---------------------------------------------------------------


def _prior(init: Any, width: int, classes: int) -> None:
    state = vars(init)
    require(state.get("n_outputs_") == 1, f"{_INIT} with a different number of outputs")
    require(
        state.get("strategy") == state.get("_strategy") and state["strategy"] in _STRATEGIES,
        f"{_INIT} with an unknown strategy",
    )
    prior = attribute(init, "class_prior_", np.ndarray)
    require(
        prior.shape == (classes,) and prior.dtype == np.float64,
        f"{_INIT}: class_prior_ of a wrong shape",
    )
    require(state.get("n_classes_") == classes, f"{_INIT} with a different number of classes")
    _classes(init, classes)


def _logistic(init: Any, width: int, classes: int) -> None:
    """Check one column of scores for each class; two classes have one column."""
    _classes(init, classes)
    rows = 1 if classes == 2 else classes
    _array(init, "coef_", (rows, width))
    _array(init, "intercept_", (rows,))


def _voting_trees(init: Any, width: int, classes: int) -> None:
    """Check the outputs and classes, by which a forest sizes its array."""
    _one_output(init, width, classes)
    require(
        attribute(init, "n_classes_", int) == classes, f"{_INIT} with a different number of classes"
    )
    _classes(init, classes)


_REGRESSORS: Mapping[str, Callable[[Any, int, int], None]] = {
    "sklearn.dummy.DummyRegressor": _constant,
    "sklearn.linear_model._base.LinearRegression": _linear,
    "sklearn.linear_model._ridge.Ridge": _linear,
    "sklearn.linear_model._ridge.RidgeCV": _linear,
    "sklearn.linear_model._coordinate_descent.Lasso": _linear,
    "sklearn.linear_model._coordinate_descent.LassoCV": _linear,
    "sklearn.linear_model._coordinate_descent.ElasticNet": _linear,
    "sklearn.linear_model._coordinate_descent.ElasticNetCV": _linear,
    "sklearn.tree._classes.DecisionTreeRegressor": _tree,
    "sklearn.ensemble._forest.RandomForestRegressor": _one_output,
    "sklearn.ensemble._forest.ExtraTreesRegressor": _one_output,
}
_CLASSIFIERS: Mapping[str, Callable[[Any, int, int], None]] = {
    "sklearn.dummy.DummyClassifier": _prior,
    "sklearn.linear_model._logistic.LogisticRegression": _logistic,
    "sklearn.ensemble._forest.RandomForestClassifier": _voting_trees,
    "sklearn.ensemble._forest.ExtraTreesClassifier": _voting_trees,
}
