"""The descriptions of scikit-learn's estimators."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from nbmodel.flavors.description import describe
from nbmodel.records import Column
from tests.flavors.other_process import elsewhere
from tests.flavors.samples import RNG, X, Y, samples


def test_parameters_are_flat_and_leave_estimators_out():
    params = describe(samples("sklearn")["pipeline"]).params
    assert params["logisticregression__C"] == 0.5
    assert params["standardscaler__with_mean"] is True
    assert "steps" not in params
    assert "logisticregression" not in params


def test_defaults_of_the_estimators_in_a_pipeline():
    model = make_pipeline(OneHotEncoder(drop="first"), LogisticRegression(C=0.5, max_iter=100))
    described = describe({"model": model})
    chosen = set(described.params) - set(described.defaults)
    assert chosen == {"model.logisticregression__C", "model.onehotencoder__drop"}


def test_parameters_of_column_transformers_and_searches():
    columns = describe(samples("sklearn")["columns"]).params
    assert columns["columntransformer__scaled__with_std"] is True
    search = describe(samples("sklearn")["search"]).params
    assert search["estimator__C"] == 1.0
    assert search["param_grid"] == "{'C': [0.1, 1]}"


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("pipeline", "Pipeline(StandardScaler, LogisticRegression)"),
        ("forest", "RandomForestClassifier, 7 trees"),
        ("boosting", "HistGradientBoostingClassifier, 5 trees"),
        ("clusters", "KMeans, 3 clusters"),
        ("search", "GridSearchCV(LogisticRegression)"),
        ("columns", "Pipeline(ColumnTransformer(StandardScaler), LogisticRegression)"),
    ],
)
def test_summary(name, summary):
    assert describe(samples("sklearn")[name]).summary == summary


def test_signature_of_a_matrix_and_of_named_columns():
    signature = describe(samples("sklearn")["pipeline"]).signature
    assert signature.inputs == (Column("X", "float64", (-1, 6)),)
    assert signature.outputs == (
        Column("label", "int64", (-1,)),
        Column("probability", "float64", (-1, 2)),
    )
    frame = pd.DataFrame({"age": [1.0, 2.0], "size": [3.0, 1.0]})
    named = describe(LinearRegression().fit(frame, [0.0, 1.0])).signature
    assert named.inputs == (Column("age", "float64", (-1,)), Column("size", "float64", (-1,)))
    assert named.outputs == (Column("prediction", "float64", (-1,)),)


def test_signature_keeps_the_types_that_an_encoder_saw():
    frame = pd.DataFrame({"city": np.array(["a", "b"], object), "floor": [1, 2]})
    inputs = describe(make_pipeline(OneHotEncoder()).fit(frame)).signature.inputs
    assert [column.dtype for column in inputs] == ["object", "int64"]


def text_pipeline():
    """A model of a text and a number."""
    encode = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    return make_pipeline(encode, LogisticRegression())


@pytest.mark.parametrize(
    "model",
    [
        VotingClassifier([("one", text_pipeline()), ("two", text_pipeline())], voting="soft"),
        StackingClassifier([("one", text_pipeline()), ("two", text_pipeline())], cv=2),
        GridSearchCV(text_pipeline(), {"logisticregression__C": [1.0, 2.0]}, cv=2),
        CalibratedClassifierCV(text_pipeline(), cv=2),
        HistGradientBoostingClassifier(max_iter=2),
        make_pipeline(FunctionTransformer(np.vectorize(len)), LogisticRegression()),
        make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
        DummyClassifier(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_that_takes_texts_does_not_ask_for_numbers(model):
    city = pd.Series(["a", "b"] * 10, dtype="category")
    frame = pd.DataFrame({"city": city, "size": [str(n) for n in range(20)]})
    if not isinstance(model, Pipeline):
        frame["size"] = np.arange(20.0)
    inputs = describe(model.fit(frame, [0, 1, 1, 0] * 5)).signature.inputs
    assert [(column.name, column.dtype) for column in inputs] == [("city", ""), ("size", "")]


def test_an_ensemble_of_models_of_numbers_asks_for_numbers():
    vote = VotingClassifier(
        [("forest", RandomForestClassifier(3)), ("line", make_pipeline(LogisticRegression()))]
    )
    filled = make_pipeline(SimpleImputer(), GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2))
    for model in (vote, filled):
        inputs = describe(model.fit(X, np.arange(200) % 2)).signature.inputs
        assert inputs == (Column("X", "float64", (-1, 6)),)


def test_signature_of_several_targets_and_of_clusters():
    several = describe(samples("sklearn")["regressor"]).signature.outputs
    assert several == (Column("prediction", "float64", (-1, 2)),)
    clusters = describe(samples("sklearn")["clusters"]).signature.outputs
    assert clusters == (Column("cluster", "int32", (-1,)),)


def test_trees_are_counted_and_not_listed():
    forest = samples("sklearn")["forest"]
    description = describe(forest)
    assert description.counts["trees"] == 7
    assert description.counts["nodes"] == sum(tree.tree_.node_count for tree in forest.estimators_)
    assert not any("tree" in path for path in description.arrays)
    stages = GradientBoostingClassifier(n_estimators=3, max_depth=1).fit(X, np.arange(200) % 3)
    assert describe(stages).counts["trees"] == 9


def test_counts_of_what_grows():
    assert describe(samples("sklearn")["svm"]).counts["support_vectors"] > 0
    assert describe(samples("sklearn")["clusters"]).counts["clusters"] == 3
    assert describe(samples("sklearn")["pipeline"]).counts["iterations"] > 0


def test_trees_of_another_kind_are_not_counted():
    description = describe(KernelDensity().fit(X))
    assert description.counts == {}
    assert description.signature.inputs == (Column("X", "float64", (-1, 6)),)


def test_fitted_arrays_by_dotted_path():
    arrays = describe(samples("sklearn")["columns"]).arrays
    assert "steps.columntransformer.transformers_.scaled.mean_" in arrays
    assert "steps.logisticregression.coef_" in arrays


def test_unfitted_estimators_have_no_state():
    description = describe(samples("sklearn")["unfitted"])
    assert not description.arrays
    assert description.signature.inputs == ()
    assert description.params["svc__kernel"] == "rbf"


def test_estimator_that_hides_its_attributes():
    class Odd(LogisticRegression):
        pass

    def hidden(estimator):
        raise RuntimeError("hidden")

    odd = Odd().fit(X, Y)
    Odd.feature_names_in_ = property(hidden)
    description = describe(odd)
    assert "coef_" in description.arrays
    assert description.params["C"] == 1.0


def test_predictions_in_another_process(tmp_path):
    frame = pd.DataFrame({"a": X[:, 0], "kind": np.array(["x", "y"], object)[Y]})
    coder = ColumnTransformer([("k", OneHotEncoder(), ["kind"])], remainder="passthrough")
    models = {
        "frame": make_pipeline(coder, RandomForestClassifier(5, random_state=0)).fit(frame, Y),
        "clusters": KMeans(3, n_init=1).fit(X),
        "wide": LinearRegression().fit(RNG.normal(size=(300, 2000)), RNG.normal(size=300)),
    }
    data = {"frame": frame, "clusters": X, "wide": RNG.normal(size=(5, 2000))}
    code = "results.update({name: objects[name].predict(data[name]) for name in objects})"
    results = elsewhere(tmp_path, models, data, code)
    for name, model in models.items():
        assert np.array_equal(results[name], model.predict(data[name]))
