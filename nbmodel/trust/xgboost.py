"""Rules for XGBoost: boosters whose snapshot was checked, and the wrappers around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbmodel.trust.plain import build_plain
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.ubjson import decode
from nbmodel.trust.xgboost_model import check_snapshot

if TYPE_CHECKING:
    import xgboost

_WRAPPERS = (
    "XGBModel", "XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor",
)  # fmt: skip


def make_booster(*args: Any) -> xgboost.Booster:
    """Stand in for `nbmodel.flavors.xgboost.restore_booster` on a snapshot that was checked."""
    require(len(args) == 1, "an xgboost.Booster subclass, or one with attributes of its own")
    require(type(args[0]) in (memoryview, bytes, bytearray), "a booster that is no bytes")
    # A copy of its own: what was checked is what is parsed.
    snapshot = bytes(args[0])
    check_snapshot(decode(memoryview(snapshot)))
    from nbmodel.flavors.xgboost import restore_booster

    return restore_booster(snapshot)


def check_wrapper(wrapper: Any) -> None:
    """A wrapper holds a booster that `make_booster` made, or none, and simple facts on it."""
    import xgboost

    state = vars(wrapper)
    require(type(state.get("_Booster")) in (type(None), xgboost.Booster), "a wrapper's booster")
    for key in ("n_classes_", "_n_features_in"):
        value = state.get(key, 0)
        require(isinstance(value, (int, np.integer)), f"{type(wrapper).__name__}.{key}")


_WRAPPER = Rule(value=True, new=True, build=build_plain, check=check_wrapper)

RESTORE: RuleTable = {("nbmodel.flavors.xgboost", "restore_booster"): Rule(call=make_booster)}
RULES: RuleTable = {
    ("xgboost.core", "Booster"): Rule(value=True),
    **{("xgboost.sklearn", name): _WRAPPER for name in _WRAPPERS},
}
