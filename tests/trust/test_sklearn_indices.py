"""Numbers that reach compiled code as positions or sizes: G2, G3, and their siblings.

Kinds of fault: a first prediction of another size than the trees add to (G2); positions that
nobody holds against what they are positions in (G3: rare categories, classes that are there
twice); trees that read more features than they get; sizes that do not follow from their parts;
links in a circle (G14).
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import Birch, FeatureAgglomeration
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.preprocessing import (
    MultiLabelBinarizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    TargetEncoder,
)

from nbmodel.errors import Untrusted
from tests.estimators import plain_data
from tests.trust.crafted import reload


def refused(model: Any) -> None:
    with pytest.raises(Untrusted):
        reload(model)


def change(model: Any, **values: Any) -> Any:
    vars(model).update(values)
    return model


# -- first predictions (G2) ------------------------------------------------------


def boosted(classes: int) -> Any:
    X, _ = plain_data()
    y = np.arange(len(X)) % classes
    return GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, y)


def first(classes: int, **parameters: Any) -> Any:
    X, _ = plain_data()
    return DummyClassifier(**parameters).fit(X, np.arange(len(X)) % classes)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": "stratified", "_strategy": "stratified"},
        {"strategy": "most_frequent", "_strategy": "most_frequent"},
        {"strategy": "constant", "_strategy": "constant", "constant": np.zeros(0)},
        {"_strategy": "constant", "constant": np.zeros((0, 1))},
        {"class_prior_": np.full((2, 3, 2), 0.5)},
        {"class_prior_": np.full((1, 2), 0.5)},
        {"class_prior_": np.full(7, 0.1)},
        {"class_prior_": np.zeros(0)},
        {"class_prior_": [np.full(2, 0.5)]},
        {"class_prior_": np.full(2, 0.5, np.float32)},
        {"n_classes_": 7},
        {"n_outputs_": 2},
        {"n_outputs_": 0},
        {"classes_": np.arange(9)},
    ],
    ids=lambda c: "-".join(f"{k}" for k in c),
)
def test_a_first_prediction_of_another_size(classes: int, changes: dict[str, Any]) -> None:
    model = boosted(classes)
    reload(model)
    change(model.init_, **changes)
    refused(model)


def test_a_first_prediction_of_another_model() -> None:
    X, y = plain_data()
    for classes in (2, 3):
        for init in (first(5), DummyRegressor().fit(X, y), boosted(classes), "one", None, first):
            if init is not first:
                refused(change(boosted(classes), init_=init))
    regression = GradientBoostingRegressor(n_estimators=2).fit(X, y)
    reload(regression)
    refused(change(regression, init_=first(2)))


def test_a_constant_of_another_size() -> None:
    X, y = plain_data()
    for constant in (np.zeros((1, 0)), np.zeros((2, 1)), np.zeros(1), np.zeros((1, 1), int)):
        model = GradientBoostingRegressor(n_estimators=2).fit(X, y)
        refused(change(model.init_, constant_=constant) and model)
    refused(change(DummyRegressor().fit(X, y), n_outputs_=10**9))


# -- positions of categories and classes (G3) --------------------------------------


def encoder(kind: Any) -> Any:
    X = np.array([["a"] * 9 + ["b"] * 8 + ["c", "d", "e"], list("xy") * 10], object).T
    return kind(min_frequency=3, handle_unknown=_UNKNOWN[kind], **_MORE.get(kind, {})).fit(X)


_UNKNOWN = {OneHotEncoder: "infrequent_if_exist", OrdinalEncoder: "use_encoded_value"}
_MORE = {OrdinalEncoder: {"unknown_value": -1}}


@pytest.mark.parametrize("kind", [OneHotEncoder, OrdinalEncoder])
@pytest.mark.parametrize(
    "indices",
    [[10**6], [-7], [2, 3, 5], [2, 2, 2], [], [[2, 3, 4]], [2.0, 3.0, 4.0], [0, 1, 2]],
    ids=str,
)
def test_rare_categories_out_of_range(kind: Any, indices: Any) -> None:
    model = encoder(kind)
    reload(model)
    assert [None if i is None else i.tolist() for i in model._infrequent_indices] == [
        [2, 3, 4],
        None,
    ]
    model._infrequent_indices[0] = np.array(indices, float if indices == [2.0, 3.0, 4.0] else int)
    refused(model)


@pytest.mark.parametrize("kind", [OneHotEncoder, OrdinalEncoder])
def test_rare_categories_without_their_mapping(kind: Any) -> None:
    for name in ("_infrequent_indices", "_default_to_infrequent_mappings"):
        model = encoder(kind)
        getattr(model, name)[0] = None
        refused(model)
        model = encoder(kind)
        vars(model).pop(name)
        refused(model)
        model = encoder(kind)
        getattr(model, name)[1] = np.arange(2)
        refused(model)
    model = encoder(kind)
    model._default_to_infrequent_mappings[0] = np.array([1, 0, 2, 2, 2])
    refused(model)


def test_rare_categories_of_a_target_encoder() -> None:
    X = np.array([["a"] * 10 + ["b"] * 10], object).T
    model = TargetEncoder(cv=2).fit(X, np.arange(20) % 2)
    reload(model)
    refused(change(model, _infrequent_enabled=True))


@pytest.mark.parametrize(
    "classes",
    [["a", "a", "b"], ["a", "b", "b"], [["a", "b", "c"]], ["a"]],
    ids=["twice", "twice at the end", "dimensions", "cache of others"],
)
def test_classes_twice(classes: Any) -> None:
    model = MultiLabelBinarizer().fit([("a", "b"), ("c",)])
    model.transform([("a",)])
    reload(model)
    refused(change(model, classes_=np.array(classes, object)))


@pytest.mark.parametrize("cache", [{"a": 0, "b": 1}, {"a": 0, "b": 1, "c": 7}, {"a": 0}, {1: -1}])
def test_positions_of_other_classes(cache: dict[Any, int]) -> None:
    model = MultiLabelBinarizer().fit([("a", "b"), ("c",)])
    refused(change(model, _cached_dict=cache))


# -- trees that read more than they get --------------------------------------------

FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
    IsolationForest,
)


def forest(kind: Any, columns: int, **parameters: Any) -> Any:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, columns))
    return kind(n_estimators=3, random_state=0, **parameters).fit(X, np.arange(50) % 2)


@pytest.mark.parametrize("kind", FORESTS)
def test_a_tree_of_more_features(kind: Any) -> None:
    model, wider = forest(kind, 4), forest(kind, 400)
    reload(model)
    model.estimators_[1] = wider.estimators_[1]
    refused(model)
    model = forest(kind, 4)
    model.estimators_.clear()
    refused(model)


def test_an_isolation_forest_that_draws_features() -> None:
    model = forest(IsolationForest, 6, max_features=0.5)
    reload(model)
    refused(change(forest(IsolationForest, 6, max_features=0.5), _max_features=6))
    for drawn in (np.array([0, 1, 99]), np.array([0, -1, 2]), np.arange(6), np.arange(3.0)):
        model = forest(IsolationForest, 6, max_features=0.5)
        model.estimators_features_[0] = drawn
        refused(model)


# -- sizes that follow from others ---------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"n_output_features_": 10**6},
        {"_n_out_full": 10**6},
        {"_max_degree": 3},
        {"_min_degree": 1},
        {"interaction_only": True},
        {"include_bias": False},
        {"degree": 10**6, "_max_degree": 10**6},
    ],
    ids=lambda c: "-".join(c),
)
def test_an_expansion_of_another_size(changes: dict[str, Any]) -> None:
    X, _ = plain_data()
    model = PolynomialFeatures().fit(X)
    reload(model)
    refused(change(model, **changes))


@pytest.mark.parametrize("degree", [0, 1, 2, 4, (0, 2), (1, 3), (2, 2), (3, 4)])
@pytest.mark.parametrize("only", [False, True])
def test_expansions_that_people_use(degree: Any, only: bool) -> None:
    X, _ = plain_data()
    model = PolynomialFeatures(degree, interaction_only=only).fit(X)
    assert np.array_equal(reload(model).transform(X), model.transform(X))


def test_labels_that_are_counted() -> None:
    X, _ = plain_data()
    for labels in ([0, 1, 10**9, 0, 0], [0, -1, 0, 0, 1]):
        model = FeatureAgglomeration(2).fit(X)
        reload(model)
        refused(change(model, labels_=np.array(labels)))


# -- links in a circle ---------------------------------------------------------------


def birch() -> Any:
    X, _ = plain_data()
    model = Birch(n_clusters=None, threshold=0.5, branching_factor=3).fit(X)
    reload(model)
    return model


def _circle(model: Any) -> None:
    last = model.dummy_leaf_
    while last.next_leaf_ is not None:
        last = last.next_leaf_
    last.next_leaf_ = model.dummy_leaf_.next_leaf_


def _short_circle(model: Any) -> None:
    model.dummy_leaf_.next_leaf_.next_leaf_ = model.dummy_leaf_.next_leaf_


def _shortcut(model: Any) -> None:
    model.dummy_leaf_.next_leaf_ = model.dummy_leaf_.next_leaf_.next_leaf_


def _inner_circle(model: Any) -> None:
    model.root_.subclusters_[0].child_.subclusters_[0].child_ = model.root_


def _other_leaf(model: Any) -> None:
    model.dummy_leaf_.next_leaf_ = "leaf"


def _narrow_node(model: Any) -> None:
    model.root_.n_features = 3


@pytest.mark.parametrize(
    "damage", [_circle, _short_circle, _shortcut, _inner_circle, _other_leaf, _narrow_node]
)
def test_leaves_in_a_circle(damage: Any) -> None:
    model = birch()
    damage(model)
    refused(model)


def test_a_clustering_that_goes_on() -> None:
    X, _ = plain_data()
    loaded, pickled = reload(birch()), pickle.loads(pickle.dumps(birch()))
    assert np.array_equal(loaded.partial_fit(X).predict(X), pickled.partial_fit(X).predict(X))
