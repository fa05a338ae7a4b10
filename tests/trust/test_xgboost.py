"""A stranger's XGBoost boosters: honest ones load, none reaches the native parser unchecked."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbmodel.errors import Untrusted
from nbmodel.flavors import pickling
from nbmodel.trust.loader import load_untrusted
from nbmodel.trust.ubjson import decode
from nbmodel.trust.xgboost_model import check_snapshot
from tests.flavors.other_process import notebook
from tests.flavors.samples import X, Y, samples
from tests.trust.damaged_boosters import damage

FRAME = pd.DataFrame({"city": pd.Categorical(list("abcd") * 50), "size": X[:, 0]})
PREDICT = """
import xgboost
def predict(model, data):
    frame = xgboost.DMatrix(data, enable_categorical=True)
    model.predict(frame)
    model.predict(frame, pred_contribs=True)
    model.save_raw("ubj")
    model.get_dump()
"""


def foreign(obj):
    pickled = pickling.dump(obj)
    return load_untrusted(
        pickled.skeleton, [memoryview(bytearray(b)) for b in pickled.buffers], "it@1"
    )


def snapshot(booster):
    """A decoded snapshot whose arrays can be changed."""
    return copy.deepcopy(decode(memoryview(bytes(booster.__getstate__()["handle"]))))


def _categorical():
    data = xgboost.DMatrix(FRAME, Y, enable_categorical=True)
    return xgboost.train({"max_depth": 3, "max_cat_to_onehot": 1}, data, 2)


OBJECTIVES = [
    ("reg:squarederror", X[:, 0], {}),
    ("reg:pseudohubererror", X[:, 0], {}),
    ("reg:absoluteerror", X[:, 0], {}),
    ("reg:quantileerror", X[:, 0], {"quantile_alpha": [0.1, 0.9]}),
    ("reg:tweedie", Y, {}),
    ("reg:gamma", Y + 1, {}),
    ("count:poisson", Y, {}),
    ("binary:logistic", Y, {"scale_pos_weight": 2}),
    ("binary:hinge", Y, {}),
    ("multi:softprob", np.arange(200) % 3, {"num_class": 3}),
    ("multi:softmax", np.arange(200) % 3, {"num_class": 3}),
    ("survival:cox", Y + 1, {}),
]


@pytest.mark.parametrize(("objective", "labels", "more"), OBJECTIVES, ids=lambda v: str(v)[:20])
def test_objectives_load_and_predict_the_same(objective, labels, more):
    params = {"objective": objective, "max_depth": 3, **more}
    booster = xgboost.train(params, xgboost.DMatrix(X, labels), 3)
    again = foreign(booster)
    assert np.array_equal(again.predict(xgboost.DMatrix(X)), booster.predict(xgboost.DMatrix(X)))
    assert again.save_config() == booster.save_config()


@pytest.mark.parametrize(
    "params",
    [
        {"booster": "gblinear"},
        {"booster": "dart", "rate_drop": 0.5},
        {"gamma": 5, "tree_method": "exact"},  # pruned nodes stay in the file
        {"tree_method": "approx"},
        {"num_parallel_tree": 3},
        {"eval_metric": ["mae", "error@0.4"]},
        {"grow_policy": "lossguide", "max_leaves": 5, "max_depth": 0},
    ],
    ids=str,
)
def test_engines_load_and_predict_the_same(params):
    booster = xgboost.train(params, xgboost.DMatrix(X, Y), 4)
    again = foreign(booster)
    assert np.array_equal(again.predict(xgboost.DMatrix(X)), booster.predict(xgboost.DMatrix(X)))


def test_rankers_and_random_forests():
    ranker = xgboost.XGBRanker(n_estimators=3).fit(X, Y, group=[100, 100])
    forest = xgboost.XGBRFClassifier(n_estimators=5).fit(X, Y)
    assert np.array_equal(foreign(ranker).predict(X), ranker.predict(X))
    assert np.array_equal(foreign(forest).predict_proba(X), forest.predict_proba(X))


def test_wrappers_nested_in_a_pipeline():
    model = make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=4)).fit(X, Y)
    again = foreign({"models": [model]})["models"][0]
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again[-1].get_params() == pytest.approx(model[-1].get_params(), nan_ok=True)
    assert foreign(xgboost.XGBRegressor(max_depth=4)).max_depth == 4


def test_categories_load_and_predict_the_same():
    booster = _categorical()
    data = xgboost.DMatrix(FRAME, enable_categorical=True)
    assert np.array_equal(foreign(booster).predict(data), booster.predict(data))


def _tree(document):
    return document["Model"]["learner"]["gradient_booster"]["model"]["trees"][0]


def _set(name, place, value):
    def change(document):
        _tree(document)[name] = _tree(document)[name].copy()
        _tree(document)[name][place] = value

    return change


def _param(*path):
    *path, value = path

    def change(document):
        node = document
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


LEARNER = ("Model", "learner")
FOREST = (*LEARNER, "gradient_booster", "model")


@pytest.mark.parametrize(
    "change",
    [
        _set("left_children", 0, 10_000),
        _set("left_children", 1, 0),
        _set("right_children", 0, 1),
        _set("right_children", 0, -5),
        _set("parents", 1, 2),
        _set("parents", 1, -9),
        _set("split_indices", 0, 2),
        _set("split_indices", 0, -1),
        _set("split_type", 0, 1),
        _set("split_type", 0, 7),
        _set("categories", 0, 1 << 24),
        _set("categories", 0, -1),
        _set("categories_nodes", 0, 9999),
        _set("categories_segments", 0, 1 << 40),
        _set("categories_sizes", 0, 1 << 40),
        _param(*FOREST, "tree_info", [0, 1]),
        _param(*FOREST, "iteration_indptr", [0, 1, 9]),
        _param(*FOREST, "gbtree_model_param", {"num_parallel_tree": "1", "num_trees": "99"}),
        _param(*FOREST, "cats", "feature_segments", np.array([0, 9, 9], ">i4")),
        _param(*FOREST, "cats", "sorted_idx", np.array([9, 1, 2, 3], ">i4")),
        _param(*FOREST, "cats", "enc", 0, "offsets", np.array([0, 1, 2, 3, 99], ">i4")),
        _param(*LEARNER, "learner_model_param", "num_feature", "9"),
        _param(*LEARNER, "learner_model_param", "num_class", "4"),
        _param(*LEARNER, "learner_model_param", "base_score", "[1E0,1E0]"),
        _param(*LEARNER, "learner_model_param", "num_target", "0"),
        _param(*LEARNER, "objective", {"name": "reg:unheard"}),
        _param(
            *LEARNER,
            "objective",
            {"name": "multi:softmax", "softmax_multiclass_param": {"num_class": "0"}},
        ),
        _param(*LEARNER, "feature_names", ["one"]),
        _param(*LEARNER, "gradient_booster", "name", "dart"),
        _param("Config", "learner", "generic_param", "nthread", "100000000"),
        _param("Config", "learner", "learner_train_param", "booster", "gblinear"),
        _param("Config", "learner", "gradient_booster", "updater", [{"name": "unheard"}]),
        _param("Model", "version", [1, 0, 0]),
        _param("extra", 1),
    ],
    ids=lambda change: str(change.__closure__ and [c.cell_contents for c in change.__closure__])[
        :70
    ],
)
def test_changed_documents_are_refused(change):
    document = snapshot(_categorical())
    check_snapshot(document)
    change(document)
    with pytest.raises(ValueError):
        check_snapshot(document)


def test_tree_that_is_too_deep_is_refused():
    depth = 1500
    nodes = 2 * depth + 1
    left, right = np.full(nodes, -1, ">i4"), np.full(nodes, -1, ">i4")
    parents = np.full(nodes, 0x7FFFFFFF, ">i4")
    for level in range(depth):
        node = 2 * level
        left[node], right[node] = node + 1, node + 2
        parents[[node + 1, node + 2]] = node
    document = snapshot(xgboost.train({}, xgboost.DMatrix(X, Y), 1))
    tree = _tree(document)
    for name, value in list(tree.items()):
        if isinstance(value, np.ndarray) and not name.startswith("categories"):
            tree[name] = np.zeros(nodes, value.dtype)
    tree |= {"left_children": left, "right_children": right, "parents": parents}
    tree["tree_param"]["num_nodes"] = str(nodes)
    with pytest.raises(ValueError, match="deeper than 1024"):
        check_snapshot(document)


def test_subclasses_and_several_outputs_a_leaf_are_refused():
    names = notebook("import xgboost\nclass Mine(xgboost.Booster):\n    pass\n")
    with pytest.raises(Untrusted):
        foreign(names["Mine"](model_file=samples("xgboost")["booster"]))
    vectors = xgboost.XGBRegressor(n_estimators=2, multi_strategy="multi_output_tree")
    with pytest.raises(Untrusted, match="several numbers a leaf"):
        foreign(vectors.fit(X, X[:, :2]))


def test_wrapper_cannot_hold_something_else_for_its_booster():
    model = xgboost.XGBClassifier(n_estimators=2).fit(X, Y)
    model._Booster = {"not": "a booster"}
    with pytest.raises(Untrusted, match="_Booster"):
        foreign(model)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_jobs", 5000), ("n_estimators", 10**9), ("callbacks", [1]), ("kwargs", {"anything": 1}),
        ("kwargs", {"nthread": 5000}), ("_repr_html_", np.mean), ("objective", np.mean),
        ("eval_metric", [np.mean]), ("device", "/tmp/x"), ("interaction_constraints", "[" * 5000),
        ("base_score", {}), ("n_classes_", -1), ("evals_result_", {"a": 1}),
        ("feature_types", {"a": 1}),

        ("random_state", "x"), ("max_bin", 1 << 40), ("zzz_", 1),
    ],
)  # fmt: skip
def test_a_wrapper_carries_nothing_else(name, value):
    model = xgboost.XGBClassifier(n_estimators=2).fit(X, Y)
    vars(model)[name] = value
    with pytest.raises(Untrusted):
        foreign(model)


def test_a_wrapper_with_much_set_loads():
    model = xgboost.XGBClassifier(
        n_estimators=3, eval_metric=["auc", "logloss"], early_stopping_rounds=2, n_jobs=1,
        monotone_constraints=(1, 0, 0, 0, 0, 0), interaction_constraints="[[0, 1], [2, 3, 4, 5]]",
        random_state=np.random.RandomState(0), base_score=0.5, seed_per_iteration=True,
    )  # fmt: skip
    model.fit(X, Y, eval_set=[(X, Y)], verbose=False)
    again = foreign(model)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.evals_result() == model.evals_result()


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_bin", "99999999999"), ("interaction_constraints", "[[[[[0]]]]]"), ("max_depth", "-7")],
)
def test_training_parameters_are_bounded(name, value):
    document = snapshot(xgboost.train({}, xgboost.DMatrix(X, Y), 1))
    document["Config"]["learner"]["gradient_booster"]["tree_train_param"][name] = value
    with pytest.raises(ValueError, match=name):
        check_snapshot(document)


def test_damaged_boosters_are_refused_or_give_a_model(tmp_path):
    named = pd.DataFrame(X, columns=list("abcdef"))
    classes = {"objective": "multi:softprob", "num_class": 3, "max_depth": 3}
    objects = {
        "categorical": (_categorical(), FRAME),
        "classes": (xgboost.train(classes, xgboost.DMatrix(X, np.arange(200) % 3), 1), X),
        "linear": (samples("xgboost")["linear"], named),
        "dart": (samples("xgboost")["dart"], named),
    }
    for found in damage(tmp_path, objects, PREDICT, 250).values():
        assert found["refused"] > 100
        assert found["loaded"] > 10  # a weight may have any value
