"""Rules for scikit-learn: the classes that may be made, and the checks of each.

`sklearn.txt` lists the classes written in Python. Their instances get attributes, and none of their
code runs. `sklearn_attributes.txt` says which attributes these may be, and of what kind. Compiled
code of scikit-learn does not check bounds, so tables name the functions that check the state of
each class that uses such code. Compiled classes have separate rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from nbmodel.trust.object_state import is_display_name
from nbmodel.trust.rules import Rule, RuleTable, require
from nbmodel.trust.sklearn_attributes import build_estimator
from nbmodel.trust.sklearn_histogram_trees import CHECKS as HISTOGRAM_CHECKS
from nbmodel.trust.sklearn_histogram_trees import RULES as HISTOGRAM_RULES
from nbmodel.trust.sklearn_indices import CHECKS as INDEX_CHECKS
from nbmodel.trust.sklearn_kernels import CHECKS as PART_CHECKS
from nbmodel.trust.sklearn_losses import RULES as LOSS_RULES
from nbmodel.trust.sklearn_models import CHECKS as MODEL_CHECKS
from nbmodel.trust.sklearn_neighbors import CHECKS as NEIGHBOR_CHECKS
from nbmodel.trust.sklearn_neighbors import RULES as NEIGHBOR_RULES
from nbmodel.trust.sklearn_neighbors import check_metric_parameters
from nbmodel.trust.sklearn_sparse import CHECKS as SPARSE_CHECKS
from nbmodel.trust.sklearn_trees import CHECKS as TREE_CHECKS
from nbmodel.trust.sklearn_trees import RULES as TREE_RULES

Check = Callable[[Any], None]

# A class may be in several tables: one checks its shapes, another its indices.
_TABLES: tuple[Mapping[str, Check], ...] = (
    TREE_CHECKS,
    HISTOGRAM_CHECKS,
    NEIGHBOR_CHECKS,
    MODEL_CHECKS,
    SPARSE_CHECKS,
    INDEX_CHECKS,
    PART_CHECKS,
)


def _check_common(estimator: Any) -> None:
    """Check the attributes that every estimator uses to check its input."""
    features = vars(estimator).get("n_features_in_", 0)
    require(type(features) is int and features >= 0, "n_features_in_ that is not a whole number")
    check_metric_parameters(estimator)


def _checked(name: str) -> Check:
    checks = (_check_common, *(table[name] for table in _TABLES if name in table))

    def check(estimator: Any) -> None:
        for check_part in checks:
            check_part(estimator)

    return check


def _fill_bunch(instance: Any, pairs: list[tuple[Any, Any]]) -> None:
    for key, _ in pairs:
        # A Bunch has its keys as attributes too.
        require(
            type(key) is str and not key.startswith("__"), "a key of a Bunch that is not allowed"
        )
        require(not is_display_name(key), f"the key {key:.60} of a Bunch")
    dict.update(instance, pairs)


def _make_triplet(feature: Any, neighbors: Any, estimator: Any) -> Any:
    """Make one step of IterativeImputer, a named tuple."""
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
                value=kind == "value", new=True, build=build_estimator, check=_checked(name)
            )
    return table


RULES: RuleTable = {
    **_listed(),
    ("sklearn.utils._bunch", "Bunch"): Rule(new=True, build=build_estimator, fill=_fill_bunch),
    ("sklearn.impute._iterative", "_ImputerTriplet"): Rule(call=_make_triplet),
    **LOSS_RULES,
    **NEIGHBOR_RULES,
    **TREE_RULES,
    **HISTOGRAM_RULES,
}
