"""Every scikit-learn estimator, fitted on small data, for all suites that store models.

`fitted_estimators` covers all of `sklearn.utils.all_estimators`, each with the parameters that it
needs, and the variants of estimators with compiled state that take another path through it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse
from scipy.stats import loguniform, randint, uniform
from sklearn.base import RegressorMixin
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import (  # noqa: F401
    enable_halving_search_cv,
    enable_iterative_imputer,
)
from sklearn.feature_selection import chi2, f_classif, f_regression, mutual_info_classif
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    DotProduct,
    Matern,
    RationalQuadratic,
    WhiteKernel,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

METHODS = (
    "predict_proba",
    "decision_function",
    "predict",
    "transform",
    "score_samples",
    "kneighbors",
)
DOCUMENTS = ["a rose is a rose", "the rose is red", "violets are blue", "sugar is sweet"] * 5


@dataclass(frozen=True)
class Recipe:
    """How to construct and fit one estimator, and what to ask of it afterwards."""

    params: dict[str, Any] = field(default_factory=dict)
    data: str = "plain"
    method: str | None = None
    label: str = ""


@cache
def plain_data() -> tuple[np.ndarray, np.ndarray]:
    """Sixty non-negative samples of five features with two classes."""
    X, y = make_classification(
        n_samples=60, n_features=5, n_informative=3, n_redundant=0, random_state=0
    )
    return X - X.min(axis=0), y


def _counts() -> tuple[Any, Any]:
    X, y = plain_data()
    return np.floor(X), y


def _categories() -> tuple[Any, Any]:
    X, y = plain_data()
    names = np.array(["red", "green", "blue", "gray", "black", "white", "pink", "cyan"], object)
    return names[np.clip(X[:, :3].astype(int), 0, 7)], y


def _mixed_holes() -> tuple[Any, Any]:
    X, y = plain_data()
    X = X.copy()
    X[::7, 1] = np.nan
    return X, y


def _three_classes() -> tuple[Any, Any]:
    X, _ = plain_data()
    return X, np.digitize(X[:, 0], np.quantile(X[:, 0], [0.33, 0.66]))


def _words() -> tuple[Any, Any]:
    X, y = plain_data()
    return X, np.array(["no", "yes"])[y]


DATA: dict[str, Callable[[], tuple[Any, Any]]] = {
    "plain": plain_data,
    "counts": _counts,
    "unit": lambda: (plain_data()[0] / plain_data()[0].max(axis=0), plain_data()[1]),
    "square": lambda: (plain_data()[0] @ plain_data()[0].T, plain_data()[1]),
    "one": lambda: (plain_data()[0][:, 0], plain_data()[0][:, 1]),
    "real": lambda: (plain_data()[0], plain_data()[0][:, 0] * 2.0 + plain_data()[0][:, 1] + 0.5),
    "two": lambda: (plain_data()[0], plain_data()[0][:, :2] + 0.5),
    "labels": lambda: (plain_data()[0], (plain_data()[0][:, :2] > 2).astype(int)),
    "sparse": lambda: (sparse.csr_matrix(plain_data()[0]), plain_data()[1]),
    "sparse_real": lambda: (sparse.csr_matrix(plain_data()[0]), plain_data()[0][:, 0]),
    "target": lambda: (plain_data()[1], None),
    "sets": lambda: ([("a", "b"), ("b",), ("c", "a")] * 5, None),
    "text": lambda: (DOCUMENTS, np.arange(len(DOCUMENTS)) % 2),
    "records": lambda: ([{"a": 1.0, "b": "x"}, {"a": 2.0, "b": "y"}] * 5, None),
    "images": lambda: (np.arange(2 * 6 * 6, dtype=float).reshape(2, 6, 6), None),
    "categories": _categories,
    "holes": _mixed_holes,
    "three": _three_classes,
    "words": _words,
}

_KERNEL = ConstantKernel(1.0) * RBF(1.0) + WhiteKernel(50.0) + Matern(nu=1.5) + DotProduct()
_PIPELINE = Pipeline([("scale", StandardScaler()), ("pca", PCA(2)), ("lr", LogisticRegression())])

RECIPES: dict[str, tuple[Recipe, ...]] = {
    "AdaBoostClassifier": (Recipe({"n_estimators": 3}),),
    "AdaBoostRegressor": (Recipe({"n_estimators": 3}, "real"),),
    "BaggingClassifier": (Recipe({"n_estimators": 3, "max_features": 0.6}),),
    "BaggingRegressor": (Recipe({"n_estimators": 3}, "real"),),
    "BisectingKMeans": (Recipe({"n_clusters": 3}), Recipe({"n_clusters": 3}, "sparse")),
    "CategoricalNB": (Recipe(data="counts"),),
    "CalibratedClassifierCV": (
        Recipe(),
        Recipe({"estimator": LogisticRegression(), "method": "isotonic"}, label="isotonic"),
    ),
    "ClassifierChain": (Recipe({"estimator": LogisticRegression()}, "labels"),),
    "ColumnTransformer": (
        Recipe({"transformers": [("a", StandardScaler(), [0, 1]), ("b", "passthrough", [2])]}),
        Recipe(
            {
                "transformers": [("a", StandardScaler(), slice(0, 2)), ("b", OneHotEncoder(), [3])],
                "remainder": "passthrough",
            },
            "counts",
            label="slice",
        ),
    ),
    "CountVectorizer": (
        Recipe(data="text"),
        Recipe({"ngram_range": (1, 2), "stop_words": ["is"]}, "text", label="ngrams"),
        Recipe({"vocabulary": {"rose": 0, "blue": 1}}, "text", label="given"),
    ),
    "DecisionTreeClassifier": (
        Recipe(),
        Recipe({"max_leaf_nodes": 6, "min_samples_leaf": 2}, "three", label="best-first"),
        Recipe({"ccp_alpha": 0.01}, "holes", label="holes"),
        Recipe(data="labels", label="outputs"),
        Recipe(data="words", label="words"),
    ),
    "DecisionTreeRegressor": (Recipe(data="real"), Recipe(data="two", label="outputs")),
    "DictVectorizer": (Recipe(data="records"), Recipe({"sparse": False}, "records", label="dense")),
    "DictionaryLearning": (Recipe({"n_components": 3, "max_iter": 5}),),
    "DummyClassifier": (
        Recipe(),
        Recipe({"strategy": "stratified", "random_state": 0}, "labels", label="labels"),
    ),
    "FeatureHasher": (Recipe({"n_features": 8}, "records"),),
    "FeatureUnion": (Recipe({"transformer_list": [("a", PCA(2)), ("b", StandardScaler())]}),),
    "FixedThresholdClassifier": (Recipe({"estimator": LogisticRegression()}),),
    "FrozenEstimator": (
        Recipe({"estimator": LogisticRegression().fit(*plain_data())}, method="predict_proba"),
    ),
    "FunctionTransformer": (
        Recipe(),
        Recipe({"func": np.log1p, "inverse_func": np.expm1}, label="log1p"),
    ),
    "GaussianProcessClassifier": (
        Recipe(),
        Recipe(
            {"kernel": RationalQuadratic() + WhiteKernel(0.5), "optimizer": None},
            "three",
            label="kernels",
        ),
    ),
    "GaussianProcessRegressor": (
        Recipe(data="real"),
        Recipe({"kernel": _KERNEL, "optimizer": None}, "real", label="kernels"),
    ),
    "GaussianRandomProjection": (Recipe({"n_components": 3}),),
    "GenericUnivariateSelect": (Recipe({"mode": "k_best", "param": 2}),),
    "GradientBoostingClassifier": (
        Recipe({"n_estimators": 3}),
        Recipe({"n_estimators": 3, "warm_start": True}, "three", label="three"),
        Recipe({"n_estimators": 3, "loss": "exponential", "init": "zero"}, label="zero"),
    ),
    "GradientBoostingRegressor": (
        Recipe({"n_estimators": 3}, "real"),
        Recipe({"n_estimators": 3, "loss": "huber"}, "real", label="huber"),
        Recipe({"n_estimators": 3, "loss": "quantile"}, "real", label="quantile"),
    ),
    "GridSearchCV": (
        Recipe({"estimator": _PIPELINE, "param_grid": {"lr__C": [0.1, 1.0]}, "cv": 3}),
        Recipe(
            {
                "estimator": LogisticRegression(),
                "param_grid": {"C": np.logspace(-1, 1, 3)},
                "scoring": make_scorer(f1_score, average="macro"),
                "cv": StratifiedKFold(3, shuffle=True, random_state=np.random.RandomState(0)),
            },
            label="scorer",
        ),
    ),
    "HDBSCAN": (Recipe({"copy": True}),),
    "HalvingGridSearchCV": (
        Recipe({"estimator": Ridge(), "param_grid": {"alpha": [0.1, 1.0]}, "cv": 2}, "real"),
    ),
    "HalvingRandomSearchCV": (
        Recipe(
            {"estimator": Ridge(), "param_distributions": {"alpha": uniform(0.1, 1)}, "cv": 2},
            "real",
        ),
    ),
    "HashingVectorizer": (Recipe({"n_features": 16}, "text"),),
    "HistGradientBoostingClassifier": (
        Recipe({"max_iter": 3, "min_samples_leaf": 3}),
        Recipe({"max_iter": 3, "min_samples_leaf": 3}, "three", label="three"),
        Recipe(
            {"max_iter": 3, "min_samples_leaf": 3, "categorical_features": [0, 2]},
            "counts",
            label="categories",
        ),
        Recipe({"max_iter": 20, "early_stopping": True}, "holes", label="holes"),
    ),
    "HistGradientBoostingRegressor": (
        Recipe({"max_iter": 3, "min_samples_leaf": 3}, "real"),
        Recipe({"max_iter": 3, "loss": "poisson"}, "real", label="poisson"),
        Recipe({"max_iter": 3, "loss": "quantile", "quantile": 0.3}, "real", label="quantile"),
        Recipe({"max_iter": 3, "loss": "gamma"}, "real", label="gamma"),
        Recipe({"max_iter": 3, "loss": "absolute_error"}, "real", label="absolute"),
    ),
    "IsolationForest": (Recipe({"n_estimators": 3, "max_features": 0.6}),),
    "IsotonicRegression": (Recipe(data="one"), Recipe({"out_of_bounds": "clip"}, "one", None, "c")),
    "KBinsDiscretizer": (
        Recipe({"n_bins": 3, "quantile_method": "averaged_inverted_cdf"}),
        Recipe({"n_bins": 3, "encode": "ordinal", "strategy": "kmeans"}, label="kmeans"),
    ),
    "KMeans": (
        Recipe({"n_clusters": 3, "n_init": 1}),
        Recipe({"n_clusters": 3, "n_init": 1, "algorithm": "elkan"}, "sparse", label="sparse"),
    ),
    "KNeighborsClassifier": (
        Recipe({"algorithm": "kd_tree"}),
        Recipe({"algorithm": "ball_tree", "leaf_size": 5}, "three", label="ball"),
        Recipe({"algorithm": "brute", "weights": "distance"}, "labels", label="brute"),
        Recipe({"algorithm": "brute"}, "sparse", label="sparse"),
        Recipe({"algorithm": "ball_tree", "metric": "minkowski", "p": 3}, label="minkowski"),
        Recipe(
            {
                "algorithm": "ball_tree",
                "metric": "mahalanobis",
                "metric_params": {"VI": np.eye(5) * 2},
            },
            label="mahalanobis",
        ),
        Recipe(
            {
                "algorithm": "ball_tree",
                "metric": "seuclidean",
                "metric_params": {"V": np.arange(1.0, 6.0)},
            },
            label="seuclidean",
        ),
        Recipe({"algorithm": "kd_tree", "metric": "chebyshev"}, "words", label="chebyshev"),
    ),
    "KNeighborsRegressor": (
        Recipe({"algorithm": "kd_tree"}, "real"),
        Recipe({"algorithm": "ball_tree", "metric": "manhattan"}, "two", label="manhattan"),
    ),
    "KernelCenterer": (Recipe(data="square"),),
    "KernelDensity": (
        Recipe(),
        Recipe({"algorithm": "ball_tree", "metric": "haversine"}, "pairs", label="haversine"),
        Recipe({"algorithm": "kd_tree", "leaf_size": 3, "kernel": "tophat"}, label="tophat"),
    ),
    "LabelBinarizer": (Recipe(data="target"), Recipe({"sparse_output": True}, "target", None, "s")),
    "LabelEncoder": (Recipe(data="target"),),
    "LabelPropagation": (Recipe(), Recipe({"kernel": "knn"}, label="knn")),
    "LatentDirichletAllocation": (Recipe({"n_components": 2, "max_iter": 2}, "counts"),),
    "LocalOutlierFactor": (
        Recipe({"novelty": True, "n_neighbors": 5}),
        Recipe({"n_neighbors": 5}, label="outliers"),
    ),
    "LogisticRegression": (Recipe(), Recipe(data="three", label="three")),
    "LogisticRegressionCV": (
        Recipe({"cv": 3, "Cs": 2, "l1_ratios": (0.0,), "use_legacy_attributes": False}),
    ),
    "MLPClassifier": (
        Recipe({"hidden_layer_sizes": (4,), "max_iter": 5}),
        Recipe({"hidden_layer_sizes": (4,), "max_iter": 5, "solver": "sgd"}, "three", label="sgd"),
    ),
    "MLPRegressor": (Recipe({"hidden_layer_sizes": (4,), "max_iter": 5}, "real"),),
    "MiniBatchDictionaryLearning": (Recipe({"n_components": 3, "max_iter": 5}),),
    "MiniBatchKMeans": (Recipe({"n_clusters": 3, "n_init": 1}),),
    "MiniBatchNMF": (Recipe({"n_components": 2}),),
    "MultiLabelBinarizer": (Recipe(data="sets"),),
    "MultiOutputClassifier": (Recipe({"estimator": LogisticRegression()}, "labels"),),
    "MultiOutputRegressor": (Recipe({"estimator": Ridge()}, "two"),),
    "MultiTaskElasticNet": (Recipe(data="two"),),
    "MultiTaskElasticNetCV": (Recipe({"cv": 3, "alphas": 3}, "two"),),
    "MultiTaskLasso": (Recipe(data="two"),),
    "MultiTaskLassoCV": (Recipe({"cv": 3, "alphas": 3}, "two"),),
    "NMF": (Recipe({"n_components": 2}), Recipe({"n_components": 2, "solver": "mu"}, label="mu")),
    "NearestNeighbors": (
        Recipe({"algorithm": "kd_tree"}),
        Recipe({"algorithm": "ball_tree"}, label="ball"),
        Recipe({"algorithm": "brute"}, "sparse", label="sparse"),
    ),
    "NuSVC": (Recipe(), Recipe(data="sparse", label="sparse")),
    "NuSVR": (Recipe(data="real"),),
    "OneClassSVM": (Recipe(), Recipe(data="sparse", label="sparse")),
    "OneHotEncoder": (
        Recipe(data="categories"),
        Recipe({"handle_unknown": "ignore", "sparse_output": False}, "categories", label="dense"),
        Recipe(
            {"handle_unknown": "infrequent_if_exist", "min_frequency": 12, "drop": "first"},
            "categories",
            label="infrequent",
        ),
    ),
    "OneVsOneClassifier": (Recipe({"estimator": LogisticRegression()}, "three"),),
    "OneVsRestClassifier": (
        Recipe({"estimator": LogisticRegression()}, "three"),
        Recipe({"estimator": LogisticRegression()}, "labels", label="labels"),
    ),
    "OrdinalEncoder": (
        Recipe(data="categories"),
        Recipe(
            {"handle_unknown": "use_encoded_value", "unknown_value": -1, "max_categories": 3},
            "categories",
            label="infrequent",
        ),
    ),
    "OutputCodeClassifier": (Recipe({"estimator": LogisticRegression()}, "three"),),
    "PLSCanonical": (Recipe(data="two"),),
    "CCA": (Recipe(data="two"),),
    "PLSSVD": (Recipe(data="two"),),
    "PLSRegression": (Recipe(data="two"),),
    "PatchExtractor": (Recipe({"patch_size": (2, 2)}, "images"),),
    "Pipeline": (
        Recipe({"steps": _PIPELINE.steps}),
        Recipe({"steps": [("svc", SVC(probability=False))]}, "words", label="svc"),
    ),
    "PolynomialFeatures": (Recipe(), Recipe({"degree": 3}, "sparse", label="sparse")),
    "QuantileTransformer": (Recipe({"n_quantiles": 10}),),
    "RFE": (Recipe({"estimator": LogisticRegression()}),),
    "RFECV": (Recipe({"estimator": LogisticRegression(), "cv": 3}),),
    "RANSACRegressor": (Recipe(data="real"),),
    "RadiusNeighborsClassifier": (
        Recipe({"radius": 50.0, "algorithm": "kd_tree"}),
        Recipe({"radius": 50.0, "algorithm": "brute"}, "three", label="brute"),
    ),
    "RadiusNeighborsRegressor": (Recipe({"radius": 50.0}, "real"),),
    "RandomForestClassifier": (
        Recipe({"n_estimators": 3}),
        Recipe({"n_estimators": 3, "oob_score": True, "bootstrap": True}, "three", label="oob"),
        Recipe({"n_estimators": 3}, "words", label="words"),
    ),
    "RandomForestRegressor": (Recipe({"n_estimators": 3}, "two"),),
    "RandomTreesEmbedding": (Recipe({"n_estimators": 3}),),
    "RandomizedSearchCV": (
        Recipe(
            {
                "estimator": RandomForestClassifier(n_estimators=2),
                "param_distributions": {
                    "max_depth": randint(1, 4),
                    "min_samples_split": [2, 3],
                    "ccp_alpha": loguniform(1e-5, 1e-3),
                },
                "n_iter": 2,
                "cv": KFold(2),
                "scoring": make_scorer(accuracy_score),
            }
        ),
    ),
    "RegressorChain": (Recipe({"estimator": Ridge()}, "two"),),
    "SGDClassifier": (
        Recipe(),
        Recipe({"loss": "log_loss", "average": True}, "three", label="average"),
        Recipe({"loss": "modified_huber", "early_stopping": True}, label="huber"),
    ),
    "SGDRegressor": (Recipe(data="real"), Recipe({"loss": "huber"}, "real", label="huber")),
    "SVC": (
        Recipe(),
        Recipe({"probability": True}, "three", label="three"),
        Recipe(data="sparse", label="sparse"),
        Recipe({"kernel": "precomputed"}, "square", label="precomputed"),
        Recipe({"decision_function_shape": "ovo"}, "three", label="ovo"),
    ),
    "SVR": (Recipe(data="real"), Recipe(data="sparse_real", label="sparse")),
    "SelectFdr": (Recipe({"score_func": chi2}),),
    "SelectFpr": (Recipe({"score_func": f_classif}),),
    "SelectFromModel": (Recipe({"estimator": LogisticRegression()}),),
    "SelectKBest": (
        Recipe({"score_func": mutual_info_classif, "k": 2}),
        Recipe({"score_func": f_regression, "k": 2}, "real", label="regression"),
    ),
    "SelfTrainingClassifier": (Recipe({"estimator": LogisticRegression()}),),
    "SequentialFeatureSelector": (Recipe({"estimator": LogisticRegression(), "cv": 2}),),
    "SimpleImputer": (
        Recipe(data="holes"),
        Recipe({"strategy": "most_frequent", "add_indicator": True}, "holes", label="indicator"),
    ),
    "SparseCoder": (Recipe({"dictionary": np.eye(5)}),),
    "SparseRandomProjection": (Recipe({"n_components": 3}),),
    "SpectralBiclustering": (Recipe({"n_clusters": 2}),),
    "SplineTransformer": (
        Recipe(),
        Recipe({"sparse_output": True, "extrapolation": "periodic"}, label="sparse"),
    ),
    "StackingClassifier": (
        Recipe({"estimators": [("a", LogisticRegression()), ("b", DecisionTreeClassifier())]}),
    ),
    "StackingRegressor": (Recipe({"estimators": [("a", Ridge())]}, "real"),),
    "TSNE": (Recipe({"perplexity": 5, "max_iter": 250}),),
    "TargetEncoder": (Recipe({"cv": 3}, "categories"),),
    "TfidfTransformer": (Recipe(data="counts"),),
    "TfidfVectorizer": (Recipe(data="text"),),
    "TransformedTargetRegressor": (
        Recipe(data="real"),
        Recipe({"func": np.log, "inverse_func": np.exp}, "real", label="log"),
    ),
    "TunedThresholdClassifierCV": (Recipe({"estimator": LogisticRegression(), "cv": 3}),),
    "VotingClassifier": (
        Recipe({"estimators": [("a", LogisticRegression()), ("b", SGDClassifier())]}),
    ),
    "VotingRegressor": (
        Recipe({"estimators": [("a", Ridge()), ("b", LinearRegression())]}, "real"),
    ),
    "BernoulliRBM": (Recipe({"n_components": 3, "n_iter": 2}, "unit"),),
    "Isomap": (Recipe({"n_neighbors": 20}),),
    "LocallyLinearEmbedding": (Recipe({"n_neighbors": 10}),),
    "SpectralEmbedding": (Recipe({"affinity": "rbf"}),),
    "SpectralClustering": (Recipe({"n_clusters": 2}),),
    "SpectralCoclustering": (Recipe({"n_clusters": 2}),),
    "IterativeImputer": (Recipe({"max_iter": 2, "sample_posterior": True}, "holes"),),
    "KNNImputer": (Recipe(data="holes"),),
    "MissingIndicator": (Recipe({"error_on_new": False}, "holes"),),
    "StandardScaler": (Recipe(), Recipe({"with_mean": False}, "sparse", label="sparse")),
    "Birch": (Recipe({"n_clusters": KMeans(2, n_init=1), "threshold": 0.5}),),
    "PoissonRegressor": (Recipe(data="real"),),
    "GammaRegressor": (Recipe(data="real"),),
    "TweedieRegressor": (Recipe({"power": 1.5}, "real"),),
    "LinearRegression": (Recipe(data="real"), Recipe({"positive": True}, "real", None, "positive")),
    "TheilSenRegressor": (Recipe({"max_subpopulation": 50}, "real"),),
    "OrthogonalMatchingPursuitCV": (Recipe({"cv": 3}, "real"),),
}
DATA["pairs"] = lambda: (plain_data()[0][:, :2] / 10, plain_data()[1])


def recipes(name: str, kind: type) -> tuple[Recipe, ...]:
    """The recipes of one estimator; by default plain data, a real target for regressors."""
    if name in RECIPES:
        return RECIPES[name]
    return (Recipe(data="real" if issubclass(kind, RegressorMixin) else "plain"),)


def _seeded(kind: type, params: dict[str, Any]) -> Any:
    estimator = kind(**params)
    if "random_state" in estimator.get_params(deep=False) and "random_state" not in params:
        estimator.set_params(random_state=0)
    return estimator


def _method(estimator: Any, X: Any) -> str | None:
    """The first of METHODS that answers for `X`; None for estimators without one."""
    for name in METHODS:
        if hasattr(estimator, name):
            try:
                getattr(estimator, name)(X)
            except NotFittedError:
                continue
            return name
    return None


def fit(kind: type, recipe: Recipe) -> tuple[Any, Any, str | None]:
    """A fitted estimator, the data to ask it about, and the method to ask."""
    X, y = DATA[recipe.data]()
    estimator = _seeded(kind, recipe.params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X) if y is None else estimator.fit(X, y)
        return estimator, X, recipe.method or _method(estimator, X)


def fitted_estimators() -> Iterator[tuple[str, Any, Any, str | None]]:
    """Yield ``(name, fitted, X, method)`` for every estimator and variant.

    `name` is the class name, with ``-variant`` after the first of a class; `method` is None for
    estimators that neither predict nor transform, which are compared by their fitted attributes.
    """
    for name, kind in all_estimators():
        for recipe in recipes(name, kind):
            fitted, X, method = fit(kind, recipe)
            variant = recipe.label or (recipe.data if recipe is not recipes(name, kind)[0] else "")
            yield (f"{name}-{variant}" if variant else name), fitted, X, method
