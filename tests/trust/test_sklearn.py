"""Every scikit-learn estimator loads as a stranger's, bit for bit; altered ones are refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import cloudpickle
import numpy as np
import pytest
from scipy import sparse
from sklearn.utils import all_estimators

from nbmodel.errors import Untrusted
from tests import estimators
from tests.trust.crafted import flat, reload

CASES = [
    pytest.param(name, index, id=f"{name}-{recipe.label or recipe.data}")
    for name, kind in all_estimators()
    for index, recipe in enumerate(estimators.recipes(name, kind))
]
KINDS = dict(all_estimators())


@cache
def _pickled(name: str, index: int) -> tuple[bytes, Any, str | None]:
    """One estimator as pickle keeps it, the data to ask it about, the method to ask."""
    kind = KINDS[name]
    fitted, X, method = estimators.fit(kind, estimators.recipes(name, kind)[index])
    return cloudpickle.dumps(fitted, protocol=5), X, method


def _fit(name: str, index: int = 0) -> Any:
    return cloudpickle.loads(_pickled(name, index)[0])


# Cyclic: a pickle without memo cannot hold them.
_CYCLIC = ("Birch", "RandomizedSearchCV")


def same(left: Any, right: Any) -> bool:
    """Equal results, bit for bit."""
    if sparse.issparse(left):
        return same(left.toarray(), right.toarray())
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, np.ndarray) and not left.dtype.hasobject:
        return left.dtype == right.dtype and left.tobytes() == right.tobytes()
    return bool(np.array_equal(left, right))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "index"), CASES)
def test_loads_and_answers_the_same(name: str, index: int) -> None:
    # Against what pickle brings back: over memory laid out anew BLAS may sum in another order.
    fitted, (_, X, method) = _fit(name, index), _pickled(name, index)
    loaded = reload(fitted)
    assert type(loaded) is KINDS[name]
    if name not in _CYCLIC:
        assert flat(loaded) == flat(fitted)
    if method is not None:
        assert same(getattr(loaded, method)(X), getattr(fitted, method)(X))
    if method is None or name in _CYCLIC:
        assert vars(loaded).keys() == vars(fitted).keys()


def test_every_estimator_has_a_case() -> None:
    assert {case.values[0] for case in CASES} == set(KINDS)
    assert len(KINDS) > 200


@pytest.mark.filterwarnings("ignore")
def test_only_these_have_no_method_to_ask() -> None:
    """Estimators compared by their attributes alone; any other must predict or transform."""
    silent = {
        name for name, index in (case.values for case in CASES) if not _pickled(name, index)[2]
    }
    assert silent == {
        "AgglomerativeClustering",
        "ClassicalMDS",
        "DBSCAN",
        "EmpiricalCovariance",
        "GraphicalLasso",
        "GraphicalLassoCV",
        "HDBSCAN",
        "LedoitWolf",
        "MDS",
        "MinCovDet",
        "OAS",
        "OPTICS",
        "ShrunkCovariance",
        "SpectralBiclustering",
        "SpectralClustering",
        "SpectralCoclustering",
        "SpectralEmbedding",
        "TSNE",
    }


def test_partial_fit_goes_on() -> None:
    from sklearn.linear_model import SGDClassifier

    X, y = estimators.plain_data()
    fitted = SGDClassifier(random_state=0).fit(X, y)
    loaded = reload(fitted)
    loaded.partial_fit(X, y)
    fitted.partial_fit(X, y)
    assert same(loaded.coef_, fitted.coef_)


# -- altered state -----------------------------------------------------------


def _set(**values: Any) -> Any:
    def change(model: Any) -> None:
        vars(model).update(values)

    return change


def _drop(name: str) -> Any:
    return lambda model: vars(model).pop(name)


def _change(name: str, function: Any) -> Any:
    def change(model: Any) -> None:
        vars(model)[name] = function(vars(model)[name])

    return change


def _nodes(**values: Any) -> Any:
    """Replace the compiled tree by one whose root differs."""

    def change(model: Any) -> None:
        tree = model.tree_
        state = tree.__getstate__()
        nodes = state["nodes"].copy()
        for name, value in values.items():
            if name in state:
                state[name] = value
            else:
                nodes[name][0] = value
        state["nodes"] = nodes
        fresh = type(tree)(tree.n_features, tree.n_classes, tree.n_outputs)
        fresh.__setstate__(state)
        model.tree_ = fresh

    return change


def _predictor(**values: Any) -> Any:
    def change(model: Any) -> None:
        predictor = model._predictors[0][0]
        predictor.nodes = predictor.nodes.copy()
        for name, value in values.items():
            predictor.nodes[name][0] = value

    return change


def _metric_tree(position: int, function: Any) -> Any:
    def change(model: Any) -> None:
        state = list(model._tree.__getstate__())
        state[position] = function(state[position])
        fresh = type(model._tree).__new__(type(model._tree))
        fresh.__setstate__(tuple(state))
        model._tree = fresh

    return change


def _put(index: int, value: Any) -> Any:
    def change(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        array = array.copy()
        array[index] = value
        return array

    return change


def _field(name: str, index: int, value: Any) -> Any:
    def change(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        array = array.copy()
        array[name][index] = value
        return array

    return change


def _unsorted_indices(matrix: Any) -> Any:
    matrix = matrix.copy()
    matrix.indices[0] = 10_000
    return matrix


def _first_value(value: Any) -> Any:
    return lambda table: {**table, next(iter(table)): value}


ALTERED = [
    ("DecisionTreeClassifier", _nodes(left_child=10_000)),
    ("DecisionTreeClassifier", _nodes(left_child=0)),
    ("DecisionTreeClassifier", _nodes(right_child=-1)),
    ("DecisionTreeClassifier", _nodes(left_child=-7)),
    ("DecisionTreeClassifier", _nodes(left_child=2, right_child=2)),
    ("DecisionTreeClassifier", _nodes(feature=5)),
    ("DecisionTreeClassifier", _nodes(feature=-3)),
    ("DecisionTreeClassifier", _nodes(max_depth=0)),
    ("DecisionTreeClassifier", _nodes(max_depth=10**9)),
    ("DecisionTreeClassifier", _nodes(node_count=1)),
    ("DecisionTreeClassifier", _set(n_features_in_=4)),
    ("DecisionTreeClassifier", _set(n_features_in_=5.0)),
    ("DecisionTreeClassifier", _drop("n_features_in_")),
    ("DecisionTreeClassifier", _set(_validate_X_predict=np.positive)),
    ("ExtraTreeRegressor", _nodes(feature=77)),
    ("RandomForestClassifier", lambda m: _nodes(left_child=10_000)(m.estimators_[1])),
    ("GradientBoostingClassifier", lambda m: _nodes(feature=77)(m.estimators_[0, 0])),
    ("GradientBoostingClassifier", _set(n_trees_per_iteration_=2)),
    ("GradientBoostingClassifier", lambda m: vars(m.estimators_[0, 0]).update(n_features_in_=4)),
    ("GradientBoostingClassifier", lambda m: m.estimators_.__setitem__((0, 0), _fit("Ridge"))),
    ("GradientBoostingClassifier", lambda m: vars(m._loss).update(link=_fit("Ridge"))),
    ("GradientBoostingClassifier", lambda m: setattr(m, "init_", _fit("KNeighborsClassifier"))),
    ("GradientBoostingRegressor", lambda m: vars(m.init_).update(constant_=np.zeros((1, 0)))),
    ("GradientBoostingRegressor", lambda m: vars(m.init_).update(n_outputs_=0)),
    ("HistGradientBoostingRegressor", _predictor(left=10_000)),
    ("HistGradientBoostingRegressor", _predictor(left=0)),
    ("HistGradientBoostingRegressor", _predictor(feature_idx=5)),
    ("HistGradientBoostingRegressor", _predictor(feature_idx=-1)),
    ("HistGradientBoostingRegressor", _predictor(is_categorical=1, bitset_idx=9)),
    ("HistGradientBoostingRegressor", _set(_in_fit=True)),
    ("HistGradientBoostingRegressor", _set(n_features_in_=4)),
    ("HistGradientBoostingRegressor", _set(_preprocessor=_fit("StandardScaler"))),
    ("HistGradientBoostingRegressor", lambda m: m._bin_mapper.bin_thresholds_.pop()),
    ("KNeighborsClassifier", _metric_tree(1, _put(0, 10**6))),
    ("KNeighborsClassifier", _metric_tree(1, _put(0, -1))),
    ("KNeighborsClassifier", _metric_tree(1, lambda index: index[:-1].copy())),
    ("KNeighborsClassifier", _metric_tree(2, _field("idx_end", 0, 10**6))),
    ("KNeighborsClassifier", _metric_tree(2, _field("is_leaf", -1, 0))),
    ("KNeighborsClassifier", _metric_tree(2, _field("idx_start", 0, 3))),
    ("KNeighborsClassifier", _metric_tree(2, lambda nodes: nodes[:-1].copy())),
    ("KNeighborsClassifier", _metric_tree(3, lambda bounds: bounds[:, :, :-1].copy())),
    ("KNeighborsClassifier", _metric_tree(5, lambda levels: levels + 3)),
    ("KNeighborsClassifier", _metric_tree(6, lambda count: count + 100)),
    ("KNeighborsClassifier", _metric_tree(12, lambda _: np.ones(3))),
    ("KNeighborsClassifier", _set(n_samples_fit_=7)),
    ("KNeighborsClassifier", _change("_y", _put(0, 99))),
    ("KNeighborsClassifier", _change("_fit_X", lambda X: X[:, :-1].copy())),
    ("KNeighborsClassifier", _set(effective_metric_params_={"Y_norm_squared": np.ones(1)})),
    ("KNeighborsClassifier", _set(metric_params={"Y_norm_squared": np.ones(1)})),
    ("SVC", _change("_n_support", _put(0, 10**6))),
    ("SVC", _change("_n_support", _put(0, -1))),
    ("SVC", _change("_dual_coef_", lambda a: a[:, :-5].copy())),
    ("SVC", _change("support_vectors_", lambda a: a[:, :-1].copy())),
    ("SVC", _change("support_vectors_", lambda a: a[:-1].copy())),
    ("SVC", _change("support_", _put(0, 10**6))),
    ("SVC", _change("_intercept_", lambda a: a[:0].copy())),
    ("SVC", _set(_effective_probability=True)),
    ("SVC", _set(_probA=np.ones(3))),
    ("SVC", _set(_impl="epsilon_svr")),
    ("SVC", _set(kernel=np.multiply)),
    ("SVC", _set(_sparse=True)),
    ("SVR", _change("_dual_coef_", lambda a: a[:, :-5].copy())),
    ("OneClassSVM", _drop("n_features_in_")),
    ("KMeans", _change("cluster_centers_", lambda a: a[:, :-1].copy())),
    ("KMeans", _drop("n_features_in_")),
    ("KMeans", _set(_n_threads=10**9)),
    ("MiniBatchKMeans", _change("_counts", lambda a: a[:-1].copy())),
    ("Birch", _change("_subcluster_norms", lambda a: a[:-1].copy())),
    ("Birch", _change("subcluster_centers_", lambda a: a[:, :-1].copy())),
    ("BisectingKMeans", lambda m: vars(m._bisecting_tree.left).update(center=np.ones(3))),
    ("SGDClassifier", _change("coef_", lambda a: a[:, :-1].copy())),
    ("SGDRegressor", _change("coef_", lambda a: a[:-1].copy())),
    ("Lasso", _change("coef_", lambda a: a[:-1].copy())),
    ("NMF", _set(_n_components=50)),
    ("NMF", _change("components_", lambda a: a[:, :-1].copy())),
    ("HDBSCAN", _change("_single_linkage_tree_", _field("left_node", 0, 10**6))),
    ("OneHotEncoder", _set(_n_features_outs=[1, 1, 1])),
    ("OneHotEncoder", _change("categories_", lambda c: c[:-1])),
    ("CountVectorizer", _change("vocabulary_", _first_value(10**6))),
    ("CountVectorizer", _change("vocabulary_", _first_value(-1))),
    ("TfidfVectorizer", _change("vocabulary_", _first_value(10**6))),
    ("DictVectorizer", _change("vocabulary_", _first_value(10**6))),
    ("HashingVectorizer", _set(n_features=0)),
    ("FeatureHasher", _set(n_features=-5)),
    ("FunctionTransformer", _set(kw_args={"out": np.ones(3)})),
    ("SparseRandomProjection", _change("components_", _unsorted_indices)),
    ("StandardScaler", _set(transform=np.exp)),
    ("StandardScaler", _set(n_features_in_="5")),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "change"), [pytest.param(*case, id=f"{n}-{case[0]}") for n, case in enumerate(ALTERED)]
)
def test_altered_state_is_refused(name: str, change: Any) -> None:
    model = _fit(name)
    reload(model)
    change(model)
    with pytest.raises(Untrusted):
        reload(model)


def test_altered_categories() -> None:
    """Numbers out of order, rare categories and dropped ones out of range."""
    from sklearn.preprocessing import OneHotEncoder

    X = np.floor(estimators.plain_data()[0])
    model = OneHotEncoder().fit(X)
    model.categories_[0] = model.categories_[0][::-1].copy()
    with pytest.raises(Untrusted, match="order"):
        reload(model)
    model = _fit("OneHotEncoder", 2)
    model._default_to_infrequent_mappings[0] = model._default_to_infrequent_mappings[0] + 40
    with pytest.raises(Untrusted, match="columns"):
        reload(model)
    model = _fit("OneHotEncoder", 2)
    model._drop_idx_after_grouping = np.array([-5, 0, 0], object)
    with pytest.raises(Untrusted, match="_drop_idx_after_grouping"):
        reload(model)


def test_altered_spans() -> None:
    """A ball tree of several levels whose leaves overlap, or leave points out."""
    for field, node in (("idx_start", 2), ("idx_end", 1), ("idx_end", 2)):
        model = _fit("KNeighborsClassifier", 1)
        assert len(model._tree.get_arrays()[2]) > 3
        _metric_tree(2, _field(field, node, 7))(model)
        with pytest.raises(Untrusted, match="do not cover"):
            reload(model)


def test_altered_distance() -> None:
    model = _fit("KNeighborsClassifier", 6)
    state = list(model._tree.__getstate__())
    metric = state[11]
    metric.__setstate__((2.0, np.ones(2), np.eye(2)))
    with pytest.raises(Untrusted, match="distance"):
        reload(model)


def test_metric_tree_without_state() -> None:
    from sklearn.neighbors import KDTree
    from sklearn.neighbors._kd_tree import newObj

    from tests.trust.crafted import Call

    model = _fit("KNeighborsClassifier")
    model._tree = Call(newObj, KDTree)
    with pytest.raises(Untrusted, match="metric tree"):
        reload(model)
