"""A stranger's LightGBM boosters: honest ones load, none reaches the native parser unchecked."""

from __future__ import annotations

import re

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbmodel.errors import Untrusted
from nbmodel.flavors import pickling
from nbmodel.trust.lightgbm_model import check_text
from nbmodel.trust.loader import load_untrusted
from tests.flavors.samples import X, Y
from tests.trust.damaged_boosters import damage

QUIET = {"verbose": -1, "num_threads": 1}
FRAME = pd.DataFrame({"city": pd.Categorical(list("abcd") * 50), "size": X[:, 0]})
PREDICT = """
def predict(model, data):
    model.predict(data, num_threads=1)
    model.predict(data, num_threads=1, pred_contrib=True)
    model.predict(data, num_threads=1, pred_leaf=True)
    model.model_to_string()
"""


def foreign(obj):
    pickled = pickling.dump(obj)
    return load_untrusted(
        pickled.skeleton, [memoryview(bytearray(b)) for b in pickled.buffers], "it@1"
    )


def train(params, data=X, labels=Y, group=None):
    frame = lightgbm.Dataset(data, labels, group=group, params=QUIET)
    return lightgbm.train({"objective": "binary", **QUIET, **params}, frame, 3)


def _categorical():
    params = {"min_data_per_group": 5, "cat_smooth": 1, "max_cat_to_onehot": 1, "num_leaves": 6}
    return train(params, FRAME, FRAME["city"].isin(["a", "c"]) ^ (X[:, 0] > 1))


CLASSES = np.arange(200) % 3


@pytest.mark.parametrize(
    ("params", "labels"),
    [
        ({}, Y),
        ({"objective": "multiclass", "num_class": 3}, CLASSES),
        ({"objective": "multiclassova", "num_class": 3}, CLASSES),
        ({"objective": "regression"}, X[:, 0]),
        ({"objective": "regression", "reg_sqrt": True}, X[:, 0]),
        ({"objective": "regression_l1"}, X[:, 0]),
        ({"objective": "huber"}, X[:, 0]),
        ({"objective": "quantile", "alpha": 0.3}, X[:, 0]),
        ({"objective": "poisson"}, Y),
        ({"objective": "tweedie"}, Y),
        ({"objective": "xentropy"}, Y),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, Y),
        ({"boosting": "dart"}, Y),
        ({"monotone_constraints": [1, 0, 0, 0, 0, 0]}, Y),
        ({"objective": "regression"}, np.ones(200)),  # trees of one leaf
    ],
    ids=lambda value: str(value)[:50],
)
def test_boosters_load_and_predict_the_same(params, labels):
    booster = train(params, labels=labels)
    assert np.array_equal(foreign(booster).predict(X), booster.predict(X))


def test_rankers_categories_and_wrappers():
    ranker = train({"objective": "lambdarank"}, group=[100, 100])
    assert np.array_equal(foreign(ranker).predict(X), ranker.predict(X))
    booster = _categorical()
    assert np.array_equal(foreign(booster).predict(FRAME), booster.predict(FRAME))
    model = make_pipeline(StandardScaler(), lightgbm.LGBMClassifier(n_estimators=4, **QUIET))
    model.fit(X, Y)
    again = foreign({"models": [model]})["models"][0]
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again[-1].get_params() == model[-1].get_params()


def _text():
    return _categorical().model_to_string(num_iteration=-1)


def _first(name, value, place=0):
    """Change one number of a field of the first tree, keeping the length of the text."""

    def change(text):
        match = re.search(rf"^{name}=(.*)$", text, re.M)
        words = match[1].split(" ")
        words[place] = value
        return text[: match.start(1)] + " ".join(words) + text[match.end(1) :]

    return change


def _line(name, value):
    return lambda text: re.sub(rf"^{name}=.*$", f"{name}={value}", text, count=1, flags=re.M)


@pytest.mark.parametrize(
    "change",
    [
        _line("tree_sizes", "10 20 30"),
        _line("tree_sizes", "99999999 1 1"),
        _line("num_class", "0"),
        _line("num_class", "7"),
        _line("num_tree_per_iteration", "2"),
        _line("max_feature_idx", "0"),
        _line("max_feature_idx", "99999999"),
        _line("objective", "multiclass num_class:9"),
        _line("objective", "unheard"),
        _line("feature_names", "one"),
        _line("version", "v9"),
        _first("left_child", "9"),
        _first("left_child", "0"),
        _first("left_child", "1", 1),
        _first("right_child", "-99"),
        _first("split_feature", "2"),
        _first("split_feature", "-1"),
        _first("cat_boundaries", "9"),
        _first("cat_threshold", "-1"),
        _first("decision_type", "99"),
        _line("num_leaves", "1"),
        _line("num_leaves", "1000"),
        _line("num_cat", "0"),
        _line("is_linear", "1"),
        # LightGBM ends the process at these: it throws in a thread of its parser.
        _line("shrinkage", "a3"),
        _line("shrinkage", ""),
        _line("shrinkage", "1 1"),
        _first("leaf_value", "e5"),
        lambda text: text.replace("\nsplit_gain=", "\nsplit_gain\nleaf_value=", 1),
        lambda text: re.sub(r"(?m)^split_gain=.*$", "split_gain", text, count=1),
        lambda text: text.replace("left_child", "left_chilt", 1),
        lambda text: text.replace("end of trees", "end of tree", 1),
        lambda text: text.replace("\nparameters:\n", "\nparameters:\nfoo\n", 1),
        lambda text: text + "\0",
        lambda text: text.replace("num_class=1", "num_class=1\nnum_class=1", 1),
        lambda text: text[: len(text) // 2],
        lambda text: "",
    ],
)
def test_changed_texts_are_refused(change):
    text = _text()
    assert check_text(text) == 1
    changed = change(text)
    assert changed != text
    with pytest.raises((ValueError, KeyError)):
        check_text(changed)


def test_linear_trees_are_refused():
    with pytest.raises(Untrusted, match="a linear tree \\(linear_tree=True\\), which"):
        foreign(train({"linear_tree": True, "objective": "regression"}, labels=X[:, 0]))


def test_state_of_a_booster_is_checked():
    for name, value in (("_network", True), ("_Booster__num_class", 9), ("predict", 1)):
        booster = train({})
        vars(booster)[name] = value
        with pytest.raises(Untrusted):
            foreign(booster)
        vars(booster)["_network"] = False


HARMFUL = {
    "machines": "10.0.0.1:12400,10.0.0.2:12400",
    "local_listen_port": 12400,
    "machine_list_filename": "/tmp/machines",
    "forcedsplits_filename": "/tmp/splits",
    "input_model": "/tmp/model",
    "output_model": "/tmp/model",
    "config": "/tmp/config",
    "predict_disable_shape_check": True,
    "num_threads": 5000,
    "num_iterations": 10**9,
    "metric": "auc machines=10.0.0.1:12400",  # parameters are joined by blanks
    "boosting": "gbdt\nmachines=10.0.0.1:12400",
    "objective": ["binary", "auc machines=10.0.0.1:1"],
    "learning_rate": "0.1 machines=10.0.0.1:1",
    "anything": 1,
}


@pytest.mark.parametrize("name", HARMFUL)
def test_parameters_that_name_files_machines_or_too_much_are_refused(name):
    """G5 and its siblings: in the wrapper, in the booster, as an attribute, with an alias."""
    booster = train({})
    booster.params[name] = HARMFUL[name]
    with pytest.raises(Untrusted, match=name if name != "objective" else "objective"):
        foreign(booster)
    wrapper = lightgbm.LGBMClassifier(n_estimators=2, **QUIET).fit(X, Y)
    wrapper.set_params(**{name: HARMFUL[name]})
    with pytest.raises(Untrusted):
        foreign(wrapper)
    wrapper = lightgbm.LGBMClassifier(n_estimators=2, **QUIET)
    wrapper._other_params[name] = HARMFUL[name]
    with pytest.raises(Untrusted):
        foreign(wrapper)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("machines", "10.0.0.1:12400"), ("num_machines", "2"), ("local_listen_port", "80"),
        ("forcedsplits_filename", "/tmp/splits"), ("data", "/tmp/data"), ("num_threads", "5000"),
        ("parser_config_file", "/tmp/parser"), ("tree_learner", "data"),
    ],
)  # fmt: skip
def test_parameters_in_the_text_are_bounded(name, value):
    """A copy of a booster takes them up."""
    text, count = re.subn(rf"^\[{name}: .*\]$", f"[{name}: {value}]", _text(), flags=re.M)
    assert count == 1
    with pytest.raises(ValueError, match=name):
        check_text(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_jobs", 5000), ("nthread", 5000), ("_repr_html_", np.mean), ("predict", 1),
        ("_n_classes", 9), ("_n_features", 1 << 40), ("_eval_at", [1 << 40]), ("_le", {}),
        ("_evals_result", [1]), ("_class_weight", {0: np.inf}), ("_objective", np.mean),
        ("fitted", True), ("random_state", "x"), ("_Booster", X),
    ],
)  # fmt: skip
def test_a_wrapper_carries_nothing_else(name, value):
    wrapper = lightgbm.LGBMClassifier(n_estimators=2, **QUIET).fit(X, Y)
    vars(wrapper)[name] = value
    with pytest.raises(Untrusted):
        foreign(wrapper)


def test_a_wrapper_with_much_set_loads():
    params = {
        "extra_trees": True, "metric": ["auc", "binary_logloss"], "seed": 3, "max_bin": 63,
        "monotone_constraints": [1, 0, 0, 0, 0, 0], "interaction_constraints": [[0, 1], [2, 3, 4]],
        "device": "cpu", "feature_fraction": 0.8,
    }  # fmt: skip
    model = lightgbm.LGBMClassifier(n_estimators=3, random_state=np.random.RandomState(0), **QUIET)
    model.set_params(**params)
    model.fit(X, Y, eval_set=[(X, Y)], callbacks=[lightgbm.early_stopping(2, verbose=False)])
    again = foreign(model)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.fit(X, Y).n_features_in_ == 6


def test_damaged_boosters_are_refused_or_give_a_model(tmp_path):
    classes = {"objective": "multiclass", "num_class": 3, "num_leaves": 4}
    objects = {"categorical": (_categorical(), FRAME), "classes": (train(classes, X, CLASSES), X)}
    for found in damage(tmp_path, objects, PREDICT, 250).values():
        assert found["refused"] > 100
        assert found["loaded"] > 10  # a threshold may have any value
