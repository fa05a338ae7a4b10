"""The table of classes that have a scorer, with the file of each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from nbmodel.predict.compiled.base import Matrix, Scorer, Scorers, check

_FAMILIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "scalers": {
        "sklearn.preprocessing._data": (
            "MaxAbsScaler", "MinMaxScaler", "Normalizer", "RobustScaler", "StandardScaler",
        ),
        "sklearn.impute._base": ("SimpleImputer",),
    },
    "linear": {
        "sklearn.linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
        "sklearn.linear_model._base": ("LinearRegression",),
        "sklearn.linear_model._ridge": ("Ridge", "RidgeCV", "RidgeClassifier", "RidgeClassifierCV"),
        "sklearn.linear_model._coordinate_descent": (
            "ElasticNet", "ElasticNetCV", "Lasso", "LassoCV",
        ),
        "sklearn.linear_model._stochastic_gradient": ("SGDClassifier",),
        "sklearn.linear_model._bayes": ("ARDRegression", "BayesianRidge"),
        "sklearn.linear_model._huber": ("HuberRegressor",),
        "sklearn.linear_model._perceptron": ("Perceptron",),
        "sklearn.svm._classes": ("LinearSVC", "LinearSVR"),
    },
    "forests": {
        "sklearn.tree._classes": (
            "DecisionTreeClassifier", "DecisionTreeRegressor",
            "ExtraTreeClassifier", "ExtraTreeRegressor",
        ),
        "sklearn.ensemble._forest": (
            "ExtraTreesClassifier", "ExtraTreesRegressor",
            "RandomForestClassifier", "RandomForestRegressor",
        ),
    },
    "boosting": {
        "sklearn.ensemble._gb": ("GradientBoostingClassifier", "GradientBoostingRegressor"),
    },
    "pipelines": {"sklearn.pipeline": ("Pipeline",)},
}  # fmt: skip
_FILES = {
    f"{module}.{name}": f"nbmodel.predict.compiled.sklearn_{family}"
    for family, modules in _FAMILIES.items()
    for module, names in modules.items()
    for name in names
}


def steps_of(model: Any) -> Scorers:
    """Make the steps of each method, without a check of the rows; empty if there are none.

    A subclass has no scorer, because it may replace methods.
    """
    kind = type(model)
    file = _FILES.get(f"{kind.__module__}.{kind.__qualname__}")
    if file is None or any(name in vars(model) for name in ("predict", "transform")):
        return {}
    try:
        steps: Scorers = import_module(file).steps_of(model)
    except (ImportError, AttributeError):  # not fitted, or a release with other attributes
        return {}
    return steps


def compile_scorer(model: Any) -> dict[str, Scorer]:
    """Make scorers for the methods of a fitted model.

    Parameters
    ----------
    model : object

    Returns
    -------
    dict of str to callable
        From float64 rows x features to the result of the method; empty for a model without
        scorers. A scorer raises `NotCompiled` for rows that the model must answer itself. Check
        each scorer with `agrees` before its use.
    """
    features = getattr(model, "n_features_in_", None)
    if not isinstance(features, int):
        return {}
    return {name: _checked(step, features) for name, step in steps_of(model).items()}


def _checked(step: Scorer, features: int) -> Scorer:
    def score(rows: Matrix) -> Matrix:
        check(rows, features)
        return step(rows)

    return score
