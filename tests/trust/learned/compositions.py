"""Models of several parts: frames of text and numbers, steps selected by name or position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
    TargetEncoder,
)

Generator = np.random.Generator
CITIES = np.array(["Ulm", "Köln", "New York", "a b", "", "<b>", "Zürich"])
WORDS = np.array(["the", "a", "rose", "is", "red", "blue", "sky", "and", "sugar", "sweet"])


def frame(rng: Generator) -> tuple[Any, Any]:
    """People of several cities, some of whose answers are missing, and a class of each."""
    rows = int(rng.integers(40, 80))
    data = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows).astype(float),
            "income (€)": np.exp(rng.normal(size=rows) + 9),
            "city": rng.choice(CITIES[: int(rng.integers(2, 8))], rows),
            "note": [" ".join(rng.choice(WORDS, 5)) for _ in range(rows)],
            "visits": rng.integers(0, 9, rows),
            "member": rng.random(rows) < 0.5,
        }
    )
    if rng.random() < 0.5:
        data["city"] = data["city"].astype(object)
    if rng.random() < 0.3:
        data["city"] = data["city"].astype("category")
    data.loc[rng.random(rows) < 0.1, "age"] = np.nan
    if rng.random() < 0.3:
        data.loc[rng.random(rows) < 0.1, "city"] = None
    y = np.where(data["visits"] + rng.normal(size=rows) > 4, "yes", "no")
    return data, y if rng.random() < 0.5 else (y == "yes").astype(int)


def _numbers(rng: Generator) -> Any:
    steps: list[Any] = [
        SimpleImputer(strategy=str(rng.choice(["mean", "median", "constant", "most_frequent"])),
                      add_indicator=bool(rng.random() < 0.3)),
        *([StandardScaler()] if rng.random() < 0.6 else []),
        *([PolynomialFeatures(2)] if rng.random() < 0.2 else []),
        *([KBinsDiscretizer(3)] if rng.random() < 0.2 else []),
    ]  # fmt: skip
    return make_pipeline(*steps)


def _texts(rng: Generator) -> Any:
    encoders = (
        OneHotEncoder(handle_unknown="ignore"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=6, sparse_output=False),
        OneHotEncoder(drop="first", handle_unknown="ignore"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        TargetEncoder(cv=2),
    )
    encoder = encoders[int(rng.integers(len(encoders)))]
    if rng.random() < 0.5:
        fill = str(rng.choice(["most_frequent", "constant"]))
        return make_pipeline(SimpleImputer(strategy=fill), encoder)
    return encoder


def _chosen(rng: Generator, names: list[str], columns: list[str]) -> Any:
    """Select the same columns by name, by position, by a slice or by a mask."""
    places = [columns.index(name) for name in names]
    ways = (
        names,
        places,
        np.array(names),
        [column in names for column in columns],
        np.array([column in names for column in columns]),
        slice(min(places), max(places) + 1) if len(names) > 1 else names,
    )
    return ways[int(rng.integers(len(ways)))]


def columns(rng: Generator, names: list[str]) -> ColumnTransformer:
    """Steps for numbers, for categories and perhaps for a text."""
    parts: list[Any] = [
        ("numbers", _numbers(rng), _chosen(rng, ["age", "income (€)"], names)),
        ("städte", _texts(rng), _chosen(rng, ["city"], names)),
        ("keep", "passthrough", ["visits"]),
        ("leave", "drop", ["member"]),
        ("none", StandardScaler(), []),
    ]
    if rng.random() < 0.5:
        kind = CountVectorizer if rng.random() < 0.5 else TfidfVectorizer
        parts.append(("words", kind(), "note" if rng.random() < 0.7 else names.index("note")))
    count = int(rng.integers(2, len(parts) + 1))
    # What is left over may be a text, which the numbers do not take: such a fit is passed over.
    rest: tuple[Any, ...] = ("drop", "passthrough", _numbers(rng))
    return ColumnTransformer(
        parts[:count],
        remainder=rest[int(rng.choice(3, p=[0.6, 0.2, 0.2]))],
        sparse_threshold=float(rng.choice([0.0, 0.3, 1.0])),
        transformer_weights={"numbers": 2.0} if rng.random() < 0.2 else None,
        verbose_feature_names_out=bool(rng.random() < 0.7),
        n_jobs=None,
    )


def _last(rng: Generator) -> Any:
    models = (
        LogisticRegression(max_iter=20),
        RandomForestClassifier(n_estimators=3),
        GradientBoostingClassifier(n_estimators=2),
        VotingClassifier([("a", LogisticRegression(max_iter=5)), ("b c", "drop")]),
        StackingClassifier([("a", LogisticRegression(max_iter=5))], cv=2, passthrough=True),
        make_pipeline(SelectKBest(f_classif, k=1), LogisticRegression(max_iter=5)),
    )
    return models[int(rng.integers(len(models)))]


def composition(rng: Generator) -> tuple[Any, Any, Any]:
    """Make an estimator that is not fitted, rows and targets."""
    X, y = frame(rng)
    steps = columns(rng, list(X.columns))
    draw = rng.random()
    if draw < 0.15:
        return steps, X, y
    if draw < 0.25:
        numbers = X[["visits", "income (€)"]]
        parts = [("a", StandardScaler()), ("b", _numbers(rng)), ("c", "passthrough")]
        return FeatureUnion(parts), numbers, y
    if draw < 0.35:
        categories = X[["age", "city", "visits"]].astype({"city": "category"})
        given = ["city"] if rng.random() < 0.5 else "from_dtype"
        return HistGradientBoostingClassifier(max_iter=3, categorical_features=given), categories, y
    if draw < 0.42:
        model = TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)
        return Pipeline([("columns", steps), ("model", model)]), X, X["income (€)"]
    pipeline = Pipeline([("columns", steps), ("model", _last(rng))])
    if draw < 0.5:
        return GridSearchCV(pipeline, {"columns__sparse_threshold": [0.0, 1.0]}, cv=2), X, y
    if draw < 0.55:
        options = {"model": [LogisticRegression(max_iter=5), "passthrough"]}
        return RandomizedSearchCV(pipeline, options, n_iter=1, cv=2, random_state=0), X, y
    return pipeline, X, y


def compositions(seed: int, count: int) -> Iterator[tuple[Any, Any, Any]]:
    """Yield `count` compositions, each with a separate random draw."""
    for number in range(count):
        yield composition(np.random.default_rng([seed, 1_000_000, number]))
