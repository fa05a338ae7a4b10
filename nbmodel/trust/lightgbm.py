"""Rules for LightGBM: boosters whose text was checked, and the wrappers around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbmodel.trust.lightgbm_model import check_text
from nbmodel.trust.plain import attributes, build_plain
from nbmodel.trust.rules import Rule, RuleTable, require

if TYPE_CHECKING:
    import lightgbm

_WRAPPERS = ("LGBMModel", "LGBMClassifier", "LGBMRegressor", "LGBMRanker")
_COUNTS = ("_Booster__num_dataset", "_Booster__num_inner_eval", "best_iteration")


def make_booster(text: Any, kind: Any, state: Any) -> lightgbm.Booster:
    """Stand in for `nbmodel.flavors.lightgbm.restore_booster` on a text that was checked."""
    import lightgbm

    require(type(text) in (memoryview, bytes, bytearray), "a booster that is no text")
    require(kind is lightgbm.Booster, "a lightgbm.Booster subclass")
    # A copy of its own: what was checked is what is parsed.
    copy = bytes(text)
    classes = check_text(copy.decode())
    checked = attributes(lightgbm.Booster, state)
    require("_handle" not in checked, "a handle in a booster's state")
    # __del__ of a booster with a network would close it; a predictor would hold a handle.
    require(checked.get("_network") is False, "a booster on a network")
    require(checked.get("_Booster__init_predictor") is None, "a booster with a predictor")
    require(checked.get("_Booster__num_class", classes) == classes, "a booster of other classes")
    require(type(checked.get("params")) is dict, "a booster's parameters")
    require(all(type(checked.get(key, 0)) is int for key in _COUNTS), "a booster's counts")
    from nbmodel.flavors.lightgbm import restore_booster

    return restore_booster(copy, lightgbm.Booster, checked)


def check_wrapper(wrapper: Any) -> None:
    """A wrapper holds a booster that `make_booster` made, or none."""
    import lightgbm

    booster = vars(wrapper).get("_Booster")
    require(type(booster) in (type(None), lightgbm.Booster), "a wrapper's booster")


_WRAPPER = Rule(value=True, new=True, build=build_plain, check=check_wrapper)

RESTORE: RuleTable = {("nbmodel.flavors.lightgbm", "restore_booster"): Rule(call=make_booster)}
RULES: RuleTable = {
    ("lightgbm.basic", "Booster"): Rule(value=True),
    **{("lightgbm.sklearn", name): _WRAPPER for name in _WRAPPERS},
}
