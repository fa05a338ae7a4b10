"""Checks of numbers that scikit-learn uses as indices, sizes or links without a check.

Encoders use them as columns of a sparse matrix. Forests pass one matrix to trees, which read the
features of their fit. A clustering counts its labels into an array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import comb
from typing import Any

import numpy as np

from nbmodel.trust.object_state import attribute
from nbmodel.trust.rules import require

_MAX_TERMS = 1 << 31


# -- encoders ----------------------------------------------------------------


def check_infrequent(model: Any) -> None:
    """Check that rare categories are categories, and that the mapping follows from them."""
    state = vars(model)
    if not state.get("_infrequent_enabled", False) or "categories_" not in state:
        return
    categories = attribute(model, "categories_", list)
    rare = attribute(model, "_infrequent_indices", list)
    mappings = attribute(model, "_default_to_infrequent_mappings", list)
    require(
        len(rare) == len(mappings) == len(categories),
        "rare categories for a different number of features",
    )
    missing_indices = state.get("_missing_indices") or {}
    for number, (names, indices, mapping) in enumerate(
        zip(categories, rare, mappings, strict=True)
    ):
        require(
            (indices is None) == (mapping is None), "rare categories that do not fit the categories"
        )
        if indices is not None:
            _check_rare(indices, mapping, len(names) - (number in missing_indices))


def _check_rare(indices: Any, mapping: Any, count: int) -> None:
    """Check that frequent categories keep their order, and that the rare ones share the last."""
    for array in (indices, mapping):
        require(
            type(array) is np.ndarray and array.ndim == 1, "rare categories that are not an array"
        )
        require(array.dtype.kind == "i", "rare categories that are not whole numbers")
    require(
        0 < len(indices) <= count and len(mapping) == count,
        "rare categories that do not fit the categories",
    )
    require(indices.min() >= 0 and indices.max() < count, "a rare category out of range")
    is_rare = np.zeros(count, bool)
    is_rare[indices] = True
    require(is_rare.sum() == len(indices), "a rare category that is listed twice")
    expected = np.where(is_rare, count - len(indices), np.cumsum(~is_rare) - 1)
    require(np.array_equal(mapping, expected), "rare categories that are mapped to wrong columns")


def check_multilabel(model: Any) -> None:
    """Check that classes differ, so that there are as many columns as positions."""
    state = vars(model)
    if "classes_" not in state:
        return
    classes = attribute(model, "classes_", np.ndarray)
    require(classes.ndim == 1, "classes with a wrong number of dimensions")
    require(len(set(classes.tolist())) == len(classes), "a class that is listed twice")
    cached = state.get("_cached_dict")
    if cached is not None:
        require(
            list(cached.values()) == list(range(len(classes))),
            "positions that do not fit the classes",
        )
        require(len(cached) == len(classes), "positions that do not fit the classes")


def check_polynomial(model: Any) -> None:
    """Check that the number of columns follows from the features and degrees."""
    state = vars(model)
    if "n_output_features_" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    minimum, maximum = state.get("_min_degree"), state.get("_max_degree")
    for degree in (minimum, maximum):
        require(
            isinstance(degree, (int, np.integer)) and 0 <= degree <= 1000,
            "a degree that is out of range",
        )
    flags = [state.get(name) for name in ("interaction_only", "include_bias")]
    require(
        all(isinstance(flag, (bool, np.bool_)) for flag in flags),
        "an expansion with flags that are not true or false",
    )
    degree = state.get("degree")
    bounds = (0, degree) if isinstance(degree, (int, np.integer)) else tuple(degree or ())
    require(bounds == (minimum, maximum), "degrees that do not fit each other")
    counts = [_terms(width, int(low), int(maximum), *flags) for low in (int(minimum), 0)]
    require(min(counts) >= 0 and max(counts) < _MAX_TERMS, "an expansion into too many columns")
    require(
        counts == [state["n_output_features_"], state.get("_n_out_full")],
        "a wrong number of output columns",
    )


def _terms(width: int, minimum: int, maximum: int, only: Any, bias: Any) -> int:
    if only:
        count = sum(comb(width, n) for n in range(max(1, minimum), min(maximum, width) + 1))
    else:
        count = comb(width + maximum, maximum) - 1
        if minimum > 0:
            count -= comb(width + minimum - 1, minimum - 1) - 1
    return count + bool(bias)


# -- ensembles of trees --------------------------------------------------------


def check_forest(model: Any) -> None:
    """Check that all trees read the same number of features: the forest checks rows once."""
    state = vars(model)
    if "estimators_" in state:
        width = attribute(model, "n_features_in_", int)
        _check_widths(attribute(model, "estimators_", list), [width] * len(state["estimators_"]))


def check_isolation_forest(model: Any) -> None:
    """Check the features of each tree, which are a random choice or all features."""
    state = vars(model)
    if "estimators_" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    choices = attribute(model, "estimators_features_", list)
    tree_width = state.get("_max_features")
    require(
        isinstance(tree_width, (int, np.integer)) and 0 < tree_width <= width,
        "a number of features that is out of range",
    )
    for features in choices:
        require(
            type(features) is np.ndarray and features.shape == (tree_width,),
            "a tree with the wrong features",
        )
        require(features.dtype.kind in "iu", "features that are not whole numbers")
        require(features.min() >= 0 and features.max() < width, "a feature out of range")
    trees = attribute(model, "estimators_", list)
    _check_widths(trees, [int(tree_width)] * len(choices))


def _check_widths(trees: list[Any], widths: Iterable[int]) -> None:
    widths = list(widths)
    require(len(trees) == len(widths) and trees, "a wrong number of trees")
    for tree, width in zip(trees, widths, strict=True):
        require(type(tree).__module__ == "sklearn.tree._classes", "a tree of an unknown class")
        require(
            vars(tree).get("n_features_in_") == width, "a tree with a different number of features"
        )
        require("tree_" in vars(tree), "a tree that is not fitted")


# -- others --------------------------------------------------------------------


def check_agglomeration(model: Any) -> None:
    """Check labels, whose maximum is the size of an array of counts."""
    labels = vars(model).get("labels_")
    if labels is None:
        return
    require(type(labels) is np.ndarray and labels.ndim == 1, "labels that are not an array")
    require(labels.dtype.kind in "iu" and len(labels) > 0, "labels that are not whole numbers")
    require(labels.min() >= 0 and labels.max() < len(labels), "a label out of range")


def check_dummy(model: Any) -> None:
    """Check that the constant is one number for each output."""
    state = vars(model)
    if "constant_" in state:
        outputs = attribute(model, "n_outputs_", int)
        constant = attribute(model, "constant_", np.ndarray)
        require(constant.shape == (1, outputs), "a constant for a different number of outputs")


def check_leaves(model: Any) -> None:
    """Check that the leaves of BIRCH form one linked list, and its nodes a tree."""
    state = vars(model)
    if "dummy_leaf_" not in state:
        return
    width = attribute(model, "n_features_in_", int)
    leaves = _tree_leaves(state.get("root_"), width)
    before, leaf = state["dummy_leaf_"], _next(state["dummy_leaf_"])
    count = 0
    while leaf is not None:
        require(
            id(leaf) in leaves and vars(leaf).get("prev_leaf_") is before,
            "leaves that are not linked in one row",
        )
        count += 1
        require(count <= len(leaves), "leaves that are linked in a circle")
        before, leaf = leaf, _next(leaf)
    require(count == len(leaves), "a leaf that is not linked to the others")
    require(
        vars(state["dummy_leaf_"]).get("prev_leaf_") is None, "leaves that are linked in a circle"
    )


def _next(leaf: Any) -> Any:
    require(type(leaf).__name__ == "_CFNode", "a leaf of an unknown class")
    return vars(leaf).get("next_leaf_")


def _tree_leaves(root: Any, width: int) -> set[int]:
    """Collect the ids of the leaves below a node; no node may occur twice."""
    leaves, visited, waiting = set(), set(), [root]
    while waiting:
        node = waiting.pop()
        require(
            type(node).__name__ == "_CFNode" and id(node) not in visited,
            "nodes that do not form a tree",
        )
        visited.add(id(node))
        state = vars(node)
        require(state.get("n_features") == width, "a node with a different number of features")
        parts = attribute(node, "subclusters_", list)
        below = [vars(part).get("child_") for part in parts]
        require(
            all((child is None) == bool(state.get("is_leaf")) for child in below),
            "a leaf that has nodes below it",
        )
        if state.get("is_leaf"):
            leaves.add(id(node))
        waiting += [child for child in below if child is not None]
    return leaves


CHECKS: Mapping[str, Callable[[Any], None]] = {
    **dict.fromkeys(
        (
            "ExtraTreesClassifier",
            "ExtraTreesRegressor",
            "RandomForestClassifier",
            "RandomForestRegressor",
            "RandomTreesEmbedding",
        ),
        check_forest,
    ),
    "IsolationForest": check_isolation_forest,
    "MultiLabelBinarizer": check_multilabel,
    "PolynomialFeatures": check_polynomial,
    "FeatureAgglomeration": check_agglomeration,
    "DummyRegressor": check_dummy,
    "Birch": check_leaves,
    **dict.fromkeys(("OneHotEncoder", "OrdinalEncoder", "TargetEncoder"), check_infrequent),
}
