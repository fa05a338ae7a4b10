"""Rules for XGBoost: boosters whose snapshot was checked, and the wrappers around them.

A wrapper may have as attributes its parameters, other parameters of XGBoost
(`nbmodel.trust.booster_parameters`) and results of its fit. Others are refused.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nbmodel.trust.booster_parameters import Check, is_float, is_int, is_list
from nbmodel.trust.object_state import build_plain
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.ubjson import decode
from nbmodel.trust.xgboost_model import MAX_FEATURES, MAX_GROUPS, PARAMETERS, check_snapshot

if TYPE_CHECKING:
    import xgboost

_WRAPPERS = (
    "XGBModel", "XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor",
)  # fmt: skip


def make_booster(*args: Any) -> xgboost.Booster:
    """Replace `nbmodel.flavors.xgboost.restore_booster` on a snapshot that was checked."""
    require(
        len(args) == 1, "a subclass of xgboost.Booster, or a booster with additional attributes"
    )
    require(type(args[0]) in (memoryview, bytes, bytearray), "a booster that is not bytes")
    # A copy, so that the parser reads the bytes that were checked.
    snapshot = bytes(args[0])
    check_snapshot(decode(memoryview(snapshot)))
    from nbmodel.flavors.xgboost import restore_booster

    return restore_booster(snapshot)


# -- wrappers ----------------------------------------------------------------


def _is_booster(value: Any) -> bool:
    import xgboost

    return type(value) in (type(None), xgboost.Booster)


def _is_history(value: Any) -> bool:
    """Whether it holds scores of each round by data set and metric."""
    inner = partial(is_list, is_float)
    return type(value) in (dict, OrderedDict) and all(
        type(name) is str
        and type(scores) in (dict, OrderedDict)
        and all(type(metric) is str and inner(rounds) for metric, rounds in scores.items())
        for name, scores in value.items()
    )


_FITTED: Mapping[str, Check] = {
    "_Booster": _is_booster,
    "n_classes_": partial(is_int, 0, MAX_GROUPS),
    "_n_features_in": partial(is_int, 0, MAX_FEATURES),
    "evals_result_": _is_history,
    "best_iteration": partial(is_int, -1, 1 << 31),
    "best_score": is_float,
    "best_ntree_limit": partial(is_int, 0, 1 << 31),
}


def check_wrapper(wrapper: Any) -> None:
    """Check the booster, the parameters and the other attributes of a wrapper."""
    import xgboost

    state = dict(vars(wrapper))
    others = state.pop("kwargs", {})
    PARAMETERS.check_all(others, "a wrapper's parameters")
    require(not state.pop("callbacks", None), "a wrapper with callbacks")
    own = set(inspect.signature(xgboost.XGBModel.__init__).parameters)
    for name, value in state.items():
        check = _FITTED.get(name)
        if check is not None:
            require(check(value), f"a wrapper with such {name}")
            continue
        require(name in own or name in others, f"a wrapper with {name:.80}")
        PARAMETERS.check(name, value)


_WRAPPER = Rule(value=True, new=True, build=build_plain, check=check_wrapper)

RESTORE: RuleTable = {("nbmodel.flavors.xgboost", "restore_booster"): Rule(call=make_booster)}
RULES: RuleTable = {
    ("xgboost.core", "Booster"): Rule(value=True),
    **{("xgboost.sklearn", name): _WRAPPER for name in _WRAPPERS},
}
