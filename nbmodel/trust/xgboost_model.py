"""Checks of an XGBoost snapshot before the native parser reads it.

The parser and the predictor use the indices of trees without a check: a child, feature or category
out of range reads or writes other memory. The names are those of the model schema of XGBoost
(``doc/model.schema``), version 3.
"""

from __future__ import annotations

import re
from typing import Any

from nbmodel.trust.booster_parameters import MAX_NESTING, ParameterTable, nesting
from nbmodel.trust.rules import require
from nbmodel.trust.xgboost_trees import (
    Document,
    check_recoding,
    check_tree,
    keys,
    natural,
    packed,
)

MAX_FEATURES = 1 << 24
MAX_GROUPS = 1 << 16
MAX_CATEGORY_BITS = 1 << 30  # a categorical split becomes a bit field up to its highest category
PARAMETERS = ParameterTable("xgboost.txt")

_NUMBER = r"-?[0-9.]{1,30}(?:[eE][-+]?[0-9]{1,3})?"
_SCORES = re.compile(rf"\[{_NUMBER}(?:,{_NUMBER})*\]|{_NUMBER}", re.ASCII)
_TEXT = re.compile(r"[ -~]{0,65536}", re.ASCII)
_METRIC = re.compile(r"[a-z][a-z0-9_:-]{0,40}(?:@[0-9.]{1,20}-?)?", re.ASCII)
_FEATURE_TYPES = frozenset(("float", "int", "i", "q", "c"))
_UPDATERS = frozenset(
    (
        "grow_quantile_histmaker", "grow_histmaker", "grow_colmaker", "grow_gpu_hist",
        "grow_gpu_approx", "grow_quantile_histmaker_sycl", "prune", "refresh", "sync",
    )
)  # fmt: skip
_OBJECTIVES = frozenset(
    (
        "reg:squarederror", "reg:squaredlogerror", "reg:logistic", "reg:pseudohubererror",
        "reg:absoluteerror", "reg:quantileerror", "reg:expectileerror", "reg:gamma", "reg:tweedie",
        "reg:linear", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson",
        "survival:cox", "survival:aft", "multi:softmax", "multi:softprob", "rank:pairwise",
        "rank:ndcg", "rank:map",
    )
)  # fmt: skip
_LEARNER = (
    "attributes", "feature_names", "feature_types", "gradient_booster", "learner_model_param",
    "objective",
)  # fmt: skip


def check_snapshot(document: Any) -> None:
    """Check a decoded ``XGBoosterSerializeToBuffer``.

    Raises
    ------
    ValueError
        If a part could make the native code read out of bounds, or is unknown.
    """
    snapshot = keys(document, "a booster", ("Config", "Model"))
    model = keys(snapshot["Model"], "a model", ("learner", "version"))
    _check_version(model["version"])
    learner = keys(
        model["learner"],
        "a learner",
        _LEARNER,
    )
    features, groups = _check_shape(learner["learner_model_param"])
    _check_objective(learner["objective"], learner["learner_model_param"])
    _check_texts(learner["attributes"], "the attributes")
    for key in ("feature_names", "feature_types"):
        names = learner[key]
        require(
            type(names) is list and len(names) in (0, features),
            f"a list of {key} that does not fit the features",
        )
        require(
            all(type(name) is str for name in names),
            f"a list of {key} that does not fit the features",
        )
    require(set(learner["feature_types"]) <= _FEATURE_TYPES, "a feature of unknown type")
    _check_engine(learner["gradient_booster"], features, groups)
    _check_config(snapshot["Config"], model)


def _check_texts(value: Any, what: str) -> None:
    require(type(value) is dict, f"{what} in an unknown form")
    require(all(type(text) is str for text in value.values()), f"{what} in an unknown form")


def _check_version(version: Any) -> None:
    require(
        type(version) is list and len(version) == 3 and all(type(n) is int for n in version),
        "a version in an unknown form",
    )
    require(version[0] == 3, f"a booster of XGBoost {version[0]}: only those of 3 are checked")


def _check_shape(param: Any) -> tuple[int, int]:
    """Check the shape.

    Returns
    -------
    features, outputs : int
        Outputs for each row.
    """
    names = ("base_score", "boost_from_average", "num_class", "num_feature", "num_target")
    keys(param, "learner_model_param", names)
    classes = natural(param["num_class"], MAX_GROUPS)
    targets = natural(param["num_target"], MAX_GROUPS)
    features = natural(param["num_feature"], MAX_FEATURES)
    require(
        features > 0 and targets > 0 and (classes <= 1 or targets == 1),
        "a number of features or outputs that is out of range",
    )
    groups = max(classes, targets)
    scores = param["base_score"]
    require(type(scores) is str and _SCORES.fullmatch(scores), "a base_score in an unknown form")
    require(scores.count(",") + 1 in (1, groups), "a base_score for a different number of outputs")
    require(param["boost_from_average"] in ("0", "1"), "a boost_from_average in an unknown form")
    return features, groups


def _check_objective(objective: Any, param: Document) -> None:
    require(type(objective) is dict, "an objective in an unknown form")
    require(objective.get("name") in _OBJECTIVES, "an unknown objective")
    for key, value in objective.items():
        if key != "name":
            _check_texts(value, "an objective")
    softmax = objective.get("softmax_multiclass_param")
    require(
        (softmax is not None) == objective["name"].startswith("multi:"),
        "an objective with a missing or unexpected softmax_multiclass_param",
    )
    if softmax is not None:
        require(softmax == {"num_class": param["num_class"]}, "an objective for other classes")
        require(
            natural(param["num_class"], MAX_GROUPS) >= 1, "an objective without a number of classes"
        )


# -- trees -------------------------------------------------------------------


def _check_engine(engine: Any, features: int, groups: int) -> None:
    name = engine.get("name") if type(engine) is dict else None
    if name == "gbtree":
        _check_forest(keys(engine, "a booster", ("model", "name"))["model"], features, groups)
    elif name == "dart":
        keys(engine, "a booster", ("gbtree", "name", "weight_drop"))
        inner = keys(engine["gbtree"], "a booster", ("model", "name"))
        require(inner["name"] == "gbtree", "a booster of an unknown kind")
        trees = _check_forest(inner["model"], features, groups)
        drops = engine["weight_drop"]
        require(
            _is_numbers(drops) and len(drops) == trees,
            "a weight_drop for a different number of trees",
        )
    elif name == "gblinear":
        model = keys(engine, "a booster", ("model", "name"))["model"]
        keys(model, "a linear booster", ("boosted_rounds", "weights"))
        require(
            type(model["boosted_rounds"]) is int, "a linear booster with wrong weights or rounds"
        )
        packed(model["weights"], ">f4", (features + 1) * groups, "weights")
    else:
        raise ValueError("a booster of an unknown kind")


def _is_numbers(values: Any) -> bool:
    return type(values) is list and all(type(value) in (int, float) for value in values)


def _check_forest(model: Any, features: int, groups: int) -> int:
    names = ("cats", "gbtree_model_param", "iteration_indptr", "tree_info", "trees")
    present = names if type(model) is dict and "cats" in model else names[1:]
    keys(model, "a forest", present)
    param = keys(model["gbtree_model_param"], "a forest", ("num_parallel_tree", "num_trees"))
    require(
        natural(param["num_parallel_tree"], 1 << 20) >= 1,
        "a num_parallel_tree that is out of range",
    )
    trees, info, steps = model["trees"], model["tree_info"], model["iteration_indptr"]
    require(
        type(trees) is list and str(len(trees)) == param["num_trees"],
        "a num_trees that does not fit the trees",
    )
    require(
        type(info) is list and len(info) == len(trees),
        "a tree_info for a different number of trees",
    )
    require(
        all(type(group) is int and 0 <= group < groups for group in info),
        "a tree_info that is out of range",
    )
    require(
        type(steps) is list and all(type(step) is int for step in steps),
        "an iteration_indptr that is not in order",
    )
    require(
        len(steps) > 0 and steps[0] == 0 and steps[-1] == len(trees) and steps == sorted(steps),
        "an iteration_indptr that does not cover the trees",
    )
    budget = MAX_CATEGORY_BITS
    for number, tree in enumerate(trees):
        budget -= check_tree(tree, number, features)
        require(budget >= 0, "categories that would fill the memory")
    if "cats" in model:
        check_recoding(model["cats"], features)
    return len(trees)


# -- training configuration --------------------------------------------------


def _check_config(config: Any, model: Document) -> None:
    """Check that the configuration repeats the model, and that the rest are short texts."""
    keys(config, "a configuration", ("learner", "version"))
    require(config["version"] == model["version"], "a configuration of a different version")
    _check_leaves(config)
    learner, trained = config["learner"], model["learner"]
    require(
        type(learner) is dict
        and learner.get("learner_model_param") == trained["learner_model_param"]
        and learner.get("objective") == trained["objective"],
        "a configuration that does not fit the model",
    )
    train, generic = learner.get("learner_train_param"), learner.get("generic_param")
    require(type(train) is dict and type(generic) is dict, "a configuration in an unknown form")
    engine, trained_engine = learner.get("gradient_booster"), trained["gradient_booster"]
    require(type(engine) is dict, "a configuration in an unknown form")
    require(
        engine.get("name") == train.get("booster") == trained_engine["name"]
        and train.get("objective") == trained["objective"]["name"],
        "a configuration that does not fit the model",
    )
    metrics = learner.get("metrics")
    require(type(metrics) is list, "a configuration in an unknown form")
    for metric in metrics:
        name = metric.get("name") if type(metric) is dict else None
        require(type(name) is str and _METRIC.fullmatch(name), "an unknown metric")
    _check_updaters(engine.get("gbtree", engine), trained_engine.get("gbtree", trained_engine))


def _check_updaters(engine: Any, trained: Document) -> None:
    require(type(engine) is dict, "a configuration in an unknown form")
    updaters = engine.get("updater")
    if trained["name"] == "gblinear":
        require(type(updaters) is dict, "a configuration in an unknown form")
        return
    require(
        engine.get("gbtree_model_param") == trained["model"]["gbtree_model_param"],
        "a num_trees that does not fit the trees",
    )
    require(type(updaters) is list, "a configuration in an unknown form")
    names = [updater.get("name") if type(updater) is dict else None for updater in updaters]
    require(set(names) <= _UPDATERS, "an unknown tree updater")


def _number(text: str) -> int | float | str:
    if re.fullmatch(r"-?[0-9]{1,20}", text):
        return int(text)
    return float(text) if re.fullmatch(_NUMBER, text) else text


def _check_leaves(value: Any, name: str = "") -> None:
    """Check that leaves are printable texts, flags and small numbers, and parameters in range."""
    if type(value) is dict:
        for key, item in value.items():
            _check_leaves(item, key)
    elif type(value) is list:
        for item in value:
            _check_leaves(item, name)
    elif type(value) is str:
        require(_TEXT.fullmatch(value), "a configuration with unusual text")
        require(
            nesting(value) < MAX_NESTING, f"{name:.80} with brackets that are nested too deeply"
        )
        if name in PARAMETERS and name != "base_score":
            PARAMETERS.check(name, _number(value))
    else:
        require(type(value) in (bool, int), "a configuration with values that are not texts")
