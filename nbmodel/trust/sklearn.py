"""Rules for scikit-learn: which classes may be made, and what is checked of each.

`sklearn.txt` lists the classes written in Python: an instance gets its
attributes, nothing runs. Compiled code that such a class hands its state to
does no bounds checks, so `CHECKS` names, for each class that has any, the
function that proves the state coherent. Classes that are compiled themselves
bring rules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from nbmodel.trust.plain import build_plain
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.sklearn_losses import RULES as LOSS_RULES
from nbmodel.trust.sklearn_models import CHECKS as MODEL_CHECKS
from nbmodel.trust.sklearn_neighbors import CHECKS as NEIGHBOR_CHECKS
from nbmodel.trust.sklearn_neighbors import RULES as NEIGHBOR_RULES
from nbmodel.trust.sklearn_sparse import CHECKS as SPARSE_CHECKS
from nbmodel.trust.sklearn_trees import CHECKS as TREE_CHECKS
from nbmodel.trust.sklearn_trees import RULES as TREE_RULES

Check = Callable[[Any], None]

CHECKS: dict[str, Check] = {**TREE_CHECKS, **NEIGHBOR_CHECKS, **MODEL_CHECKS, **SPARSE_CHECKS}


def _check_common(estimator: Any) -> None:
    """What any estimator's attributes must be for its own checks of input to work."""
    state = vars(estimator)
    features = state.get("n_features_in_", 0)
    require(type(features) is int and features >= 0, "n_features_in_ that is no number")
    # joblib.Memory unpickles what it finds in its folder.
    require(state.get("memory") is None, "a cache folder (memory)")


def _checked(check: Check | None) -> Check:
    if check is None:
        return _check_common

    def both(estimator: Any) -> None:
        _check_common(estimator)
        check(estimator)

    return both


def _fill_bunch(instance: Any, pairs: list[tuple[Any, Any]]) -> None:
    dict.update(instance, pairs)


def _make_triplet(feature: Any, neighbors: Any, estimator: Any) -> Any:
    """One step of IterativeImputer, a named tuple."""
    from sklearn.impute._iterative import _ImputerTriplet

    return _ImputerTriplet(feature, neighbors, estimator)


def _listed() -> dict[tuple[str, str], Rule]:
    text = files("nbmodel.trust").joinpath("sklearn.txt").read_text("utf-8")
    table: dict[tuple[str, str], Rule] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        kind, module, name = line.split()
        if kind == "function":
            table[module, name] = Rule(value=True)
        else:
            table[module, name] = Rule(
                new=True, build=build_plain, check=_checked(CHECKS.get(name))
            )
    return table


RULES: RuleTable = {
    **_listed(),
    ("sklearn.utils._bunch", "Bunch"): Rule(new=True, build=build_plain, fill=_fill_bunch),
    ("sklearn.impute._iterative", "_ImputerTriplet"): Rule(call=_make_triplet),
    **LOSS_RULES,
    **NEIGHBOR_RULES,
    **TREE_RULES,
}
