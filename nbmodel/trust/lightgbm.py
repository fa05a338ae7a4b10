"""Rules for LightGBM: boosters whose text was checked, and the wrappers around them.

Each has a list of attributes that it may have. Others are refused: a parameter can name a file to
read, a port to listen on or a number of threads that ends the process
(`nbmodel.trust.booster_parameters`).
"""

from __future__ import annotations

import inspect
import math
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.trust.booster_parameters import MAX_ITEMS, Check, is_plain, is_random
from nbmodel.trust.lightgbm_model import MAX_CLASSES, PARAMETERS, check_text
from nbmodel.trust.object_state import attributes, build_plain
from nbmodel.trust.rules import Rule, RuleTable, require

if TYPE_CHECKING:
    import lightgbm

_WRAPPERS = ("LGBMModel", "LGBMClassifier", "LGBMRegressor", "LGBMRanker")


# -- what an attribute may be ------------------------------------------------


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and -1 <= value < 1 << 31)


def _is_name(value: Any) -> bool:
    return value is None or (type(value) is str and value.isprintable() and len(value) < 200)


def _is_names(value: Any) -> bool:
    return type(value) is list and len(value) <= MAX_ITEMS and all(_is_name(v) for v in value)


def _is_numbers(value: Any) -> bool:
    return type(value) is list and all(type(v) in (int, float, np.float64) for v in value)


def _is_flags(value: Any) -> bool:
    return type(value) is list and len(value) <= MAX_ITEMS and all(map(_is_flag, value))


def _is_nothing(value: Any) -> bool:
    return value is None or (type(value) in (list, tuple, dict) and not value)


def _is_scores(value: Any) -> bool:
    """Whether it holds metrics by data set and name: one number, or one for each round."""
    if type(value) not in (dict, OrderedDict, defaultdict):
        return False
    return all(
        type(name) is str
        and (type(item) in (float, int, np.float64) or _is_numbers(item) or _is_inner(item))
        for name, item in value.items()
    )


def _is_inner(value: Any) -> bool:
    return type(value) in (dict, OrderedDict) and all(
        type(name) is str and (type(item) in (float, int, np.float64) or _is_numbers(item))
        for name, item in value.items()
    )


def _is_categories(value: Any) -> bool:
    """Whether it holds the categories of each pandas column."""
    if value is None:
        return True
    return type(value) is list and all(
        type(column) is list and all(map(is_plain, column)) for column in value
    )


# -- boosters ----------------------------------------------------------------

_BOOSTER: Mapping[str, Check] = {
    # __del__ of a booster with a network would close it. A predictor would contain a handle.
    "_network": lambda value: value is False,
    "_Booster__init_predictor": lambda value: value is None,
    "_Booster__need_reload_eval_info": _is_flag,
    "_Booster__set_objective_to_none": _is_flag,
    "_Booster__num_dataset": _is_count,
    "_Booster__num_class": _is_count,
    "_Booster__num_inner_eval": _is_count,
    "_Booster__inner_predict_buffer": lambda value: (
        type(value) is list and all(item is None for item in value)
    ),
    "_Booster__is_predicted_cur_iter": _is_flags,
    "_Booster__name_inner_eval": _is_names,
    "_Booster__higher_better_inner_eval": _is_flags,
    "_Booster__attr": _is_nothing,
    "_train_data_name": _is_name,
    "best_iteration": _is_count,
    "best_score": _is_scores,
    "name_valid_sets": _is_names,
    "valid_sets": _is_nothing,
    "train_set": _is_nothing,
    "train_set_version": _is_count,
    "pandas_categorical": _is_categories,
}


def make_booster(text: Any, kind: Any, state: Any) -> lightgbm.Booster:
    """Replace `nbmodel.flavors.lightgbm.restore_booster` on a text that was checked."""
    import lightgbm

    require(type(text) in (memoryview, bytes, bytearray), "a booster that is not a text")
    require(kind is lightgbm.Booster, "a subclass of lightgbm.Booster")
    # A copy, so that the parser reads the text that was checked.
    copy = bytes(text)
    classes = check_text(copy.decode())
    checked = attributes(lightgbm.Booster, state)
    require("_handle" not in checked, "a handle in a booster's state")
    require(checked.get("_network") is False, "a booster with the settings of a network")
    require(
        checked.get("_Booster__num_class", classes) == classes,
        "a booster with a different number of classes",
    )
    from nbmodel.flavors.lightgbm import restore_booster

    return restore_booster(copy, lightgbm.Booster, checked)


def check_booster(booster: Any) -> None:
    """Check the attributes, after the last opcode can have changed them."""
    state = dict(vars(booster))
    state.pop("_handle", None)
    PARAMETERS.check_all(state.pop("params", None), "a booster's parameters")
    for name, value in state.items():
        check = _BOOSTER.get(name)
        require(check is not None and check(value), f"a booster with {name:.80}")


# -- wrappers ----------------------------------------------------------------


def _is_weights(value: Any) -> bool:
    if value is None or value == "balanced":
        return True
    return type(value) is dict and all(
        is_plain(key) and isinstance(weight, (int, float, np.number)) and math.isfinite(weight)
        for key, weight in value.items()
    )


def _is_classes(value: Any) -> bool:
    if value is None:
        return True
    return (
        type(value) is np.ndarray
        and value.ndim == 1
        and 0 < len(value) <= MAX_CLASSES
        and (value.dtype.kind in "biufUS" or all(map(is_plain, value)))
    )


def _is_class_map(value: Any) -> bool:
    if value is None:
        return True
    return type(value) is dict and all(
        is_plain(key) and isinstance(place, (int, np.integer)) for key, place in value.items()
    )


def _is_encoder(value: Any) -> bool:
    kind = type(value)
    encoder = ("sklearn.preprocessing._label", "LabelEncoder")
    return value is None or (kind.__module__, kind.__qualname__) == encoder


def _is_booster(value: Any) -> bool:
    import lightgbm

    return value is None or type(value) is lightgbm.Booster


def _is_ranks(value: Any) -> bool:
    return type(value) in (list, tuple) and all(
        isinstance(rank, (int, np.integer)) and 0 < rank < 1 << 31 for rank in value
    )


_WRAPPER_STATE: Mapping[str, Check] = {
    "random_state": lambda value: value is None or is_random(value),
    "class_weight": _is_weights,
    "_class_weight": _is_weights,
    "_Booster": _is_booster,
    "_evals_result": lambda value: value is None or _is_scores(value),
    "_best_score": lambda value: value is None or _is_scores(value),
    "_best_iteration": _is_count,
    "_class_map": _is_class_map,
    "_classes": _is_classes,
    "_n_classes": _is_count,
    "_le": _is_encoder,
    "_fitted_with_feature_names": _is_flag,
    "_n_features": _is_count,
    "_n_features_in": _is_count,
    "n_features_in_": _is_count,
    "_eval_at": _is_ranks,
    "fitted_": _is_flag,
}


def check_wrapper(wrapper: Any) -> None:
    """Check the parameters of a wrapper, other parameters of LightGBM, and results of the fit."""
    state = dict(vars(wrapper))
    others = state.pop("_other_params", {})
    PARAMETERS.check_all(others, "a wrapper's parameters")
    own = set(inspect.signature(type(wrapper).__init__).parameters) - {"self", "kwargs"}
    PARAMETERS.check("objective", state.pop("_objective", None))
    for name, value in state.items():
        check = _WRAPPER_STATE.get(name)
        if check is not None:
            require(check(value), f"a wrapper with a wrong value of {name}")
            continue
        # A parameter that is not in the signature is an attribute too.
        require(
            name in own or (name in others and name in PARAMETERS), f"a wrapper with {name:.80}"
        )
        PARAMETERS.check(name, value)
    _check_outputs(type(wrapper).__name__, state)


def _check_outputs(kind: str, state: Mapping[str, Any]) -> None:
    classes = state.get("_classes")
    count = state.get("_n_classes")
    if kind != "LGBMClassifier":
        require(count in (None, -1), "classes in a model that is not a classifier")
        return
    require(
        count in (None, -1) if classes is None else count == len(classes),
        "a different number of classes",
    )


_WRAPPER = Rule(value=True, new=True, build=build_plain, check=check_wrapper)

RESTORE: RuleTable = {
    ("nbmodel.flavors.lightgbm", "restore_booster"): Rule(call=make_booster, check=check_booster)
}
RULES: RuleTable = {
    ("lightgbm.basic", "Booster"): Rule(value=True),
    **{("lightgbm.sklearn", name): _WRAPPER for name in _WRAPPERS},
}
