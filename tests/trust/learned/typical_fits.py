"""Fits as users write them, in which several things must agree.

Searches by several metrics, early stops by a score, models that begin with models, kernels put
together, categories dropped by name, columns chosen by a selector or an index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context, metrics
from sklearn.base import clone
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    mutual_info_classif,
    mutual_info_regression,
    r_regression,
)
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels as gp
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.metrics import get_scorer, make_scorer, pairwise
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.multioutput import ClassifierChain, RegressorChain
from sklearn.neighbors import RadiusNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeRegressor

Make = Callable[[], Any]

_RNG = np.random.default_rng(0)
_ROWS = 90
_X = _RNG.normal(size=(_ROWS, 4))
_NUMBER = _X[:, 0] + 0.1 * _RNG.normal(size=_ROWS)
_TWO = np.column_stack([_NUMBER, -_NUMBER])
_CODES = (_X[:, 0] > 0).astype(int)
_NAMES = np.where(_CODES, "stays", "leaves")
_THREE = np.digitize(_X[:, 0], [-0.5, 0.5])
_LABELS = np.column_stack([_CODES, 1 - _CODES])
_WEIGHTS = _RNG.random(_ROWS) + 0.1
_FRAME = pd.DataFrame(
    {
        "a": _X[:, 0],
        "b": _X[:, 1],
        "city": _RNG.choice(["Rome", "Oslo", "Bern"], _ROWS),
        "day": pd.date_range("2024-01-01", periods=_ROWS),
        "wait": pd.to_timedelta(np.arange(_ROWS), unit="h"),
        "member": _RNG.random(_ROWS) < 0.5,
    }
)
_TEXTS = ["great phone, would buy again", "terrible!! broke after 2 days"] * (_ROWS // 2)
_CLASSES = (("two", _CODES), ("three", _THREE), ("names", _NAMES))
_METRICS = (
    ["r2", "neg_mean_absolute_error"],
    ("r2", "max_error"),
    {"a": "r2", "b": make_scorer(metrics.r2_score)},
)
_CLASS_METRICS = (["accuracy", "f1_macro"], {"a": "accuracy", "b": "roc_auc_ovr"})


def written() -> Iterator[tuple[str, Make]]:
    """Fits that need several things to agree."""
    for part in (
        _searches, _stops, _inits, _kernels, _encoders, _selections, _partly_labeled, _neighbors,
        _chains, _linear, _texts, _columns, _routed, _kernel_machines,
    ):  # fmt: skip
        for make in part():
            yield part.__name__.strip("_"), make


def _searches() -> Iterator[Make]:
    grid = {"alpha": [1.0, 2.0]}
    for scoring in _METRICS:
        for refit in ("r2" if isinstance(scoring, (list, tuple)) else "a", False):
            options = {"scoring": scoring, "refit": refit, "cv": 2}
            yield lambda o=options: GridSearchCV(Ridge(), grid, **o).fit(_X, _NUMBER)
            yield lambda o=options: RandomizedSearchCV(Ridge(), grid, n_iter=2, **o).fit(
                _X, _NUMBER
            )
    for scoring in _CLASS_METRICS:
        refit = "accuracy" if isinstance(scoring, list) else "a"
        yield lambda s=scoring, r=refit: GridSearchCV(
            LogisticRegression(), {"C": [1, 2]}, scoring=s, refit=r, return_train_score=True
        ).fit(_X, _NAMES)
    for scorer in (None, "r2", make_scorer(metrics.mean_squared_error, greater_is_better=False)):
        for kind in (GridSearchCV, HalvingGridSearchCV, HalvingRandomSearchCV):
            yield lambda k=kind, s=scorer: k(Ridge(), grid, scoring=s, cv=2).fit(_X, _NUMBER)
    single = (
        partial(HalvingGridSearchCV, Ridge(), {"alpha": [1.0]}),
        partial(HalvingRandomSearchCV, Ridge(), grid, n_candidates=1),
    )
    for make in single:
        for factor in (0.5, 0.65, 0.9):  # below one, the number of possible iterations is negative
            yield lambda m=make, f=factor: m(
                factor=f, min_resources="smallest", aggressive_elimination=True, cv=2
            ).fit(_X, _NUMBER)
    grids = [{"kernel": ["rbf"], "gamma": [0.1, 1.0]}, {"kernel": ["linear"]}]
    yield lambda: GridSearchCV(SVC(), grids, cv=2).fit(_X, _NAMES)


def _stops() -> Iterator[Make]:
    scores = ("neg_mean_absolute_error", "r2", "loss", make_scorer(metrics.max_error))
    for scoring in scores:
        for share in (0.2, None):
            for weights in (None, _WEIGHTS):
                yield lambda s=scoring, v=share, w=weights: HistGradientBoostingRegressor(
                    max_iter=3, early_stopping=True, scoring=s, validation_fraction=v
                ).fit(_X, _NUMBER, sample_weight=w)
    for _, y in _CLASSES:
        for scoring in ("loss", "accuracy", "neg_log_loss", get_scorer("balanced_accuracy")):
            yield lambda s=scoring, y=y: HistGradientBoostingClassifier(
                max_iter=3, early_stopping=True, scoring=s
            ).fit(_X, y)
        yield lambda y=y: SGDClassifier(early_stopping=True, n_iter_no_change=2).fit(_X, y)
        yield lambda y=y: GradientBoostingClassifier(n_estimators=9, n_iter_no_change=1).fit(_X, y)
    yield lambda: GradientBoostingRegressor(n_estimators=9, n_iter_no_change=1).fit(_X, _NUMBER)
    yield lambda: SGDRegressor(early_stopping=True).fit(_X, _NUMBER, sample_weight=_WEIGHTS)
    for share in (0.5, 1.0):
        yield lambda s=share: GradientBoostingRegressor(n_estimators=3, subsample=s).fit(
            _X, _NUMBER, sample_weight=_WEIGHTS
        )
    for weights in ("balanced", "balanced_subsample", {0: 1, 1: 2}):
        yield lambda w=weights: RandomForestClassifier(3, class_weight=w).fit(_X, _CODES)
    for metric in (metrics.balanced_accuracy_score, metrics.f1_score, True):
        yield lambda m=metric: RandomForestClassifier(30, oob_score=m).fit(_X, _CODES)
        yield lambda m=metric: ExtraTreesClassifier(30, oob_score=m, bootstrap=True).fit(_X, _CODES)
    for metric in (metrics.mean_absolute_error, metrics.r2_score):
        yield lambda m=metric: RandomForestRegressor(30, oob_score=m).fit(_X, _NUMBER)


def _inits() -> Iterator[Make]:
    regressors = (
        Ridge(), LinearRegression(), Lasso(0.01), DecisionTreeRegressor(max_depth=2),
        RandomForestRegressor(3), DummyRegressor(), DummyRegressor(strategy="median"),
    )  # fmt: skip
    for init in regressors:
        yield lambda i=init: GradientBoostingRegressor(n_estimators=3, init=i).fit(_X, _NUMBER)
    classifiers = (
        LogisticRegression(), RandomForestClassifier(3), ExtraTreesClassifier(3),
        DummyClassifier(), DummyClassifier(strategy="uniform"),
    )  # fmt: skip
    for init in classifiers:
        for _, y in _CLASSES:
            yield lambda i=init, y=y: GradientBoostingClassifier(n_estimators=3, init=i).fit(_X, y)


def _kernels() -> Iterator[Make]:
    one, many = gp.RBF(1.0), gp.Matern([1.0, 1.0, 1.0, 1.0])
    each = (
        one, many, 1.0 * one, 2.0 * many + gp.WhiteKernel(), gp.DotProduct() ** 2,
        gp.RationalQuadratic(), gp.ExpSineSquared(), gp.ConstantKernel() + one,
        gp.RBF([1.0, 2.0, 1.0, 1.0]), gp.PairwiseKernel(metric="rbf"),
    )  # fmt: skip
    for kernel in each:
        yield lambda k=kernel: GaussianProcessRegressor(k, optimizer=None).fit(_X, _NUMBER)
        yield lambda k=kernel: GaussianProcessRegressor(k, optimizer=None).fit(_X, _TWO)
        for way in ("one_vs_rest", "one_vs_one"):
            for _, y in _CLASSES:
                yield lambda k=kernel, y=y, w=way: GaussianProcessClassifier(
                    k, optimizer=None, multi_class=w
                ).fit(_X[:40], y[:40])
    yield lambda: GaussianProcessClassifier(1.0 * one).fit(_X[:40], _CODES[:40])
    yield lambda: GaussianProcessRegressor(1.0 * one, n_restarts_optimizer=1).fit(_X, _NUMBER)


def _encoders() -> Iterator[Make]:
    cities, both = _FRAME[["city"]], _FRAME[["city", "member"]]
    for data in (cities, both, _FRAME[["day"]], _FRAME[["wait"]], _FRAME[["member"]]):
        for drop in (None, "first", "if_binary"):
            yield lambda d=data, p=drop: OneHotEncoder(drop=p).fit(d)
        yield lambda d=data: OrdinalEncoder().fit(d)
    for drop in (["Rome"], np.array(["Oslo"]), np.array(["Oslo"], object), ("Bern",)):
        yield lambda d=drop: OneHotEncoder(drop=d).fit(cities)
    yield lambda: OneHotEncoder(drop=["Rome", True]).fit(both)
    yield lambda: OneHotEncoder(drop=[1, 2]).fit(np.array([[1, 2], [2, 3], [3, 4]]))
    yield lambda: OneHotEncoder(categories=[["Rome", "Oslo", "Bern", "Köln"]]).fit(cities)
    yield lambda: OneHotEncoder(categories=[np.array(["Bern", "Oslo", "Rome"])]).fit(cities)
    for fill in (np.nan, -1):
        yield lambda f=fill: OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=f, encoded_missing_value=-2
        ).fit(both)


def _selections() -> Iterator[Make]:
    for score in (mutual_info_regression, r_regression):
        for kind in (SelectKBest, SelectPercentile, SelectFpr, SelectFdr, SelectFwe):
            options = {"k": 2} if kind is SelectKBest else {}
            yield lambda k=kind, s=score, o=options: k(s, **o).fit(_X, _NUMBER)
        for mode in ("percentile", "k_best"):
            yield lambda m=mode, s=score: GenericUnivariateSelect(s, mode=m, param=2).fit(
                _X, _NUMBER
            )
    yield lambda: SelectPercentile(mutual_info_classif).fit(_X, _NAMES)


def _partly_labeled() -> Iterator[Make]:
    numbered = np.where(np.arange(_ROWS) % 3, _CODES, -1)
    for threshold in (0.75, 0.99999, 0.5001):
        for rounds in (1, 10, None):
            yield lambda t=threshold, r=rounds: SelfTrainingClassifier(
                LogisticRegression(), threshold=t, max_iter=r
            ).fit(_X, numbered)
    yield lambda: SelfTrainingClassifier(LogisticRegression(), criterion="k_best", k_best=9).fit(
        _X, numbered
    )
    for kind in (LabelPropagation, LabelSpreading):
        yield lambda k=kind: k(max_iter=5).fit(_X, numbered)
        yield lambda k=kind: k(kernel=pairwise.rbf_kernel, max_iter=5).fit(_X, numbered)


def _neighbors() -> Iterator[Make]:
    for label in ("most_frequent", None, "stays", "leaves"):
        yield lambda o=label: RadiusNeighborsClassifier(9.0, outlier_label=o).fit(_X, _NAMES)
    for label in ("most_frequent", 0, 1, 7, [0]):
        yield lambda o=label: RadiusNeighborsClassifier(9.0, outlier_label=o).fit(_X, _CODES)
    for label in ("most_frequent", [0, 1], 1, None):
        yield lambda o=label: RadiusNeighborsClassifier(9.0, outlier_label=o).fit(_X, _LABELS)


def _chains() -> Iterator[Make]:
    for order in ([1, 0], (1, 0), np.array([1, 0]), "random", None):
        for cv in (None, 2):
            yield lambda o=order, c=cv: RegressorChain(Ridge(), order=o, cv=c).fit(_X, _TWO)
            yield lambda o=order, c=cv: ClassifierChain(LogisticRegression(), order=o, cv=c).fit(
                _X, _LABELS
            )
    for y in (_NUMBER, _TWO):
        yield lambda y=y: TransformedTargetRegressor(Ridge(), transformer=StandardScaler()).fit(
            _X, y
        )


def _linear() -> Iterator[Make]:
    for y in (_NUMBER, _TWO, _TWO[:, :1]):
        for each in (True, False):
            for cv in (None, 2):
                yield lambda y=y, e=each, c=cv: RidgeCV([0.1, 1.0], alpha_per_target=e, cv=c).fit(
                    _X, y
                )
        for stored in (True, False):
            yield lambda y=y, s=stored: RidgeCV([0.1, 1.0], store_cv_results=s).fit(_X, y)
            yield lambda y=y, s=stored: RidgeCV(
                [0.1, 1.0], store_cv_results=s, alpha_per_target=True
            ).fit(_X, y)
    for _, y in _CLASSES:
        for model in (
            LogisticRegression(), LogisticRegression(solver="liblinear"), LinearSVC(),
            SGDClassifier(), SGDClassifier(average=True),
        ):  # fmt: skip
            yield lambda m=model, y=y: clone(m).fit(_X, y).sparsify()
    for kind in (SGDRegressor, Ridge):
        yield lambda k=kind: k().fit(_X, _NUMBER, sample_weight=_WEIGHTS)


def _texts() -> Iterator[Make]:
    for kind in (CountVectorizer, TfidfVectorizer, HashingVectorizer):
        for options in (
            {"tokenizer": str.split, "token_pattern": None},
            {"token_pattern": r"(?u)\b\w+(?:[-_]\w+)*\b"},
            {"tokenizer": str.splitlines, "token_pattern": None},
            {"preprocessor": str.lower},
            {"preprocessor": str.upper},
            {"preprocessor": str.casefold},
            {"preprocessor": str.strip},
            {"analyzer": str.split},
            {"stop_words": ["great", "phone"]},
            {"stop_words": "english"},
        ):
            yield lambda k=kind, o=options: k(**o).fit(_TEXTS)
    for words in (["great", "phone"], {"great": 0, "phone": 1}, ("great",), {"great", "phone"}):
        yield lambda w=words: TfidfVectorizer(vocabulary=w).fit(_TEXTS)


def _columns() -> Iterator[Make]:
    numbers = make_column_selector(dtype_include=np.number)
    ways: tuple[Any, ...] = (
        numbers, make_column_selector(pattern="^a|b$"), _FRAME.columns[:2], _FRAME.columns[:1],
        make_column_selector(dtype_include=["float64", "int64"], dtype_exclude=[object]),
        make_column_selector(dtype_exclude=[object, "datetime64[ns]", "timedelta64", bool]),
        make_column_selector(dtype_include=float), np.array(["a"]),
        pd.Index(["a", "b"], dtype=object),
    )  # fmt: skip
    for way in ways:
        for rest in ("drop", "passthrough"):
            yield lambda w=way, r=rest: ColumnTransformer(
                [("n", StandardScaler(), w)], remainder=r
            ).fit(_FRAME)
        yield lambda w=way: make_pipeline(
            make_column_transformer((StandardScaler(), w)), Ridge()
        ).fit(_FRAME, _NUMBER)


def _routed() -> Iterator[Make]:
    def fit(make: Make) -> Any:
        with config_context(enable_metadata_routing=True):
            return make()

    scorer = get_scorer("r2")
    for flag in (True, False, "weights"):
        yield lambda f=flag: fit(
            lambda: GridSearchCV(
                Ridge().set_fit_request(sample_weight=True),
                {"alpha": [1, 2]},
                scoring=scorer.set_score_request(sample_weight=f),
                cv=2,
            ).fit(_X, _NUMBER, **{f if isinstance(f, str) else "sample_weight": _WEIGHTS})
        )
        yield lambda f=flag: fit(
            lambda: make_pipeline(
                StandardScaler().set_fit_request(sample_weight=f),
                Ridge().set_fit_request(sample_weight=f).set_score_request(sample_weight=f),
            ).fit(_X, _NUMBER)
        )


def _kernel_machines() -> Iterator[Make]:
    for _, y in _CLASSES:
        for chance in (True, False):
            for kernel in (pairwise.laplacian_kernel, pairwise.rbf_kernel, pairwise.linear_kernel):
                yield lambda k=kernel, y=y, p=chance: SVC(kernel=k, probability=p).fit(_X, y)
        for weights in ("balanced", None):
            yield lambda y=y, w=weights: SVC(class_weight=w).fit(_X, y, sample_weight=_WEIGHTS)
